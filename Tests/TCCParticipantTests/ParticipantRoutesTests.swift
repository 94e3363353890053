import Foundation
import GRDB
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import QuotaLedger
import TCC
import TCCHTTP
import TCCParticipant
import TCCStorage
import Testing

@Suite("A participant's routes")
struct ParticipantRoutesTests {
    private func withClient(_ body: @Sendable @escaping (ParticipantClient) async throws -> Void) async throws {
        try await ParticipantClient.run { client in
            try await client.participant.store.write { database in
                try database.execute(sql: "INSERT INTO account VALUES ('ada', 2, 0)")
            }
            try await body(client)
        }
    }

    private func text(_ response: TestResponse) -> String { String(buffer: response.body) }

    private func problem(_ response: TestResponse) throws -> Problem {
        #expect(response.headers[.contentType] == "application/problem+json")
        let problem = try JSONDecoder().decode(Problem.self, from: Data(response.body.readableBytesView))
        #expect(problem.status == Int(response.status.code))
        return problem
    }

    // MARK: Calls

    @Test func tryConfirmAndCancelAnswerTheirOutcome() async throws {
        try await withClient { client in
            let first = client.participant.newBranch()
            let tried = try await client.post("/tcc/try", client.body(first, attempt: true))
            #expect(tried.status == .ok)
            #expect(text(tried) == #"{"outcome":"reserved"}"#)
            #expect(text(try await client.post("/tcc/confirm", client.body(first))) == #"{"outcome":"confirmed"}"#)
            #expect(text(try await client.post("/tcc/confirm", client.body(first))) == #"{"outcome":"confirmed"}"#)
            let second = client.participant.newBranch()
            _ = try await client.post("/tcc/try", client.body(second, attempt: true))
            #expect(text(try await client.post("/tcc/cancel", client.body(second))) == #"{"outcome":"cancelled"}"#)
        }
    }

    @Test func whatTheBarrierRefusesIsAProblemWithItsStatus() async throws {
        try await withClient { client in
            let id = client.participant.newBranch()
            let early = try problem(try await client.post("/tcc/confirm", client.body(id)))
            #expect((early.status, early.code) == (409, "not-reserved"))
            _ = try await client.post("/tcc/cancel", client.body(id))
            let late = try problem(try await client.post("/tcc/try", client.body(id, attempt: true)))
            #expect((late.status, late.code) == (410, "too-late"))
            let opposite = try problem(try await client.post("/tcc/confirm", client.body(id)))
            #expect((opposite.status, opposite.code) == (409, "already-cancelled"))
            for _ in 0..<2 {
                _ = try await client.post("/tcc/try", client.body(client.participant.newBranch(), attempt: true))
            }
            let refused = try problem(
                try await client.post("/tcc/try", client.body(client.participant.newBranch(), attempt: true))
            )
            #expect((refused.status, refused.code) == (409, "quota-exceeded"))
        }
    }

    // MARK: Who may call

    @Test(arguments: ["/tcc/try", "/tcc/confirm", "/tcc/cancel", "/tcc/batch"])
    func withoutAGoodTokenTheAnswerIs401WhateverTheBody(path: String) async throws {
        try await withClient { client in
            let stranger = await TokenAuthority(secret: Data("another secret of thirty-two bytes".utf8), subject: "x")
            let own = try await client.authority.ownToken()
            let tokens = [
                "", "nonsense", try await stranger.ownToken(), own + "x", String(own.dropLast(2)),
                try await client.authority.issue(for: Caller(subject: "x", role: .service), lifetime: .seconds(-1)),
                // {"alg":"none"} with the claims of a good one.
                "eyJhbGciOiJub25lIn0." + own.split(separator: ".")[1] + ".",
            ]
            for token in tokens {
                let response = try await client.post(path, "not even JSON", token: token)
                #expect(response.status == .unauthorized, "\(token)")
                #expect(response.headers[.wwwAuthenticate] == "Bearer")
                _ = try problem(response)
            }
            let none = try await client.http.execute(uri: path, method: .post, body: ByteBuffer(string: "{}"))
            #expect(none.status == .unauthorized)
            #expect(try problem(none).code == "token-required")
        }
    }

    @Test(arguments: [Role.author, .operator])
    func anotherRoleIs403AndNothingHappens(role: Role) async throws {
        try await withClient { client in
            let token = try await client.authority.issue(
                for: Caller(subject: "ada", role: role),
                lifetime: .seconds(60)
            )
            let id = client.participant.newBranch()
            for path in ["/tcc/try", "/tcc/confirm", "/tcc/cancel", "/tcc/batch"] {
                let response = try await client.post(path, client.body(id, attempt: true), token: token)
                #expect(response.status == .forbidden)
                #expect(try problem(response).code == "wrong-role")
            }
            #expect(try await client.participant.row(of: id) == nil)
        }
    }

    @Test func theSchemesNameIsReadInAnyCase() async throws {
        try await withClient { client in
            let response = try await client.http.execute(
                uri: "/tcc/cancel",
                method: .post,
                headers: [.authorization: "bearer \(try await client.authority.ownToken())"],
                body: ByteBuffer(string: client.body(client.participant.newBranch()))
            )
            #expect(response.status == .ok)
        }
    }

    // MARK: Bodies

    @Test(arguments: ["", "{", "nonsense", "{\"gid\":}", "{\"gid\":\"\u{1}\"}"])
    func whatIsNotJSONIs400(body: String) async throws {
        try await withClient { client in
            let response = try await client.post("/tcc/confirm", body)
            #expect(response.status == .badRequest)
            #expect(try problem(response).code == "malformed-json")
        }
    }

    @Test func whatIsMissingOrInvalidIs422NamingIt() async throws {
        try await withClient { client in
            let gid = "0193f22e-79b0-7cc3-98c4-dc0c0c07398f"
            let deadline = "\(client.participant.clock.now + .seconds(9))"
            let bodies = [
                (#"{"branch":"a","action":"publish"}"#, "gid"),
                (#"{"gid":"\#(gid)","action":"publish"}"#, "branch"),
                (#"{"gid":"\#(gid)","branch":"a"}"#, "action"),
                (#"{"gid":"7","branch":"a","action":"publish"}"#, "gid"),
                (#"{"gid":"0193f22e-79b0-4cc3-98c4-dc0c0c07398f","branch":"a","action":"publish"}"#, "gid"),
                (#"{"gid":7,"branch":"a","action":"publish"}"#, "gid"),
                (#"{"gid":null,"branch":"a","action":"publish"}"#, "gid"),
                (#"{"gid":"\#(gid)","branch":"A B","action":"publish"}"#, "branch"),
                ("[]", "body"), ("7", "body"), ("null", "body"),
            ]
            for (body, field) in bodies {
                for path in ["/tcc/try", "/tcc/confirm", "/tcc/cancel"] {
                    let response = try await client.post(path, body)
                    #expect(response.status == .unprocessableContent, "\(path) \(body)")
                    #expect(try problem(response).extensions["field"] == .string(field), "\(path) \(body)")
                }
            }
            let common = #""gid":"\#(gid)","branch":"a","action":"publish""#
            let tries = [
                (#"{\#(common),"payload":{"author":"ada"}}"#, "deadline"),
                (#"{\#(common),"deadline":"soon","payload":{"author":"ada"}}"#, "deadline"),
                (#"{\#(common),"deadline":"2099-01-01T00:00:00Z","payload":{"author":"ada"}}"#, "deadline"),
                (#"{\#(common),"deadline":"\#(deadline)"}"#, "payload"),
                (#"{\#(common),"deadline":"\#(deadline)","payload":null}"#, "payload"),
                (#"{\#(common),"deadline":"\#(deadline)","payload":[]}"#, "payload"),
                (#"{\#(common),"deadline":"\#(deadline)","payload":{}}"#, "payload.author"),
                (#"{\#(common),"deadline":"\#(deadline)","payload":{"author":7}}"#, "payload.author"),
            ]
            for (body, field) in tries {
                let response = try await client.post("/tcc/try", body)
                #expect(response.status == .unprocessableContent, "\(body)")
                #expect(try problem(response).extensions["field"] == .string(field), "\(body)")
            }
        }
    }

    @Test func aBodyOver8MiBIs413AndOneOfAlmostThatIsRead() async throws {
        try await withClient { client in
            let id = client.participant.newBranch()
            let rest = client.body(id).dropFirst()
            let fits = String(repeating: "x", count: ParticipantService<QuotaLedger>.largestBody - rest.utf8.count - 10)
            let read = try await client.post("/tcc/cancel", "{\"fill\":\"\(fits.dropLast(2))\"," + rest)
            #expect(read.status == .ok)
            let large = try await client.post("/tcc/cancel", "{\"fill\":\"\(fits)xxxxx\"," + rest)
            #expect(large.status == .contentTooLarge)
            #expect(try problem(large).code == "body-too-large")
        }
    }

    // MARK: Paths and methods

    @Test func anUnknownPathIs404() async throws {
        try await withClient { client in
            for path in ["/", "/tcc", "/tcc/undo", "/tcc/try/1", "/v1/outcomes"] {
                let response = try await client.post(path, "{}")
                #expect(response.status == .notFound, "\(path)")
                #expect(try problem(response).code == "not-found")
            }
        }
    }

    @Test(arguments: ["/tcc/try", "/tcc/confirm", "/tcc/cancel", "/tcc/batch"])
    func aWrongMethodIs405WithAllow(path: String) async throws {
        try await withClient { client in
            for method in [HTTPRequest.Method.get, .put, .delete, .patch] {
                let response = try await client.http.execute(uri: path, method: method)
                #expect(response.status == .methodNotAllowed)
                #expect(response.headers[.allow] == "POST")
                #expect(try problem(response).code == "method-not-allowed")
            }
        }
    }

    @Test func itsHealthNeedsNoToken() async throws {
        try await withClient { client in
            for path in ["/healthz", "/readyz"] {
                #expect(try await client.http.execute(uri: path, method: .get).status == .ok)
            }
            let wrong = try await client.http.execute(uri: "/healthz", method: .post)
            #expect(wrong.headers[.allow] == "GET, HEAD")
        }
    }
}
