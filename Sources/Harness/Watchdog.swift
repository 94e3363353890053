package import Foundation
import Synchronization

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Ends the servers when this process dies before it can: a shell that reads from a pipe which only this process holds
/// open.
package final class Watchdog: Sendable {
    /// The one of this process; started with the first server.
    package static let shared = Watchdog()

    private static let script = """
        trap '' INT TERM HUP
        live=
        mounted=
        while read -r verb what; do
            others=
            for one in $live; do [ "$one" = "$what" ] || others="$others $one"; done
            live=$others
            case $verb in
                watch) live="$live $what" ;;
                mounted) mounted="$mounted $what" ;;
            esac
        done
        [ -z "$live" ] || kill -9 $live 2>/dev/null
        for one in $mounted; do umount -l "$one"; done 2>/dev/null
        """

    private let orders: Mutex<FileHandle?>

    private init() {
        let pipe = Pipe()
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.arguments = ["-c", Self.script]
        shell.standardInput = pipe
        // A server that inherited it would keep the shell waiting.
        _ = fcntl(pipe.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        do {
            try Launch.run(shell)
            self.orders = Mutex(pipe.fileHandleForWriting)
        } catch {
            self.orders = Mutex(nil)
            print("No shell, no watchdog: if this process is killed, it leaves its servers behind. \(error)")
        }
    }

    /// This process is to die with the one that started it.
    ///
    /// - Parameter pid: its id.
    package func watch(_ pid: Int32) { order("watch \(pid)\n") }

    /// This process is gone.
    ///
    /// - Parameter pid: its id.
    package func forget(_ pid: Int32) { order("forget \(pid)\n") }

    /// A file system is mounted here, which is to go with the process that mounted it.
    ///
    /// - Parameter folder: where; one with a space in its name is left alone.
    package func mounted(_ folder: URL) {
        let path = folder.path(percentEncoded: false)
        if !path.contains(where: \.isWhitespace) { order("mounted \(path)\n") }
    }

    private func order(_ line: String) {
        orders.withLock { handle in
            do { try handle?.write(contentsOf: Data(line.utf8)) } catch { handle = nil }
        }
    }
}

/// Starts processes one at a time, so that none inherits a descriptor that was made for another.
package enum Launch {
    private static let turn = Mutex(())

    /// Starts a process.
    ///
    /// - Parameter process: the process.
    /// - Throws: whatever the system meets.
    package static func run(_ process: Process) throws { try alone { try process.run() } }

    /// Starts something while nothing else is started.
    ///
    /// - Parameter start: starts it.
    /// - Returns: what it returns.
    /// - Throws: what it throws.
    package static func alone<Result>(_ start: () throws -> Result) rethrows -> Result {
        try turn.withLock { _ in try start() }
    }
}
