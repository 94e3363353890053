import Harness
import NIOCore
import Testing

@Suite("Where HTTP messages end")
struct MessageFramingTests {
    /// Takes a stream byte by byte, and gives the messages in it and what their heads are.
    private func messages(_ text: String, areAnswers: Bool, hasBody: Bool = true) throws -> [[String]] {
        var framing = MessageFraming(areAnswers: areAnswers)
        var messages: [[String]] = []
        func take(_ message: MessageFraming.Message) {
            var rest = message.bytes
            messages.append([rest.readString(length: message.headLength) ?? "", String(buffer: rest)])
        }
        for byte in text.utf8 {
            framing.append(ByteBuffer(bytes: [byte]))
            while let message = try framing.next(hasBody: hasBody) { take(message) }
        }
        if let message = try framing.finish() { take(message) }
        return messages
    }

    @Test("A request ends with its head, or after as many bytes as it says")
    func requests() throws {
        let (get, post) = ("GET /a HTTP/1.1\r\nHost: b\r\n\r\n", "POST /c HTTP/1.1\r\nContent-Length: 3\r\n\r\n")
        #expect(try messages(get + post + "xyz" + get, areAnswers: false) == [[get, ""], [post, "xyz"], [get, ""]])
    }

    @Test("Chunks end with an empty one, and its trailers")
    func chunks() throws {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        let body = "5;x=y\r\nhello\r\nA\r\n0123456789\r\n0\r\nA: b\r\n\r\n"
        #expect(
            try messages(head + body + head + "0\r\n\r\n", areAnswers: true) == [[head, body], [head, "0\r\n\r\n"]]
        )
    }

    @Test("An answer without a length ends with its connection; one that has no body, with its head")
    func withoutLength() throws {
        let head = "HTTP/1.1 200 OK\r\nServer: a\r\n\r\n"
        #expect(try messages(head + "all", areAnswers: true) == [[head, "all"]])
        for status in ["204 No Content", "304 Not Modified"] {
            let empty = "HTTP/1.1 \(status)\r\nContent-Length: 7\r\n\r\n"
            #expect(try messages(empty + empty, areAnswers: true) == [[empty, ""], [empty, ""]])
        }
        let long = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"
        #expect(try messages(long, areAnswers: true, hasBody: false) == [[long, ""]])
    }

    @Test("Interim answers are passed over")
    func interim() throws {
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n"
        #expect(try messages("HTTP/1.1 100 Continue\r\n\r\n" + head + "x", areAnswers: true) == [[head, "x"]])
    }

    @Test(
        "What is no message is refused",
        arguments: [
            "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", "POST / HTTP/1.1\r\nno colon\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        ]
    )
    func unreadable(_ text: String) {
        #expect(throws: MessageFraming.Unreadable.self) { try messages(text, areAnswers: false) }
    }
}
