import Foundation
import NIOCore
import RawPeer
import Synchronization
import TCC
import TCCCoordinator
import TCCHTTP
import Testing

@Suite("A participant that cannot be reached", .serialized, .timeLimit(.minutes(2)))
struct UnreachableParticipantTests {
    /// In which way.
    enum Trouble: CaseIterable {
        case nameIsLookedUpForEver
        case packetsAreDropped
        case nothingIsSaid
        case nothingIsRead
        case handshakeHangs
        case answerStopsAfterItsHead
    }

    /// Says which of several is the first.
    private final class Once: Sendable {
        private let isOver = Mutex(false)

        func isFirst() -> Bool {
            isOver.withLock { isOver in
                defer { isOver = true }
                return !isOver
            }
        }
    }

    /// As the protocol wants it, but for batches.
    static func asItShould(_ request: RawPeer.Request) -> RawPeer.Reaction {
        switch request.path {
        case "/tcc/try": .answers(#"{"outcome":"reserved"}"#)
        case "/tcc/confirm": .answers(#"{"outcome":"confirmed"}"#)
        case "/tcc/cancel": .answers(#"{"outcome":"cancelled"}"#)
        default: .answers("{}", status: 404)
        }
    }

    /// A coordinator over the real network.
    static func withCoordinator(
        _ urls: [String: String],
        callTimeout: Duration,
        lookUp: (@Sendable (String) throws -> [String])? = nil,
        settings: Coordinator.Settings = .init(),
        _ body: @Sendable @escaping (CoordinatorUnderTest) async throws -> Void
    ) async throws {
        let client =
            lookUp.map { JSONClient(connectionsPerHost: 64, lookUp: $0) } ?? JSONClient(connectionsPerHost: 64)
        let authority = await TokenAuthority(secret: Data(repeating: 7, count: 32), subject: "orchestrator")
        let participants = ParticipantClient(client: client, authority: authority, callTimeout: callTimeout)
        let call: ParticipantCall = { participant, calls in
            let url = urls[participant.name.description] ?? ""
            return await participants.call(Participant(name: participant.name, url: url), calls)
        }
        do {
            try await withJournal { directory in
                try await withLife(in: directory, call: call, world: .system, settings: settings, body)
            }
        } catch {
            try await client.shutdown()
            throw error
        }
        try await client.shutdown()
    }

    /// Waits until the journal says of a transaction what it should; time is real here, and there is no hurry.
    private static func wait(
        for gid: GlobalTransactionID,
        _ life: CoordinatorUnderTest,
        until condition: (TransactionRecord) -> Bool
    ) async throws {
        while try await life.journaled(gid).map({ !condition($0) }) ?? true {
            try await World.system.sleep(.milliseconds(20))
        }
    }

    /// The URL of a participant in trouble, for as long as the body runs.
    private func with(_ trouble: Trouble, _ body: @escaping @Sendable (String) async throws -> Void) async throws {
        switch trouble {
        case .nameIsLookedUpForEver: try await body("http://nowhere.test:8081")
        case .packetsAreDropped: try await RawPeer.droppingPackets { try await body($0.url) }
        case .nothingIsSaid: try await RawPeer.with(.always(.saysNothing)) { try await body($0.url) }
        case .nothingIsRead:
            try await RawPeer.with(.always(.saysNothing), reads: false) { try await body($0.url) }
        case .handshakeHangs:
            try await RawPeer.with(.always(.saysNothing)) { try await body("https://encrypted.test:\($0.port)") }
        case .answerStopsAfterItsHead: try await RawPeer.with(.always(.stopsAfterHead)) { try await body($0.url) }
        }
    }

    @Test(arguments: Trouble.allCases) func holdsUpNoOther(trouble: Trouble) async throws {
        let isOver = DispatchSemaphore(value: 0)
        defer { for _ in 0..<16 { isOver.signal() } }
        let lookUp: @Sendable (String) throws -> [String] = { name in
            if ["draft.test", "encrypted.test"].contains(name) { return ["127.0.0.1"] }
            isOver.wait()
            throw CallFailure(.unknownName)
        }
        try await RawPeer.with(.reacting(Self.asItShould)) { draft in
            let port = draft.port
            try await with(trouble) { url in
                let urls = ["draft": "http://draft.test:\(port)", "online": url]
                var settings = Coordinator.Settings()
                settings.tryTimeout = .seconds(600)
                try await Self.withCoordinator(
                    urls,
                    callTimeout: .seconds(600),
                    lookUp: lookUp,
                    settings: settings
                ) { life async throws in
                    // As many as there are threads that could be waiting, and more.
                    let held = (0..<32).map { _ in Task { try await life.publish() } }
                    for _ in 0..<20 {
                        #expect(try await life.run(CoordinatorUnderTest.request("draft")).isConfirmed)
                    }
                    for task in held { task.cancel() }
                    for task in held { await #expect(throws: CancellationError.self) { try await task.value } }
                }
            }
        }
    }

    @Test func isToldToItsCallerByWhatItIs() async throws {
        try await RawPeer.with(.reacting(Self.asItShould)) { draft in
            let urls = ["draft": draft.url, "online": "http://nowhere.test"]
            var settings = Coordinator.Settings()
            settings.tryTimeout = .milliseconds(200)
            try await Self.withCoordinator(
                urls,
                callTimeout: .seconds(1),
                lookUp: { _ in throw CallFailure(.unknownName, "no such host") },
                settings: settings
            ) { life async throws in
                let conclusion = try await life.publish()
                #expect(conclusion.reason?.code == "participant-unavailable")
                let text = "the name has no address: no such host"
                try await Self.wait(for: #require(conclusion.gid), life) { $0.branches[1].lastError == text }
            }
        }
    }

    @Test(arguments: [
        RawPeer.Reaction.stopsAfterHead, .stopsInBody(#"{"outcome":"confirmed"}"#), .trickles("{"), .tricklesHead,
        .saysNothing,
    ])
    func aConfirmWhoseAnswerStopsIsMadeAgain(reaction: RawPeer.Reaction) async throws {
        let once = Once()
        let script = RawPeer.Script.reacting { request in
            request.path == "/tcc/confirm" && once.isFirst() ? reaction : Self.asItShould(request)
        }
        try await RawPeer.with(script) { peer in
            let urls = ["draft": peer.url, "online": peer.url]
            try await Self.withCoordinator(urls, callTimeout: .milliseconds(200)) { life async throws in
                let gid = try #require(try await life.publish().gid)
                try await Self.wait(for: gid, life) { $0.state == .confirmed }
            }
        }
    }

    @Test func aProbeWhoseAnswerStopsIsMadeAgain() async throws {
        let isBack = Mutex(false)
        let once = Once()
        let script = RawPeer.Script.reacting { request in
            guard isBack.withLock({ $0 }) else { return .closes }
            return request.path == "/tcc/cancel" && once.isFirst() ? .stopsAfterHead : Self.asItShould(request)
        }
        try await RawPeer.with(script) { peer in
            var settings = Coordinator.Settings()
            settings.tryTimeout = .milliseconds(300)
            let urls = ["draft": peer.url, "online": peer.url]
            try await Self.withCoordinator(urls, callTimeout: .milliseconds(200), settings: settings) {
                life async throws in
                let gid = try #require(try await life.publish().gid)
                isBack.withLock { $0 = true }
                try await Self.wait(for: gid, life) { $0.state == .cancelled }
                #expect(!once.isFirst(), "the first one stopped")
                while !(try await life.publish().isConfirmed) { try Task.checkCancellation() }
            }
        }
    }

    @Test func anOperatorsRetryDoesNotWaitForACallThatHangs() async throws {
        let once = Once()
        let script = RawPeer.Script.reacting { request in
            request.path == "/tcc/confirm" && once.isFirst() ? .stopsAfterHead : Self.asItShould(request)
        }
        try await RawPeer.with(script) { peer in
            var settings = Coordinator.Settings()
            settings.answerTimeout = .milliseconds(100)
            try await Self.withCoordinator(["draft": peer.url], callTimeout: .seconds(600), settings: settings) {
                life async throws in
                let conclusion = try await life.run(CoordinatorUnderTest.request("draft"))
                #expect(conclusion.isAccepted)
                let gid = try #require(conclusion.gid)
                _ = try await life.coordinator.retry(gid)
                try await Self.wait(for: gid, life) { $0.state == .confirmed }
            }
        }
    }

    @Test func everyKindOfCallIsGivenUp() async throws {
        let authority = await TokenAuthority(secret: Data(repeating: 7, count: 32), subject: "orchestrator")
        let silence = CallResult.unanswered("no answer in time")
        try await JSONClient.with(connectionsPerHost: 8) { client in
            let participants = ParticipantClient(client: client, authority: authority, callTimeout: .milliseconds(100))
            try await RawPeer.with(.always(.stopsAfterHead)) { peer in
                let participant = Participant(name: ParticipantName("draft")!, url: peer.url)
                let calls = [TCC.Operation.try, .confirm, .cancel].map { BranchRequest($0, ByteBuffer(string: "{}")) }
                for call in calls { #expect(await participants.call(participant, [call]) == .each([silence])) }
                #expect(await participants.call(participant, calls) == .each([silence, silence, silence]))
            }
        }
    }
}
