import NIOCore
import Synchronization

/// Gathers the parts of one answer, up to a size.
final class IncomingAnswer: Sendable {
    private struct State {
        var status: Int?
        var fields: [(name: String, value: String)] = []
        var body = ByteBuffer()
    }

    private let largest: Int
    private let state = Mutex(State())

    init(largest: Int) { self.largest = largest }

    /// Takes a part.
    ///
    /// - Throws: ``CallFailure`` if the answer is larger than it may be.
    func receive(_ part: TransportPart) throws {
        try state.withLock { state in
            switch part {
            case .head(let status, let headers):
                state.status = status
                state.fields = headers
                let length = headers.last { $0.name.utf8.count == 14 && $0.name.lowercased() == "content-length" }
                if let length, Int(length.value) ?? 0 > largest { throw tooLarge }
            case .body(var bytes):
                let size = state.body.readableBytes + bytes.readableBytes
                if size > largest { throw tooLarge }
                if state.body.readableBytes == 0 {
                    state.body = bytes
                } else {
                    state.body.writeBuffer(&bytes)
                }
            }
        }
    }

    private var tooLarge: CallFailure { CallFailure(.answerTooLarge, "more than \(largest) bytes") }

    /// The answer, when all of it has come.
    func whole() throws -> JSONClient.Answer {
        try state.withLock { state in
            guard let status = state.status else { throw CallFailure(.malformedAnswer, "it has no head") }
            return JSONClient.Answer(status: status, body: state.body, fields: state.fields)
        }
    }
}
