import HTTPTypes
import TCCHTTP

/// Where the services are that pages gather from, and how long they are waited for.
package struct PageServices: Hashable, Sendable {
    /// The draft service.
    package var draftURL: String
    /// The online service.
    package var onlineURL: String
    /// The orchestrator.
    package var coordinatorURL: String
    /// When a call is given up.
    package var callTimeout: Duration
    /// When waiting for a transaction's answer is given up: longer than an orchestrator takes for one by default.
    package var transactionTimeout: Duration

    /// Services.
    ///
    /// - Parameters:
    ///   - draftURL: the draft service.
    ///   - onlineURL: the online service.
    ///   - coordinatorURL: the orchestrator.
    ///   - callTimeout: when a call is given up.
    ///   - transactionTimeout: when waiting for a transaction's answer is given up.
    package init(
        draftURL: String,
        onlineURL: String,
        coordinatorURL: String,
        callTimeout: Duration = .seconds(2),
        transactionTimeout: Duration = .seconds(15)
    ) {
        self.draftURL = draftURL
        self.onlineURL = onlineURL
        self.coordinatorURL = coordinatorURL
        self.callTimeout = callTimeout
        self.transactionTimeout = transactionTimeout
    }
}

extension PageServices {
    /// Asks the libraries whether they live: with one of them there are pages to show.
    ///
    /// - Parameter client: makes the calls.
    /// - Throws: what the last one met, if neither answers.
    func reachALibrary(by client: JSONClient) async throws {
        var failure: (any Error)?
        for url in [onlineURL, draftURL] {
            do {
                _ = try await client.call(.get, url + "/healthz", token: nil, timeout: callTimeout)
                return
            } catch {
                try Task.checkCancellation()
                failure = error
            }
        }
        if let failure { throw failure }
    }
}
