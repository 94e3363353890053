import DraftLibrary
import GRDB
import HTTPTypes
import Posts
import TCC
import TCCHTTP
import Testing

@Suite("Finding drafts")
struct DraftSearchTests {
    @Test(
        "every word must occur, in whatever case, in the title or the content",
        arguments: [
            ("hello", true), ("HELLO world", true), ("world hello", true), ("ell orl", true), ("hello nowhere", false),
            ("größe", true), ("GRÖSSE", true), ("grosse", false), ("ΟΔΟΣ", true), ("οδος", true), ("жизнь", true),
            ("e\u{301}t\u{e9}", true), ("100%", true), ("1_0", false), ("%", true), ("_", false), ("\\", true),
            ("发布", true), ("", true), (" \t", true), ("'; --", false),
        ]
    )
    func words(query: String, isFound: Bool) async throws {
        try await Library.open(.draft) { (library) async throws in
            let body = postText("Hello ΟΔΟΣ", "the World: Größe, ЖИЗНЬ, Été, 100% a\\b 发布一篇文章")
            let created = try await library.send(.post, "/v1/drafts", body)
            let found = try await library.list("q", query)
            #expect(found.map { $0["id"] } == (isFound ? [created["id"]] : []))
            #expect(found.allSatisfy { $0["content"] == nil })
        }
    }

    @Test("only the head is searched, and only the author's own")
    func headOnly() async throws {
        try await Library.open(.draft) { (library) async throws in
            let created = try await library.send(.post, "/v1/drafts", postText("first"))
            let path = try #require(created.headers[.location])
            #expect(try await library.send(.put, path, postText("second")).status == 200)
            #expect(try await library.send(.post, "/v1/drafts", as: "bob", postText("second")).status == 201)
            #expect(try await library.list("q", "first").isEmpty)
            #expect(try await library.list("q", "second").map { $0["id"] } == [created["id"]])
        }
    }

    @Test("a query's length at and past its limit")
    func queryLength() async throws {
        try await Library.open(.draft) { (library) async throws in
            let longest = String(repeating: "é", count: 200)
            #expect(try await library.list("q", longest).isEmpty)
            let refused = try await library.send(.get, "/v1/drafts?q=" + String(repeating: "x", count: 201))
            #expect((refused.status, refused["field"]) == (422, "q"))
        }
    }

    /// Sorting half a megabyte of them takes minutes.
    @Test("a letter's accents are found in any order, and many of them take no long time", .timeLimit(.minutes(1)))
    func accents() throws {
        let words = try #require(try SearchWords("a\u{301}\u{316}b"))
        #expect(words.match(title: "", content: "xa\u{316}\u{301}b"))
        let many = String(repeating: "\u{301}\u{316}", count: 100_000)
        #expect(!words.match(title: "", content: many))
        let few = String(repeating: "\u{301}\u{316}", count: 90)
        #expect(try #require(try SearchWords("e" + few)).match(title: "", content: "E" + few + many))
    }

    @Test("drafts by how they stand")
    func status() async throws {
        try await Library.open(.draft) { (library) async throws in
            var ids: [String: JSONValue] = [:]
            for name in ["unpublished", "published", "private", "changed"] {
                let created = try await library.send(.post, "/v1/drafts", postText(name))
                ids[name] = created["id"]
                guard name != "unpublished" else { continue }
                let id = try #require(UUIDv7(created["id"]?.string ?? ""))
                let saved = PostPayload(postID: id, author: "ann", baseRevision: 1, revision: 1)
                #expect(try await library.commit(.publish, saved).status == 200)
                switch name {
                case "private":
                    let withdrawal = PostPayload(postID: id, author: "ann")
                    #expect(try await library.commit(.withdraw, withdrawal).status == 200)
                    // An edit of a private draft is not one that readers do not see yet.
                    #expect(try await library.send(.put, "/v1/drafts/\(id)", postText("private")).status == 200)
                case "changed": #expect(try await library.send(.put, "/v1/drafts/\(id)", postText(name)).status == 200)
                default: break
                }
            }
            for (filter, expected) in [
                "unpublished": ["unpublished"], "published": ["published", "changed"], "private": ["private"],
                "changed": ["changed"],
            ] {
                let found = try await library.list("status", filter).compactMap { $0["id"] }
                #expect(Set(found) == Set(expected.compactMap { ids[$0] }), "\(filter)")
            }
            let both = try await library.send(.get, "/v1/drafts?status=published&q=chang")
            #expect(both.items.map { $0["id"] } == [ids["changed"]])
            let refused = try await library.send(.get, "/v1/drafts?status=draft")
            #expect((refused.status, refused["field"]) == (422, "status"))
        }
    }

    @Test("the latest change comes first, and a page begins where the one before ended", arguments: ["", "&q=t"])
    func order(query: String) async throws {
        let clock = StandingClock()
        try await Library.open(.draft, world: clock.world) { (library) async throws in
            var paths: [String] = []
            for number in 1...5 {
                let created = try await library.send(.post, "/v1/drafts", postText("T\(number)"))
                paths.append(try #require(created.headers[.location]))
                clock.advance(by: .seconds(1))
            }
            #expect(try await library.send(.put, paths[1], postText("T2")).status == 200)
            var titles: [JSONValue?] = []
            var path = "/v1/drafts?limit=2\(query)"
            while true {
                let page = try await library.send(.get, path)
                titles += page.items.map { $0["title"] }
                guard let cursor = page["nextCursor"]?.string else { break }
                path = "/v1/drafts?limit=2&cursor=\(cursor)\(query)"
            }
            #expect(titles == ["T2", "T5", "T4", "T3", "T1"])
        }
    }

    @Test("a database of the version before gets its new column filled")
    func migration() throws {
        var migrator = DatabaseMigrator()
        DraftStore.registerMigrations(in: &migrator)
        let queue = try DatabaseQueue()
        try migrator.migrate(queue, upTo: "drafts-1")
        let id = World.system.makeIdentifier()
        try queue.write { database in
            try database.execute(
                sql: """
                    INSERT INTO revisions VALUES (?1, 1, x'61', x'', 100), (?1, 3, x'62', x'', 300);
                    """,
                arguments: [id.description]
            )
            try database.execute(
                sql: "INSERT INTO drafts VALUES (?, 'ann', NULL, 3, 4, 'published', 1, 100)",
                arguments: [id.description]
            )
        }
        try migrator.migrate(queue)
        let drafts = try queue.read { try DraftStore.drafts(of: "ann", source: nil, after: nil, limit: 2, in: $0) }
        #expect(drafts.map(\.updatedAt.milliseconds) == [300])
        let later = ListPlace(time: Timestamp(milliseconds: 300), id: id)
        let none = try queue.read { try DraftStore.drafts(of: "ann", source: nil, after: later, limit: 2, in: $0) }
        #expect(none.isEmpty)
    }
}

extension Library {
    fileprivate func list(_ name: String, _ value: String) async throws -> [[String: JSONValue]] {
        let unreserved = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
        let encoded = value.utf8.map { byte in
            let character = Character(Unicode.Scalar(byte))
            return unreserved.contains(character)
                ? String(character) : "%" + String(UInt32(byte) + 0x100, radix: 16).dropFirst()
        }
        return try await send(.get, "/v1/drafts?\(name)=\(encoded.joined())").items
    }
}
