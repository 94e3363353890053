package import Foundation

/// A history cannot be read.
package struct UnreadableRecording: Error, Hashable, CustomStringConvertible {
    /// The line, from 1.
    package var line: Int
    /// What is wrong with it.
    package var what: String

    /// For people.
    package var description: String {
        """
        line \(line) \(what). Nothing can be concluded from a history that was changed: \
        use the file as the run wrote it, or run it again.
        """
    }
}

/// Reads a recorded history line by line.
package struct RecordingReader {
    private static let chunk = 1 << 16
    private static let mostBytesInLine = 16 << 20
    /// No run lasts longer than a month; a greater time would only make a chart without end.
    private static let mostMilliseconds = 31 * 86_400_000.0

    private let decoder = JSONDecoder()
    private var rest = Data()
    private var number = 0
    /// Whether the last line was cut off while it was written, and left out.
    package private(set) var isTorn = false

    /// Reads from the first line.
    package init() {}

    /// Reads a whole history.
    ///
    /// - Parameters:
    ///   - file: the file, from where it stands to its end.
    ///   - body: takes each line and its number.
    /// - Throws: ``UnreadableRecording``, what the body throws, or what keeps the file from being read.
    package mutating func read(_ file: FileHandle, body: (RecordedLine, Int) throws -> Void) throws {
        while let data = try file.read(upToCount: Self.chunk), !data.isEmpty { try read(data, body: body) }
        try finish(body: body)
    }

    /// Reads the next bytes.
    ///
    /// - Parameters:
    ///   - data: the bytes.
    ///   - body: takes each line that they end, and its number.
    /// - Throws: ``UnreadableRecording``, or what the body throws.
    package mutating func read(_ data: Data, body: (RecordedLine, Int) throws -> Void) throws {
        rest.append(data)
        var start = rest.startIndex
        while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
            number += 1
            try body(try line(rest[start..<end]), number)
            start = end + 1
        }
        rest = Data(rest[start...])
        guard rest.count <= Self.mostBytesInLine else {
            throw UnreadableRecording(line: number + 1, what: "is longer than \(Self.mostBytesInLine) bytes")
        }
    }

    /// Nothing comes after this; a last line without its end counts if it is whole.
    ///
    /// - Parameter body: takes the last line and its number.
    /// - Throws: what the body throws.
    package mutating func finish(body: (RecordedLine, Int) throws -> Void) throws {
        guard !rest.isEmpty else { return }
        let line: RecordedLine
        do {
            line = try self.line(rest)
        } catch {
            isTorn = true
            return
        }
        try body(line, number + 1)
    }

    private func line(_ data: Data) throws -> RecordedLine {
        let line: RecordedLine
        do {
            line = try decoder.decode(RecordedLine.self, from: data)
        } catch let error as DecodingError {
            throw UnreadableRecording(line: number, what: Self.describe(error))
        }
        guard (0...Self.mostMilliseconds).contains(line.at) else {
            throw UnreadableRecording(line: number, what: "has the time \(line.at)")
        }
        return line
    }

    private static func describe(_ error: DecodingError) -> String {
        func path(_ context: DecodingError.Context) -> String {
            context.codingPath.map(\.stringValue).joined(separator: ".")
        }
        switch error {
        case .keyNotFound(let key, let context):
            return "has no '\((context.codingPath + [key]).map(\.stringValue).joined(separator: "."))'"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            return "has another kind of value as '\(path(context))'"
        case .dataCorrupted(let context) where context.codingPath.isEmpty: return "is not JSON"
        case .dataCorrupted(let context): return "has a '\(path(context))' that cannot be: \(context.debugDescription)"
        @unknown default: return "cannot be read"
        }
    }
}
