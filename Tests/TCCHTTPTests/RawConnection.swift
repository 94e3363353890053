import Foundation
import NIOCore
import NIOPosix
import Testing

/// One answer, as its bytes were.
struct RawAnswer: Equatable {
    var status: Int
    /// By lower-case name.
    var fields: [String: String]
    var content: String
}

/// A connection whose every byte a test decides; answers are cut by their own lengths.
struct RawConnection {
    struct Malformed: Error, CustomStringConvertible {
        let description: String
    }

    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private var bytes: [UInt8] = []
    private var isAtEnd = false

    /// Connects to a server on this machine for as long as the body runs, and no longer than a minute.
    static func with<Result: Sendable>(
        port: Int,
        _ body: @escaping @Sendable (inout RawConnection) async throws -> Result
    ) async throws -> Result {
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel,
                        configuration: .init(isOutboundHalfClosureEnabled: true)
                    )
                }
            }
        // A server that neither answers nor closes must not hold the test for ever.
        let alarm = channel.channel.eventLoop.scheduleTask(in: .minutes(1)) {
            Issue.record("a minute was not enough")
            channel.channel.close(promise: nil)
        }
        defer { alarm.cancel() }
        return try await channel.executeThenClose { inbound, outbound in
            var connection = RawConnection(outbound: outbound, inbound: inbound.makeAsyncIterator())
            return try await body(&connection)
        }
    }

    private init(
        outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>,
        inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    ) {
        self.outbound = outbound
        self.inbound = inbound
    }

    /// Sends bytes, one for each scalar below 256.
    func send(_ text: String) async throws {
        try await outbound.write(ByteBuffer(bytes: text.unicodeScalars.map { UInt8($0.value) }))
    }

    /// Says that nothing more will be sent.
    func finish() { outbound.finish() }

    /// The next answer, after HEAD without content; nil if the server has closed the connection instead.
    mutating func answer(toHead: Bool = false) async throws -> RawAnswer? {
        while find("\r\n\r\n") == nil {
            guard try await readMore() else {
                if bytes.isEmpty { return nil }
                throw Malformed(description: "half an answer: \(String(decoding: bytes, as: UTF8.self))")
            }
        }
        let end = find("\r\n\r\n") ?? 0
        let lines = String(decoding: bytes[..<end], as: UTF8.self).components(separatedBy: "\r\n")
        let words = lines[0].split(separator: " ")
        guard words.count >= 2, words[0] == "HTTP/1.1", let status = Int(words[1]) else {
            throw Malformed(description: "no status line: \(lines[0])")
        }
        var fields: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            fields[parts[0].lowercased()] = parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : ""
        }
        bytes.removeFirst(end + 4)
        let hasContent = !toHead && status >= 200 && status != 204 && status != 304
        let length = hasContent ? fields["content-length"].flatMap { Int($0) } ?? 0 : 0
        while bytes.count < length {
            guard try await readMore() else { throw Malformed(description: "the content ended early") }
        }
        defer { bytes.removeFirst(length) }
        return RawAnswer(
            status: status,
            fields: fields,
            content: String(decoding: bytes.prefix(length), as: UTF8.self)
        )
    }

    /// Sends until the server takes nothing more; reads nothing meanwhile.
    func waitUntilReset() async throws {
        do {
            while true {
                try await send(Shape.get("Host: a"))
                try await Task.sleep(for: .milliseconds(5))
            }
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            return  // whichever way it is told that the connection is gone
        }
    }

    /// What comes until the server closes the connection.
    mutating func rest() async throws -> String {
        while try await readMore() {}
        return String(decoding: bytes, as: UTF8.self)
    }

    private func find(_ text: String) -> Int? {
        let text = Array(text.utf8)
        guard bytes.count >= text.count else { return nil }
        return (0...(bytes.count - text.count)).first { bytes[$0..<($0 + text.count)].elementsEqual(text) }
    }

    private mutating func readMore() async throws -> Bool {
        guard !isAtEnd, let buffer = try await inbound.next() else {
            isAtEnd = true
            return false
        }
        bytes += buffer.readableBytesView
        return true
    }
}
