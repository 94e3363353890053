import Foundation
import Pages
import TCC
import Testing

@Suite("The pages' words")
struct WordsTests {
    @Test func everyKeyHasAllLanguages() {
        #expect(Words.table.count > 150)
        for (key, texts) in Words.table {
            #expect(texts.count == Language.allCases.count && texts.allSatisfy { !$0.isEmpty }, "\(key)")
            for number in 0...2 {
                #expect(Set(texts.map { $0.contains("{\(number)}") }).count == 1, "\(key) {\(number)}")
            }
        }
    }

    /// A key that is written anywhere is one of the table.
    @Test func everyKeyThatIsUsedIsThere() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Sources/Pages")
        let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".swift") }
        var keys: Set<String> = []
        for path in paths {
            let text = try String(contentsOf: folder.appendingPathComponent(path), encoding: .utf8)
            keys.formUnion(text.matches(of: /\{\{t\.([A-Za-z]+)\}\}/).map { String($0.output.1) })
            keys.formUnion(text.matches(of: /words\("([A-Za-z][A-Za-z-]+)"/).map { String($0.output.1) })
        }
        #expect(keys.count > 80)
        for key in keys { #expect(Words.table[key] != nil, "\(key)") }
    }

    @Test func everyStateOfATransactionHasWords() {
        for action in ["publish", "withdraw", "delete"] {
            for key in ["action-\(action)", "result-\(action)-confirmed", "result-\(action)-confirming"] {
                #expect(Words.table[key] != nil, "\(key)")
            }
        }
    }

    @Test func theLanguageIsTheChosenOneOrTheMostWanted() {
        #expect(Language.negotiated(chosen: "zh", accepted: "en") == .chinese)
        #expect(Language.negotiated(chosen: "xx", accepted: "zh-CN,zh;q=0.9,en;q=0.8") == .chinese)
        #expect(Language.negotiated(chosen: nil, accepted: "en;q=0.5, zh;q=0.7") == .chinese)
        #expect(Language.negotiated(chosen: nil, accepted: "fr, zh;q=0") == .english)
        #expect(Language.negotiated(chosen: nil, accepted: nil) == .english)
    }

    @Test func timesAreWrittenAsPeopleDo() {
        let time = Timestamp(milliseconds: 1_795_000_000_000)
        #expect(Words(.english).time(time) == "18 Nov 2026, 11:06 UTC")
        #expect(Words(.chinese).time(time) == "2026年11月18日 11:06 UTC")
    }

    @Test func aTitleThatCannotBeSeenIsCalledSo() {
        let words = Words(.english)
        for text in [
            "", " ", "\u{200B}", "\u{A0}\u{3000}", "\u{202E}", "\u{3164}", "\u{2800}", "\u{AD}", "\u{1}", "\u{FE0F}",
        ] {
            #expect(words.title(text) == "(untitled)", "\(text.unicodeScalars.map(\.value))")
        }
        for text in ["a", ".", " a", "中", "😀", "\u{202E}a", "👩\u{200D}🚀"] { #expect(words.title(text) == text) }
        #expect(Words(.chinese).title("") == "（无标题）")
        #expect(Words.isolated("ann") == "ann" && Words.isolated("\u{202E}ann") == "\u{2068}\u{202E}ann\u{2069}")
    }

    @Test func aRefusalIsASentence() {
        #expect(Words(.english).refusal("post-is-live").hasPrefix("Readers see this post."))
        #expect(Words(.english).refusal("quota-exceeded") == "It was refused: quota-exceeded.")
    }
}
