import Foundation
import NIOCore

/// The two streams that a command writes to.
enum Output {
    /// Writes text and a line's end to standard output.
    static func line(_ text: String) {
        FileHandle.standardOutput.write(Data((text + "\n").utf8))
    }

    /// Writes text and a line's end to standard error.
    static func note(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }

    /// Writes a value as one line of JSON whose members are always in the same order.
    static func json(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        FileHandle.standardOutput.write(try encoder.encode(value) + Data("\n".utf8))
    }

    /// Writes a service's JSON as it came.
    static func json(verbatim body: ByteBuffer) {
        line(String(buffer: body))
    }
}
