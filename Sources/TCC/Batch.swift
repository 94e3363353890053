/// One result of a batch: what the call, made alone, would have been answered.
public struct BatchResult: Hashable, Sendable, Codable {
    /// The HTTP status.
    public var status: Int
    /// What became of the branch; with the status 200.
    public var outcome: BranchOutcome?
    /// Why the call was refused; with any other status.
    public var problem: Problem?
    /// For a problem, the `Retry-After` that it would have had alone.
    public var retryAfterSeconds: Int?

    /// The result of a call that was done.
    ///
    /// - Parameter outcome: what became of the branch.
    public init(outcome: BranchOutcome) {
        self.status = 200
        self.outcome = outcome
    }

    /// The result of a call that was refused.
    ///
    /// - Parameter problem: why.
    public init(problem: Problem) {
        self.status = problem.status
        self.problem = problem
        self.retryAfterSeconds = problem.retryAfterSeconds
    }
}

/// The answer to a single call that was done.
package struct BranchOutcomeBody: Hashable, Sendable, Codable {
    /// What became of the branch.
    package var outcome: BranchOutcome

    /// Makes an answer.
    package init(outcome: BranchOutcome) { self.outcome = outcome }
}

/// The answer to `POST /tcc/batch`.
public struct BatchAnswer: Hashable, Sendable, Codable {
    /// One for each call, in their order.
    public var results: [BatchResult]

    /// Makes an answer.
    ///
    /// - Parameter results: one for each call, in their order.
    public init(results: [BatchResult]) { self.results = results }
}
