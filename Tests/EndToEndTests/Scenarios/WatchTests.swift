import Foundation
import Harness
import TCC
import Testing
import Verification

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

extension EndToEnd {
    /// `orchestrator transactions watch`, as somebody uses it.
    @Suite(.serialized)
    struct WatchTests {
        private static let watch = ["transactions", "watch", "--interval", "0.1"]

        private func screen(_ terminal: PseudoTerminal, _ size: PseudoTerminal.Size = .init()) -> TerminalScreen {
            TerminalScreen(terminal.output, size: size)
        }

        @Test func theTableIsDrawnAnewInItsPlaceAndCtrlCLeavesTheLastOne() async throws {
            try await withCluster { cluster in
                try await cluster.inTerminal(Self.watch) { terminal in
                    try await terminal.wait(for: "There are no transactions yet.")
                    _ = try await cluster.publishedPost()
                    try await terminal.wait("the publish is there") { _ in screen(terminal).text.contains("confirmed") }
                    let drawn = screen(terminal)
                    #expect(drawn.isAlternate && !drawn.isCursorVisible && drawn.wraps == 0 && drawn.unknown.isEmpty)
                    #expect(drawn.lines.count { $0.contains("GID") } == 1)
                    #expect(terminal.output.contains("\u{1B}[32mconfirmed\u{1B}[0m"))
                    terminal.send(PseudoTerminal.interrupt)
                    let death = try await terminal.waitForExit()
                    #expect(death == .init(exitCode: 0))
                    let left = screen(terminal)
                    #expect(!left.isAlternate && left.isCursorVisible)
                    #expect(left.text.contains("0 in flight") && left.text.contains("confirmed"))
                }
            }
        }

        @Test func itFollowsTheTerminalsSizeAndSIGTERMRestoresIt() async throws {
            try await withCluster { cluster in
                _ = try await cluster.publishedPost()
                try await cluster.inTerminal(["transactions", "watch", "--interval", "60"]) { terminal in
                    try await terminal.wait(for: "confirmed")
                    #expect(!terminal.output.contains("ACTION"))
                    // Not after the interval: at once.
                    terminal.resize(to: .init(columns: 120, rows: 40))
                    try await terminal.wait(for: "ACTION")
                    let before = terminal.output.unicodeScalars.count
                    let tiny = PseudoTerminal.Size(columns: 20, rows: 4)
                    terminal.resize(to: tiny)
                    try await terminal.wait("it is drawn again") { output in
                        output.unicodeScalars.count > before && output.contains("in fli\u{2026}")
                    }
                    let last = terminal.output.unicodeScalars.dropFirst(before)
                    let drawn = TerminalScreen(String(String.UnicodeScalarView(last)), size: tiny)
                    #expect(drawn.wraps == 0 && drawn.lines.count <= 4, "\(drawn.lines)")
                    terminal.signal(SIGTERM)
                    let death = try await terminal.waitForExit()
                    #expect(death == .init(exitCode: 0))
                    #expect(screen(terminal, tiny).isCursorVisible && !screen(terminal, tiny).isAlternate)
                }
            }
        }

        @Test func ctrlZGivesTheTerminalBackForAWhile() async throws {
            try await withCluster { cluster in
                _ = try await cluster.publishedPost()
                try await cluster.inTerminal(Self.watch) { terminal in
                    try await terminal.wait(for: "confirmed")
                    terminal.send("\u{1A}")
                    try await terminal.wait("it is given back") { _ in
                        !screen(terminal).isAlternate && screen(terminal).isCursorVisible
                    }
                    terminal.signal(SIGCONT)
                    try await terminal.wait("it is drawn again") { _ in
                        screen(terminal).isAlternate && screen(terminal).text.contains("confirmed")
                    }
                    terminal.send(PseudoTerminal.interrupt)
                    let death = try await terminal.waitForExit()
                    #expect(death == .init(exitCode: 0))
                }
            }
        }

        @Test func whatWaitsForADeadParticipantIsShownWithItsErrorUntilItEnds() async throws {
            try await withCluster { cluster in
                try await cluster.restart(.online, failpoints: "participant.confirm.before=crash")
                try await cluster.inTerminal(Self.watch) { terminal in
                    try await terminal.wait(for: "There are no transactions yet.")
                    try await cluster.sendUntilAnswered(Request(.publishNew(.unique())))
                    try await terminal.wait("the decision waits") { _ in
                        let text = screen(terminal).text
                        return text.contains("confirming") && text.contains("1 in flight")
                            && text.contains("  online: ")
                    }
                    try await cluster.waitForCrash(.online)
                    try await cluster.start(.online)
                    try await terminal.wait("it has ended") { _ in
                        let text = screen(terminal).text
                        return text.contains("0 in flight") && text.contains("confirmed")
                            && !text.contains("  online: ")
                    }
                    terminal.send(PseudoTerminal.interrupt)
                    let death = try await terminal.waitForExit()
                    #expect(death == .init(exitCode: 0))
                }
            }
        }

        @Test func itWaitsForAnOrchestratorThatGoesAwayButNotForOneThatIsNotThere() async throws {
            try await withCluster { cluster in
                _ = try await cluster.publishedPost()
                try await cluster.inTerminal(Self.watch) { terminal in
                    try await terminal.wait(for: "confirmed")
                    try await cluster.kill(.orchestrator)
                    try await terminal.wait("the outage is told of") { _ in
                        let text = screen(terminal).text
                        return text.contains("not reachable since") && text.contains("confirmed")
                    }
                    try await cluster.start(.orchestrator)
                    try await terminal.wait("it is over") { _ in !screen(terminal).text.contains("not reachable") }
                    terminal.send(PseudoTerminal.interrupt)
                    let death = try await terminal.waitForExit()
                    #expect(death == .init(exitCode: 0))
                }
                try await cluster.kill(.orchestrator)
                try await cluster.inTerminal(Self.watch) { terminal in
                    let death = try await terminal.waitForExit()
                    #expect(death == .init(exitCode: 3))
                    #expect(terminal.output.contains("cannot reach the orchestrator"))
                    #expect(!terminal.output.contains("?1049h") && !terminal.output.contains("?25l"))
                }
                try await cluster.start(.orchestrator)
            }
        }

        @Test func intoAFileEachChangeIsALineOfJSON() async throws {
            try await withCluster { cluster in
                let file = cluster.directory.appendingPathComponent("watch.out")
                _ = try await cluster.publishedPost()
                try await cluster.inTerminal(Self.watch + ["--json"], outputFile: file) { terminal in
                    // A second publish, once the watch has looked for sure: it shows the begin or the end.
                    var lines: [Substring] = []
                    try await eventually("a change is written", within: .seconds(10)) {
                        _ = try await cluster.publishedPost()
                        lines = String(decoding: try Data(contentsOf: file), as: UTF8.self).split(separator: "\n")
                        return lines.count >= 2
                    }
                    for line in lines {
                        let record = try JSONDecoder().decode(TransactionRecord.self, from: Data(line.utf8))
                        #expect(record.action == "publish")
                    }
                    terminal.send(PseudoTerminal.interrupt)
                    let death = try await terminal.waitForExit()
                    #expect(death == .init(exitCode: 0))
                    #expect(!terminal.output.contains("\u{1B}"))
                }
            }
        }

        @Test func aPipeThatNobodyReadsDoesNotHoldUpItsEnd() async throws {
            try await withCluster { cluster in
                let fifo = cluster.directory.appendingPathComponent("watch.pipe")
                #expect(mkfifo(fifo.path, 0o600) == 0)
                let pipe = open(fifo.path, O_RDWR | O_NONBLOCK)
                #expect(pipe >= 0)
                defer { close(pipe) }
                // All of it but a page.
                var page = [UInt8](repeating: 0x20, count: Int(getpagesize()))
                while write(pipe, page, page.count) > 0 {}
                #expect(read(pipe, &page, page.count) == page.count)
                var room = pollfd(fd: pipe, events: Int16(POLLOUT), revents: 0)
                #expect(poll(&room, 1, 0) == 1)
                let post = try await cluster.publishedPost()
                try await cluster.inTerminal(Self.watch + ["--json"], outputFile: fifo) { terminal in
                    try await eventually("it has written", within: .seconds(10)) {
                        try await cluster.sendUntilAnswered(Request(.republish(post, .unique())))
                        return poll(&room, 1, 0) == 0
                    }
                    // More than the page holds.
                    for _ in 0..<20 { try await cluster.sendUntilAnswered(Request(.republish(post, .unique()))) }
                    terminal.signal(SIGTERM)
                    try await terminal.waitForExit()
                }
            }
        }

        @Test func aStoppedTerminalDoesNotHoldUpItsEnd() async throws {
            try await withCluster { cluster in
                let post = try await cluster.publishedPost()
                try await cluster.inTerminal(Self.watch) { terminal in
                    try await terminal.wait(for: "confirmed")
                    terminal.send("\u{13}")  // Ctrl-S
                    try await cluster.sendUntilAnswered(Request(.republish(post, .unique())))
                    terminal.signal(SIGTERM)
                    try await terminal.waitForExit()
                }
            }
        }
    }
}
