#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The pipe that a process writes its standard error to, from its other end: to be filled by somebody who does not read.
package struct OutputPipe: Sendable {
    private static let filler = UInt8(ascii: ".")
    private static let smallest = 64
    private static let capacity: Int32 = 4096
    /// `F_SETPIPE_SZ`, which is not in the headers that Swift sees.
    private static let setCapacity: Int32 = 1031

    private let pid: Int32

    /// The pipe of one process.
    ///
    /// - Parameter pid: the process.
    package init(pid: Int32) { self.pid = pid }

    /// Whether a line of output is only there to fill the pipe.
    ///
    /// - Parameter line: the line.
    /// - Returns: whether it is.
    package static func isFiller(_ line: String) -> Bool { line.count >= smallest - 1 && line.allSatisfy { $0 == "." } }

    /// Fills the pipe, as far as nobody reads from it.
    ///
    /// - Returns: whether it was full without that.
    package func fill() -> Bool {
        let descriptor = open("/proc/\(pid)/fd/2", O_WRONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        // A pipe that holds more than this already stays as it is.
        _ = fcntl(descriptor, Self.setCapacity, Self.capacity)
        var wasFull = true
        var length = Int(Self.capacity) / 4
        while length >= Self.smallest {
            var line = Array(repeating: Self.filler, count: length - 1)
            line.append(UInt8(ascii: "\n"))
            // No more than the system writes in one piece.
            if write(descriptor, line, line.count) == line.count { wasFull = false } else { length /= 2 }
        }
        return wasFull
    }
}
