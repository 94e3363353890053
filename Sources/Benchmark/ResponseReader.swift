package import NIOCore

/// What a benchmark wants to know of an answer.
package struct BenchResponse: Hashable, Sendable {
    /// The status.
    package var status: Int
    /// `Retry-After`, in seconds.
    package var retryAfterSeconds: Int?

    /// Makes one.
    ///
    /// - Parameters:
    ///   - status: the status.
    ///   - retryAfterSeconds: `Retry-After`.
    package init(status: Int, retryAfterSeconds: Int? = nil) {
        self.status = status
        self.retryAfterSeconds = retryAfterSeconds
    }
}

/// An answer that this reader has no use for.
package struct UnreadableResponse: Error, Hashable {}

/// Cuts a stream of HTTP/1.1 answers into answers: as much of HTTP as our own servers write, which give every body its
/// length, for a fraction of what a whole parser costs a process that shares its cores with what it measures.
package struct ResponseReader {
    private var buffer = ByteBuffer()
    /// Of the answer whose body has not come yet.
    private var waiting: (response: BenchResponse, bodyLength: Int)?

    /// Nothing has come yet.
    package init() {}

    /// Takes what has come.
    ///
    /// - Parameter bytes: the bytes.
    package mutating func append(_ bytes: inout ByteBuffer) {
        if buffer.readableBytes == 0 { buffer = bytes } else { buffer.writeBuffer(&bytes) }
    }

    /// The next answer.
    ///
    /// - Returns: nil if it is not all there yet.
    /// - Throws: ``UnreadableResponse``.
    package mutating func next() throws -> BenchResponse? {
        if waiting == nil { waiting = try readHead() }
        guard let (response, length) = waiting, buffer.readableBytes >= length else { return nil }
        buffer.moveReaderIndex(forwardBy: length)
        waiting = nil
        return response
    }

    private mutating func readHead() throws -> (BenchResponse, Int)? {
        let head = try buffer.withUnsafeReadableBytes { bytes in try Self.head(UnsafeRawBufferPointer(bytes)) }
        guard let head else { return nil }
        buffer.moveReaderIndex(forwardBy: head.length)
        return (head.response, head.bodyLength)
    }

    private typealias Head = (response: BenchResponse, length: Int, bodyLength: Int)

    private static func head(_ bytes: UnsafeRawBufferPointer) throws -> Head? {
        var line = 0
        var response: BenchResponse?
        var bodyLength: Int?
        while let end = endOfLine(bytes, from: line) {
            let text = UnsafeRawBufferPointer(rebasing: bytes[line..<end])
            line = end + 2
            guard let known = response else {
                // "HTTP/1.1 200 OK"
                guard text.count >= 12, let status = number(text[9..<12]) else { throw UnreadableResponse() }
                response = BenchResponse(status: status)
                continue
            }
            if text.isEmpty {
                let isBodiless = known.status == 204 || known.status == 304
                guard let length = isBodiless ? 0 : bodyLength else { throw UnreadableResponse() }
                return (known, line, length)
            }
            if let value = value(of: "content-length:", in: text) { bodyLength = value }
            if let value = value(of: "retry-after:", in: text) { response?.retryAfterSeconds = value }
        }
        return nil
    }

    private static func endOfLine(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var index = start
        while index + 1 < bytes.count {
            if bytes[index] == UInt8(ascii: "\r"), bytes[index + 1] == UInt8(ascii: "\n") { return index }
            index += 1
        }
        return nil
    }

    /// The number after a name in any case; the name is in lower case.
    private static func value(of name: StaticString, in line: UnsafeRawBufferPointer) -> Int? {
        let count = name.utf8CodeUnitCount
        guard line.count > count else { return nil }
        for index in 0..<count {
            let byte = line[index]
            let lower = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte + 32 : byte
            guard lower == name.utf8Start[index] else { return nil }
        }
        return number(line[count...])
    }

    private static func number(_ bytes: Slice<UnsafeRawBufferPointer>) -> Int? {
        var result: Int?
        for byte in bytes where byte != UInt8(ascii: " ") {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte), (result ?? 0) < 1 << 40 else { return nil }
            result = (result ?? 0) * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return result
    }
}
