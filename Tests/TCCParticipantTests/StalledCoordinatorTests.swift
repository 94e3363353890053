import Foundation
import RawPeer
import TCC
import TCCHTTP
import TCCParticipant
import Testing

@Suite("A coordinator whose answer stops", .timeLimit(.minutes(1)))
struct StalledCoordinatorTests {
    private func withCoordinator(
        _ script: RawPeer.Script,
        _ body: (CoordinatorClient, RawPeer) async throws -> Void
    ) async throws {
        let authority = await TokenAuthority(secret: Data(repeating: 7, count: 32), subject: "online-service")
        try await JSONClient.with(connectionsPerHost: 4) { client in
            try await RawPeer.with(script) { peer in
                let coordinator = CoordinatorClient(
                    client: client,
                    authority: authority,
                    url: peer.url,
                    timeout: .milliseconds(200)
                )
                try await body(coordinator, peer)
            }
        }
    }

    @Test(arguments: [
        RawPeer.Reaction.stopsAfterHead, .stopsInBody(#"{"outcome":"cancel"}"#), .trickles("{"), .saysNothing,
    ])
    func isAskedAgainForEachReservation(reaction: RawPeer.Reaction) async throws {
        try await withCoordinator(.first(reaction, then: .answers(#"{"outcome":"cancel"}"#))) { coordinator, peer in
            try await withParticipant(CountingResource(), registerMigrations: CountingResource.registerMigrations) {
                participant async throws in
                for _ in 0..<3 {
                    let call = participant.call(participant.newBranch(), .init())
                    #expect(try await participant.service.attempt(call) == .reserved)
                }
                participant.clock.advance(by: .seconds(35))
                let inquiry = OutcomeInquiry(participant.service) { try await coordinator.outcome(of: $0) }
                #expect(await inquiry.askOnce() == (0, 3))
                #expect(peer.requests.count <= 1, "one that does not answer is asked once a round")
                // On a machine that is busy an answer may come too late, and is asked for again.
                while await inquiry.askOnce().unsettled > 0 { try Task.checkCancellation() }
                #expect(peer.requests.count >= 4)
            }
        }
    }

    @Test func isNotWaitedForWithTheHorizon() async throws {
        try await withCoordinator(.always(.stopsAfterHead)) { coordinator, _ in
            await #expect(throws: CallFailure(.noAnswerInTime)) { try await coordinator.horizon() }
        }
    }
}
