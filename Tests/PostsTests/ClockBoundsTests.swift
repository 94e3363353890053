import Publishing
import TCC
import Testing

@Suite("How far clocks may be apart")
struct ClockBoundsTests {
    private let bounds = ClockBounds(untilDeadline: .seconds(33))
    private let draft = ParticipantName("draft")!

    @Test("a participant takes tries whose deadline lies before it, up to 2 h", arguments: [-33, -1, 0, 1, 7166])
    func taken(lead: Int) { #expect(bounds.trouble(lead: .seconds(lead), of: draft) == nil) }

    @Test("and no others", arguments: [(-35, "35 s behind that"), (7169, "7169 s ahead of that"), (-9000, "behind")])
    func refused(lead: Int, words: String) {
        #expect(bounds.trouble(lead: .seconds(lead), of: draft)?.contains(words) == true)
    }
}
