import DraftLibrary
import GRDB
import OnlineLibrary
import Posts
import TCC
import TCCHTTP
import TCCParticipant
import Testing

@Suite("What earlier versions of the libraries left")
struct MigrationTests {
    private static let id = World.system.makeIdentifier()

    private static func tryOf(_ action: PostAction, _ payload: PostPayload, _ branch: BranchID) -> BranchCall<
        PostPayload
    > {
        BranchCall(gid: branch.gid, branch: branch.branch, action: action.rawValue, deadline: nil, payload: payload)
    }

    @Test("a draft that was held before drafts could be deleted is held still, and confirmed")
    func heldDraft() throws {
        let (queue, now) = (try DatabaseQueue(), World.system.wallClock())
        var migrator = DatabaseMigrator()
        DraftStore.registerMigrations(in: &migrator)
        try migrator.migrate(queue, upTo: "drafts-2")
        let branch = BranchID(gid: World.system.makeIdentifier(), branch: PostBranch.draft)
        try queue.write { database in
            let payload = newPost(Self.id, source: "/a.md")
            try DraftResource().reserve(Self.tryOf(.publish, payload, branch), at: now, in: database)
        }
        try migrator.migrate(queue)
        try queue.write { database in
            #expect(throws: Problem.publishInProgress) {
                let other = newPost(World.system.makeIdentifier(), source: "/a.md")
                try DraftResource().reserve(Self.tryOf(.publish, other, branch), at: now, in: database)
            }
            try DraftResource().confirm(branch, at: now, in: database)
            #expect(try DraftStore.draft(Self.id, of: "ann", in: database)?.source == "/a.md")
            let deletion = PostPayload(postID: Self.id, author: "ann")
            #expect(throws: Problem.postIsLive) {
                try DraftResource().reserve(Self.tryOf(.delete, deletion, branch), at: now, in: database)
            }
        }
    }

    @Test("what was staged before posts could be deleted is staged still, and shown")
    func stagedPost() throws {
        let (queue, now) = (try DatabaseQueue(), World.system.wallClock())
        var migrator = DatabaseMigrator()
        OnlineStore.registerMigrations(in: &migrator)
        try migrator.migrate(queue, upTo: "online-1")
        let branch = BranchID(gid: World.system.makeIdentifier(), branch: PostBranch.online)
        try queue.write { database in
            try OnlineResource().reserve(Self.tryOf(.publish, newPost(Self.id), branch), at: now, in: database)
        }
        try migrator.migrate(queue)
        try queue.write { database in
            try OnlineResource().confirm(branch, at: now, in: database)
            #expect(try OnlineStore.post(Self.id, in: database)?.title == "T")
        }
    }
}
