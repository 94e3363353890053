package import HTTPTypes
package import NIOCore
package import TCC
import TCCHTTP

/// A request as a simulated server gets it.
package struct WireRequest: Sendable {
    /// The method.
    package var method: HTTPRequest.Method
    /// The path, with the query.
    package var path: String
    /// The headers, without those that frame the message.
    package var headers: HTTPFields
    /// The body; empty if there is none.
    package var body: ByteBuffer

    private static let names: [String: HTTPField.Name] = [
        "authorization": .authorization, "content-type": .contentType, "Idempotency-Key": .idempotencyKey,
        "If-Match": .ifMatch,
    ]

    init(_ request: TransportRequest, path: String) {
        self.method = request.method
        self.path = path
        self.headers = HTTPFields()
        for (name, value) in request.headers {
            // What is no name of a header cannot be sent.
            guard let name = Self.names[name] ?? HTTPField.Name(name) else { continue }
            headers.append(HTTPField(name: name, value: value))
        }
        self.body = request.body ?? ByteBuffer()
    }
}

/// An answer as a simulated server gives it.
package struct WireAnswer: Sendable {
    /// The status.
    package var status: Int
    /// The headers, without those that frame the message.
    package var headers: [(name: String, value: String)]
    /// The body.
    package var body: ByteBuffer

    /// Makes an answer.
    ///
    /// - Parameters:
    ///   - status: the status.
    ///   - body: what it says, as JSON.
    /// - Throws: an `EncodingError`.
    package init(status: Int, _ body: some Encodable) throws {
        self.init(
            status: status,
            headers: [("content-type", "application/json")],
            body: try JSONCoding.encode(body)
        )
    }

    init(status: Int, headers: [(name: String, value: String)], body: ByteBuffer) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A problem.
    static func problem(_ problem: Problem) -> WireAnswer? {
        // `try?`: a problem of strings can be written.
        try? WireAnswer(status: problem.status, problem)
    }

    /// A batch's, less one result; the same if it is none.
    var withoutLastResult: WireAnswer {
        // `try?`: what is no batch's answer has no results.
        guard status == 200, let results = try? JSONCoding.decode(BatchAnswer.self, from: body).results,
            let body = try? JSONCoding.encode(BatchAnswer(results: results.dropLast()))
        else { return self }
        return WireAnswer(status: status, headers: headers, body: body)
    }
}

/// What an answer of the orchestrator says of a transaction: a record, or a problem.
package struct ToldTransaction: FastJSONReadable, Sendable {
    /// The transaction.
    package var gid: GlobalTransactionID?
    /// The post that it is about.
    package var postID: UUIDv7?
    /// A problem's code.
    package var code: String?

    /// Reads a body; nil if it is no such answer.
    package init?(in body: ByteBuffer) {
        guard body.readableBytes > 0, let told = try? JSONCoding.decode(Self.self, from: body) else { return nil }
        self = told
    }

    /// Reads it; whatever else the answer says is passed over.
    package init(scanning scanner: inout JSONScanner) throws(JSONDoubt) {
        var (gid, postID, code) = (JSONMember<GlobalTransactionID>(), JSONMember<UUIDv7>(), JSONMember<String>())
        try scanner.beginObject()
        while let name = try scanner.nextName() {
            switch name {
            case "gid": try gid.read(&scanner)
            case "postID": try postID.read(&scanner)
            case "code": try code.read(&scanner)
            default: _ = try JSONValue(scanning: &scanner)
            }
        }
        (self.gid, self.postID, self.code) = (gid.value, postID.value, code.value)
    }
}

extension HTTPField.Name {
    /// Names a request that may come more than once.
    package static let idempotencyKey = HTTPField.Name("Idempotency-Key")!
}
