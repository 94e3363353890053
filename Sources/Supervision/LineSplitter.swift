/// Cuts what a process writes into lines.
package struct LineSplitter: Hashable, Sendable {
    /// A longer line is cut here: a process that never ends its line fills no memory.
    package static let longestLineBytes = 16 * 1024

    private var rest: [UInt8] = []

    /// Nothing yet.
    package init() {}

    /// The process wrote something.
    ///
    /// - Parameter bytes: what it wrote.
    /// - Returns: the lines that are complete now, without their ends.
    package mutating func append(_ bytes: some Sequence<UInt8>) -> [String] {
        var lines: [String] = []
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                if rest.last == UInt8(ascii: "\r") { rest.removeLast() }
                lines.append(take())
            } else {
                if rest.count == Self.longestLineBytes { lines.append(take()) }
                rest.append(byte)
            }
        }
        return lines
    }

    /// The process will write nothing more.
    ///
    /// - Returns: what it left without a line's end, if anything.
    package mutating func finish() -> String? { rest.isEmpty ? nil : take() }

    private mutating func take() -> String {
        defer { rest.removeAll(keepingCapacity: true) }
        return String(decoding: rest, as: UTF8.self)
    }
}
