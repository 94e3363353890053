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
    static let anOperator = Caller(subject: "operator", role: .operator)
    static let aService = Caller(subject: "end-to-end-tests", role: .service)

    static func author(_ name: String) -> Caller { Caller(subject: name, role: .author) }
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
                .post,
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

    /// Reads, again and again while the server is not there.
    func get<Value: Decodable & Sendable>(
        _ role: ServerRole,
        _ path: String,
        as caller: Caller?,
        _ type: Value.Type = Value.self
    ) async throws -> Value? {
        var value: Value?
        var last = "no answer"
        do {
            try await eventually("\(role.rawValue) answers GET \(path)", within: .seconds(5)) {
                let answer: Answer
                do { answer = try await call(role, .get, path, as: caller) } catch { return false }
                last = "\(answer.status) \(answer.text)"
                value = answer.status == 200 ? answer.decode(Value.self) : nil
                return answer.status == 404 || value != nil
            }
        } catch {
            throw NotInTime(description: "\(error); the last answer was \(last)")
        }
        return value
    }

    func draft(_ id: UUIDv7, of author: String = "alice") async throws -> DraftView? {
        try await get(.draft, "/v1/drafts/\(id)", as: .author(author))
    }

    func post(_ id: UUIDv7) async throws -> PostView? {
        try await get(.online, "/v1/posts/\(id)", as: nil)
    }

    func transaction(_ gid: GlobalTransactionID) async throws -> TransactionRecord? {
        try await get(.orchestrator, "/v1/transactions/\(gid)", as: .anOperator)
    }

    func drafts(of author: String) async throws -> [DraftView] {
        try await all(.draft, "/v1/drafts?limit=100", as: .author(author))
    }

    func posts(of author: String) async throws -> [PostView] {
        try await all(.online, "/v1/posts?limit=100&author=\(author)", as: nil)
    }

    private struct PageView<Item: Decodable & Sendable>: Decodable, Sendable {
        let items: [Item]
        let nextCursor: String?
    }

    private func all<Item: Decodable & Sendable>(
        _ role: ServerRole,
        _ path: String,
        as caller: Caller?
    ) async throws -> [Item] {
        var items: [Item] = []
        var cursor: String?
        repeat {
            let page: PageView<Item> = try #require(
                try await get(role, path + (cursor.map { "&cursor=\($0)" } ?? ""), as: caller)
            )
            items += page.items
            cursor = page.nextCursor
        } while cursor != nil
        return items
    }

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
        return try #require(answer.postID, "no postID in \(answer.text)")
    }
}
