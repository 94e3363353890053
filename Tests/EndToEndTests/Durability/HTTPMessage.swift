import Foundation

/// What went over a connection in one direction without anything in the other in between: a request or an answer.
struct HTTPMessage: Sendable {
    /// The connection.
    let socket: String
    /// Whether this process sent it.
    let isSent: Bool
    /// The line of the trace on which its first part was about to be sent or received.
    let begun: Int
    /// The line on which its last part had been sent or received.
    private(set) var ended: Int
    private var bytes: [UInt8]

    private init(_ call: SystemCall) {
        self.socket = call.file
        self.isSent = call.isSend
        self.begun = call.entered
        self.ended = call.returned
        self.bytes = call.bytes
    }

    /// The messages of all connections, by their beginnings.
    ///
    /// - Parameter calls: the process's, in order.
    /// - Returns: the messages.
    static func all(in calls: [SystemCall]) -> [HTTPMessage] {
        var messages: [HTTPMessage] = []
        var last: [String: Int] = [:]
        for call in calls where call.isSend || call.isReceive {
            if let index = last[call.file], messages[index].isSent == call.isSend {
                messages[index].bytes += call.bytes
                messages[index].ended = call.returned
            } else {
                last[call.file] = messages.count
                messages.append(HTTPMessage(call))
            }
        }
        return messages
    }

    /// `POST /tcc/try HTTP/1.1`, or `HTTP/1.1 200 OK`: its first line, split at spaces.
    var firstLine: [Substring] {
        String(decoding: bytes.prefix { $0 != 0x0D }, as: UTF8.self).split(separator: " ")
    }

    /// An answer's status; nil for a request.
    var status: Int? {
        guard firstLine.count > 1, firstLine[0].hasPrefix("HTTP/") else { return nil }
        return Int(firstLine[1])
    }

    /// A request's method and path, as `POST /tcc/try`; nil for an answer.
    var request: String? {
        status == nil && firstLine.count == 3 ? firstLine.prefix(2).joined(separator: " ") : nil
    }

    /// The body as JSON, or nil if it is not what is expected.
    func decode<Value: Decodable>(_ type: Value.Type) -> Value? {
        let separator: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A]
        guard let end = bytes.firstRange(of: separator) else { return nil }
        // `try?`: whoever needs the body reports that it cannot be read.
        return try? JSONDecoder().decode(type, from: Data(bytes[end.upperBound...]))
    }
}
