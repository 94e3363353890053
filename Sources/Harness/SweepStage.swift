import Failpoints
import Foundation
import HTTPTypes
import Supervision
import Synchronization
import TCC
import TCCHTTP
import Verification

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// One set of processes on which cases of a sweep are played, one after the other.
final class SweepStage: Sendable {
    private static let author = "ann"
    /// Has no quota.
    private static let pauper = "carl"
    private static let quota = 1_000_000
    private static let longestLife = Duration.seconds(4)
    private static let healing = Duration.seconds(5)
    /// Slow enough that the other branches hold their reservations when the ledger refuses, and that they are
    /// acknowledged when it has not confirmed.
    private static let slowLedger = "participant.reserve.before=pause(25);participant.confirm.before=pause(25)"

    private let stack: Stack
    private let recorder: Recorder
    private let client: ChaosClient
    private let texts = Mutex(0)

    /// Starts the processes.
    init(_ stack: Stack, history: URL) async throws {
        self.stack = stack
        self.recorder = try Recorder(
            creating: history,
            RecordedRun(
                command: "chaos sweep",
                seed: 0,
                durationMilliseconds: 0,
                startedAt: World.system.wallClock()
            )
        )
        self.client = ChaosClient(number: 0, stack: stack, recorder: recorder, waits: Waits(), knowledge: .init())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for party in Party.allCases { group.addTask { try await self.start(party) } }
            for try await _ in group {}
        }
        try await stack.grant(Self.quota, to: [Self.author])
    }

    private func start(_ party: Party) async throws {
        try await stack.start(party, failpoints: party == .quota ? Self.slowLedger : nil)
    }

    /// Plays a case, and checks what came of it.
    func play(_ sweepCase: SweepCase) async throws -> Sweep.Result {
        var result = Sweep.Result(sweepCase: sweepCase)
        do {
            let prepared = try await prepare(sweepCase)
            try await crash(sweepCase, prepared, &result)
            try await stack.startAllAgain { try await self.start($0) }
            let ready = ContinuousClock.now
            try await quiesce()
            result.recovery = ContinuousClock.now - ready
            if let request = prepared.request { try await client.publish(request) }
            try await quiesce()
            result.violations = try await check(sweepCase)
        } catch let late as NotInTime {
            result.violations = [Violation(8, "\(late)")]
        } catch let failure as HarnessFailure {
            result.failure = failure.description
        }
        if !result.violations.isEmpty || result.failure != nil { result.logs = stack.logs }
        return result
    }

    // MARK: Before

    private struct Prepared {
        /// What is asked for while the process is to die.
        var request: Request?
        /// What is saved.
        var post: Workload.Post?
    }

    private func text(_ words: String) -> RevisionText {
        let number = texts.withLock { texts in
            texts += 1
            return texts
        }
        return RevisionText(title: "\(words) \(number)", content: "\(words), café, 漢字, number \(number).")
    }

    private func request(_ intent: Request.Intent, _ author: String) -> Request {
        Request(intent, author: author, key: "sweep-\(World.system.makeIdentifier())")
    }

    /// A post that is live.
    private func publishedPost(_ author: String) async throws -> Workload.Post {
        let answer = try await client.publish(request(.publishNew(text("Published")), author))
        guard let post = answer.post else {
            throw HarnessFailure(HarnessFailure.unknown, "nothing can be published: \(answer.error ?? "")")
        }
        return Workload.Post(id: post, author: author)
    }

    private func prepare(_ sweepCase: SweepCase) async throws -> Prepared {
        switch sweepCase.scene {
        case .publish, .unreachable, .restart:
            return Prepared(request: request(.publishNew(text("New")), Self.author))
        case .republish:
            let post = try await publishedPost(Self.author)
            return Prepared(request: request(.republish(post.id, text("Again")), Self.author))
        case .withdraw:
            let post = try await publishedPost(Self.author)
            return Prepared(request: request(.withdraw(post.id), Self.author))
        case .delete:
            let post = try await publishedPost(Self.author)
            try await client.publish(request(.withdraw(post.id), Self.author))
            return Prepared(request: request(.delete(post.id), Self.author))
        case .chargedPublish, .refusedPublish:
            let author = sweepCase.scene == .refusedPublish ? Self.pauper : Self.author
            let intent = Request.Intent.chargedPublish(
                World.system.makeIdentifier(),
                base: 0,
                revision: 1,
                text("Charged")
            )
            return Prepared(request: request(intent, author))
        case .chargedRepublish, .refusedRepublish:
            let author = sweepCase.scene == .refusedRepublish ? Self.pauper : Self.author
            let post = try await publishedPost(author)
            let intent = Request.Intent.chargedPublish(post.id, base: 1, revision: 2, text("Charged again"))
            return Prepared(request: request(intent, author))
        case .chargedWithdraw, .refusedWithdraw:
            let author = sweepCase.scene == .refusedWithdraw ? Self.pauper : Self.author
            let post = try await publishedPost(author)
            return Prepared(request: request(.chargedWithdraw(post.id), author))
        case .save: return Prepared(post: try await publishedPost(Self.author))
        case .pruning:
            // Something to forget.
            _ = try await publishedPost(Self.author)
            return Prepared()
        case .orphan: return Prepared()
        }
    }

    // MARK: The crashes

    private func crash(_ sweepCase: SweepCase, _ prepared: Prepared, _ result: inout Sweep.Result) async throws {
        if sweepCase.scene == .restart { try await leaveUndecided() }
        if sweepCase.scene == .unreachable { try await stack.kill(.online) }
        // A participant that dies over the second is armed from the start: it is not asked before.
        let isSecondElsewhere = sweepCase.second.map { $0.party != sweepCase.first.party } ?? false
        if let second = sweepCase.second, isSecondElsewhere { try await arm(second) }
        try await arm(sweepCase.first)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.act(sweepCase, prepared) }
            result.isHit = try await isDead(sweepCase.first.party)
            if let second = sweepCase.second {
                if isSecondElsewhere {
                    try await start(sweepCase.first.party)
                } else {
                    try await arm(second)
                }
                result.isSecondHit = try await isDead(second.party)
            }
            // The caller gets its answer from whoever comes back.
            try await stack.startAllAgain { try await self.start($0) }
            for try await _ in group {}
        }
    }

    /// Kills a process and starts it so that it is to die; one that dies before it serves has died in time.
    private func arm(_ crash: SweepCase.Crash) async throws {
        try await stack.kill(crash.party)
        try await recorder.observe(stack.databases)
        let life = try await stack.begin(crash.party, failpoints: crash.specification)
        try await eventually("\(crash.party.rawValue) serves or is dead", within: .seconds(10), every: .milliseconds(3))
        {
            if life.death.isFulfilled { return true }
            return try await stack.isReady(crash.party)
        }
    }

    /// Waits for a process to die by itself; one that does not is killed.
    private func isDead(_ party: Party) async throws -> Bool {
        let death = try await stack.death(of: party, within: Self.longestLife)
        guard death != nil else {
            try await stack.kill(party)
            return false
        }
        try await recorder.observe(stack.databases)
        guard death == .killed(signal: SIGKILL) else {
            throw HarnessFailure(HarnessFailure.unknown, "\(party.rawValue) died otherwise than by its failpoint")
        }
        return true
    }

    /// Does what the process is to die over.
    private func act(_ sweepCase: SweepCase, _ prepared: Prepared) async throws {
        switch sweepCase.scene {
        case .save:
            guard let post = prepared.post else { return }
            try await client.save(text("Saved"), to: post)
        case .orphan: try await reserveForNobody(at: sweepCase.first.party)
        case .pruning, .restart: break
        default: if let request = prepared.request { _ = try await client.ask(request) }
        }
    }

    /// Has the orchestrator die before it decides.
    private func leaveUndecided() async throws {
        try await arm(.init(party: .orchestrator, failpoint: .coordinatorDecideBefore))
        _ = try await client.ask(request(.publishNew(text("Undecided")), Self.author))
        guard try await isDead(.orchestrator) else {
            throw HarnessFailure(HarnessFailure.unknown, "the orchestrator did not die before its decision")
        }
    }

    /// A try of a transaction that the coordinator has never heard of, as one that lost its journal might have sent it.
    private func reserveForNobody(at party: Party) async throws {
        let target = party == .orchestrator ? Party.online : party
        guard let branch = target.branch.flatMap({ ParticipantName($0) }) else { return }
        let gid = World.system.makeIdentifier()
        let call = BranchCall(
            gid: gid,
            branch: branch,
            action: "publish",
            deadline: World.system.wallClock() + .milliseconds(150),
            payload: TryPayload(
                postID: gid,
                author: Self.author,
                baseRevision: 0,
                revision: 1,
                title: "Of nobody",
                content: ""
            )
        )
        _ = try await stack.client.call(
            .post,
            stack.url(target) + "/tcc/try",
            token: try await stack.authority.issue(
                for: Caller(subject: "chaos", role: .service),
                lifetime: .seconds(60)
            ),
            body: try JSONCoding.encode(call),
            timeout: .seconds(2)
        )
    }

    // MARK: After

    private func quiesce() async throws {
        var left: [String] = []
        do {
            try await eventually("every transaction has ended", within: Self.healing, every: .milliseconds(5)) {
                left = try await stack.databases.aside { try $0.unfinished() }
                return left.isEmpty
            }
        } catch is NotInTime {
            throw NotInTime(description: "after \(Self.healing) still \(left.joined(separator: ", "))")
        }
        try await recorder.observe(stack.databases)
    }

    private func check(_ sweepCase: SweepCase) async throws -> [Violation] {
        let isPruned = sweepCase.scene == .pruning
        // What has been forgotten cannot be repeated or compared.
        var violations = isPruned ? [] : try await stack.repeatCalls(most: 2)
        var state = recorder.recording.state
        state.journal = try stack.databases.entries()
        state.barriers = try stack.databases.barriers()
        (state.drafts, state.posts) = try await stack.libraries.everything(of: [Self.author, Self.pauper])
        let spent = try stack.databases.spent()
        (state.spent, state.spentByAuthor) = (spent.values.reduce(0, +), spent)
        violations += try stack.databases.leftHolds()
        violations += try stack.databases.remains(of: state.effects.filter(\.isDelete).map(\.post))
        violations += Invariants.violations(in: state).filter { !(isPruned && $0.invariant == 7) }
        return violations
    }
}

extension Stack {
    /// Starts all that are dead.
    ///
    /// - Parameter start: starts one.
    /// - Throws: what it throws.
    func startAllAgain(_ start: @escaping @Sendable (Party) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for party in Party.allCases where life(party)?.death.isFulfilled ?? true {
                group.addTask { try await start(party) }
            }
            for try await _ in group {}
        }
    }
}
