package import Foundation
import Synchronization

/// Writes a history while it happens, one line at a time.
///
/// Each line goes to the file by itself, in the order of its ``RecordedLine/at``: whoever is killed while writing loses
/// at most the last line.
package final class RecordingWriter: Sendable {
    private let file: FileHandle
    private let milliseconds: @Sendable () -> Double
    private let encoder = Mutex(RecordingWriter.makeEncoder())

    /// Writes into a file.
    ///
    /// - Parameters:
    ///   - file: the file; it is appended to, and stays open.
    ///   - milliseconds: the time since the run's begin.
    package init(to file: FileHandle, milliseconds: @escaping @Sendable () -> Double) {
        self.file = file
        self.milliseconds = milliseconds
    }

    /// Creates a file and writes into it; the run begins now.
    ///
    /// - Parameter url: the file; what it held before is lost.
    /// - Throws: whatever keeps the file from being written.
    package convenience init(creating url: URL) throws {
        try Data().write(to: url)
        let begin = ContinuousClock.now
        self.init(to: try FileHandle(forWritingTo: url)) { (ContinuousClock.now - begin) / .milliseconds(1) }
    }

    /// Writes a line.
    ///
    /// - Parameter event: what happens now.
    /// - Returns: the line, with its time.
    /// - Throws: whatever keeps it from being written.
    @discardableResult
    package func write(_ event: RecordedEvent) throws -> RecordedLine {
        // Under the lock, so that the file has the order of its times.
        try encoder.withLock { encoder in
            let line = RecordedLine(at: (milliseconds() * 1000).rounded() / 1000, event)
            var data = try encoder.encode(line)
            data.append(UInt8(ascii: "\n"))
            try file.write(contentsOf: data)
            return line
        }
    }

    private static func makeEncoder() -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}
