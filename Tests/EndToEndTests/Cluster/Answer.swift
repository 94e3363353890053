import NIOCore
import TCC
import TCCHTTP
import Verification

/// What came back from a server.
struct Answer: Sendable {
    let status: Int
    let headers: [String: String]
    let body: ByteBuffer

    init(_ answer: JSONClient.Answer) {
        self.status = answer.status
        self.headers = answer.headers
        self.body = answer.body
    }

    /// The body as JSON, or nil if it is not what is expected.
    func decode<Value: Decodable>(_ type: Value.Type) -> Value? {
        // `try?`: what cannot be read is reported by whoever expected it.
        try? JSONCoding.decode(type, from: body)
    }

    /// The body as text, for messages.
    var text: String { String(buffer: body).prefix(500).description }

    /// The transaction that a 2xx of the orchestrator shows.
    var transaction: TransactionRecord? { (200..<300).contains(status) ? decode(TransactionRecord.self) : nil }

    /// The problem that any other status brings along.
    var problem: Problem? { status >= 400 ? decode(Problem.self) : nil }

    /// The transaction that it speaks of.
    var gid: GlobalTransactionID? {
        transaction?.gid ?? problem?.extensions["gid"]?.string.flatMap { GlobalTransactionID($0) }
    }
}
