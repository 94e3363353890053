import ChaosCommands
import Foundation
import Testing
import Verification

@Suite("The page and the words that a history is shown in")
struct ReportTests {
    private static func page(_ history: SmallHistory) throws -> String { ReportPage(try history.recording()).html }

    @Test("The page has the verdict, what ran, the charts, the distributions and the invariants")
    func sections() throws {
        let page = try Self.page(SmallHistory())
        for piece in [
            "</span> Valid</h1>", "chaos run --seed 7", "libfaketime is not installed", "Publishes a second",
            "3 publishes answered", "<b>1</b>", "Recovery", "45 ms", "120 ms", "One library before the other",
            "2 revisions seen in both libraries, 1 first\nin the draft service, 1 first in the online service",
            "coordinator.begin.after", "The ten invariants", "holds",
        ] {
            #expect(page.contains(piece), "\(piece)")
        }
        #expect(!page.contains("What is wrong"))
    }

    @Test("The page loads nothing and runs nothing")
    func selfContained() throws {
        let page = try Self.page(SmallHistory())
        for piece in ["<script", "http:", "https:", "src=", "<link", "@import", "url(", "onload"] {
            #expect(!page.contains(piece), "\(piece)")
        }
        #expect(page.contains("default-src 'none'"))
    }

    @Test("Whatever a history has for text is text on the page")
    func escaped() throws {
        let attack = #"</title></style><script>alert('x')</script><img src=x onerror=alert(1)> & \"q\" \u202e"#
        var history = SmallHistory()
        for name in ["five", "chaos run --seed 7", "orchestrator", "SIGKILL", "libfaketime is not installed"] {
            history.change(from: name, to: attack)
        }
        history.insert(#""type":"contradiction","invariant":10,"found":"\#(attack) \#(SmallHistory.refused)""#)
        let page = try Self.page(history)
        #expect(page.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"))
        #expect(page.contains("&amp; &quot;q&quot;"))
        for piece in ["<script", "<img", "\u{202E}", "'x'"] { #expect(!page.contains(piece), "\(piece)") }
        #expect(page.components(separatedBy: "</title>").count == page.components(separatedBy: "<title>").count)
        #expect(page.components(separatedBy: "</style>").count == 2)
    }

    @Test("A violation comes with its timeline")
    func violation() throws {
        var history = SmallHistory()
        history.change(#""type":"post""#, from: #""title":"two""#, to: #""title":"five""#)
        let page = try Self.page(history)
        for piece in [
            "</span> Invalid</h1>", "What is wrong",
            "<span>Invariant 10</span> &#39;five&#39; was not committed and is there",
            "publish &#39;five&#39; as", "HTTP 409, refused, publish-in-progress", "The run itself said <b>valid</b>",
        ] {
            #expect(page.contains(piece), "\(piece)")
        }
    }

    @Test("Every beginning of a history can be shown", arguments: [0, 1, 2, 5, 20])
    func beginnings(count: Int) throws {
        let data = Data(SmallHistory().lines.prefix(count).map { "\($0)\n" }.joined().utf8)
        let page = ReportPage(try Recording(data)).html
        #expect(page.contains("</span> Unknown</h1>"))
        #expect(page.contains("The history is cut off"))
    }

    @Test("A title is obeyed by no terminal")
    func terminal() throws {
        var history = SmallHistory()
        history.insert(#""type":"contradiction","invariant":10,"found":"a \u001b[31mred\nline""#)
        let text = VerifyReport(try history.recording()).text()
        #expect(text.contains("VIOLATED invariant 10: a  [31mred line"))
        #expect(!text.contains("\u{1B}"))
    }
}
