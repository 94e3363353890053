import NIOCore
import Posts
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
}
