package import Foundation
import Hosting
import Subprocess
import Synchronization

#if canImport(System)
import System
#else
import SystemPackage
#endif

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

    private let orders: Mutex<FileDescriptor?>

    private init() {
        do {
            let pipe = try FileDescriptor.pipe()
            // A server that inherited it would keep the shell waiting.
            for end in [pipe.readEnd, pipe.writeEnd] { _ = fcntl(end.rawValue, F_SETFD, FD_CLOEXEC) }
            self.orders = Mutex(pipe.writeEnd)
            // It outlives whatever started the first server, and ends when this process does.
            Task.detached { await self.watch(readingFrom: pipe.readEnd) }
        } catch {
            self.orders = Mutex(nil)
            Self.warn(error)
        }
    }

    private func watch(readingFrom orders: FileDescriptor) async {
        do {
            _ = try await Subprocess.run(
                .path("/bin/sh"),
                arguments: ["-c", Self.script],
                input: .fileDescriptor(orders, closeAfterSpawningProcess: true),
                output: .discarded
            )
        } catch {
            Self.warn(error)
        }
        self.orders.withLock { $0 = nil }
    }

    private static func warn(_ error: any Error) {
        StandardStream.complain(
            "No shell, no watchdog: if this process is killed, it leaves its servers behind. \(error)\n"
        )
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
        orders.withLock { pipe in
            do { _ = try pipe?.writeAll(line.utf8) } catch { pipe = nil }
        }
    }
}
