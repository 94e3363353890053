import NIOCore
import NIOPosix
import TCCHTTP
import Testing

@Suite("A connection's exchanges")
struct ConnectionTests {
    @Test("content that is held back is asked for once it is read, and not where it is refused")
    func expectation() async throws {
        try await ServerUnderTest.run { server in
            @Sendable func head(_ lines: String, _ path: String = "/own") -> String {
                "POST \(path) HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\(lines)\r\n\r\n"
            }
            let authorization = "Authorization: Bearer \(server.token)"
            try await RawConnection.with(port: server.port) { connection in
                for content in ["one", "two"] {
                    try await connection.send(head("\(authorization)\r\nContent-Length: 3"))
                    #expect(try await connection.answer()?.status == 100)
                    try await connection.send(content)
                    #expect(try await connection.answer()?.content == content)
                }
                try await connection.send(head("\(authorization)\r\nTransfer-Encoding: chunked"))
                #expect(try await connection.answer()?.status == 100)
                try await connection.send("1\r\nx\r\n0\r\n\r\n")
                #expect(try await connection.answer()?.content == "x")
            }
            for (lines, status) in [
                ("Content-Length: 3", 401), ("Authorization: Bearer x\r\nContent-Length: 3", 401),
                ("\(authorization)\r\nContent-Length: 101", 413),
            ] {
                try await RawConnection.with(port: server.port) { connection in
                    try await connection.send(head(lines))
                    let answer = try await connection.answer()
                    #expect(answer?.status == status && answer?.fields["connection"] == "close")
                    #expect(try await connection.rest() == "")
                }
            }
        }
    }

    @Test("an answer before all of the content ends the connection, and arrives although more is sent")
    func refusedEarly() async throws {
        try await ServerUnderTest.run { server in
            try await RawConnection.with(port: server.port) { connection in
                try await connection.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4194304\r\n\r\n")
                for _ in 0..<16 {
                    // Refused as soon as the server has closed.
                    do { try await connection.send(String(repeating: "x", count: 4096)) } catch { break }
                }
                let answer = try await connection.answer()
                #expect(answer?.status == 413 && answer?.fields["connection"] == "close")
            }
        }
    }

    @Test("a client that has closed its side gets all of its answer")
    func halfClosed() async throws {
        try await ServerUnderTest.run { server in
            for lines in ["", "Connection: close\r\n"] {
                try await RawConnection.with(port: server.port) { connection in
                    try await connection.send("GET /large HTTP/1.1\r\nHost: a\r\n\(lines)\r\n")
                    connection.finish()
                    #expect(try await connection.answer()?.content.utf8.count == 4 << 20)
                    #expect(try await connection.rest() == "")
                }
            }
        }
    }

    @Test("HEAD says how long the content is, and the absolute form's host is the host")
    func headAndHost() async throws {
        try await ServerUnderTest.run { server in
            try await RawConnection.with(port: server.port) { connection in
                try await connection.send("HEAD /large HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try await connection.answer(toHead: true)?.fields["content-length"] == "4194304")
                try await connection.send("HEAD /nothing HTTP/1.1\r\nHost: a\r\n\r\n")
                let length = try await connection.answer(toHead: true)?.fields["content-length"].flatMap { Int($0) }
                try await connection.send("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try await connection.answer()?.content.utf8.count == length)
                try await connection.send("GET http://b:81/host HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try await connection.answer()?.content == "b:81")
            }
        }
    }

    @Test("a request that does not come in time is refused, and a client that does not close is closed")
    func slow() async throws {
        var limits = ExchangeTimes.Limits()
        (limits.request, limits.end) = (.milliseconds(100), .milliseconds(100))
        try await ServerUnderTest.run(limits: limits) { server in
            for start in ["GET /healthz HT", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx"] {
                try await RawConnection.with(port: server.port) { connection in
                    try await connection.send(start)
                    #expect(try await connection.answer()?.status == 408, "\(start)")
                    #expect(try await connection.rest() == "")
                }
            }
        }
    }

    @Test("a client that takes no more of an answer is closed")
    func slowReader() async throws {
        var limits = ExchangeTimes.Limits()
        limits.answer = .milliseconds(100)
        try await ServerUnderTest.run(limits: limits) { server in
            try await RawConnection.with(port: server.port) { connection in
                for _ in 0..<20 { try await connection.send(Shape.get("Host: a", target: "/large")) }
                // Read by nobody until the server has closed: of twenty answers the last is not there.
                try await connection.waitUntilReset()
            }
        }
    }

    @Test("past the bound the connections that are idle longest are closed, and a new one is served")
    func bounded() async throws {
        /// Opens one connection inside the other; each is served, and the outer ones find that they were closed.
        @Sendable func open(_ count: Int, _ port: Int) async throws {
            try await RawConnection.with(port: port) { connection in
                try await connection.send(Shape.get("Host: a"))
                #expect(try await connection.answer()?.status == 200, "\(count)")
                if count > 0 { try await open(count - 1, port) }
                if count > 24 { #expect(try await connection.rest() == "", "\(count)") }
            }
        }
        try await ServerUnderTest.run(mostConnections: 24) { server in try await open(40, server.port) }
    }

    @Test("past the bound with no idle connection a new one waits until another has its answer")
    func full() async throws {
        try await ServerUnderTest.run(mostConnections: 3) { server in
            try await RawConnection.with(port: server.port) { first in
                try await first.beginPost("a")
                try await RawConnection.with(port: server.port) { second in
                    try await second.beginPost("b")
                    try await RawConnection.with(port: server.port) { third in
                        try await third.beginPost("c")
                        async let fourth = RawConnection.with(port: server.port) { fourth in
                            try await fourth.send(Shape.get("Host: a"))
                            return try await fourth.answer()?.status
                        }
                        try await third.send("c")
                        #expect(try await third.answer()?.content == "cc")
                        #expect(try await fourth == 200)
                        #expect(try await third.rest() == "", "closed for the fourth")
                    }
                    try await second.send("b")
                    #expect(try await second.answer()?.content == "bb")
                }
            }
        }
    }

    @Test(
        "connections leave files for the rest of the process",
        arguments: [(20, 1), (41, 1), (64, 24), (80, 40), (120, 60), (1024, 512), (4096, 3072), (65536, 49152)]
    )
    func files(_ files: Int, _ connections: Int) {
        #expect(FileLimit.connections(ofFiles: files) == connections)
    }

    @Test("past the bound one whose refused content does not come makes room for another")
    func refused() async throws {
        var limits = ExchangeTimes.Limits()
        limits.end = .seconds(50)
        try await ServerUnderTest.run(mostConnections: 1, limits: limits) { server in
            try await RawConnection.with(port: server.port) { first in
                try await first.send("POST /own HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx")
                #expect(try await first.answer()?.status == 401)
                try await RawConnection.with(port: server.port) { second in
                    try await second.send(Shape.get("Host: a"))
                    #expect(try await second.answer()?.status == 200)
                }
            }
        }
    }

    @Test("of many connections at once, none that asks is refused")
    func burst() async throws {
        try await ServerUnderTest.run(mostConnections: 24) { server in
            try await RawConnection.with(port: server.port) { first in
                try await first.send(Shape.get("Host: a"))
                #expect(try await first.answer()?.status == 200)
            }
            let bootstrap = ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            let silent = (0..<200).map { _ in bootstrap.connect(host: "127.0.0.1", port: server.port) }
            for connection in silent { _ = try await connection.get() }
            defer { for connection in silent { connection.whenSuccess { $0.close(promise: nil) } } }
            for number in 0..<20 {
                try await RawConnection.with(port: server.port) { connection in
                    try await connection.send(Shape.get("Host: a"))
                    #expect(try await connection.answer()?.status == 200, "\(number)")
                }
            }
        }
    }
}

extension RawConnection {
    /// Begins a request that echoes two bytes, and has been told that the server waits for them.
    fileprivate mutating func beginPost(_ byte: String) async throws {
        try await send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        #expect(try await answer()?.status == 100)
        try await send(byte)
    }
}
