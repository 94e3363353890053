import Pages
import Testing

@Suite("Line diff")
struct LineDiffTests {
    private static func signs(_ old: String, _ new: String) -> [String] {
        LineDiff.compare(LineDiff.lines(of: old), LineDiff.lines(of: new))
            .map { line in
                switch line.change {
                case .same: " " + line.text
                case .removed: "-" + line.text
                case .added: "+" + line.text
                }
            }
    }

    @Test func showsWhatWentAndWhatCame() {
        #expect(Self.signs("a\nb\nc", "a\nx\nc") == [" a", "-b", "+x", " c"])
        #expect(Self.signs("", "a") == ["+a"])
        #expect(Self.signs("a", "") == ["-a"])
        #expect(Self.signs("a\nb", "b\na").filter { $0.hasPrefix(" ") }.count == 1)
        #expect(Self.signs("a\nb\nc\nd", "a\nc\nd\ne") == [" a", "-b", " c", " d", "+e"])
    }

    /// Whatever the texts are, the old one can be read off the diff, and the new one.
    @Test func bothTextsAreInIt() {
        for seed in 0..<500 {
            var generator = SplitMix(state: UInt64(seed))
            func text() -> [String] {
                (0..<Int.random(in: 0...30, using: &generator))
                    .map { _ in
                        ["a", "b", "c", ""].randomElement(using: &generator) ?? ""
                    }
            }
            let (old, new) = (text(), text())
            let lines = LineDiff.compare(old, new)
            #expect(lines.filter { $0.change != .added }.map(\.text) == old)
            #expect(lines.filter { $0.change != .removed }.map(\.text) == new)
        }
    }

    @Test func textsThatShareNothingAreReplaced() {
        let (old, new) = ((0..<20_000).map { "a\($0)" }, (0..<20_000).map { "b\($0)" })
        let lines = LineDiff.compare(old, new)
        #expect(lines.prefix(20_000).allSatisfy { $0.change == .removed } && lines.count == 40_000)
    }

    /// Each text is a few hundred thousand lines that are the same, with others in between: every diagonal is long.
    @Test func aComparisonEnds() {
        func text(_ mark: String) -> [String] { (0..<400_000).map { $0 % 700 == 0 ? mark : "" } }
        let (old, new) = (text("a"), text("b"))
        var lines: [LineDiff.Line] = []
        let seconds = processorSeconds { lines = LineDiff.compare(old, new) }
        #expect(lines.count { $0.change != .added } == 400_000 && lines.count { $0.change != .removed } == 400_000)
        #expect(seconds < 5)
    }

    @Test func twoSpellingsOfALetterDiffer() {
        #expect(LineDiff.compare(["e\u{301}"], ["\u{E9}"]).map(\.change) == [.removed, .added])
    }

    @Test func aLongRunIsCut() {
        let (old, new) = ((0..<20_000).map { "a\($0)" }, (0..<20_000).map { "b\($0)" })
        let (all, words) = (old.joined(separator: "\n"), Words(.english))
        let model = DiffModel(old: all, new: new.joined(separator: "\n"), words)
        #expect(model.lines.count == 4001 && model.lines.last?.text == "36000 more lines are not shown")
        #expect(model.lines.last?.kind == "gap")
        // What is far from a change takes one row, however long it is.
        let changed = DiffModel(old: all, new: "x\n" + all + "\ny", words)
        #expect(changed.lines.map(\.kind) == ["added", "same", "same", "same", "gap", "same", "same", "same", "added"])
    }

    @Test func aMergeHasBothBetweenMarkers() {
        let merged = LineDiff.merged(theirs: "a\nb\nc", mine: "a\nx\nc", theirsName: "saved", mineName: "mine")
        #expect(merged == "a\n<<<<<<< mine\nx\n=======\nb\n>>>>>>> saved\nc")
        #expect(LineDiff.merged(theirs: "a", mine: "a", theirsName: "s", mineName: "m") == "a")
    }

    @Test func farLinesAreTold() {
        let old = (1...20).map(String.init).joined(separator: "\n")
        let model = DiffModel(old: old, new: old.replacing("10", with: "ten"), Words(.english))
        #expect(model.hasChanges)
        #expect(
            model.lines.map(\.kind) == ["gap"] + Array(repeating: "same", count: 3) + ["removed", "added"]
                + Array(repeating: "same", count: 3) + ["gap"]
        )
        #expect(model.lines.first?.text == "6 unchanged lines" && model.lines.last?.text == "7 unchanged lines")
        #expect(!DiffModel(old: old, new: old, Words(.english)).hasChanges)
    }
}
