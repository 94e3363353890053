import Harness
import TCC
import Testing

@Suite("Calls of the past")
struct RepetitionTests {
    @Test("A late try of a cancelled branch is 410, a late cancel of a confirmed one 409")
    func expectations() {
        #expect(Repetition.expectations(.cancel).first { $0.operation == "try" }?.status == 410)
        #expect(Repetition.expectations(.confirm).first { $0.operation == "cancel" }?.word == "already-confirmed")
    }
}
