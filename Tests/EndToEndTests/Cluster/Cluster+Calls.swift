import Foundation
import HTTPTypes
import Harness
import NIOCore
import TCC
import TCCHTTP
import Testing
import Verification

extension Caller {
    static let alice = Caller(subject: "alice", role: .author)
    static let bob = Caller(subject: "bob", role: .author)
    static let aService = Caller(subject: "end-to-end-tests", role: .service)
}

extension Cluster {
    func url(_ role: ServerRole) -> String { "http://127.0.0.1:\(ports[role] ?? 0)" }

    /// Makes one call.
    ///
    /// - Throws: whatever the network met.
    func call(
        _ role: ServerRole,
        _ method: HTTPRequest.Method,
        _ path: String,
        as caller: Caller? = nil,
        headers: [(String, String)] = [],
        body: ByteBuffer? = nil,
        timeout: Duration = .seconds(10)
    ) async throws -> Answer {
        var token: String?
        if let caller { token = try await authority.issue(for: caller, lifetime: .seconds(300)) }
        let answer = try await client.call(
            method,
            url(role) + path,
            token: token,
            headers: headers,
            body: body,
            timeout: timeout
        )
        return Answer(answer)
    }

    /// Sends a request that begins a transaction, once, and remembers the answer.
    ///
    /// - Returns: the answer, or nil if there was none: the caller cannot know.
    @discardableResult
    func send(_ request: Request) async throws -> Answer? {
        let number = history.sent(request)
        var answer: Answer?
        do {
            answer = try await call(
                .orchestrator,
                request.method,
                request.path,
                as: request.caller,
                headers: request.headers,
                body: try request.body()
            )
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            answer = nil
        }
        history.answered(number, answer)
        return answer
    }

    /// Sends a request until it is answered with something to be concluded from, as the contract tells a caller to.
    @discardableResult
    func sendUntilAnswered(_ request: Request, within limit: Duration = .seconds(10)) async throws -> Answer {
        var last: Answer?
        try await eventually("\(request.path) is answered", within: limit) {
            last = try await send(request)
            return last.map { $0.status != 500 } ?? false
        }
        return try #require(last)
    }

    // MARK: Reading

    /// Both libraries, read again and again while their servers are not there.
    var libraries: Libraries {
        Libraries(client: client, authority: authority, draftURL: url(.draft), onlineURL: url(.online))
    }

    func draft(_ id: UUIDv7, of author: String = "alice") async throws -> DraftView? {
        try await libraries.draft(id, of: author)
    }

    func post(_ id: UUIDv7) async throws -> PostView? {
        try await libraries.post(id)
    }

    func transaction(_ gid: GlobalTransactionID) async throws -> TransactionRecord? {
        try await libraries.get(url(.orchestrator) + "/v1/transactions/\(gid)", as: .anOperator)
    }

    func drafts(of author: String) async throws -> [DraftView] { try await libraries.drafts(of: author) }

    func posts(of author: String) async throws -> [PostView] { try await libraries.posts(of: author) }

    // MARK: Writing drafts

    /// Saves an edit and remembers the text of the new revision.
    @discardableResult
    func save(_ text: RevisionText, to id: UUIDv7, of author: String = "alice") async throws -> DraftView {
        let body = try JSONCoding.encode(text)
        let answer = try await call(.draft, .put, "/v1/drafts/\(id)", as: .author(author), body: body)
        let draft = try #require(answer.decode(DraftView.self), "PUT answered \(answer.status) \(answer.text)")
        history.saved(draft.id, draft.revision, text)
        return draft
    }

    /// Makes a draft that nobody sees yet.
    @discardableResult
    func makeDraft(_ text: RevisionText = .unique("A draft"), author: String = "alice") async throws -> DraftView {
        let body = try JSONCoding.encode(text)
        let answer = try await call(.draft, .post, "/v1/drafts", as: .author(author), body: body)
        let draft = try #require(answer.decode(DraftView.self), "POST answered \(answer.status) \(answer.text)")
        history.saved(draft.id, draft.revision, text)
        return draft
    }

    // MARK: Publishing

    /// Publishes a new post; to be used while nothing is broken.
    func publishedPost(_ text: RevisionText = .unique("A new post"), author: String = "alice") async throws -> UUIDv7 {
        let answer = try await sendUntilAnswered(Request(.publishNew(text), author: author))
        #expect(answer.status == 200, "\(answer.text)")
        // Nobody waits for the acknowledgements' records: a failpoint of the next life could meet this transaction.
        try await quiesce()
        return try #require(answer.postID, "no postID in \(answer.text)")
    }
}
