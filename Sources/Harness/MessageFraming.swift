package import NIOCore

/// Finds where HTTP/1.1 messages end in a stream of bytes (RFC 9112, section 6.3), and nothing else about them.
///
/// It believes what both sides say: they are the processes under test and their clients.
package struct MessageFraming: Sendable {
    /// A whole message.
    package struct Message: Hashable, Sendable {
        /// Its bytes, as they came.
        package var bytes: ByteBuffer
        /// How many of them are its head, with the empty line.
        package var headLength: Int
    }

    /// The bytes are no message.
    package struct Unreadable: Error, Hashable {}

    private enum Body {
        case bytes(Int)
        case chunked
        case untilClose
    }

    private static let largestMessage = 16 << 20

    /// Whether they are answers.
    private let areAnswers: Bool
    private var buffer = ByteBuffer()

    /// Nothing has come.
    ///
    /// - Parameter areAnswers: whether they are answers, not requests.
    package init(areAnswers: Bool) { self.areAnswers = areAnswers }

    /// Takes bytes.
    ///
    /// - Parameter bytes: the next ones.
    package mutating func append(_ bytes: ByteBuffer) { buffer.writeImmutableBuffer(bytes) }

    /// The next message, once it is whole.
    ///
    /// - Parameter hasBody: whether it may have one; the answer to a HEAD has none, whatever its head says.
    /// - Returns: the message, without the interim answers before it; nil if it is not whole.
    /// - Throws: ``Unreadable``.
    package mutating func next(hasBody: Bool = true) throws -> Message? {
        guard buffer.readableBytes <= Self.largestMessage else { throw Unreadable() }
        let bytes = buffer.readableBytesView
        guard let head = Self.endOfHead(bytes) else { return nil }
        let (isInterim, body) = try framing(bytes[..<head], hasBody)
        if isInterim {
            buffer.moveReaderIndex(forwardBy: head - bytes.startIndex)
            return try next(hasBody: hasBody)
        }
        let end: Int
        switch body {
        case .bytes(let count): end = head + count
        case .chunked:
            guard let last = try Self.endOfChunks(bytes[head...]) else { return nil }
            end = last
        case .untilClose: return nil
        }
        guard end <= bytes.endIndex, let whole = buffer.readSlice(length: end - bytes.startIndex) else { return nil }
        return Message(bytes: whole, headLength: head - bytes.startIndex)
    }

    /// The last message, when the stream has ended.
    ///
    /// - Returns: an answer that ends with its connection; nil if there is none.
    /// - Throws: ``Unreadable``.
    package mutating func finish() throws -> Message? {
        let bytes = buffer.readableBytesView
        guard let head = Self.endOfHead(bytes), case .untilClose = try framing(bytes[..<head], true).body else {
            return nil
        }
        let length = head - bytes.startIndex
        return buffer.readSlice(length: buffer.readableBytes).map { Message(bytes: $0, headLength: length) }
    }

    private func framing(_ head: ByteBufferView, _ hasBody: Bool) throws -> (isInterim: Bool, body: Body) {
        let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n")
        guard let first = lines.first else { throw Unreadable() }
        var body: Body = areAnswers ? .untilClose : .bytes(0)
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { throw Unreadable() }
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            switch line[..<colon].lowercased() {
            case "content-length":
                guard let length = Int(value), (0...Self.largestMessage).contains(length) else { throw Unreadable() }
                body = .bytes(length)
            case "transfer-encoding": body = .chunked
            default: break
            }
        }
        guard areAnswers else { return (false, body) }
        let words = first.split(separator: " ")
        guard words.count > 1, let status = Int(words[1]) else { throw Unreadable() }
        let isEmpty = !hasBody || status == 204 || status == 304
        return (status < 200, isEmpty || status < 200 ? .bytes(0) : body)
    }

    /// Where a head ends, behind its empty line.
    private static func endOfHead(_ bytes: ByteBufferView) -> Int? {
        let (feed, turn) = (UInt8(ascii: "\n"), UInt8(ascii: "\r"))
        for index in bytes.indices.dropFirst(3)
        where bytes[index] == feed && bytes[index - 1] == turn && bytes[index - 2] == feed && bytes[index - 3] == turn {
            return index + 1
        }
        return nil
    }

    private static func endOfChunks(_ bytes: ByteBufferView) throws -> Int? {
        var place = bytes.startIndex
        while let line = endOfLine(bytes[place...]) {
            let digits = bytes[place..<(line - 2)].prefix { $0 != UInt8(ascii: ";") }
            guard let size = Int(String(decoding: digits, as: UTF8.self).trimmed, radix: 16),
                (0...largestMessage).contains(size)
            else { throw Unreadable() }
            place = line
            if size == 0 {
                // Trailers, until an empty line.
                while let end = endOfLine(bytes[place...]) {
                    if end - place == 2 { return end }
                    place = end
                }
                return nil
            }
            place += size + 2
            guard place <= bytes.endIndex else { return nil }
        }
        return nil
    }

    private static func endOfLine(_ bytes: ByteBufferView) -> Int? {
        guard let feed = bytes.firstIndex(of: UInt8(ascii: "\n")), feed > bytes.startIndex else { return nil }
        return feed + 1
    }
}

extension String {
    /// Without the spaces at its ends.
    fileprivate var trimmed: Substring {
        var text = self[...]
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text.drop { $0 == " " || $0 == "\t" }
    }
}
