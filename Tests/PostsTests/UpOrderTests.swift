import OrchestratorCommands
import Synchronization
import Testing

@Suite("Orders for the processes of 'up'")
struct UpOrderTests {
    @Test("an order is a line, and is read as it was meant")
    func lines() {
        for order in [UpOrder.kill("web-service"), .pause("draft-service", milliseconds: 10_000)] {
            #expect(UpOrder(order.line) == order)
        }
        for line in [
            "", "kill", "kill a b", "stop a", "pause a", "pause a 0", "pause a -1", "pause a 300001", "pause a 1s",
            "pause  1",
        ] {
            #expect(UpOrder(line) == nil, "\(line)")
        }
    }

    @Test("a process is meant by its name, or by how it begins if no other begins so")
    func names() {
        let names = ["draft-service", "draft", "online-service", "orchestrator"]
        for (name, meant) in [
            ("draft", "draft"), ("draft-", "draft-service"), ("on", "online-service"), ("o", nil), ("web", nil),
            ("d", nil),
        ] {
            #expect(UpOrder.kill(name).process(among: names) == meant, "\(name)")
        }
    }

    @Test("who waits is told once that a service is silent, and once that it answers")
    func notices() {
        let said = Mutex<[String]>([])
        let notices = OutageNotices { text in said.withLock { $0.append(text) } }
        notices.answers(.online)
        notices.fails(.online, "does not answer.")
        notices.fails(.online, "cannot do it now.")
        notices.fails(.draft, "does not answer.")
        notices.answers(.online)
        notices.answers(.online)
        #expect(
            said.withLock { $0 } == [
                "the online service does not answer.", "the draft service does not answer.",
                "the online service answers again.",
            ]
        )
    }
}
