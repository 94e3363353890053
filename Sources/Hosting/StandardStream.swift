import Foundation

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The two streams that a command writes to, either of which may be full, closed, or a terminal that is gone.
package enum StandardStream {
    /// Standard output cannot be written.
    package struct Unwritable: Error, CustomStringConvertible {
        /// Why, as one sentence.
        package let description: String
    }

    /// Writes to standard error; where there is nowhere to complain, a complaint is lost.
    ///
    /// - Parameter text: the text.
    package static func complain(_ text: String) {
        _ = put(text, to: STDERR_FILENO)
    }

    /// Writes to standard output, at once.
    ///
    /// - Parameter text: the text.
    /// - Throws: ``Unwritable``, but for a reader that has seen enough, such as `head`: that is no error.
    package static func write(_ text: String) throws(Unwritable) {
        let code = put(text, to: STDOUT_FILENO)
        if code == 0 || code == EPIPE { return }
        throw Unwritable(description: "the output cannot be written: \(String(cString: strerror(code))).")
    }

    /// What a pipe or a terminal takes at once, as soon as it takes anything (`PIPE_BUF` of pipe(7)).
    private static let most = 4096
    private static let look = Int32(100)
    /// How long, after a signal to end the command, output still waits for its reader.
    private static let patience = Duration.seconds(1)

    /// Whether it is a pipe, a connection or a terminal; nothing else has a reader to wait for.
    private static func mayBlock(_ stream: Int32) -> Bool {
        var info = stat()
        return fstat(stream, &info) == 0 && [S_IFIFO, S_IFSOCK, S_IFCHR].contains(info.st_mode & S_IFMT)
    }

    /// Writes all of a text.
    ///
    /// It waits for the reader; after a signal to end the command, only for ``patience``.
    ///
    /// - Returns: 0, or why not all is written, as `errno` has it.
    private static func put(_ text: String, to stream: Int32) -> Int32 {
        var rest = Array(text.utf8)[...]
        let mayBlock = mayBlock(stream)
        while !rest.isEmpty {
            var state = pollfd(fd: stream, events: Int16(POLLOUT), revents: 0)
            let count = mayBlock ? poll(&state, 1, look) : 1
            if count == 0, Interruption.hasLasted(patience) { return ETIMEDOUT }
            if count < 0, errno != EINTR { return errno }
            guard count > 0 else { continue }
            let written = rest.withUnsafeBytes { Foundation.write(stream, $0.baseAddress, min(most, $0.count)) }
            if written >= 0 {
                rest = rest.dropFirst(written)
            } else if errno != EINTR, errno != EAGAIN {
                return errno
            }
        }
        return 0
    }

    /// Sees to it that no file or connection gets the number of a stream that is closed, and what is written to that.
    ///
    /// What takes the number instead can only be read: whoever writes to it still learns that nobody gets it.
    static func keepNumbers() {
        for number in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(number, F_GETFD) == -1 {
            // The lowest number that is free, which is this one.
            _ = open("/dev/null", O_RDONLY)
        }
    }
}
