import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Pages
import Posts
import Synchronization
import TCC
import TCCHTTP

/// The pages before two services of a script.
struct PagesUnderTest {
    let client: any TestClientProtocol
    let token: String

    /// Answers of the services, by method and path; with the query, if one with it is there.
    typealias Script = [String: @Sendable () async throws -> Response]

    /// What the services were asked, method and address.
    final class Asked: Sendable {
        private let all = Mutex<[String]>([])

        var uris: [String] { all.withLock { $0 } }
        func add(_ uri: String) { all.withLock { $0.append(uri) } }
    }

    /// Opens pages before services that look at tokens as real ones do.
    static func open(
        _ settings: PageSettings = PageSettings(allowsDevelopmentSignIn: true),
        _ script: Script = [:],
        asked: Asked = Asked(),
        limits: PageWork.Limits = PageWork.Limits(),
        _ body: @escaping @Sendable (PagesUnderTest) async throws -> Void
    ) async throws {
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let authority = await TokenAuthority(secret: Data(repeating: 7, count: 32), subject: "test")
        let services = Application(
            responder: CallbackResponder<APIContext> { request, _ in
                asked.add("\(request.method) \(request.uri.string)")
                if let field = request.headers[.authorization] {
                    do { _ = try await authority.verify(String(field.dropFirst(7))) } catch let problem as Problem {
                        return .problem(problem)
                    }
                }
                let answer = script["\(request.method) \(request.uri.string)"]
                if let answer = answer ?? script["\(request.method) \(request.uri.path)"] { return try await answer() }
                switch request.uri.string {
                case "/v1/drafts?limit=1": return try .json(Page(rows: [Draft](), limit: 1) { _ in "" })
                case "/v1/development/tokens":
                    let body = try await request.body.collect(upTo: 999)
                    let wish = try JSONCoding.decode([String: String].self, from: body)
                    let author = Caller(subject: wish["author"] ?? "", role: .author)
                    return try .json(["token": try await authority.issue(for: author, lifetime: .seconds(60))])
                default: return .problem(Problem(404, "not-found", ""))
                }
            },
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            logger: logger
        )
        let token = try await authority.issue(for: Caller(subject: "ann", role: .author), lifetime: .seconds(60))
        try await services.test(.live) { server in
            let url = "http://127.0.0.1:\(server.port ?? 0)"
            let calls = JSONClient(connectionsPerHost: 4)
            let work = PageWork(limits: limits, world: .system)
            let pages = Pages(
                settings: settings,
                services: PageServices(
                    draftURL: url,
                    onlineURL: url,
                    coordinatorURL: url,
                    callTimeout: .seconds(5),
                    transactionTimeout: .seconds(5)
                ),
                client: calls,
                work: work,
                ownURL: { url },
                world: .system
            )
            let api = API(authority: authority).responder()
            let responder = pages.responder { try await api.respond(to: $0, context: $1) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await work.run() }
                try await Application(responder: responder, logger: logger)
                    .test(.router) { client in
                        try await body(PagesUnderTest(client: client, token: token))
                    }
                group.cancelAll()
                try await group.waitForAll()
            }
            try await calls.shutdown()
        }
    }

    struct Answer {
        let status: Int
        let headers: HTTPFields
        let text: String
    }

    func get(_ path: String, signedIn: Bool = false, _ headers: HTTPFields = [:]) async throws -> Answer {
        var headers = headers
        if signedIn { headers[.cookie] = "tcc-session=\(token)" }
        return try await client.execute(uri: path, method: .get, headers: headers) { response in
            Answer(
                status: response.status.code,
                headers: response.headers,
                text: String(buffer: response.body)
            )
        }
    }

    /// Posts a form; `session` is the cookie, the signed-in author's unless it is another, or none.
    func post(
        _ path: String,
        _ form: String,
        _ headers: HTTPFields = [:],
        ownForm: Bool = true,
        session: String? = ""
    ) async throws -> Answer {
        var headers = headers
        if let session { headers[.cookie] = "tcc-session=\(session.isEmpty ? token : session)" }
        if ownForm { headers[.origin] = "http://localhost" }
        let form = ownForm ? form + "&token=" + RequestGuard.formToken(for: token) : form
        return try await client.execute(uri: path, method: .post, headers: headers, body: ByteBuffer(string: form)) {
            Answer(status: $0.status.code, headers: $0.headers, text: String(buffer: $0.body))
        }
    }
}
