import Testing

/// A request as it is sent, and what must come of it.
struct Shape: Sendable, CustomTestStringConvertible {
    /// The document and section, and what it is about.
    var rule: String
    /// Its bytes.
    var request: String
    /// The statuses of the answers, each one of several where the rule leaves a choice.
    var statuses: [Set<Int>]
    /// Whether the server closes the connection after the last of them.
    var closes: Bool
    /// Whether the client says that it sends nothing more.
    var isFinished = false

    var testDescription: String { rule }

    init(_ rule: String, _ request: String, _ statuses: Set<Int>..., closes: Bool = false, isFinished: Bool = false) {
        self.rule = rule
        self.request = request
        self.statuses = statuses
        self.closes = closes
        self.isFinished = isFinished
    }

    /// A request that is refused, and ends its connection.
    static func refused(_ rule: String, _ request: String, _ statuses: Set<Int> = [400]) -> Shape {
        var shape = Shape(rule, request, closes: true)
        shape.statuses = [statuses]
        return shape
    }

    /// A GET with further header lines.
    static func get(_ lines: String, target: String = "/healthz", version: String = "1.1") -> String {
        "GET \(target) HTTP/\(version)\r\n\(lines)\r\n\r\n"
    }

    /// A POST with further header lines and a content.
    static func post(_ lines: String, _ content: String, target: String = "/echo") -> String {
        "POST \(target) HTTP/1.1\r\nHost: a\r\n\(lines)\r\n\r\n\(content)"
    }
}

@Suite("HTTP as RFC 9110 and RFC 9112 want it")
struct HTTPShapesTests {
    @Test(
        arguments: requestLines + hosts + fields + lengths + chunks + contents + connections + expectations + targets
            + methods
    )
    func shape(_ shape: Shape) async throws {
        try await ServerUnderTest.run { server in
            try await RawConnection.with(port: server.port) { connection in
                try await connection.send(shape.request)
                if shape.isFinished { connection.finish() }
                let isHead = shape.request.hasPrefix("HEAD ")
                for (index, expected) in shape.statuses.enumerated() {
                    let answer = try #require(
                        try await connection.answer(toHead: isHead && index == 0),
                        "no answer to \(shape.rule)"
                    )
                    #expect(expected.contains(answer.status), "\(shape.rule): \(answer)")
                    if answer.status >= 400, !isHead {
                        #expect(answer.fields["content-type"] == "application/problem+json", "\(answer)")
                        #expect(answer.content.contains(#""code""#), "\(answer)")
                    }
                    if answer.status >= 200 { #expect(answer.fields["date"] != nil, "\(answer)") }
                    if index == shape.statuses.count - 1, shape.closes {
                        #expect(answer.fields["connection"] == "close", "\(shape.rule): \(answer)")
                    }
                }
                if !shape.closes {
                    try await connection.send(Shape.get("Host: a\r\nConnection: close"))
                    #expect(try await connection.answer()?.content == #"{"status":"alive"}"#, "\(shape.rule)")
                }
                #expect(try await connection.rest() == "", "\(shape.rule)")
            }
        }
    }

    static let requestLines: [Shape] = [
        Shape("9112, 2.2: empty lines before a request", "\r\n\r\n" + Shape.get("Host: a"), [200]),
        .refused("9112, 2.2: blanks before the first field", "GET /healthz HTTP/1.1\r\n Host: b\r\nHost: a\r\n\r\n"),
        .refused("9112, 2.2: lines that end with LF", "GET /healthz HTTP/1.1\nHost: a\n\n"),
        .refused("9112, 2.2: CR in a line", Shape.get("Host: a\r\nX: a\rb")),
        .refused("9112, 2.3: a version in lower case", "GET /healthz http/1.1\r\nHost: a\r\n\r\n"),
        .refused("9112, 2.3: HTTP/0.9", "GET /healthz\r\n\r\n"),
        .refused("9112, 2.3: HTTP/2.0", Shape.get("Host: a", version: "2.0"), [400, 505]),
        .refused("9112, 2.3: HTTP/1.x", Shape.get("Host: a", version: "1.x")),
        .refused("9112, 3: a blank after the version", "GET /healthz HTTP/1.1 \r\nHost: a\r\n\r\n"),
        .refused("9112, 3: tabs between the words", "GET\t/healthz\tHTTP/1.1\r\nHost: a\r\n\r\n"),
        .refused("9112, 3: no request at all", "\u{16}\u{3}\u{1}\u{2}\u{0}garbage\r\n\r\n"),
        .refused("9112, 3: a word", "garbage\r\n\r\n"),
        .refused(
            "9112, 3: a long target",
            Shape.get("Host: a", target: "/" + String(repeating: "a", count: 17_000)),
            [414]
        ),
        .refused(
            "9112, 3: a longer one",
            Shape.get("Host: a", target: "/" + String(repeating: "a", count: 99_000)),
            [414]
        ),
    ]

    static let hosts: [Shape] = [
        .refused("9112, 3.2: no Host", "GET /healthz HTTP/1.1\r\n\r\n"),
        .refused("9112, 3.2: two Hosts", Shape.get("Host: a\r\nHost: b")),
        .refused("9112, 3.2: twice the same Host", Shape.get("Host: a\r\nHost: a")),
        .refused("9112, 3.2: a Host of two words", Shape.get("Host: a b")),
        .refused("9112, 3.2: a Host with a path", Shape.get("Host: a/b")),
        .refused("9112, 3.2: a Host with a user", Shape.get("Host: u@a")),
        .refused("9112, 3.2: a port that is none", Shape.get("Host: a:b")),
        .refused("9112, 3.2: a port that cannot be", Shape.get("Host: a:80833")),
        .refused("9112, 3.2: a Host that is not ASCII", Shape.get("Host: \u{FF}")),
        .refused("9112, 3.2: an address without its bracket", Shape.get("Host: [::1")),
        .refused("9112, 3.2: an address without brackets", Shape.get("Host: ::1")),
        .refused("9110, 4.2.1: an empty Host", Shape.get("Host: ")),
        Shape("9112, 3.2: a Host with a port", Shape.get("Host: a.example:8080"), [200]),
        Shape("9112, 3.2: an address of IPv6", Shape.get("Host: [::1]:8080"), [200]),
        Shape("9112, 3.2: HTTP/1.0 has none", Shape.get("Connection: keep-alive", version: "1.0"), [200]),
    ]

    static let fields: [Shape] = [
        .refused("9112, 5.1: a blank before the colon", Shape.get("Host: a\r\nX : b")),
        .refused("9112, 5.2: a folded line", Shape.get("Host: a\r\nX: a\r\n b")),
        .refused("9110, 5.1: a name that is no token", Shape.get("Host: a\r\nX(: b")),
        .refused("9110, 5.1: no name", Shape.get("Host: a\r\n: b")),
        .refused("9112, 5: no colon", Shape.get("Host: a\r\nfoo")),
        .refused("9110, 5.5: NUL", Shape.get("Host: a\r\nX: a\u{0}b")),
        .refused("9110, 5.5: a control character", Shape.get("Host: a\r\nX: a\u{1}b")),
        .refused("9110, 5.5: DEL", Shape.get("Host: a\r\nX: a\u{7F}b")),
        Shape("9110, 5.5: blanks around values", Shape.get("Host: \t a \t \r\nExpect:  100-continue \t"), [200]),
        Shape("9110, 5.5: bytes beyond ASCII", Shape.get("Host: a\r\nX: \u{E9}"), [200]),
        .refused("6585, 5: a large field", Shape.get("Host: a\r\nX: " + String(repeating: "a", count: 70_000)), [431]),
        .refused("6585, 5: a larger one", Shape.get("Host: a\r\nX: " + String(repeating: "a", count: 300_000)), [431]),
        .refused("6585, 5: many fields", Shape.get("Host: a" + String(repeating: "\r\nX: a", count: 2000)), [431]),
    ]

    static let lengths: [Shape] = [
        .refused("9112, 6.3: two lengths", Shape.post("Content-Length: 1\r\nContent-Length: 2", "xy")),
        .refused("9112, 6.3: a list of lengths", Shape.post("Content-Length: 1, 2", "xy")),
        .refused("9110, 8.6: a sign", Shape.post("Content-Length: +1", "x")),
        .refused("9110, 8.6: less than nothing", Shape.post("Content-Length: -1", "x")),
        .refused("9110, 8.6: hexadecimal", Shape.post("Content-Length: 0x1", "x")),
        .refused("9110, 8.6: no digit", Shape.post("Content-Length: ", "x")),
        .refused("9110, 8.6: beyond all numbers", Shape.post("Content-Length: 99999999999999999999999", "x")),
        .refused(
            "9112, 6.1: a length and a coding",
            Shape.post("Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n")
        ),
        .refused(
            "9112, 6.1: a coding and a length",
            Shape.post("Transfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n")
        ),
        .refused("9112, 6.1: an unknown coding", Shape.post("Transfer-Encoding: xchunked", "0\r\n\r\n"), [400, 501]),
        .refused(
            "9112, 6.1: one more coding",
            Shape.post("Transfer-Encoding: gzip, chunked", "0\r\n\r\n"),
            [400, 501]
        ),
        .refused("9112, 6.1: identity", Shape.post("Transfer-Encoding: identity", ""), [400, 501]),
        .refused(
            "9112, 6.3: chunked is not the last",
            Shape.post("Transfer-Encoding: chunked, gzip", "0\r\n\r\n"),
            [400, 501]
        ),
        .refused(
            "9112, 7.1: chunked twice",
            Shape.post("Transfer-Encoding: chunked, chunked", "0\r\n\r\n"),
            [400, 501]
        ),
        .refused(
            "9112, 7.1: chunked in two fields",
            Shape.post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n"),
            [400, 501]
        ),
        .refused("9112, 6.1: a strange blank", Shape.post("Transfer-Encoding: \u{B}chunked", "0\r\n\r\n"), [400, 501]),
        .refused(
            "9112, 6.1: HTTP/1.0 has no coding",
            "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            [400, 501]
        ),
        Shape("9112, 7: chunked in capitals", Shape.post("Transfer-Encoding: CHUNKED", "1\r\nx\r\n0\r\n\r\n"), [200]),
        Shape("9112, 6.3: a request without either has no content", Shape.post("X: y", ""), [200]),
        Shape(
            "9112, 8: the content ends early",
            Shape.post("Content-Length: 10", "abc"),
            [400],
            closes: true,
            isFinished: true
        ),
        Shape("9112, 8: no content comes", Shape.post("Content-Length: 10", ""), [400], closes: true, isFinished: true),
        Shape(
            "9112, 8: a chunk ends early",
            Shape.post("Transfer-Encoding: chunked", "5\r\nab"),
            [400],
            closes: true,
            isFinished: true
        ),
    ]

    static let chunks: [Shape] = [
        .refused("9112, 7.1: no size", Shape.post("Transfer-Encoding: chunked", "zz\r\n\r\n")),
        .refused("9112, 7.1: 0x", Shape.post("Transfer-Encoding: chunked", "0x1\r\nx\r\n0\r\n\r\n")),
        .refused("9112, 7.1: a size below nothing", Shape.post("Transfer-Encoding: chunked", "-1\r\nx\r\n0\r\n\r\n")),
        .refused("9112, 7.1: lines that end with LF", Shape.post("Transfer-Encoding: chunked", "1\nx\n0\n\n")),
        .refused(
            "9112, 7.1: a chunk longer than it says",
            Shape.post("Transfer-Encoding: chunked", "1\r\nxx\r\n0\r\n\r\n")
        ),
        .refused(
            "9112, 7.1: a size beyond all numbers",
            Shape.post("Transfer-Encoding: chunked", "fffffffffffffffffffff\r\nx\r\n0\r\n\r\n")
        ),
        Shape("9112, 7.1.1: an extension", Shape.post("Transfer-Encoding: chunked", "1;a=b\r\nx\r\n0\r\n\r\n"), [200]),
        Shape("9112, 7.1.2: a trailer", Shape.post("Transfer-Encoding: chunked", "1\r\nx\r\n0\r\nX: y\r\n\r\n"), [200]),
        .refused(
            "9110, 15.5.14: more than may be",
            Shape.post("Transfer-Encoding: chunked", "65\r\n\(String(repeating: "x", count: 101))\r\n"),
            [413]
        ),
    ]

    static let contents: [Shape] = [
        Shape("9110, 8.4: a coding", Shape.post("Content-Encoding: gzip\r\nContent-Length: 1", "x"), [415]),
        Shape("9110, 8.4: two", Shape.post("Content-Encoding: identity, BR\r\nContent-Length: 1", "x"), [415]),
        Shape(
            "9110, 8.4: in a second field",
            Shape.post("Content-Encoding: identity\r\nContent-Encoding: x\r\nContent-Length: 1", "x"),
            [415]
        ),
        Shape("9110, 8.4: none", Shape.post("Content-Encoding: ,Identity ,\r\nContent-Length: 1", "x"), [200]),
        Shape("9110, 8.4: nothing is encoded", Shape.get("Host: a\r\nContent-Encoding: gzip"), [200]),
    ]

    static let connections: [Shape] = [
        Shape("9112, 9.3: HTTP/1.0 closes", Shape.get("Host: a", version: "1.0"), [200], closes: true),
        Shape(
            "9112, 9.3: HTTP/1.0 stays if it is asked to",
            Shape.get("Connection: Keep-Alive", version: "1.0"),
            [200]
        ),
        Shape("9112, 9.6: close", Shape.get("Host: a\r\nConnection: close"), [200], closes: true),
        Shape(
            "9110, 7.6.1: close among others, in capitals",
            Shape.get("Host: a\r\nConnection: foo, ,Close"),
            [200],
            closes: true
        ),
        Shape(
            "9110, 7.6.1: close in a second field",
            Shape.get("Host: a\r\nConnection: foo\r\nConnection: close"),
            [200],
            closes: true
        ),
        Shape(
            "9112, 9.6: nothing after close is handled",
            Shape.get("Host: a\r\nConnection: close") + Shape.get("Host: a"),
            [200],
            closes: true
        ),
        Shape(
            "9112, 9.3.2: answers in the order of the requests",
            Shape.get("Host: a") + Shape.get("Host: a", target: "/nothing")
                + Shape.get("Host: a", target: "/unchanged"),
            [200],
            [404],
            [304]
        ),
        Shape(
            "9112, 9.3.2: what is right before what is wrong is answered",
            Shape.get("Host: a") + Shape.post("Content-Length: 1", "x") + "nonsense\r\n\r\n",
            [200],
            [200],
            [400],
            closes: true
        ),
        Shape(
            "9110, 7.8: an upgrade is not made",
            Shape.get("Host: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x"),
            [200],
            closes: true
        ),
        Shape("9110, 9.3.2: HEAD", "HEAD /healthz HTTP/1.1\r\nHost: a\r\n\r\n", [200]),
        Shape("9110, 9.3.2: HEAD of nothing", "HEAD /nothing HTTP/1.1\r\nHost: a\r\n\r\n", [404]),
        Shape("9110, 9.3.2: HEAD of what is posted", "HEAD /echo HTTP/1.1\r\nHost: a\r\n\r\n", [405]),
        Shape(
            "9110, 9.3.2: HEAD, then GET",
            "HEAD /large HTTP/1.1\r\nHost: a\r\n\r\n" + Shape.get("Host: a"),
            [200],
            [200]
        ),
        Shape("9110, 9.3.2: HEAD that is refused", "HEAD /healthz HTTP/1.1\r\n\r\n", [400], closes: true),
    ]

    static let expectations: [Shape] = [
        .refused("9110, 10.1.1: an unknown expectation", Shape.get("Host: a\r\nExpect: 200-maybe"), [417]),
        .refused(
            "9110, 10.1.1: one known, one not",
            Shape.post("Expect: 100-continue, x\r\nContent-Length: 1", "x"),
            [417]
        ),
        Shape(
            "9110, 10.1.1: in HTTP/1.0 none counts",
            Shape.get("Expect: x\r\nConnection: keep-alive", version: "1.0"),
            [200]
        ),
        Shape(
            "9110, 10.1.1: the content comes at once",
            Shape.post("Expect: 100-continue\r\nContent-Length: 1", "x"),
            [200]
        ),
        Shape("9110, 10.1.1: without content", Shape.get("Host: a\r\nExpect: 100-Continue"), [200]),
    ]

    static let targets: [Shape] = [
        Shape("9112, 3.2.2: the absolute form", Shape.get("Host: a", target: "http://b:80/healthz"), [200]),
        Shape("9112, 3.2.2: without a path", Shape.get("Host: a", target: "HTTP://b"), [404]),
        .refused("9112, 3.2.2: another scheme", Shape.get("Host: a", target: "ftp://b/healthz")),
        .refused("9112, 3.2.2: no host", Shape.get("Host: a", target: "http:///healthz")),
        .refused("9110, 4.2.4: a user", Shape.get("Host: a", target: "http://u@b/healthz")),
        .refused("9112, 3.2.3: CONNECT", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", [405, 501]),
        Shape("9112, 3.2.4: OPTIONS of the server", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", [200, 204]),
        Shape("9112, 3.2.4: the same in absolute form", "OPTIONS http://a HTTP/1.1\r\nHost: a\r\n\r\n", [200, 204]),
        .refused("9112, 3.2.4: GET of the server", Shape.get("Host: a", target: "*")),
        .refused("9112, 3.2.1: no slash", Shape.get("Host: a", target: "healthz")),
        .refused("9110, 7.1: a fragment", Shape.get("Host: a", target: "/healthz#x")),
        .refused("3986, 2: beyond ASCII", Shape.get("Host: a", target: "/\u{E9}")),
        .refused("3986, 2.1: no hexadecimal digits", Shape.get("Host: a", target: "/%zz")),
        .refused("3986, 2.1: one digit", Shape.get("Host: a", target: "/healthz?a=%1")),
        .refused("3986, 2.5: what is encoded is no UTF-8", Shape.get("Host: a", target: "/%FF")),
        .refused("3629, 3: nor this", Shape.get("Host: a", target: "/healthz?a=%C0%AF")),
        Shape("3986, 6.2.2.2: what need not be encoded", Shape.get("Host: a", target: "/%68ealth%7A?%61=%62"), [200]),
        Shape("3986, 2.2: what must be", Shape.get("Host: a", target: "/healthz%2F"), [404]),
        Shape("3986, 2.5: UTF-8", Shape.get("Host: a", target: "/healthz?a=%C3%A9"), [200]),
    ]

    static let methods: [Shape] = [
        .refused("9110, 9.1: an unknown method", "FOO /healthz HTTP/1.1\r\nHost: a\r\n\r\n", [405, 501]),
        .refused("9110, 9.1: methods are case-sensitive", "get /healthz HTTP/1.1\r\nHost: a\r\n\r\n", [405, 501]),
        Shape("9110, 9.1: a method that this has not", "PURGE /healthz HTTP/1.1\r\nHost: a\r\n\r\n", [405]),
        Shape("9110, 9.3.8: TRACE", "TRACE /healthz HTTP/1.1\r\nHost: a\r\n\r\n", [405]),
    ]
}
