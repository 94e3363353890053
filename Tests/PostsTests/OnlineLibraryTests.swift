import HTTPTypes
import Posts
import TCC
import TCCHTTP
import Testing

@Suite("The online library")
struct OnlineLibraryTests {
    private let id = World.system.makeIdentifier()

    private func revision(_ number: Int, _ title: String = "T", by author: String = "ann") -> PostPayload {
        PostPayload(postID: id, author: author, revision: number, title: title, content: "C")
    }

    private var withdrawal: PostPayload { PostPayload(postID: id, author: "ann") }

    @Test("readers see a post from its confirm on, and no more after a withdraw")
    func visibility() async throws {
        try await Library.open(.online) { (library) async throws in
            let gid = World.system.makeIdentifier()
            #expect(try await library.call(.try, gid, .publish, revision(1)).status == 200)
            #expect(try await library.send(.get, "/v1/posts/\(id)", as: nil).status == 404)
            #expect(try await library.call(.confirm, gid).status == 200)
            let post = try await library.send(.get, "/v1/posts/\(id)", as: nil)
            #expect(post.status == 200)
            #expect(post["content"] == "C")
            #expect(post["publishedAt"] == post["updatedAt"])
            #expect(try await library.commit(.withdraw, withdrawal).status == 200)
            #expect(try await library.send(.get, "/v1/posts/\(id)", as: nil).status == 404)
            #expect(try await library.send(.get, "/v1/posts", as: nil)["items"] == .array([]))
            #expect(try await library.commit(.withdraw, withdrawal).code == "not-published")
        }
    }

    @Test("the live revision never falls, not across a withdraw either, and never changes its text")
    func revisionNeverFalls() async throws {
        try await Library.open(.online) { (library) async throws in
            #expect(try await library.commit(.publish, revision(3)).status == 200)
            #expect(try await library.commit(.publish, revision(2)).code == "revision-conflict")
            #expect(try await library.commit(.publish, revision(3)).status == 200)
            #expect(try await library.commit(.publish, revision(3, "Other")).code == "revision-conflict")
            #expect(try await library.commit(.withdraw, withdrawal).status == 200)
            #expect(try await library.commit(.publish, revision(2)).code == "revision-conflict")
            #expect(try await library.commit(.publish, revision(4)).status == 200)
        }
    }

    @Test("one transaction holds a post at a time, and only its author's")
    func reservationIsExclusive() async throws {
        try await Library.open(.online) { (library) async throws in
            #expect(try await library.commit(.publish, revision(1)).status == 200)
            let gid = World.system.makeIdentifier()
            #expect(try await library.call(.try, gid, .withdraw, withdrawal).status == 200)
            #expect(try await library.commit(.publish, revision(2)).code == "publish-in-progress")
            #expect(try await library.call(.cancel, gid).status == 200)
            #expect(try await library.commit(.publish, revision(2, by: "bob")).code == "not-found")
        }
    }

    @Test("a delete forgets a withdrawn post, and holds one that there never was")
    func deletion() async throws {
        try await Library.open(.online) { (library) async throws in
            #expect(try await library.commit(.publish, revision(3)).status == 200)
            let live = try await library.commit(.delete, withdrawal)
            #expect((live.status, live.code) == (409, "post-is-live"))
            #expect(try await library.commit(.withdraw, withdrawal).status == 200)
            let stolen = PostPayload(postID: id, author: "bob")
            #expect(try await library.commit(.delete, stolen).code == "not-found")
            let gid = World.system.makeIdentifier()
            #expect(try await library.call(.try, gid, .delete, withdrawal).status == 200)
            #expect(try await library.commit(.publish, revision(4)).code == "publish-in-progress")
            #expect(try await library.call(.confirm, gid, .delete).status == 200)
            #expect(try await library.call(.confirm, gid, .delete)["outcome"] == "confirmed")
            #expect(try await library.send(.get, "/v1/posts/\(id)", as: nil).status == 404)
            // Nothing is left of it: neither its author nor its revision is known.
            #expect(try await library.commit(.publish, revision(1, by: "bob")).status == 200)

            let never = PostPayload(postID: World.system.makeIdentifier(), author: "ann")
            #expect(try await library.call(.try, World.system.makeIdentifier(), .delete, never).status == 200)
            let publish = PostPayload(postID: never.postID, author: "ann", revision: 1, title: "T", content: "C")
            #expect(try await library.commit(.publish, publish).code == "publish-in-progress")
        }
    }

    @Test("an unchanged post is not sent again")
    func entityTag() async throws {
        try await Library.open(.online) { (library) async throws in
            #expect(try await library.commit(.publish, revision(1)).status == 200)
            let path = "/v1/posts/\(id)"
            #expect(try await library.send(.get, path, as: nil).headers[.eTag] == "\"1\"")
            let known: HTTPFields = [.ifNoneMatch: "W/\"1\""]
            #expect(try await library.send(.get, path, as: nil, headers: known).status == 304)
            #expect(try await library.commit(.publish, revision(2)).status == 200)
            #expect(try await library.send(.get, path, as: nil, headers: known).status == 200)
        }
    }

    @Test("what comes from the cache is what came from the database, until the next confirm")
    func cached() async throws {
        try await Library.open(.online) { (library) async throws in
            #expect(try await library.commit(.publish, revision(1)).status == 200)
            for path in ["/v1/posts/\(id)", "/v1/posts", "/v1/posts?author=ann", "/v1/posts?limit=1&author=ann"] {
                let first = try await library.send(.get, path, as: nil)
                let second = try await library.send(.get, path, as: nil)
                #expect(first.status == 200 && second.status == 200)
                #expect(first.body == second.body)
                #expect(first.headers == second.headers)
            }
            #expect(try await library.send(.get, "/v1/posts?author=bob", as: nil)["items"] == .array([]))
            #expect(try await library.commit(.publish, revision(2, "Two")).status == 200)
            #expect(try await library.send(.get, "/v1/posts/\(id)", as: nil)["title"] == "Two")
            #expect(try await Self.values("title", library.send(.get, "/v1/posts", as: nil)) == ["Two"])
            #expect(try await Self.values("title", library.send(.get, "/v1/posts?author=ann", as: nil)) == ["Two"])
            #expect(try await library.commit(.withdraw, withdrawal).status == 200)
            #expect(try await library.send(.get, "/v1/posts/\(id)", as: nil).status == 404)
            #expect(try await library.send(.get, "/v1/posts?author=ann", as: nil)["items"] == .array([]))
        }
    }

    @Test("the list is newest first, paged, and can be one author's")
    func list() async throws {
        try await Library.open(.online) { (library) async throws in
            for (number, author) in ["ann", "bob", "ann"].enumerated() {
                let payload = PostPayload(
                    postID: World.system.makeIdentifier(),
                    author: author,
                    revision: 1,
                    title: "T\(number)",
                    content: "C"
                )
                #expect(try await library.commit(.publish, payload).status == 200)
            }
            let first = try await library.send(.get, "/v1/posts?author=ann&limit=1", as: nil)
            let cursor = try #require(first["nextCursor"]?.string)
            let second = try await library.send(.get, "/v1/posts?author=ann&limit=1&cursor=\(cursor)", as: nil)
            #expect(second["nextCursor"] == .null)
            #expect(Set(Self.values("title", first) + Self.values("title", second)) == ["T2", "T0"])
            let times = Self.values("publishedAt", first) + Self.values("publishedAt", second)
            #expect(times == times.sorted(by: >))
            #expect(try await library.send(.get, "/v1/posts?cursor=eA", as: nil).status == 422)
        }
    }

    private static func values(_ name: String, _ page: Library.Answer) -> [String] {
        guard case .array(let items)? = page["items"] else { return [] }
        return items.compactMap { item in
            guard case .object(let members) = item else { return nil }
            return members[name]?.string
        }
    }
}
