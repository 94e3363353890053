import Foundation
package import NIOCore
package import TCC
import TCCHTTP

/// What a service answered.
package struct ServiceAnswer: Sendable {
    /// The status.
    package var status: Int
    /// The body.
    package var body: ByteBuffer
    /// What `Retry-After` says.
    package var retryAfter: Duration?

    /// Makes an answer.
    ///
    /// - Parameters:
    ///   - status: the status.
    ///   - body: the body.
    ///   - retryAfter: what `Retry-After` says.
    package init(status: Int, body: ByteBuffer, retryAfter: Duration? = nil) {
        self.status = status
        self.body = body
        self.retryAfter = retryAfter
    }

    /// What may be concluded of the request.
    package enum Conclusion: Hashable, Sendable {
        /// It was done, or will be whatever happens.
        case done
        /// It was not done and never will be.
        case refused
        /// It was not done, because another transaction holds the post.
        case inProgress
        /// It was not done, because there is too much to do or something is down.
        case later
        /// It may have been done.
        case unknown
    }

    /// What may be concluded of the request.
    package var conclusion: Conclusion {
        switch status {
        case 200...299: .done
        case 409 where problem.code == Problem.inProgressCode: .inProgress
        case 429, 503: .later
        // A gateway's own 502 carries no problem, and says nothing about the request.
        case 502 where problem.code == Problem.rejectedCode: .refused
        case 500...: .unknown
        default: .refused
        }
    }

    /// Whether it can only come from another service than the one that was asked: it knows no such path or method, or
    /// does not say why it refuses. (429 is what a proxy may say, too.)
    package var isAnotherServices: Bool {
        guard (400...499).contains(status), status != 429 else { return false }
        guard let problem = decode(Problem.self) else { return true }
        return status == 405 || problem.extensions[Problem.unknownPathMember] != nil
    }

    /// The problem, or one made of the status if the body is none.
    package var problem: Problem {
        if let problem = decode(Problem.self) { return problem }
        return Problem(status, "http-\(status)", "The answer was HTTP \(status), without a reason.")
    }

    /// The body as JSON, or nil if it is not what is expected.
    package func decode<Value: Decodable>(_ type: Value.Type) -> Value? {
        // `try?`: each caller has a rule for a misfit.
        try? JSONCoding.decode(type, from: body)
    }
}

extension Problem {
    static let inProgressCode = "publish-in-progress"
    static let rejectedCode = "participant-rejected"
}
