import NIOHTTP1
package import TCC

/// Why a request is refused before its path is looked at; its connection ends with that answer, for where the next
/// request begins is not known.
package enum RequestRefusal: Error, Hashable {
    /// It is not HTTP/1.1 (RFC 9112): in what.
    case malformed(String)
    /// Its target is longer than ``RequestRules/longestTarget`` (RFC 9110, 15.5.15).
    case targetTooLong
    /// Its fields are larger than ``RequestRules/largestFields`` (RFC 6585, 5).
    case fieldsTooLarge
    /// A method that is known nowhere (RFC 9110, 9.1).
    case unknownMethod
    /// A transfer coding that is not known here (RFC 9112, 6.1).
    case unknownCoding
    /// An expectation that is not met here (RFC 9110, 10.1.1).
    case unknownExpectation
    /// Another major version (RFC 9110, 15.6.6).
    case unknownVersion
    /// It did not come in time (RFC 9110, 15.5.9).
    case tooSlow

    /// What the client is told.
    package var problem: Problem {
        switch self {
        case .malformed(let what):
            Problem(400, "malformed-request", "The request is not HTTP/1.1: \(what).")
        case .targetTooLong:
            Problem(414, "target-too-long", "The path and query have more than \(RequestRules.longestTarget) bytes.")
        case .fieldsTooLarge:
            Problem(431, "fields-too-large", "The header has more than \(RequestRules.largestFields) bytes.")
        case .unknownMethod: Problem(501, "unknown-method", "This method is not known here.")
        case .unknownCoding: Problem(501, "unknown-coding", "The only transfer coding known here is chunked.")
        case .unknownExpectation: Problem(417, "unknown-expectation", "The only expectation is 100-continue.")
        case .unknownVersion: Problem(505, "unknown-version", "HTTP/1.1 and HTTP/1.0 are spoken here.")
        case .tooSlow:
            Problem(408, "too-slow", "The request did not come in time. It began nothing; send it again.")
        }
    }

    /// Why the parser gave up.
    ///
    /// - Parameters:
    ///   - error: the parser's error.
    ///   - isRequestLine: whether what it read is a request line but for what is given.
    init(_ error: HTTPParserError, isRequestLine: (RequestRefusal) -> Bool) {
        switch error {
        case .headerOverflow: self = .fieldsTooLarge
        case .invalidMethod where isRequestLine(.unknownMethod): self = .unknownMethod
        case .invalidVersion where isRequestLine(.unknownVersion): self = .unknownVersion
        case .invalidEOFState: self = .malformed("it ended early")
        case .invalidChunkSize: self = .malformed("a chunk has no valid size")
        case .invalidContentLength, .unexpectedContentLength: self = .malformed("its length is not one number")
        default: self = .malformed("it cannot be parsed")
        }
    }
}
