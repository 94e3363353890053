import Foundation
import Harness
import TCC
import Testing
import Verification

/// What a scenario's client wants done, and by which way.
enum Work: String, CaseIterable, Sendable {
    /// The authors' routes: two branches.
    case publish, republish, withdraw
    /// `POST /v1/transactions` with the quota ledger, which has room: three branches.
    case chargedPublish, chargedRepublish, chargedWithdraw
    /// The same, but the ledger refuses once the others have reserved.
    case refusedPublish, refusedRepublish, refusedWithdraw

    static let byAuthor: [Work] = [.publish, .republish, .withdraw]
    static let refused: [Work] = [.refusedPublish, .refusedRepublish, .refusedWithdraw]

    var isRefused: Bool { Self.refused.contains(self) }

    /// Whether a copy that comes after a cancelled one must fail: it names a number that is taken for good.
    var namesItsRevision: Bool { self == .chargedRepublish }

    /// Brings a cluster into the state in which this can be asked for, and makes the request.
    func prepare(in cluster: Cluster) async throws -> Request {
        switch self {
        case .chargedPublish, .chargedRepublish, .chargedWithdraw: try await cluster.quota.grant(3, to: "alice")
        default: break
        }
        switch self {
        case .publish: return Request(.publishNew(.unique("Published")))
        case .chargedPublish, .refusedPublish:
            let id = UUIDv7.ofNow()
            return Request(.chargedPublish(id, base: 0, revision: 1, .unique("\(rawValue)")))
        case .republish: return Request(.republish(try await cluster.publishedPost(), .unique("Republished")))
        case .chargedRepublish, .refusedRepublish:
            let id = try await cluster.publishedPost()
            let draft = try #require(try await cluster.draft(id))
            let text = RevisionText.unique("\(rawValue)")
            return Request(.chargedPublish(id, base: draft.revision, revision: draft.nextRevision, text))
        case .withdraw: return Request(.withdraw(try await cluster.publishedPost()))
        case .chargedWithdraw, .refusedWithdraw:
            return Request(.chargedWithdraw(try await cluster.publishedPost()))
        }
    }
}

extension UUIDv7 {
    /// A new identifier, of now.
    static func ofNow() -> UUIDv7 {
        var generator = SystemRandomNumberGenerator()
        return UUIDv7(at: .now, using: &generator)
    }
}

extension Timestamp {
    static var now: Timestamp { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }
}
