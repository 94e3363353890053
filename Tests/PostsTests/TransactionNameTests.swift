import OrchestratorCommands
import TCC
import Testing

@Suite("Command line: which transaction is meant")
struct TransactionNameTests {
    private func record(_ gid: String, _ state: TransactionState = .trying) -> TransactionRecord {
        TransactionRecord(
            gid: UUIDv7(gid)!,
            action: "publish",
            owner: nil,
            labels: [:],
            branches: [],
            createdAt: Timestamp(milliseconds: 0)
        )
    }

    private let first = "0192f3c4-5d6e-7f80-9123-456789abcdef"
    private let second = "0192f3c4-5d6e-7f80-9123-00009999cdef"

    @Test("A whole id is taken as it is")
    func whole() throws {
        #expect(TransactionName(argument: first) == .whole(UUIDv7(first)!))
        #expect(try TransactionName(argument: first)?.pick(from: []) == UUIDv7(first))
    }

    @Test("Digits as a watch shows them name the one that ends with them, or begins with them")
    func parts() throws {
        let records = [record(first), record(second), record(first)]
        for text in ["\u{2026}89abcdef", "89abcdef", "...89ABCDEF", "456789abcdef", "0192f3c4-5d6e-7f80-9123-4"] {
            #expect(try TransactionName(argument: text)?.pick(from: records) == UUIDv7(first), "\(text)")
        }
    }

    @Test("What stands for several lists them, and what stands for none says so")
    func ambiguous() throws {
        let records = [record(first), record(second)]
        for text in ["cdef", "0192f3c4"] {
            let failure = #expect(throws: CommandFailure.self) {
                try TransactionName(argument: text)?.pick(from: records)
            }
            #expect(failure?.status == .refused)
            #expect(failure?.description.contains("2 transactions") == true)
            #expect(failure?.description.contains(first) == true && failure?.description.contains(second) == true)
        }
        let none = #expect(throws: CommandFailure.self) { try TransactionName(argument: "ffff")?.pick(from: records) }
        #expect(none?.description.contains("orchestrator transactions list") == true)
    }

    @Test(
        "What can be no id's digits is refused",
        arguments: ["", "x", "abc", "xyz0", "12 34", "----", "\u{2026}", String(repeating: "a", count: 37)]
    )
    func refuses(text: String) {
        #expect(TransactionName(argument: text) == nil)
    }
}
