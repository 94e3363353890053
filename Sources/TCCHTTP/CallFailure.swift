/// Why a call has no answer; whatever the code, it may have had its effect.
public struct CallFailure: Error, Hashable, CustomStringConvertible {
    /// What happened.
    public enum Code: String, Hashable, Sendable, CaseIterable {
        /// The deadline came before the last byte of the answer.
        case noAnswerInTime
        /// Nothing listens there: the call was not made.
        case connectionRefused
        /// There is no way there: the call was not made.
        case unreachable
        /// The connection ended before the answer did.
        case connectionLost
        /// The host's name has no address: the call was not made.
        case unknownName
        /// The answer is larger than the caller reads.
        case answerTooLarge
        /// What came is not HTTP.
        case malformedAnswer
        /// The request cannot be sent as it is: its URL, say, is none.
        case unusableRequest
        /// Anything else, as the detail says.
        case other
    }

    /// What happened.
    public var code: Code
    /// More about it, for people; empty if the code says it all.
    public var detail: String

    /// Makes a failure.
    ///
    /// - Parameters:
    ///   - code: what happened.
    ///   - detail: more about it, for people.
    public init(_ code: Code, _ detail: String = "") {
        self.code = code
        self.detail = detail
    }

    /// What happened, in a few words for people.
    public var description: String {
        let text =
            switch code {
            case .noAnswerInTime: "no answer in time"
            case .connectionRefused: "connection refused"
            case .unreachable: "no way to the host"
            case .connectionLost: "connection lost"
            case .unknownName: "the name has no address"
            case .answerTooLarge: "the answer is too large"
            case .malformedAnswer: "the answer is not HTTP"
            case .unusableRequest: "the request cannot be sent"
            case .other: "the call failed"
            }
        return detail.isEmpty ? text : "\(text): \(detail)"
    }
}
