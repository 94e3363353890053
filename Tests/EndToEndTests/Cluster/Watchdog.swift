import Foundation
import Synchronization

/// Ends the servers when the test process dies before its tests can: a shell that reads from a pipe which only the test
/// process holds open.
final class Watchdog: Sendable {
    /// The one of this test process; started with the first server.
    static let shared = Watchdog()

    private static let script = """
        live=
        while read -r verb pid; do
            others=
            for one in $live; do [ "$one" = "$pid" ] || others="$others $one"; done
            live=$others
            [ "$verb" = watch ] && live="$live $pid"
        done
        [ -z "$live" ] || kill -9 $live
        """

    private let orders: Mutex<FileHandle?>

    private init() {
        let pipe = Pipe()
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.arguments = ["-c", Self.script]
        shell.standardInput = pipe
        do {
            try Launch.run(shell)
            self.orders = Mutex(pipe.fileHandleForWriting)
        } catch {
            self.orders = Mutex(nil)
            print("No shell, no watchdog: a killed test run leaves its servers behind. \(error)")
        }
    }

    /// This process is to die with the test process.
    func watch(_ pid: Int32) { order("watch \(pid)\n") }

    /// This process is gone.
    func forget(_ pid: Int32) { order("forget \(pid)\n") }

    private func order(_ line: String) {
        orders.withLock { handle in
            do { try handle?.write(contentsOf: Data(line.utf8)) } catch { handle = nil }
        }
    }
}

/// Starts processes one at a time, so that none inherits a descriptor that was made for another.
enum Launch {
    private static let turn = Mutex(())

    static func run(_ process: Process) throws { try alone { try process.run() } }

    static func alone<Result>(_ start: () throws -> Result) rethrows -> Result {
        try turn.withLock { _ in try start() }
    }
}
