import Foundation
import TCC

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// How fast the demo goes on.
struct DemoPace: Sendable {
    private static let beginning = Duration.seconds(1)
    private static let line = Duration.milliseconds(700)
    private static let longest = Duration.seconds(15)
    private static let look = Duration.milliseconds(50)

    /// Whether somebody wants to follow it.
    let isSlow: Bool
    /// Clocks.
    let world: World

    /// Waits until somebody has had the time to read a text, or presses Enter.
    ///
    /// - Parameter text: what was shown.
    /// - Throws: `CancellationError`.
    func rest(after text: String) async throws {
        guard isSlow else { return }
        let lines = text.split(whereSeparator: \.isNewline).count
        let time = min(Self.longest, Self.beginning + Self.line * lines)
        let start = world.elapsed()
        while world.elapsed() - start < time, !Self.isAskedToGoOn() { try await world.sleep(Self.look) }
    }

    /// Whether somebody has pressed Enter at the terminal since the last time.
    private static func isAskedToGoOn() -> Bool {
        guard isatty(STDIN_FILENO) == 1 else { return false }
        var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        guard poll(&input, 1, 0) > 0, input.revents & Int16(POLLIN) != 0 else { return false }
        var bytes = [UInt8](repeating: 0, count: 1024)
        return read(STDIN_FILENO, &bytes, bytes.count) > 0
    }
}
