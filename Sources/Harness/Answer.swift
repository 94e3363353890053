package import NIOCore
package import TCC
package import TCCHTTP

/// What came back from a server.
package struct Answer: Sendable {
    /// The status.
    package let status: Int
    /// The headers, by lower-case name.
    package let headers: [String: String]
    /// The body.
    package let body: ByteBuffer

    /// An answer that a client read.
    ///
    /// - Parameter answer: what the client read.
    package init(_ answer: JSONClient.Answer) {
        self.status = answer.status
        self.headers = answer.headers
        self.body = answer.body
    }

    /// The body as JSON, or nil if it is not what is expected.
    ///
    /// - Parameter type: what it should be.
    /// - Returns: the value, or nil if the body is not JSON of this shape.
    package func decode<Value: Decodable>(_ type: Value.Type) -> Value? {
        // `try?`: what cannot be read is reported by whoever expected it.
        try? JSONCoding.decode(type, from: body)
    }

    /// The body as text, for messages.
    package var text: String { String(buffer: body).prefix(500).description }

    /// The transaction that a 2xx of the orchestrator shows.
    package var transaction: TransactionRecord? { (200..<300).contains(status) ? decode(TransactionRecord.self) : nil }

    /// The problem that any other status brings along.
    package var problem: Problem? { status >= 400 ? decode(Problem.self) : nil }

    /// The transaction that it speaks of.
    package var gid: GlobalTransactionID? {
        transaction?.gid ?? problem?.extensions["gid"]?.string.flatMap { GlobalTransactionID($0) }
    }

    /// The post that a transaction of the orchestrator is about.
    package var postID: UUIDv7? { transaction?.labels["postID"]?.string.flatMap { UUIDv7($0) } }

    /// The revision that a publish made live.
    package var revision: Int? { transaction?.labels["revision"]?.integer.map { Int($0) } }
}
