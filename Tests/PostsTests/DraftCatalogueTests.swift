import OrchestratorCommands
import Posts
import TCC
import Testing

@Suite("An author's drafts by their sources")
struct DraftCatalogueTests {
    private func draft(_ number: UInt8, from source: String?) -> Draft {
        var random = SplitMix64(seed: UInt64(number))
        let time = Timestamp(milliseconds: 1_780_000_000_000)
        return Draft(
            id: UUIDv7(at: time, using: &random),
            author: "ann",
            title: "",
            content: nil,
            source: source,
            revision: 1,
            nextRevision: 2,
            status: .unpublished,
            publishedRevision: nil,
            pendingTransaction: nil,
            createdAt: time,
            updatedAt: time
        )
    }

    @Test("a source is known by its bytes, and no source by nothing")
    func byBytes() {
        let (composed, decomposed) = ("caf\u{E9}.md", "cafe\u{301}.md")
        let drafts = [draft(1, from: composed), draft(2, from: nil), draft(3, from: "b.md")]
        let catalogue = DraftCatalogue(drafts)
        #expect(composed == decomposed)
        #expect(catalogue.post(from: composed) == drafts[0].id)
        #expect(catalogue.post(from: decomposed) == nil)
        #expect(catalogue.post(from: "b.md") == drafts[2].id)
        #expect(catalogue.post(from: "c.md") == nil)
    }

    @Test("of a draft that is on two pages the newer place counts")
    func onTwoPages() {
        let drafts = [draft(1, from: "a.md"), draft(2, from: "a.md")]
        #expect(DraftCatalogue(drafts).post(from: "a.md") == drafts[0].id)
    }
}
