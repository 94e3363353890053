import HTTPTypes
import Posts
import TCC
import TCCHTTP
import Testing

@Suite("The revisions of a draft, and which of them are kept")
struct RevisionTests {
    private static func numbers(_ library: Library, _ path: String) async throws -> [Int64] {
        try await library.send(.get, "\(path)/revisions").items.map { $0["revision"]?.integer ?? 0 }
    }

    private static func saved(_ path: String, _ revision: Int) -> PostPayload {
        let id = UUIDv7(path.split(separator: "/").last ?? "")!
        return PostPayload(postID: id, author: "ann", baseRevision: revision, revision: revision)
    }

    @Test("the list is newest first and paged, says which is the head and which readers see, and has no contents")
    func list() async throws {
        let clock = StandingClock()
        try await Library.open(.draft, world: clock.world) { (library) async throws in
            let path = try #require(try await library.send(.post, "/v1/drafts", postText("T1", "é")).headers[.location])
            #expect(try await library.commit(.publish, Self.saved(path, 1)).status == 200)
            for number in 2...3 {
                clock.advance(by: .seconds(60))
                #expect(try await library.send(.put, path, postText("T\(number)")).status == 200)
            }
            let first = try await library.send(.get, "\(path)/revisions?limit=2")
            #expect(first.items.map { $0["title"] } == ["T3", "T2"])
            #expect(first.items.map { $0["isHead"] } == [.bool(true), .bool(false)])
            let cursor = try #require(first["nextCursor"]?.string)
            let last = try await library.send(.get, "\(path)/revisions?limit=2&cursor=\(cursor)")
            #expect(last["nextCursor"] == .null)
            let expected: [String: JSONValue] = [
                "revision": .integer(1), "title": "T1", "createdAt": "2026-11-22T12:00:00.000Z",
                "contentBytes": .integer(2), "isHead": .bool(false), "isPublished": .bool(true),
            ]
            #expect(last.items == [expected])
            #expect(try await library.send(.get, "\(path)/revisions?cursor=eA")["field"] == "cursor")
            #expect(try await library.send(.get, "\(path)/revisions?limit=0")["field"] == "limit")
        }
    }

    @Test("one revision is read whole; what is not there, or another's, is 404")
    func show() async throws {
        let clock = StandingClock()
        try await Library.open(.draft, world: clock.world) { (library) async throws in
            let created = try await library.send(.post, "/v1/drafts", postText("T1", "a\u{0}b"))
            let path = try #require(created.headers[.location])
            clock.advance(by: .seconds(60))
            #expect(try await library.send(.put, path, postText("T2")).status == 200)
            let first = try await library.send(.get, "\(path)/revisions/1")
            let expected: [String: JSONValue] = [
                "id": created["id"] ?? .null, "revision": .integer(1), "title": "T1", "content": "a\u{0}b",
                "createdAt": "2026-11-22T12:00:00.000Z", "isHead": .bool(false), "isPublished": .bool(false),
            ]
            #expect(first.body == .object(expected))
            for missing in ["0", "3", "-1", "x", "99999999999999999999"] {
                let answer = try await library.send(.get, "\(path)/revisions/\(missing)")
                #expect((answer.status, answer.code) == (404, "not-found"))
            }
            for other in ["\(path)/revisions", "\(path)/revisions/1"] {
                #expect(try await library.send(.get, other, as: "bob").status == 404)
                #expect(try await library.send(.get, other, as: "ann", role: .operator).status == 403)
                #expect(try await library.send(.put, other, postText("T")).status == 405)
            }
            let unknown = World.system.makeIdentifier()
            #expect(try await library.send(.get, "/v1/drafts/\(unknown)/revisions").status == 404)
        }
    }
}
