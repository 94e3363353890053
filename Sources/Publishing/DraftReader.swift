public import Failpoints
import HTTPTypes
public import Posts
public import TCC
public import TCCHTTP

/// Reads drafts from the draft service, with the author's own token.
public struct DraftReader: Sendable {
    private let client: JSONClient
    private let url: String
    private let callTimeout: Duration
    private let patience: Duration
    private let retry: RetryPolicy
    private let world: World
    private let failpoints: Failpoints

    /// A reader.
    ///
    /// - Parameters:
    ///   - client: makes the calls.
    ///   - url: the draft service, without a trailing slash.
    ///   - callTimeout: when to give a call up.
    ///   - patience: when to give the draft service up.
    ///   - retry: how long to wait before asking again.
    ///   - world: clocks and chance.
    ///   - failpoints: what a test asked for.
    public init(
        client: JSONClient,
        url: String,
        callTimeout: Duration,
        patience: Duration,
        retry: RetryPolicy = RetryPolicy(),
        world: World,
        failpoints: Failpoints
    ) {
        self.client = client
        self.url = url
        self.callTimeout = callTimeout
        self.patience = patience
        self.retry = retry
        self.world = world
        self.failpoints = failpoints
    }

    /// A draft, as its author reads it.
    ///
    /// - Parameters:
    ///   - id: the post.
    ///   - token: the author's token.
    /// - Returns: the draft with its content.
    /// - Throws: the draft service's own problem, or 503 `participant-unavailable`; nothing has begun then.
    public func draft(_ id: UUIDv7, token: String) async throws -> Draft {
        let end = world.elapsed() + patience
        var failures = 0
        while true {
            if let draft = try await askOnce(id, token: token) { return draft }
            failures += 1
            var generator = world.generator
            let pause = retry.delay(afterFailures: failures, using: &generator)
            guard world.elapsed() + pause < end else {
                throw Problem(
                    503,
                    "participant-unavailable",
                    "The draft service does not answer. Nothing was begun; try again.",
                    retryAfterSeconds: 1
                )
            }
            try await world.sleep(pause)
        }
    }

    /// One call; nil if it has to be made again.
    private func askOnce(_ id: UUIDv7, token: String) async throws -> Draft? {
        let answer: JSONClient.Answer
        do {
            try await failpoints.pass(.orchestratorReadDraftBefore)
            answer = try await client.call(.get, "\(url)/v1/drafts/\(id)", token: token, timeout: callTimeout)
            try await failpoints.pass(.orchestratorReadDraftAfter)
        } catch {
            return nil
        }
        if answer.status == 200 { return answer.decode(Draft.self) }
        if (400..<500).contains(answer.status), var problem = answer.decode(Problem.self) {
            problem.status = answer.status  // what its body says of it is not to be trusted
            throw problem
        }
        return nil
    }
}
