import Failpoints
import Publishing
import RawPeer
import TCC
import TCCHTTP
import Testing

@Suite("Reading a draft from a service whose answer stops", .timeLimit(.minutes(1)))
struct DraftReaderTests {
    private func read(_ script: RawPeer.Script, for patience: Duration) async throws -> (Problem?, asked: Int) {
        try await JSONClient.with(connectionsPerHost: 4) { client in
            try await RawPeer.with(script) { peer in
                let reader = DraftReader(
                    client: client,
                    url: peer.url,
                    callTimeout: .milliseconds(100),
                    patience: patience,
                    world: .system,
                    failpoints: .none
                )
                let problem = await #expect(throws: Problem.self) {
                    try await reader.draft(World.system.makeIdentifier(), token: "t")
                }
                return (problem, asked: peer.requests.count)
            }
        }
    }

    @Test(arguments: [RawPeer.Reaction.stopsAfterHead, .stopsInBody("{}"), .trickles("{"), .saysNothing])
    func itIsReadAgain(reaction: RawPeer.Reaction) async throws {
        let problem = #"{"code":"not-found","title":"T","detail":"D","status":404}"#
        let (found, asked) = try await read(.first(reaction, then: .answers(problem, status: 404)), for: .seconds(50))
        #expect(found?.code == "not-found" && asked >= 2)
    }

    @Test func inTheEndItIsGivenUp() async throws {
        let (found, asked) = try await read(.always(.stopsAfterHead), for: .milliseconds(500))
        #expect(found?.status == 503 && found?.code == "participant-unavailable" && asked >= 1)
    }
}
