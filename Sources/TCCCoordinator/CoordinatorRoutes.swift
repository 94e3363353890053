import Crypto
import Failpoints
import Foundation
import HTTPTypes
public import Hummingbird
import TCC
public import TCCHTTP

/// The coordinator's HTTP routes: transactions for callers and operators, outcomes for participants.
public struct CoordinatorRoutes: Sendable {
    private let coordinator: Coordinator

    /// Routes of a coordinator.
    ///
    /// - Parameter coordinator: the coordinator.
    public init(_ coordinator: Coordinator) { self.coordinator = coordinator }

    /// Adds the routes to an API.
    ///
    /// - Parameter api: the API.
    public func add(to api: inout API) {
        api.on(.post, "/v1/transactions", allow: [.operator, .service]) { request in
            try await respond(to: request) { try transaction($0) }
        }
        api.on(.get, "/v1/transactions", allow: [.operator, .author], handler: list)
        api.on(.get, "/v1/transactions/:gid", allow: [.operator, .author], handler: show)
        api.on(.post, "/v1/transactions/:gid/retry", allow: [.operator], handler: retry)
        api.on(.get, "/v1/outcomes", allow: [.service]) { _ in try .json(try await coordinator.horizon()) }
        api.on(.get, "/v1/outcomes/:gid", allow: [.service]) { request in
            guard let gid = GlobalTransactionID(request.context.parameters.get("gid") ?? "") else {
                throw Problem.invalid("gid", "must be a UUID of version 7")
            }
            return try .json(OutcomeAnswer(outcome: try await coordinator.outcome(of: gid)))
        }
    }

    /// Answers a request that begins a transaction: its key first, before anything else is read, checked or refused.
    ///
    /// - Parameters:
    ///   - request: the request.
    ///   - makeTransaction: what to run, if the key does not belong to a transaction that is trying or committed.
    /// - Returns: 200 with the transaction if it is confirmed everywhere, 202 if that is yet to come.
    /// - Throws: the problem that refused or cancelled it, or `Unanswerable` if nothing can be said of it.
    public func respond(
        to request: APIRequest,
        _ makeTransaction: (APIRequest) async throws -> TransactionRequest
    ) async throws -> Response {
        let key = try key(of: request)
        return try await response(to: coordinator.run(key: key) { try await makeTransaction(request) })
    }

    private func response(to conclusion: Conclusion) async throws -> Response {
        do {
            try await coordinator.failpoints.pass(.coordinatorAnswerBefore)
        } catch {
            throw Unanswerable()
        }
        switch conclusion {
        case .confirmed(let record): return try .json(record)
        case .accepted(let record):
            return try .json(record, status: .accepted, headers: [.location: "/v1/transactions/\(record.gid)"])
        case .cancelled(let reason, _): throw reason
        case .unknown: throw Unanswerable()
        }
    }

    private static let longestKey = 255

    /// A key is the caller's, and bound to method, path, body and If-Match.
    private func key(of request: APIRequest) throws -> Journal.Key? {
        let keys = request.head.headerFields[fields: .idempotencyKey]
        guard let key = keys.first?.value else { return nil }
        guard keys.count == 1 else { throw Problem.invalid("Idempotency-Key", "must be one field") }
        guard (1...Self.longestKey).contains(key.utf8.count) else {
            throw Problem.invalid("Idempotency-Key", "must have 1 to \(Self.longestKey) bytes")
        }
        // Bytes that are no UTF-8 have all become the replacement character: two keys would be one.
        guard !key.unicodeScalars.contains(where: { $0 == "\u{FFFD}" || $0.properties.generalCategory == .control })
        else { throw Problem.invalid("Idempotency-Key", "must be UTF-8 without control characters") }
        var digest = SHA256()
        for part in [request.head.method.rawValue, request.request.uri.path, request.head.headerFields[.ifMatch] ?? ""]
        {
            digest.update(data: Data(part.utf8))
            digest.update(data: [0])
        }
        digest.update(data: Data(request.body.readableBytesView))
        let caller = "\(request.caller?.role.rawValue ?? ""):\(request.subject)"
        return Journal.Key(caller: caller, key: key, fingerprint: Data(digest.finalize()))
    }

    private struct TransactionBody: Decodable {
        struct Branch: Decodable {
            let participant: ParticipantName
            let payload: JSONValue
        }

        let action: String
        let branches: [Branch]
        let timeoutMilliseconds: Int?
    }

    private func transaction(_ request: APIRequest) throws -> TransactionRequest {
        let body = try request.decode(TransactionBody.self)
        return TransactionRequest(
            action: body.action,
            branches: body.branches.map { .init(participant: $0.participant, payload: $0.payload) },
            owner: nil,
            tryTimeout: body.timeoutMilliseconds.map { .milliseconds($0) }
        )
    }

    private func list(_ request: APIRequest) async throws -> Response {
        let page = try PageRequest(request)
        var state: TransactionState?
        if let text = request.query("state") {
            guard let known = TransactionState(rawValue: text) else {
                let names = TransactionState.allCases.map(\.rawValue).joined(separator: ", ")
                throw Problem.invalid("state", "must be one of \(names)")
            }
            state = known
        }
        let records = try await coordinator.transactions(
            state: state,
            owner: request.caller?.role == .author ? request.subject : nil,
            before: try page.afterIdentifier(),
            limit: page.limit + 1
        )
        return try .json(Page(rows: records, limit: page.limit) { $0.gid.description })
    }

    private func show(_ request: APIRequest) async throws -> Response {
        let record = try await coordinator.transaction(try request.identifier("gid"))
        // By bytes: two names that look alike, composed and decomposed, are two authors.
        guard let record,
            request.caller?.role == .operator || record.owner.map({ Array($0.utf8) }) == Array(request.subject.utf8)
        else {
            throw Problem(404, "not-found", "There is no such transaction.")
        }
        return try .json(record)
    }

    private func retry(_ request: APIRequest) async throws -> Response {
        guard let record = try await coordinator.retry(try request.identifier("gid")) else {
            throw Problem(404, "not-found", "There is no such transaction.")
        }
        return try .json(record, status: record.state.isFinished ? .ok : .accepted)
    }
}

extension HTTPField.Name {
    fileprivate static let idempotencyKey = HTTPField.Name("Idempotency-Key")!
}
