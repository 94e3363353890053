import NIOCore
import Posts
import TCC
import TCCHTTP
import Testing

@Suite("JSON")
struct JSONCodingTests {
    @Test("The same value is always the same bytes: a repeated request must fit its idempotency key")
    func sameBytes() async throws {
        let text = PostText(title: "A title", content: "A text", source: "/a/path")
        // At once, so that each encoder works at other addresses, which seed the order of a dictionary.
        let texts = try await withThrowingTaskGroup(of: [String].self) { group in
            for count in 1...64 {
                group.addTask {
                    let ballast = (0..<count).map { Array(repeating: $0, count: $0) }
                    let texts = try (0..<20).map { _ in String(buffer: try JSONCoding.encode(text)) }
                    return ballast.isEmpty ? [] : texts
                }
            }
            return try await group.reduce(into: Set<String>()) { $0.formUnion($1) }
        }
        #expect(texts.count == 1)
    }

    /// Foundation puts names into a dictionary, for which Swift normalizes them: minutes for a megabyte of accents.
    @Test("A long name that is not plain ASCII is refused before anything compares it", .timeLimit(.minutes(1)))
    func longNames() throws {
        func post(_ name: String) throws -> PostText {
            let body = "{\"title\":\"T\",\"content\":\"x\",\"\(name)\":{\"\(name)\":1}}"
            return try JSONCoding.decode(PostText.self, from: ByteBuffer(string: body))
        }
        func values(_ name: String) throws -> JSONValue {
            try JSONCoding.decode(JSONValue.self, from: ByteBuffer(string: "{\"a\":{\"\(name)\":1}}"))
        }
        let accents = "\u{301}\u{316}"
        for name in [String(repeating: accents, count: 200_000), String(repeating: "\\u0301\\u0316", count: 80_000)] {
            #expect(throws: Problem.self) { try post(name) }
            #expect(throws: Problem.self) { try values(name) }
        }
        for name in [String(repeating: accents, count: 128), String(repeating: "x", count: 100_000)] {
            #expect(try post(name).title == "T")
            _ = try values(name)
        }
    }
}
