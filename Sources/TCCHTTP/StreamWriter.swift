import Foundation
public import Logging
import Synchronization

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Writes lines to a file descriptor on a thread of its own, so that whoever has something to say never waits for who
/// reads it: a full pipe, a stopped terminal, a slow disk.
///
/// What waits is bounded. A line past that is dropped; how many were is said where they are missing.
package final class StreamWriter: Sendable {
    /// Standard output.
    package static let standardOutput = StreamWriter(STDOUT_FILENO)
    /// Standard error.
    package static let standardError = StreamWriter(STDERR_FILENO)

    private struct State {
        var lines: [String] = []
        var bytes = 0
        var dropped = 0
        var isWriting = false
        /// Whether the last attempt failed: what is missing is said with the next line then.
        var hasFailed = false
        var hasThread = false

        /// Whether there is something to write.
        var isDue: Bool { !lines.isEmpty || (dropped > 0 && !hasFailed) }
    }

    private static let stackBytes = 128 << 10

    private let file: Int32
    private let mostBytes: Int
    private let state = Mutex(State())
    /// Signalled when there is something to write, and when all of it has been written.
    private let changed = NSCondition()

    /// A writer; its thread starts with the first line and ends with the process.
    ///
    /// - Parameters:
    ///   - file: the file descriptor.
    ///   - mostBytes: how much may wait to be written.
    package init(_ file: Int32, mostBytes: Int = 1 << 20) {
        self.file = file
        self.mostBytes = mostBytes
    }

    /// Has a text written, if there is room for it.
    ///
    /// - Parameter text: one or more whole lines.
    package func write(_ text: String) {
        changed.lock()
        defer { changed.unlock() }
        let isFirst = state.withLock { state in
            let size = text.utf8.count
            guard state.bytes + size <= mostBytes else {
                state.dropped += 1
                return false
            }
            state.bytes += size
            state.lines.append(text)
            defer { state.hasThread = true }
            return !state.hasThread
        }
        if isFirst {
            let thread = Thread { self.run() }
            thread.stackSize = Self.stackBytes
            thread.start()
        }
        changed.broadcast()
    }

    /// Waits until all is written, but not for ever.
    ///
    /// - Parameter time: how long at most.
    package func flush(within time: Duration) {
        let end = ContinuousClock.now + time
        changed.lock()
        defer { changed.unlock() }
        while state.withLock({ $0.isWriting || $0.isDue }), ContinuousClock.now < end {
            // In short steps: a condition waits by the wall clock, which may jump.
            _ = changed.wait(until: Date(timeIntervalSinceNow: 0.02))
        }
    }

    private func run() {
        while true {
            let (lines, dropped) = next()
            var text = lines.joined()
            if dropped > 0 { text += "warning: \(dropped) lines are missing here; they were not read in time\n" }
            let isWritten = writeAll(Array(text.utf8))
            changed.lock()
            state.withLock { state in
                state.isWriting = false
                state.hasFailed = !isWritten
                if !isWritten { state.dropped += dropped + lines.count }
            }
            changed.broadcast()
            changed.unlock()
        }
    }

    /// What is to be written next; waits for it.
    private func next() -> (lines: [String], dropped: Int) {
        changed.lock()
        defer { changed.unlock() }
        while state.withLock({ !$0.isDue }) { changed.wait() }
        return state.withLock { state in
            let next = (state.lines, state.dropped)
            (state.lines, state.bytes, state.dropped, state.isWriting) = ([], 0, 0, true)
            return next
        }
    }

    /// Writes bytes, however long that takes.
    ///
    /// - Returns: false if they cannot be written: the disk is full, or nobody is there to read.
    private func writeAll(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { systemWrite(file, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                // Whoever shares the descriptor has set it so.
                var waiting = pollfd(fd: file, events: Int16(POLLOUT), revents: 0)
                _ = poll(&waiting, 1, -1)
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }
}

/// `write(2)`, by a name that ``StreamWriter`` does not have itself.
private func systemWrite(_ file: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(file, bytes, count)
}

/// Logs to standard error by a thread of its own: who reads it slowly, or not at all, holds up nothing.
///
/// At most 1 MiB waits to be written; lines past that are dropped, and how many are missing is said in their place.
public struct StreamWriterLogHandler: LogHandler {
    /// A stream for swift-log's own handler.
    private struct Stream: TextOutputStream, Sendable {
        let writer: StreamWriter

        mutating func write(_ text: String) { writer.write(text) }
    }

    /// How long a line of the highest level may hold up who logs it: the process may be about to end.
    private static let longestFlush = Duration.milliseconds(500)

    private let writer: StreamWriter
    private var inner: StreamLogHandler
    /// What every line has.
    ///
    /// The inner handler would write it out at each change, of which a server makes one for each request, and not only for
    /// the lines that are logged.
    public var metadata: Logger.Metadata = [:]

    /// A handler that writes to standard error.
    ///
    /// - Parameter label: the logger's name.
    public init(label: String) { self.init(label: label, writer: .standardError) }

    /// A handler.
    ///
    /// - Parameters:
    ///   - label: the logger's name.
    ///   - writer: where its lines go.
    package init(label: String, writer: StreamWriter) {
        self.writer = writer
        self.inner = StreamLogHandler(label: label, stream: Stream(writer: writer))
    }

    /// Which lines are logged.
    public var logLevel: Logger.Level {
        get { inner.logLevel }
        set { inner.logLevel = newValue }
    }

    /// Where further metadata comes from.
    public var metadataProvider: Logger.MetadataProvider? {
        get { inner.metadataProvider }
        set { inner.metadataProvider = newValue }
    }

    /// One of the things that every line has.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Logs a line.
    public func log(event: LogEvent) {
        var inner = inner
        if !metadata.isEmpty { inner.metadata = metadata }
        inner.log(event: event)
        if event.level == .critical { writer.flush(within: Self.longestFlush) }
    }
}
