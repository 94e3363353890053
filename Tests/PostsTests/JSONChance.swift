import NIOCore
import Posts
import TCC

/// Random values of the shapes that go over the wire, and texts that are nearly theirs.
struct JSONChance {
    private var generator: SplitMix64

    init(seed: UInt64) { self.generator = SplitMix64(seed: seed) }

    mutating func pick<Element>(_ elements: [Element]) -> Element { generator.pick(elements) }

    private mutating func count(_ most: Int) -> Int { Int(generator.next() % UInt64(most + 1)) }

    mutating func text() -> String {
        let parts = [
            "a", "Z", " ", "\"", "\\", "/", "\n", "\r", "\t", "\u{8}", "\u{C}", "\u{1}", "\u{1F}", "\u{7F}", "\0", "é",
            "e\u{301}", "日", "😀", "\u{2028}", "\u{FFFD}", "<", "\\u0041",
        ]
        return (0..<count(20)).map { _ in pick(parts) }.joined()
    }

    private mutating func maybe<Value>(_ value: (inout JSONChance) -> Value) -> Value? {
        generator.chance(0.5) ? value(&self) : nil
    }

    mutating func integer() -> Int {
        let value = Int(truncatingIfNeeded: generator.next())
        return pick([0, 1, -1, 7, 1000, .max, .min, value])
    }

    mutating func identifier() -> UUIDv7 { UUIDv7(at: time(), using: &generator) }

    mutating func time() -> Timestamp { Timestamp(milliseconds: Int64(generator.next() % 200_000_000_000_000)) }

    mutating func value(depth: Int = 0) -> JSONValue {
        switch count(depth < 4 ? 5 : 3) {
        case 0: .null
        case 1: .bool(generator.chance(0.5))
        case 2: .integer(Int64(integer()))
        case 3: .string(text())
        case 4: .array((0..<count(3)).map { _ in value(depth: depth + 1) })
        default: .object(members(depth: depth + 1))
        }
    }

    private mutating func members(depth: Int = 1) -> [String: JSONValue] {
        let names = [
            "a", "B", "aa", "a1", "a10", "a2", "code", "é", "e\u{301}x", "z", "K", "\u{212A}", "", "😀", "\u{FFFF}",
            "gid",
            "postID", "revision", "zz", "type",
        ]
        var members: [String: JSONValue] = [:]
        for _ in 0..<count(5) { members[pick(names)] = value(depth: depth) }
        return members
    }

    mutating func postText() -> PostText { PostText(title: text(), content: text(), source: maybe { $0.text() }) }

    mutating func payload() -> PostPayload {
        // A payload without a revision has nothing else, or the head that is to be deleted.
        if generator.chance(0.2) {
            return PostPayload(postID: identifier(), author: text(), baseRevision: maybe { $0.integer() })
        }
        return PostPayload(
            postID: identifier(),
            author: text(),
            baseRevision: maybe { $0.integer() },
            revision: integer(),
            title: maybe { $0.text() },
            content: maybe { $0.text() },
            source: maybe { $0.text() }
        )
    }

    mutating func call() -> BranchCall<PostPayload> {
        BranchCall(
            gid: identifier(),
            branch: pick([PostBranch.draft, PostBranch.online]),
            action: text(),
            deadline: maybe { $0.time() },
            payload: maybe { $0.payload() }
        )
    }

    mutating func post() -> Post {
        Post(
            id: identifier(),
            author: text(),
            title: text(),
            content: maybe { $0.text() },
            revision: integer(),
            publishedAt: time(),
            updatedAt: time()
        )
    }

    mutating func draft() -> Draft {
        Draft(
            id: identifier(),
            author: text(),
            title: text(),
            content: maybe { $0.text() },
            source: maybe { $0.text() },
            revision: integer(),
            nextRevision: integer(),
            status: pick([.unpublished, .published, .private]),
            publishedRevision: maybe { $0.integer() },
            pendingTransaction: maybe { $0.identifier() },
            createdAt: time(),
            updatedAt: time()
        )
    }

    mutating func problem() -> Problem {
        var extensions = members()
        for name in ["type", "code"] { extensions[name] = nil }  // never one of the standard members
        return Problem(integer(), text(), text(), extensions: extensions)
    }

    mutating func batchAnswer() -> BatchAnswer {
        let results = (0..<count(4))
            .map { _ in
                generator.chance(0.5)
                    ? BatchResult(outcome: pick([.reserved, .confirmed, .cancelled])) : BatchResult(problem: problem())
            }
        return BatchAnswer(results: results)
    }

    mutating func record() -> TransactionRecord {
        var record = TransactionRecord(
            gid: identifier(),
            action: text(),
            owner: nil,
            labels: members(),
            branches: [PostBranch.draft, PostBranch.online],
            createdAt: time()
        )
        record.state = pick(TransactionState.allCases)
        record.reason = maybe { $0.problem() }
        record.isStuck = generator.chance(0.5)
        record.decidedAt = maybe { $0.time() }
        record.finishedAt = maybe { $0.time() }
        record.branches[0].state = pick([.trying, .reserved, .refused, .confirmed, .cancelled])
        record.branches[0].lastError = maybe { $0.text() }
        record.timeline += (0..<count(4))
            .map { _ in
                TimelineEvent(
                    at: time(),
                    event: pick([.tried, .decided, .acknowledged, .stuck, .finished]),
                    branch: maybe { _ in PostBranch.draft },
                    detail: maybe { $0.text() }
                )
            }
        return record
    }

    /// A text with one to three places changed.
    mutating func tampered(_ text: ByteBuffer) -> ByteBuffer {
        let pieces: [[UInt8]] =
            [
                "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u0041", "\\ud83d\\ude00", "\\ud83d", "\\u0000", "0", "-0",
                "1e3",
                "1.0", "1.5", "01", "-", "9223372036854775807", "9223372036854775808", "null", "nul", "true", "false",
                " ",
                "\n", "a", "é", "\\x", "\\/", "\"a\":1,", "\"title\":\"t\",", "\"title\":null,", "\"revision\":1,",
                "//",
                "\u{FEFF}", "\u{1}", "\u{A0}",
            ]
            .map { Array($0.utf8) } + [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0]]
        var bytes = Array(text.readableBytesView)
        for _ in 0...count(2) {
            let start = count(bytes.count)
            let length = min(bytes.count - start, count(2))
            bytes.replaceSubrange(start..<start + length, with: pick(pieces))
        }
        return ByteBuffer(bytes: bytes)
    }
}
