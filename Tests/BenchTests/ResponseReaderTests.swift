import Benchmark
import NIOCore
import Testing

@Suite("Answers off a connection")
struct ResponseReaderTests {
    private static let ok = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
    private static let refused =
        "HTTP/1.1 429 Too Many Requests\r\ncontent-length: 2\r\nRetry-After: 1\r\nconnection: keep-alive\r\n\r\n{}"
    private static let empty = "HTTP/1.1 304 Not Modified\r\netag: \"1\"\r\n\r\n"

    private static func read(_ pieces: [String]) throws -> [BenchResponse] {
        var reader = ResponseReader()
        var responses: [BenchResponse] = []
        for piece in pieces {
            var bytes = ByteBuffer(string: piece)
            reader.append(&bytes)
            while let response = try reader.next() { responses.append(response) }
        }
        return responses
    }

    private static let expected = [
        BenchResponse(status: 200), BenchResponse(status: 429, retryAfterSeconds: 1), BenchResponse(status: 304),
    ]

    @Test("Several in one piece")
    func together() throws { #expect(try Self.read([Self.ok + Self.refused + Self.empty]) == Self.expected) }

    @Test("One byte at a time")
    func bytewise() throws {
        let bytes = (Self.ok + Self.refused + Self.empty).unicodeScalars.map { String($0) }
        #expect(try Self.read(bytes) == Self.expected)
    }

    @Test("A body whose length nobody says is not guessed at")
    func noLength() {
        #expect(throws: UnreadableResponse.self) {
            try Self.read(["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"])
        }
        #expect(throws: UnreadableResponse.self) { try Self.read(["SSH-2.0-OpenSSH_9.2\r\n"]) }
    }
}
