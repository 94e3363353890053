import ArgumentParser
import Foundation
import Hosting
import Logging
import Supervision
import TCCHTTP
import TCCStorage

/// What `orchestrator up` starts, and on what.
struct UpPlan {
    private static let loopback = "127.0.0.1"
    /// What a server listens on is not always what it is called by.
    private static let everyAddress = ["0.0.0.0", "::", "localhost", loopback]

    /// The processes.
    let commands: [ChildCommand]
    /// Where they keep their data; its lock is held.
    let dataDirectory: String
    /// Keeps a second one from the same data.
    let lock: DirectoryLock
    private let secretFile: String

    /// Makes a plan, and finds out what would keep every process from starting, to say it once.
    ///
    /// - Parameters:
    ///   - procfile: what to start; nil for this folder's Procfile, or else our own.
    ///   - dataDirectory: where the data is.
    ///   - secretFile: the secret that they share.
    ///   - host: what they listen on.
    ///   - logLevel: which logs they write.
    /// - Throws: a usage error, or a ``CommandFailure`` that says what to do.
    init(procfile: String?, dataDirectory: String?, secretFile: String?, host: String?, logLevel: String?) throws {
        let variables = Variables(ProcessInfo.processInfo.environment)
        let host = try variables.host(host)
        let level = try ListenOptions.level(logLevel, variables)
        let folder = Self.absolute(try variables.path(dataDirectory, "DATA_DIR", default: "./data"))
        let secret = Self.absolute(try variables.path(secretFile, "SECRET_FILE", default: folder + "/secret"))
        let urls = Self.urls(host)
        func environment(_ name: String) -> [String: String?] {
            var environment: [String: String?] = [
                "HOST": host, "LOG_LEVEL": level.rawValue, "DATA_DIR": "\(folder)/\(name)", "SECRET_FILE": secret,
                // Each has its own, from the Procfile or by default.
                "PORT": nil, HostSettings.stopWithStandardInput: "1",
                // Not where others than the machine's own can sign in.
                DevelopmentSignIn.variable: Loopback.isAddress(host) ? "1" : nil,
            ]
            environment.merge(urls) { _, url in url }
            return environment
        }
        self.commands = try Self.commands(procfile, environment)
        self.dataDirectory = folder
        do {
            self.lock = try DirectoryLock(folder)
            _ = try SharedSecret.readOrCreate(secret)
        } catch let error as DirectoryLock.Refused {
            throw CommandFailure(.usage, "\(error).")
        } catch let error as SharedSecret.Unusable {
            throw CommandFailure(.usage, "\(error).")
        }
        self.secretFile = secret
    }

    /// Whom each calls where they do not listen on loopback; a Procfile's own flags beat it.
    private static func urls(_ host: String) -> [String: String] {
        guard !everyAddress.contains(host) else { return [:] }
        return Dictionary(
            uniqueKeysWithValues: ServiceName.allCases.map { service in
                let port = service.defaultURL.split(separator: ":").last.flatMap { Int($0) } ?? 0
                return (service.variable, OwnAddress.url(host: host, port: port))
            } + [("COORDINATOR_URL", OwnAddress.url(host: host, port: 8080))]
        )
    }

    private static func commands(
        _ procfile: String?,
        _ environment: (String) -> [String: String?]
    ) throws -> [ChildCommand] {
        let here = FileManager.default.fileExists(atPath: "Procfile") ? "Procfile" : nil
        guard let path = procfile ?? here else {
            return OwnProgram.allCases.map { $0.child(environment: environment($0.rawValue)) }
        }
        guard let content = FileManager.default.contents(atPath: path) else {
            let reason =
                switch FileKind.at(path) {
                case .success(.file): "cannot be read: permission denied"
                case .success(let kind): "is \(kind.rawValue)"
                case .failure: "does not exist"
                }
            let name = procfile == nil ? "the Procfile here" : "--procfile"
            throw RefusedSetting(name, must: "be a file that can be read", not: path, because: reason)
        }
        do {
            let folder = URL(filePath: absolute(path)).deletingLastPathComponent().path(percentEncoded: false)
            let entries = try Procfile(String(decoding: content, as: UTF8.self)).entries
            if entries.contains(where: { $0.name == UpConsole.ownName }) {
                throw Procfile.Malformed("'\(UpConsole.ownName)' is what this command calls itself")
            }
            return entries.map { entry in
                var environment = environment(entry.name)
                // It listens where its own line says: perhaps where others than the machine's own can sign in.
                if entry.command.contains("--host") { environment[DevelopmentSignIn.variable] = .some(nil) }
                return entry.child(environment: environment, folder: folder)
            }
        } catch let error as Procfile.Malformed {
            throw CommandFailure(.usage, "'\(path)' is no Procfile that can be run: \(error).")
        }
    }

    /// A path from the root.
    static func absolute(_ path: String) -> String {
        URL(filePath: path).standardizedFileURL.path(percentEncoded: false)
    }

    /// What to say once all of them run.
    ///
    /// - Parameter urls: where each that serves does.
    /// - Returns: what to do next.
    func welcome(urls: [String: String]) -> String {
        var me = CommandLine.arguments[0]
        // Another terminal may look for programs elsewhere.
        if !me.contains("/") { me = Bundle.main.executableURL?.path(percentEncoded: false) ?? me }
        me = Self.quoted(me)
        let post = FileManager.default.fileExists(atPath: "README.md") ? "README.md" : "FILE.md"
        let victim = commands.first { $0.name == OwnProgram.online.rawValue }?.name ?? commands.first?.name ?? ""
        // What listens on all addresses is called by one.
        let urls = urls.mapValues {
            $0.replacing("://0.0.0.0:", with: "://127.0.0.1:").replacing("://[::]:", with: "://[::1]:")
        }
        let page = urls[OwnProgram.web.rawValue].map { "In a browser: \($0) to read, \($0)/write to write.\n" } ?? ""
        return
            """
            All are running. In another terminal, in this folder:
            \(exports(urls).map { "  export \($0)\n" }.joined())  \(me) publish \(post) --author ann   # a post, in both libraries
              \(me) posts --author ann               # what each of them holds
              \(me) transactions watch               # try, confirm, cancel, as they happen
            \(page)Hold one up, or kill it, and publish meanwhile. Ctrl-C stops them all.
              \(me) pause \(victim) 10s
              \(me) kill \(victim)
            """
    }

    /// What another terminal has to know: what is not where commands look for it by themselves.
    private func exports(_ urls: [String: String]) -> [String] {
        let usual = [
            (OwnProgram.orchestrator, ServiceName.orchestrator.variable, ServiceName.orchestrator.defaultURL),
            (.draft, ServiceName.draft.variable, ServiceName.draft.defaultURL),
            (.online, ServiceName.online.variable, ServiceName.online.defaultURL),
            (.web, "WEB_URL", PublishReport.usualPages.description),
        ]
        let places = usual.compactMap { program, variable, usual in
            urls[program.rawValue].flatMap { $0 == usual ? nil : "\(variable)=\($0)" }
        }
        let isUsual = secretFile == Self.absolute("./data/secret")
        return places + (isUsual ? [] : ["SECRET_FILE=\(Self.quoted(secretFile))"])
    }

    /// A word as a shell takes it.
    private static func quoted(_ word: String) -> String {
        let isPlain = word.unicodeScalars.allSatisfy { scalar in
            scalar.isASCII && (scalar.properties.isAlphabetic || "0123456789/._-+:@%".unicodeScalars.contains(scalar))
        }
        return isPlain ? word : "'\(word.replacingOccurrences(of: "'", with: "'\\''"))'"
    }

    /// Why a process could not be started, and what to do about it.
    ///
    /// - Parameter failure: how it ended.
    /// - Returns: one line.
    static func explain(_ failure: SupervisedProcess.CannotStart) -> String {
        let lastLine = failure.tail.last { !$0.isEmpty } ?? "\(failure.death)"
        var reason = lastLine.hasPrefix("error: ") ? String(lastLine.dropFirst("error: ".count)) : lastLine
        if reason.contains("cannot listen on"), let end = reason.firstIndex(of: ";") {
            reason = "\(reason[..<end]); end what listens there (another 'up'?), or change the ports in the Procfile"
        }
        let isUnbuilt = failure.death == .exited(127) && reason.contains(".build/")
        return "\(failure.name) cannot start: \(reason)\(isUnbuilt ? "; build it first: swift build -c release" : "")"
    }
}
