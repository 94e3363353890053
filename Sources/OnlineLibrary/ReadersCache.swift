package import GRDB
import Synchronization
package import TCC

/// What readers asked for lately, ready to be sent: posts, and first pages of lists.
///
/// Never stale after a confirm was answered. A confirm says what it changes (``changed(_:in:)``); that is forgotten by
/// the writer's own thread when the transaction is committed, and only then the confirm is answered. A read that began
/// before that puts nothing in.
package final class ReadersCache: TransactionObserver, Sendable {
    /// The first page of a list.
    package struct FirstPage: Hashable, Sendable {
        /// The author's name, by its bytes: names that look alike are two authors.
        package let author: [UInt8]?
        /// How many items it may have.
        package let limit: Int

        /// The first page of a list; nil for an author's name that is longer than any, which is not worth remembering:
        /// whoever asks could fill the memory with such names.
        package init?(author: String?, limit: Int) {
            if let author, author.utf8.count > Self.longestAuthorBytes { return nil }
            self.author = author.map { Array($0.utf8) }
            self.limit = limit
        }

        /// A name has at most 64 characters.
        private static let longestAuthorBytes = 256
    }

    private struct State {
        var posts: AnswerCache<UUIDv7>
        var pages: AnswerCache<FirstPage>
        /// What the transaction that is being written changes.
        var changed: Set<UUIDv7> = []
        var isObserving = false
    }

    private let state: Mutex<State>

    /// An empty cache.
    ///
    /// - Parameters:
    ///   - mostAnswers: how many posts, and how many pages, it holds at most.
    ///   - mostBytes: how many bytes the posts, and the pages, take at most.
    package init(mostAnswers: Int = 16384, mostBytes: Int = 64 << 20) {
        self.state = Mutex(
            State(
                posts: AnswerCache(mostAnswers: mostAnswers, mostBytes: mostBytes),
                pages: AnswerCache(mostAnswers: mostAnswers, mostBytes: mostBytes)
            )
        )
    }

    /// The answer about a post.
    ///
    /// - Parameters:
    ///   - id: the post.
    ///   - read: reads it from the database; nil if readers see no such post, which is not remembered.
    /// - Returns: the answer, from the cache or read.
    /// - Throws: what `read` throws.
    package func post(_ id: UUIDv7, read: () async throws -> ReadyAnswer?) async throws -> ReadyAnswer? {
        switch state.withLock({ $0.posts.look(for: id) }) {
        case .answer(let answer): return answer
        case .nothing(let reading):
            var answer: ReadyAnswer?
            defer { state.withLock { $0.posts.fill(id, answer, reading: reading) } }
            answer = try await read()
            return answer
        }
    }

    /// The answer with the first page of a list.
    ///
    /// - Parameters:
    ///   - page: which list, and how long a page.
    ///   - read: reads it from the database.
    /// - Returns: the answer, from the cache or read.
    /// - Throws: what `read` throws.
    package func page(_ page: FirstPage, read: () async throws -> ReadyAnswer) async throws -> ReadyAnswer {
        switch state.withLock({ $0.pages.look(for: page) }) {
        case .answer(let answer): return answer
        case .nothing(let reading):
            var found: ReadyAnswer?
            defer { state.withLock { $0.pages.fill(page, found, reading: reading) } }
            let answer = try await read()
            found = answer
            return answer
        }
    }

    /// Notes that the transaction that is being written changes what readers see of a post.
    ///
    /// - Parameters:
    ///   - id: the post.
    ///   - database: the writer's connection.
    package func changed(_ id: UUIDv7, in database: Database) {
        let isFirst = state.withLock { state in
            state.changed.insert(id)
            defer { state.isObserving = true }
            return !state.isObserving
        }
        if isFirst { database.add(transactionObserver: self, extent: .observerLifetime) }
    }

    /// Nothing in particular: whoever changes something says so.
    package func observes(eventsOfKind kind: DatabaseEventKind) -> Bool { false }

    /// Never called.
    package func databaseDidChange(with event: DatabaseEvent) {}

    /// Forgets what was changed: on disk, and not answered yet.
    package func databaseDidCommit(_ database: Database) {
        state.withLock { state in
            if state.changed.isEmpty { return }
            for id in state.changed { state.posts.forget(id) }
            state.pages.forgetAll()
            state.changed = []
        }
    }

    /// Nothing was changed after all.
    package func databaseDidRollback(_ database: Database) { state.withLock { $0.changed = [] } }
}
