import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import QuotaLedger
import TCC
import TCCHTTP
import TCCParticipant

/// A coordinator's calls to a quota ledger, through its routes.
struct ParticipantClient: Sendable {
    private static let secret = Data("0123456789abcdef0123456789abcdef".utf8)

    let http: any TestClientProtocol
    let authority: TokenAuthority
    let participant: ParticipantUnderTest<QuotaLedger>

    /// A client, and a ledger without any account, for as long as the body runs.
    static func run(
        failpoints: String? = nil,
        _ body: @Sendable @escaping (ParticipantClient) async throws -> Void
    ) async throws {
        try await withParticipant(
            QuotaLedger(),
            failpoints: failpoints,
            registerMigrations: QuotaLedger.registerMigrations
        ) { participant in
            let authority = await TokenAuthority(secret: secret, subject: "orchestrator")
            var api = API(authority: authority)
            participant.service.addRoutes(to: &api)
            let application = Application(responder: api.responder())
            try await application.test(.router) { http in
                try await body(ParticipantClient(http: http, authority: authority, participant: participant))
            }
        }
    }

    func post(_ path: String, _ body: String, token: String? = nil) async throws -> TestResponse {
        let token = if let token { token } else { try await authority.ownToken() }
        return try await http.execute(
            uri: path,
            method: .post,
            headers: [.authorization: "Bearer \(token)", .contentType: "application/json"],
            body: ByteBuffer(string: body)
        )
    }

    /// A call's body, and a try's with its payload.
    func body(_ id: BranchID, attempt: Bool = false) -> String {
        let common = #""gid":"\#(id.gid)","branch":"\#(id.branch)","action":"publish""#
        guard attempt else { return "{\(common)}" }
        let deadline = participant.clock.now + .seconds(35)
        return "{\(common),\"deadline\":\"\(deadline)\",\"payload\":{\"author\":\"ada\"},\"unknown\":[]}"
    }
}
