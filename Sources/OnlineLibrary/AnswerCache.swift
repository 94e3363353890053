package import HTTPTypes
package import NIOCore

/// An answer as it stands, but for whether the reader has it already.
package struct ReadyAnswer: Sendable {
    /// Its headers.
    package let headers: HTTPFields
    /// Its body.
    package let body: ByteBuffer
    /// The post's revision, for `If-None-Match`.
    package var revision: Int?

    /// An answer.
    package init(headers: HTTPFields, body: ByteBuffer, revision: Int? = nil) {
        self.headers = headers
        self.body = body
        self.revision = revision
    }
}

/// Answers by what was asked, bounded in number and bytes; those asked for lately stay.
///
/// An answer may be put in only if nothing that it depends on changed since its reading began: ``look(for:)`` notes the
/// reading before it begins, and ``forget(_:)`` forgets the note as well, so that ``fill(_:_:reading:)`` finds none.
package struct AnswerCache<Key: Hashable & Sendable>: Sendable {
    /// What a look finds.
    package enum Found: Sendable {
        /// The answer.
        case answer(ReadyAnswer)
        /// None: whoever looked reads now, under this number.
        case nothing(reading: UInt64)
    }

    /// Answers of one age, and how many bytes they take.
    private struct Generation {
        var answers: [Key: ReadyAnswer] = [:]
        var bytes = 0

        mutating func remove(_ key: Key) -> ReadyAnswer? {
            guard let answer = answers.removeValue(forKey: key) else { return nil }
            bytes -= AnswerCache.size(of: answer)
            return answer
        }
    }

    /// What an answer takes beside its body, about: the key, the headers, its places in tables.
    private static var overhead: Int { 512 }

    private let mostAnswers: Int
    private let mostBytes: Int
    /// Answers that were asked for since the other generation became the older; together they are within the bounds.
    private var younger = Generation()
    private var older = Generation()
    private var readings: [Key: UInt64] = [:]
    private var lastReading: UInt64 = 0

    /// An empty cache.
    ///
    /// - Parameters:
    ///   - mostAnswers: how many it holds at most, at least two.
    ///   - mostBytes: how many bytes they take at most, about.
    package init(mostAnswers: Int, mostBytes: Int) {
        self.mostAnswers = mostAnswers
        self.mostBytes = mostBytes
    }

    /// How many answers it holds.
    package var count: Int { younger.answers.count + older.answers.count }

    /// How many bytes they take, about.
    package var bytes: Int { younger.bytes + older.bytes }

    /// Looks for an answer; if there is none, notes that it is being read now.
    package mutating func look(for key: Key) -> Found {
        if let answer = younger.answers[key] { return .answer(answer) }
        if let answer = older.remove(key) {
            add(answer, for: key)
            return .answer(answer)
        }
        lastReading += 1
        // Of several that read at once, the last to begin may fill: what it finds is not older than the others'.
        readings[key] = lastReading
        return .nothing(reading: lastReading)
    }

    /// Ends a reading: puts in what was found, if anything, and if it still counts.
    package mutating func fill(_ key: Key, _ answer: ReadyAnswer?, reading: UInt64) {
        guard readings[key] == reading else { return }
        readings[key] = nil
        if let answer { add(answer, for: key) }
    }

    /// Forgets an answer, also one that is just being read.
    package mutating func forget(_ key: Key) {
        _ = (younger.remove(key), older.remove(key))
        readings[key] = nil
    }

    /// Forgets all answers, also those that are just being read.
    package mutating func forgetAll() {
        younger = Generation()
        older = Generation()
        readings = [:]
    }

    private mutating func add(_ answer: ReadyAnswer, for key: Key) {
        let size = Self.size(of: answer)
        guard size <= mostBytes / 2 else { return }
        if younger.answers.count >= mostAnswers / 2 || younger.bytes + size > mostBytes / 2 {
            older = younger
            younger = Generation()
        }
        younger.answers[key] = answer
        younger.bytes += size
    }

    private static func size(of answer: ReadyAnswer) -> Int { answer.body.readableBytes + overhead }
}
