import HTTPTypes
import Posts
import TCC
import TCCHTTP
import Testing

@Suite("The draft library as a participant")
struct DraftResourceTests {
    private let id = World.system.makeIdentifier()

    private func saved(_ revision: Int) -> PostPayload {
        PostPayload(postID: id, author: "ann", baseRevision: revision, revision: revision)
    }

    private func edited(_ base: Int, _ revision: Int, _ title: String = "New") -> PostPayload {
        PostPayload(postID: id, author: "ann", baseRevision: base, revision: revision, title: title, content: "N")
    }

    private var withdrawal: PostPayload { PostPayload(postID: id, author: "ann") }

    @Test("a new post is not there before its confirm, and published after it")
    func newPostAppearsWithItsConfirm() async throws {
        try await Library.open(.draft) { (library) async throws in
            let gid = World.system.makeIdentifier()
            #expect(try await library.call(.try, gid, .publish, newPost(id)).status == 200)
            #expect(try await library.send(.get, "/v1/drafts/\(id)").status == 404)
            #expect(try await library.call(.confirm, gid)["outcome"] == "confirmed")
            let draft = try await library.send(.get, "/v1/drafts/\(id)")
            #expect(draft["status"] == "published")
            #expect(draft["publishedRevision"] == .integer(1))
            #expect(draft["nextRevision"] == .integer(2))
            #expect(draft["pendingTransaction"] == .null)
            #expect(draft["content"] == "C")
        }
    }

    @Test("a cancelled new post leaves nothing, and its source is free again")
    func cancelledNewPostLeavesNothing() async throws {
        try await Library.open(.draft) { (library) async throws in
            let gid = World.system.makeIdentifier()
            let payload = newPost(id, source: "/a.md")
            #expect(try await library.call(.try, gid, .publish, payload).status == 200)
            let taken = postText("T", "C", source: "/a.md")
            #expect(try await library.send(.post, "/v1/drafts", taken).code == "publish-in-progress")
            #expect(try await library.call(.cancel, gid).status == 200)
            #expect(try await library.send(.get, "/v1/drafts/\(id)").status == 404)
            #expect(try await library.send(.post, "/v1/drafts", taken).status == 201)
        }
    }

    @Test("a second draft from one source is refused with the first one's id")
    func sourceIsUnique() async throws {
        try await Library.open(.draft) { (library) async throws in
            let body = postText("T", "C", source: "/a.md")
            let first = try await library.send(.post, "/v1/drafts", body)
            let second = try await library.send(.post, "/v1/drafts", body)
            #expect(second.status == 409)
            #expect(second.code == "source-exists")
            #expect(second["id"] == first["id"])
            let payload = newPost(id, source: "/a.md")
            #expect(try await library.commit(.publish, payload).code == "source-exists")
            #expect(try await library.send(.post, "/v1/drafts", as: "bob", body).status == 201)
        }
    }

    @Test("while a number is reserved an edit takes the next one and stays the head")
    func editDuringReservationStaysHead() async throws {
        try await Library.open(.draft) { (library) async throws in
            #expect(try await library.commit(.publish, newPost(id)).status == 200)
            let gid = World.system.makeIdentifier()
            #expect(try await library.call(.try, gid, .publish, edited(1, 2)).status == 200)
            let edit = postText("Edit", "E")
            let saved = try await library.send(.put, "/v1/drafts/\(id)", edit)
            #expect(saved["revision"] == .integer(3))
            #expect(saved["pendingTransaction"] == .string(gid.description))
            #expect(try await library.call(.confirm, gid).status == 200)
            let draft = try await library.send(.get, "/v1/drafts/\(id)")
            #expect(draft["revision"] == .integer(3))
            #expect(draft["title"] == "Edit")
            #expect(draft["publishedRevision"] == .integer(2))
        }
    }

    @Test("a try takes its number for good: a cancel leaves a gap")
    func cancelledNumberIsNeverUsedAgain() async throws {
        try await Library.open(.draft) { (library) async throws in
            #expect(try await library.commit(.publish, newPost(id)).status == 200)
            let gid = World.system.makeIdentifier()
            #expect(try await library.call(.try, gid, .publish, edited(1, 2)).status == 200)
            #expect(try await library.call(.cancel, gid).status == 200)
            #expect(try await library.commit(.publish, edited(1, 2)).code == "revision-conflict")
            #expect(try await library.commit(.publish, edited(1, 3)).status == 200)
        }
    }

    @Test("one transaction holds a post at a time")
    func secondTransactionIsRefused() async throws {
        try await Library.open(.draft) { (library) async throws in
            #expect(try await library.commit(.publish, newPost(id)).status == 200)
            let gid = World.system.makeIdentifier()
            #expect(try await library.call(.try, gid, .withdraw, withdrawal).status == 200)
            let other = try await library.commit(.publish, saved(1))
            #expect(other.status == 409)
            #expect(other.code == "publish-in-progress")
            #expect(other.headers[.retryAfter] == "1")
            #expect(try await library.call(.cancel, gid).status == 200)
            #expect(try await library.commit(.publish, saved(1)).status == 200)
        }
    }

    @Test("the saved head is published as read; an older revision than readers saw is refused")
    func savedRevisionNeverFalls() async throws {
        try await Library.open(.draft) { (library) async throws in
            #expect(try await library.commit(.publish, newPost(id)).status == 200)
            #expect(try await library.commit(.publish, edited(1, 2)).status == 200)
            #expect(try await library.commit(.publish, saved(1)).code == "revision-conflict")
            #expect(try await library.commit(.publish, saved(2)).status == 200)
            #expect(try await library.commit(.publish, saved(9)).code == "revision-conflict")
        }
    }

    @Test("a withdraw makes the draft private, and needs something published")
    func withdrawMakesPrivate() async throws {
        try await Library.open(.draft) { (library) async throws in
            #expect(try await library.commit(.withdraw, withdrawal).code == "not-found")
            #expect(try await library.commit(.publish, newPost(id)).status == 200)
            #expect(try await library.commit(.withdraw, withdrawal).status == 200)
            let draft = try await library.send(.get, "/v1/drafts/\(id)")
            #expect(draft["status"] == "private")
            #expect(draft["publishedRevision"] == .null)
            #expect(try await library.commit(.withdraw, withdrawal).code == "not-published")
            #expect(try await library.commit(.publish, saved(1)).status == 200)
        }
    }

    @Test("a delete forgets a draft and its revisions, never published or private; its source is free again")
    func deleteForgets() async throws {
        try await Library.open(.draft) { (library) async throws in
            let body = postText("T", "C", source: "/a.md")
            let path = try #require(try await library.send(.post, "/v1/drafts", body).headers[.location])
            let unpublished = try #require(UUIDv7(path.split(separator: "/").last ?? ""))
            let deletion = PostPayload(postID: unpublished, author: "ann")
            #expect(try await library.commit(.delete, deletion).status == 200)
            for gone in [path, "\(path)/revisions", "\(path)/revisions/1"] {
                #expect(try await library.send(.get, gone).status == 404)
            }
            #expect(try await library.send(.put, path, postText("Late")).status == 404)
            #expect(try await library.send(.get, "/v1/drafts").items.isEmpty)
            #expect(try await library.commit(.delete, deletion).code == "not-found")
            #expect(try await library.send(.post, "/v1/drafts", body).status == 201)

            #expect(try await library.commit(.publish, newPost(id)).status == 200)
            #expect(try await library.commit(.withdraw, withdrawal).status == 200)
            #expect(try await library.commit(.delete, withdrawal).status == 200)
            #expect(try await library.send(.get, "/v1/drafts/\(id)").status == 404)
            #expect(try await library.commit(.publish, saved(1)).code == "not-found")
            #expect(try await library.commit(.publish, edited(1, 2)).code == "not-found")
        }
    }

    @Test("a delete is refused while readers see the post, while another transaction holds it, and to others")
    func deleteIsRefused() async throws {
        try await Library.open(.draft) { (library) async throws in
            #expect(try await library.commit(.delete, withdrawal).code == "not-found")
            #expect(try await library.commit(.publish, newPost(id)).status == 200)
            let live = try await library.commit(.delete, withdrawal)
            #expect((live.status, live.code) == (409, "post-is-live"))
            #expect(try await library.send(.put, "/v1/drafts/\(id)", postText("Changed")).status == 200)
            #expect(try await library.commit(.delete, withdrawal).code == "post-is-live")
            #expect(try await library.commit(.withdraw, withdrawal).status == 200)
            let gid = World.system.makeIdentifier()
            #expect(try await library.call(.try, gid, .publish, saved(2)).status == 200)
            #expect(try await library.commit(.delete, withdrawal).code == "publish-in-progress")
            #expect(try await library.call(.cancel, gid).status == 200)
            let stolen = PostPayload(postID: id, author: "bob")
            #expect(try await library.commit(.delete, stolen).code == "not-found")
            let stale = PostPayload(postID: id, author: "ann", baseRevision: 1)
            #expect(try await library.commit(.delete, stale).code == "revision-conflict")
            let current = PostPayload(postID: id, author: "ann", baseRevision: 2)
            #expect(try await library.commit(.delete, current).status == 200)
        }
    }

    @Test("while a delete holds a draft nothing else changes it; called off, it is as it was")
    func deleteHolds() async throws {
        try await Library.open(.draft) { (library) async throws in
            let path = "/v1/drafts/\(id)"
            #expect(try await library.commit(.publish, newPost(id)).status == 200)
            #expect(try await library.commit(.withdraw, withdrawal).status == 200)
            let before = try await library.send(.get, path)
            let gid = World.system.makeIdentifier()
            #expect(try await library.call(.try, gid, .delete, withdrawal).status == 200)
            let edit = try await library.send(.put, path, postText("Edit"))
            #expect((edit.status, edit.code) == (409, "publish-in-progress"))
            #expect(edit.headers[.retryAfter] == "1")
            #expect(try await library.commit(.publish, saved(1)).code == "publish-in-progress")
            #expect(try await library.send(.get, path)["pendingTransaction"] == .string(gid.description))
            #expect(try await library.call(.cancel, gid, .delete).status == 200)
            #expect(try await library.send(.get, path).body == before.body)
            #expect(try await library.call(.try, gid, .delete, withdrawal).status == 410)
            #expect(try await library.send(.put, path, postText("Edit")).status == 200)
        }
    }

    @Test("another author's post is not there")
    func anotherAuthorsPostIsNotFound() async throws {
        try await Library.open(.draft) { (library) async throws in
            #expect(try await library.commit(.publish, newPost(id)).status == 200)
            #expect(try await library.send(.get, "/v1/drafts/\(id)", as: "bob").status == 404)
            let edit = postText("Edit", "E")
            #expect(try await library.send(.put, "/v1/drafts/\(id)", as: "bob", edit).status == 404)
            let stolen = PostPayload(postID: id, author: "bob")
            #expect(try await library.commit(.withdraw, stolen).code == "not-found")
        }
    }

    @Test("two branches of one transaction at one library are two branches")
    func branchesOfOneTransactionAreApart() async throws {
        try await Library.open(.draft) { (library) async throws in
            let gid = World.system.makeIdentifier()
            let other = World.system.makeIdentifier()
            #expect(try await library.call(.try, gid, .publish, newPost(id)).status == 200)
            #expect(try await library.call(.try, gid, branch: "second", .publish, newPost(other)).status == 200)
            #expect(try await library.call(.cancel, gid, branch: "second").status == 200)
            #expect(try await library.call(.confirm, gid).status == 200)
            #expect(try await library.send(.get, "/v1/drafts/\(id)").status == 200)
            #expect(try await library.send(.get, "/v1/drafts/\(other)").status == 404)
        }
    }
}
