import ArgumentParser
import Foundation
import Hosting
import NIOCore
import NIOPosix
import TCC
import TCCHTTP

/// Which `orchestrator up` an order is for.
struct UpPlace: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The data directory of the 'orchestrator up' that runs it. Environment: DATA_DIR. (default: ./data)",
            valueName: "path"
        ),
        completion: .directory
    )
    var dataDir: String?

    private static let longestAnswer = Duration.seconds(5)

    /// Gives an order.
    ///
    /// - Parameter order: the order.
    /// - Returns: what was done, as a sentence's beginning.
    /// - Throws: a ``CommandFailure`` if nothing was.
    func give(_ order: UpOrder) async throws -> String {
        let data = try Variables(ProcessInfo.processInfo.environment).path(dataDir, "DATA_DIR", default: "./data")
        let answer: String
        do {
            answer = try await Self.ask(order, at: UpControl.path(in: UpPlan.absolute(data)))
        } catch {
            throw CommandFailure(
                .unreachable,
                "no 'orchestrator up' answers in '\(data)'; start one, or name its data directory with --data-dir PATH "
                    + "(or DATA_DIR)."
            )
        }
        let words = answer.split(separator: " ", maxSplits: 1).map(String.init)
        guard words.count == 2, words[0] == "ok" else {
            throw CommandFailure(.refused, TerminalText.printable(words.count == 2 ? words[1] : answer) + ".")
        }
        return TerminalText.printable(words[1])
    }

    private static func ask(_ order: UpOrder, at path: String) async throws -> String {
        try await withThrowingTaskGroup(of: String.self) { group in
            group.addTask { try await call(order.line, at: path) }
            group.addTask {
                try await Task.sleep(for: longestAnswer)
                throw CancellationError()
            }
            defer { group.cancelAll() }
            return try await group.next() ?? ""
        }
    }

    private static func call(_ line: String, at path: String) async throws -> String {
        let channel = try await ClientBootstrap(group: NIOSingletons.posixEventLoopGroup)
            .connect(unixDomainSocketPath: path) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: line + "\n"))
            var text = ""
            for try await part in inbound {
                text += String(buffer: part)
                if text.contains(where: \.isNewline) || text.utf8.count > 4096 { break }
            }
            return String(text.prefix { !$0.isNewline })
        }
    }
}
