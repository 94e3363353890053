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
        if text.isEmpty { return }
        // `try?`, and not `write(_:)`, which traps where nothing can be written.
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }

    /// Writes to standard output, at once.
    ///
    /// - Parameter text: the text.
    /// - Throws: ``Unwritable``, but for a reader that has seen enough, such as `head`: that is no error.
    package static func write(_ text: String) throws(Unwritable) {
        do {
            try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
        } catch {
            let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
            let code = Int32(truncatingIfNeeded: cause?.code ?? 0)
            if code == EPIPE { return }
            throw Unwritable(description: "the output cannot be written: \(String(cString: strerror(code))).")
        }
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
