import NIOCore
import TCC
import TCCHTTP

/// The services as a command sees them.
struct Services: Sendable {
    private static let usualCallTimeout = Duration.seconds(15)
    private static let helloTimeout = Duration.seconds(3)
    /// How long a command that somebody waits for asks again.
    static let patience = Duration.seconds(15)
    private static let largestPage = 100

    /// Clocks and chance.
    let world: World
    /// How long one call may take.
    private let callTimeout: Duration
    private let addresses: ServiceAddresses
    private let mint: TokenMint?
    private let client: JSONClient
    /// Told why nothing goes on.
    var notices: OutageNotices?

    /// Runs something with the services at hand, and closes the connections after it.
    ///
    /// - Parameters:
    ///   - options: where the services are.
    ///   - needsToken: whether the secret is needed.
    ///   - connections: how many calls to one service run at once.
    ///   - callTimeout: how long one call may take.
    ///   - body: what to run.
    /// - Returns: what it returns.
    /// - Throws: what it throws; before it, a usage error about the secret.
    static func with<Result: Sendable>(
        _ options: SharedOptions,
        needsToken: Bool = true,
        connections: Int = 8,
        callTimeout: Duration = Self.usualCallTimeout,
        _ body: (Services) async throws -> Result
    ) async throws -> Result {
        try await with(
            try options.addresses(),
            needsToken: needsToken,
            connections: connections,
            callTimeout: callTimeout,
            body
        )
    }

    /// Runs something with the services at hand, and closes the connections after it.
    ///
    /// - Parameters:
    ///   - addresses: where the services are.
    ///   - needsToken: whether the secret is needed.
    ///   - connections: how many calls to one service run at once.
    ///   - callTimeout: how long one call may take.
    ///   - body: what to run.
    /// - Returns: what it returns.
    /// - Throws: what it throws; before it, a usage error about the secret.
    static func with<Result: Sendable>(
        _ addresses: ServiceAddresses,
        needsToken: Bool = true,
        connections: Int = 8,
        callTimeout: Duration = Self.usualCallTimeout,
        _ body: (Services) async throws -> Result
    ) async throws -> Result {
        let mint = needsToken ? try await TokenMint(secretFile: addresses.secretFile) : nil
        let client = JSONClient(connectionsPerHost: connections)
        let services = Services(
            world: .system,
            callTimeout: callTimeout,
            addresses: addresses,
            mint: mint,
            client: client
        )
        do {
            let result = try await body(services)
            try await client.shutdown()
            return result
        } catch {
            // The first error is the one to tell of.
            try? await client.shutdown()
            throw error
        }
    }

    /// Sends a request once.
    ///
    /// - Throws: ``Unreachable`` if there is no answer, or another service's.
    func attempt(_ request: ServiceRequest, timeout: Duration? = nil) async throws -> ServiceAnswer {
        var token: String?
        if let caller = request.caller { token = try await mint?.token(for: caller) }
        let answer: JSONClient.Answer
        do {
            answer = try await client.call(
                request.method,
                addresses[request.service] + request.path,
                token: token,
                headers: request.headers,
                body: request.body,
                timeout: timeout ?? callTimeout
            )
        } catch {
            try Task.checkCancellation()
            throw Unreachable(service: request.service, url: addresses[request.service])
        }
        let seconds = answer.headers["retry-after"].flatMap { Int($0) }
        let read = ServiceAnswer(
            status: answer.status,
            body: answer.body,
            retryAfter: seconds.map { .seconds(max(0, $0)) }
        )
        if read.isAnotherServices {
            throw Unreachable(service: request.service, url: addresses[request.service], cause: .anotherService)
        }
        return read
    }

    /// Sends a request, the same one every time, until something can be concluded or the schedule ends.
    ///
    /// - Parameters:
    ///   - request: the request.
    ///   - schedule: when to send it again.
    ///   - waitsInProgress: whether to wait for another transaction that holds the post.
    /// - Returns: the last answer.
    /// - Throws: ``Unreachable`` if the last attempt had none.
    func send(
        _ request: ServiceRequest,
        _ schedule: inout RetrySchedule,
        waitsInProgress: Bool = true
    ) async throws -> ServiceAnswer {
        while true {
            var answer: ServiceAnswer?
            var failure: Unreachable?
            do {
                answer = try await attempt(request)
                tell(of: answer, from: request.service)
            } catch let error as Unreachable where error.cause == .noAnswer {
                failure = error
                notices?.fails(request.service, "at \(error.url) does not answer; asking again.")
            }
            switch answer?.conclusion {
            case .done?, .refused?: break
            case .inProgress? where !waitsInProgress: break
            case .inProgress?, .later?, .unknown?, nil:
                if try await pause(&schedule, retryAfter: answer?.retryAfter) { continue }
            }
            if let answer { return answer }
            throw failure ?? Unreachable(service: request.service, url: addresses[request.service])
        }
    }

    private func tell(of answer: ServiceAnswer?, from service: ServiceName) {
        guard let answer else { return }
        if answer.status == 503 {
            notices?.fails(service, "cannot do it now (\(answer.problem.code)); asking again.")
        } else {
            notices?.answers(service)
        }
    }

    /// Waits as a schedule says.
    ///
    /// - Returns: whether to try again; false at the schedule's end.
    func pause(_ schedule: inout RetrySchedule, retryAfter: Duration?) async throws -> Bool {
        var generator = world.generator
        guard let wait = schedule.attemptFailed(at: world.elapsed(), retryAfter: retryAfter, using: &generator) else {
            return false
        }
        try await world.sleep(wait)
        return true
    }

    /// A schedule that begins now.
    func schedule(patience: Duration = Self.patience) -> RetrySchedule {
        RetrySchedule(patience: patience, from: world.elapsed())
    }

    /// Asks whether services are there, so that a command that will wait for them says at once if they are not.
    ///
    /// Where none of them answers, nothing runs. One that does not answer while another does is most likely being started
    /// again, or held up for a moment, and is waited for.
    ///
    /// - Parameters:
    ///   - names: the services.
    ///   - patience: how long to wait for those that do not answer.
    /// - Throws: ``Unreachable``.
    func greet(_ names: [ServiceName], patience: Duration = .zero) async throws {
        let silent = try await silent(of: names)
        guard let first = silent.first else { return }
        guard patience > .zero, silent.count < names.count else { throw first }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for failure in silent { group.addTask { try await wait(for: failure, patience: patience) } }
            try await group.waitForAll()
        }
    }

    /// Those of some services that do not answer.
    private func silent(of names: [ServiceName]) async throws -> [Unreachable] {
        try await withThrowingTaskGroup(of: Unreachable?.self) { group in
            for name in names { group.addTask { try await greet(name) } }
            var failures: [Unreachable] = []
            while let failure = try await group.next() {
                if let failure { failures.append(failure) }
            }
            return names.compactMap { name in failures.first { $0.service == name } }
        }
    }

    private func greet(_ name: ServiceName) async throws -> Unreachable? {
        do {
            _ = try await attempt(.get(name, "/healthz"), timeout: Self.helloTimeout)
            return nil
        } catch let error as Unreachable where error.cause == .noAnswer {
            return error
        }
    }

    private func wait(for failure: Unreachable, patience: Duration) async throws {
        let seconds = patience.wholeMilliseconds / 1000
        let advice = "waiting for it to come back, up to \(seconds) s."
        notices?.fails(failure.service, "at \(failure.url) does not answer; \(advice)")
        var schedule = schedule(patience: patience)
        while try await pause(&schedule, retryAfter: nil) {
            if try await greet(failure.service) == nil { return notices?.answers(failure.service) ?? () }
        }
        throw Unreachable(service: failure.service, url: failure.url, cause: .stillNoAnswer(after: patience))
    }

    /// Reads something.
    ///
    /// - Returns: nil if there is no such thing.
    /// - Throws: ``Unreachable``, or a ``CommandFailure`` if the service says no.
    func find<Value: Decodable>(_ type: Value.Type, _ request: ServiceRequest) async throws -> Value? {
        let answer = try await attempt(request)
        if answer.status == 404 { return nil }
        guard answer.conclusion == .done else { throw CommandFailure.refused(answer.problem) }
        return try Self.decode(type, from: answer)
    }

    /// Reads a list, as many pages as it takes.
    ///
    /// - Parameters:
    ///   - type: what it holds.
    ///   - limit: how many items at most.
    ///   - cursor: where to begin; nil for the beginning.
    ///   - request: makes the question, of a page's limit and a cursor.
    /// - Returns: them, and where the list goes on.
    /// - Throws: ``Unreachable``, or a ``CommandFailure`` if the service says no.
    func list<Item: Codable & Sendable>(
        of type: Item.Type,
        limit: Int,
        from cursor: String? = nil,
        _ request: (_ limit: String, _ cursor: String?) -> ServiceRequest
    ) async throws -> Page<Item> {
        var all = Page<Item>(rows: [], limit: 0) { _ in "" }
        all.nextCursor = cursor
        repeat {
            let size = min(limit - all.items.count, Self.largestPage)
            let answer = try await attempt(request(String(size), all.nextCursor))
            guard answer.conclusion == .done else { throw CommandFailure.refused(answer.problem) }
            let page = try Self.decode(Page<Item>.self, from: answer)
            all.items += page.items
            all.nextCursor = page.nextCursor
        } while all.nextCursor != nil && all.items.count < limit
        return all
    }

    private static func decode<Value: Decodable>(_ type: Value.Type, from answer: ServiceAnswer) throws -> Value {
        guard let value = answer.decode(type) else {
            throw CommandFailure(
                .refused,
                "the answer cannot be read; is this the right service, of the version of this command?"
            )
        }
        return value
    }
}
