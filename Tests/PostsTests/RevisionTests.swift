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

    @Test(
        "a revision that stood for less than a minute is deleted with the save that supersedes it",
        arguments: [
            (0, false), (59_999, false), (60_000, true), (3_600_000, true), (-1, true),
        ]
    )
    func thinning(milliseconds: Int, isKept: Bool) async throws {
        let clock = StandingClock()
        try await Library.open(.draft, world: clock.world) { (library) async throws in
            let path = try #require(try await library.send(.post, "/v1/drafts", postText("T1")).headers[.location])
            clock.advance(by: .milliseconds(milliseconds))
            let edited = try await library.send(.put, path, headers: [.ifMatch: "\"1\""], postText("T2"))
            #expect(edited["revision"] == .integer(2))
            #expect(try await Self.numbers(library, path) == (isKept ? [2, 1] : [2]))
            #expect(try await library.send(.get, "\(path)/revisions/1").status == (isKept ? 200 : 404))
            // Its number is not used again, and who has it read is told so.
            #expect(try await library.send(.put, path, headers: [.ifMatch: "\"1\""], postText("T3")).status == 412)
            #expect(try await library.send(.put, path, headers: [.ifMatch: "\"2\""], postText("T3")).status == 200)
            #expect(try await library.send(.get, path)["revision"] == .integer(3))
        }
    }

    @Test("a save that asks to be kept is kept, and what it supersedes; the same text again is no other revision")
    func keeping() async throws {
        try await Library.open(.draft, world: StandingClock().world) { (library) async throws in
            let created = try await library.send(.post, "/v1/drafts?keep=true", postText("T1"))
            let path = try #require(created.headers[.location])
            for title in ["T2", "T3"] { #expect(try await library.send(.put, path, postText(title)).status == 200) }
            #expect(try await Self.numbers(library, path) == [3, 1])
            #expect(try await library.send(.put, "\(path)?keep=true", postText("T4"))["revision"] == .integer(4))
            for title in ["T5", "T6"] { #expect(try await library.send(.put, path, postText(title)).status == 200) }
            #expect(try await Self.numbers(library, path) == [6, 4, 3, 1])
            // What was saved by itself, the author now wants.
            let same = try await library.send(.put, "\(path)?keep=true", headers: [.ifMatch: "\"6\""], postText("T6"))
            #expect(same["revision"] == .integer(6) && same["nextRevision"] == .integer(7))
            #expect(try await library.send(.put, path, postText("T7"))["revision"] == .integer(7))
            #expect(try await Self.numbers(library, path) == [7, 6, 4, 3, 1])
            #expect(try await library.send(.put, "\(path)?keep=maybe", postText("T"))["field"] == "keep")
        }
    }

    @Test("of an hour of steady saving something of every ten minutes is kept")
    func steadySaving() async throws {
        let clock = StandingClock()
        try await Library.open(.draft, world: clock.world) { (library) async throws in
            let path = try #require(try await library.send(.post, "/v1/drafts", postText("T1")).headers[.location])
            for number in 2...181 {
                clock.advance(by: .seconds(20))
                #expect(try await library.send(.put, path, postText("T\(number)")).status == 200)
            }
            #expect(try await Self.numbers(library, path) == [181, 180, 150, 120, 90, 60, 30])
        }
    }

    @Test("a publish that names a deleted revision is refused; the head can be published")
    func publishOfThinnedRevision() async throws {
        let clock = StandingClock()
        try await Library.open(.draft, world: clock.world) { (library) async throws in
            let path = try #require(try await library.send(.post, "/v1/drafts", postText("T1")).headers[.location])
            #expect(try await library.send(.put, path, postText("T2")).status == 200)
            clock.advance(by: .seconds(7201))
            #expect(try await library.send(.put, path, postText("T3")).status == 200)
            let refused = try await library.commit(.publish, Self.saved(path, 1))
            #expect((refused.status, refused.code) == (409, "revision-conflict"))
            #expect(try await library.commit(.publish, Self.saved(path, 3)).status == 200)
        }
    }

    @Test("what is published is kept, and what was, after a withdraw")
    func publishedIsKept() async throws {
        try await Library.open(.draft, world: StandingClock().world) { (library) async throws in
            let path = try #require(try await library.send(.post, "/v1/drafts", postText("T1")).headers[.location])
            #expect(try await library.commit(.publish, Self.saved(path, 1)).status == 200)
            for title in ["T2", "T3"] { #expect(try await library.send(.put, path, postText(title)).status == 200) }
            #expect(try await Self.numbers(library, path) == [3, 1])
            #expect(try await library.commit(.publish, Self.saved(path, 3)).status == 200)
            let withdrawal = PostPayload(postID: Self.saved(path, 1).postID, author: "ann")
            #expect(try await library.commit(.withdraw, withdrawal).status == 200)
            for title in ["T4", "T5"] { #expect(try await library.send(.put, path, postText(title)).status == 200) }
            #expect(try await Self.numbers(library, path) == [5, 3, 1])
        }
    }

    @Test(
        "what a transaction is about to publish is kept, whatever becomes of it",
        arguments: [
            TCC.Operation.confirm, .cancel,
        ]
    )
    func reservedIsKept(_ end: TCC.Operation) async throws {
        try await Library.open(.draft, world: StandingClock().world) { (library) async throws in
            let path = try #require(try await library.send(.post, "/v1/drafts", postText("T1")).headers[.location])
            let gid = World.system.makeIdentifier()
            #expect(try await library.call(.try, gid, .publish, Self.saved(path, 1)).status == 200)
            for title in ["T2", "T3"] { #expect(try await library.send(.put, path, postText(title)).status == 200) }
            #expect(try await Self.numbers(library, path) == [3, 1])
            #expect(try await library.call(end, gid).status == 200)
            #expect(try await Self.numbers(library, path) == [3, 1])
            let published: JSONValue = end == .confirm ? .integer(1) : .null
            #expect(try await library.send(.get, path)["publishedRevision"] == published)
        }
    }

    @Test("a head that was read can be published although saves have thinned it out since", arguments: [1, 5, 100])
    func namedAlthoughThinnedOut(saves: Int) async throws {
        let clock = StandingClock()
        try await Library.open(.draft, world: clock.world) { (library) async throws in
            let path = try #require(try await library.send(.post, "/v1/drafts", postText("T1")).headers[.location])
            let read = try await library.send(.get, path)
            #expect(read["revision"] == .integer(1))
            for save in 1...saves {
                clock.advance(by: .seconds(5))
                #expect(try await library.send(.put, path, postText("T\(save + 1)")).status == 200)
            }
            #expect(try await library.send(.get, "\(path)/revisions/1").status == 404, "it is not in the history")
            #expect(try await library.commit(.publish, Self.saved(path, 1)).status == 200)
            #expect(try await library.send(.get, "\(path)/revisions/1")["isPublished"] == .bool(true))
            let draft = try await library.send(.get, path)
            #expect(draft["publishedRevision"] == .integer(1))
            #expect(draft["revision"] == .integer(Int64(saves + 1)), "the saves are the head still")
        }
    }

    @Test("what was thinned out is deleted when no publish can name it any more")
    func forgottenInTime() async throws {
        let clock = StandingClock()
        try await Library.open(.draft, world: clock.world) { (library) async throws in
            let path = try #require(try await library.send(.post, "/v1/drafts", postText("T1")).headers[.location])
            clock.advance(by: .seconds(1))
            #expect(try await library.send(.put, path, postText("T2")).status == 200)
            for seconds in [7200, 1] {
                clock.advance(by: .seconds(seconds))
                #expect(try await library.send(.put, path, postText("After \(seconds)")).status == 200)
            }
            let refused = try await library.commit(.publish, Self.saved(path, 1))
            #expect((refused.status, refused.code) == (409, "revision-conflict"))
            #expect(try await library.commit(.publish, Self.saved(path, 2)).status == 200, "it stood for a minute")
        }
    }

    @Test("while a revision is held by a publish, saves keep it, and a cancel leaves it in the history")
    func heldAndCancelled() async throws {
        let clock = StandingClock()
        try await Library.open(.draft, world: clock.world) { (library) async throws in
            let path = try #require(try await library.send(.post, "/v1/drafts", postText("T1")).headers[.location])
            clock.advance(by: .seconds(1))
            #expect(try await library.send(.put, path, postText("T2")).status == 200)
            let gid = World.system.makeIdentifier()
            #expect(try await library.call(.try, gid, .publish, Self.saved(path, 1)).status == 200)
            for save in 3...5 {
                clock.advance(by: .seconds(5000))
                #expect(try await library.send(.put, path, postText("T\(save)")).status == 200)
            }
            #expect(try await library.call(.cancel, gid).status == 200)
            #expect(try await library.send(.get, "\(path)/revisions/1")["title"] == "T1")
        }
    }
}
