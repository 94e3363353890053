import Foundation
import Pages
import Posts
import Testing

@Suite("Markdown as HTML")
struct MarkdownTests {
    private static func html(_ markdown: String, images: Set<String> = []) -> String {
        MarkdownHTML.render(markdown, policy: LinkPolicy(imageOrigins: images))
    }

    @Test(arguments: [
        ("# A *title* #", "<h2>A <em>title</em></h2>\n"),
        ("Title\n===\ntext", "<h2>Title</h2>\n<p>text</p>\n"),
        ("one\ntwo", "<p>one\ntwo</p>\n"),
        ("one  \ntwo\\\nthree", "<p>one<br>\ntwo<br>\nthree</p>\n"),
        ("**strong** _stressed_ ~~gone~~", "<p><strong>strong</strong> <em>stressed</em> <del>gone</del></p>\n"),
        ("***both***", "<p><em><strong>both</strong></em></p>\n"),
        ("2 * 3 * 4 and snake_case_name", "<p>2 * 3 * 4 and snake_case_name</p>\n"),
        ("`a < b` and ``a ` b``", "<p><code>a &lt; b</code> and <code>a ` b</code></p>\n"),
        ("```swift\nlet a = 1\n```", "<pre tabindex=\"0\"><code class=\"language-swift\">let a = 1\n</code></pre>\n"),
        ("    indented", "<pre tabindex=\"0\"><code>indented\n</code></pre>\n"),
        ("- one\n- two\n  - three", "<ul>\n<li>one</li>\n<li>two<ul>\n<li>three</li>\n</ul>\n</li>\n</ul>\n"),
        ("3. three\n4. four", "<ol start=\"3\">\n<li>three</li>\n<li>four</li>\n</ol>\n"),
        ("- one\n\n- two", "<ul>\n<li><p>one</p>\n</li>\n<li><p>two</p>\n</li>\n</ul>\n"),
        ("> said\n> twice", "<blockquote>\n<p>said\ntwice</p>\n</blockquote>\n"),
        ("one\n\n---\n\ntwo", "<p>one</p>\n<hr>\n<p>two</p>\n"),
        ("\\*plain\\*", "<p>*plain*</p>\n"),
    ])
    func writesWhatWasMeant(_ markdown: String, _ html: String) {
        #expect(Self.html(markdown) == html)
    }

    /// A published file's title is its first heading; the page has it already.
    @Test(arguments: [
        ("# Title\ntext", "<p>text</p>\n"), ("text\n\n## Title ##\n", "<p>text</p>\n"),
        ("Title\n===\n", ""), ("# *A* `title`\n", "<h2><em>A</em> <code>title</code></h2>\n"),
        ("# Other\n# Title", "<h2>Other</h2>\n<h2>Title</h2>\n"),
        ("> # Title", "<blockquote>\n<h2>Title</h2>\n</blockquote>\n"),
        ("# Title\n# Title", "<h2>Title</h2>\n"), ("# Title 2", "<h2>Title 2</h2>\n"),
    ])
    func aTitleIsShownOnce(_ markdown: String, _ html: String) {
        #expect(MarkdownHTML.render(markdown, under: "Title", policy: LinkPolicy()) == html)
    }

    @Test func aTitleWithMarksIsShownOnce() {
        for title in ["*A* `title`", "A title", " A\u{20} title"] {
            #expect(MarkdownHTML.render("# *A* `title`", under: title, policy: LinkPolicy()).isEmpty)
        }
    }

    /// As the command line finds it: what a page shows otherwise, such as an entity, is the same heading.
    @Test(arguments: [
        "# Tom &amp; Jerry", "# &copy; 2026 &mdash; x", "# A&#66;C", "# See [the docs][d]\n\n[d]: https://d.example",
        "# Hello <em>world</em>", "# Title <!-- x --> here", "# One<br>Two", "# See [x](u 't')", "Two\nlines\n====",
        "[d]: https://d.example\nTitle\n====", "---\nlayout: post\n---\n\n# Title", "# A [^1]", "#\n\n# Title",
        "<!--\n# Not this\n-->\n\n# Title", "<pre>\n# Not this\n</pre>\n\n# Title",
        "```\n# Not this\n```\n\n# Title",
    ])
    func theTitleOfAFileIsShownOnce(_ markdown: String) throws {
        let title = try #require(MarkdownTitle.find(in: markdown))
        let lines = markdown.split(separator: "\n", omittingEmptySubsequences: false)
        let heading = try #require(MarkdownTitle.heading(saying: title, in: markdown))
        let without = (lines[..<heading.lowerBound] + lines[heading.upperBound...]).joined(separator: "\n")
        let html = MarkdownHTML.render(markdown + "\n\nlast", under: title, policy: LinkPolicy())
        #expect(html == Self.html(without + "\n\nlast"))
        #expect(html.hasSuffix("<p>last</p>\n") && !html.contains("<h2>\(title)</h2>"))
    }

    /// What a site's generator reads is not shown.
    @Test(arguments: [
        ("---\ntitle: Title\n# a\ntags:\n  - a\n\n- b\n---\n\n# Title\ntext", "<p>text</p>\n"),
        ("+++\ntitle = \"Title\"\n[x]\n+++\ntext", "<p>text</p>\n"),
        ("\u{FEFF}---\r\na: b\r\n...\r\ntext", "<p>text</p>\n"),
        ("\u{FEFF}# Title\ntext", "<p>text</p>\n"),
        ("---\n\ntext\n\n---", "<hr>\n<p>text</p>\n<hr>\n"),
        ("---\n\nSome words: text\n\n---", "<hr>\n<p>Some words: text</p>\n<hr>\n"),
        ("---\ndate created: 2024\nog/image: x\ntitle: Title\n---\ntext", "<p>text</p>\n"),
        ("---\na: b\nThis is a whole one: c\n\n---", "<hr>\n<p>a: b\nThis is a whole one: c</p>\n<hr>\n"),
        ("---\na: b", "<hr>\n<p>a: b</p>\n"), ("---\n---\ntext", "<hr>\n<hr>\n<p>text</p>\n"),
        ("text\n\n---\na: b\n***", "<p>text</p>\n<hr>\n<p>a: b</p>\n<hr>\n"),
    ])
    func frontMatterIsNotShown(_ markdown: String, _ html: String) {
        #expect(MarkdownHTML.render(markdown, under: "Title", policy: LinkPolicy()) == html)
    }

    @Test func linksLeadToTheWebAndToMailOnly() {
        let rel = "rel=\"nofollow noopener noreferrer\""
        #expect(Self.html("[a](https://b.example/c)") == "<p><a href=\"https://b.example/c\" \(rel)>a</a></p>\n")
        #expect(Self.html("<mailto:a@b.example>").contains("href=\"mailto:a@b.example\""))
        #expect(Self.html("see https://b.example/c.").contains(">https://b.example/c</a>."))
        for bad in [
            "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "//b.example", "/x",
        ] {
            #expect(Self.html("[a](\(bad))") == "<p>a</p>\n", "\(bad)")
        }
    }

    @Test func imagesComeFromWhereTheyMay() {
        let markdown = "![a \"cat\"](https://images.example/cat.png)"
        #expect(Self.html(markdown).contains("<a href=\"https://images.example/cat.png\""))
        #expect(!Self.html(markdown).contains("<img"))
        let shown = Self.html(markdown, images: ["https://images.example"])
        #expect(
            shown.contains("<img src=\"https://images.example/cat.png\" alt=\"a &quot;cat&quot;\" loading=\"lazy\">")
        )
        #expect(
            !Self.html("![x](https://images.example.evil/cat.png)", images: ["https://images.example"]).contains("<img")
        )
        #expect(
            !Self.html("![x](https://images.example@evil/cat.png)", images: ["https://images.example"]).contains("<img")
        )
    }

    @Test func tablesHaveAtMostAsManyCellsAsTheirHeading() {
        let html = Self.html("| a | b |\n|---|:-:|\n| 1 | 2 | 3 |\n| `x\\|y` |")
        #expect(html.contains("<thead><tr><th>a</th><th>b</th></tr></thead>"))
        #expect(html.contains("<tr><td>1</td><td>2</td></tr>\n<tr><td><code>x|y</code></td></tr>"))
    }

    @Test func aTableNeedsALineBelowItsHeadingWithAsManyCells() {
        for text in [
            "| a | b |\n|---|\n| 1 |", "| a |\n|---|---|\n| 1 |", "| a |\n| : |", "| a |\n|-:-|", "| a |\n| |",
        ] {
            #expect(!Self.html(text).contains("<table"), "\(text)")
        }
        func table(_ columns: Int) -> String {
            String(repeating: "|a", count: columns) + "|\n" + String(repeating: "|-", count: columns) + "|\n|1|"
        }
        #expect(Self.html(table(100)).contains("<table") && !Self.html(table(101)).contains("<table"))
    }

    /// A page that everybody may ask for is not many times as large as what its author wrote.
    @Test(arguments: [
        String(repeating: "|", count: 2000) + "\n|-|\n" + String(repeating: "|\n", count: 2000),
        String(repeating: "|a", count: 100) + "|\n" + String(repeating: "|-", count: 100) + "|\n"
            + String(repeating: "|\n", count: 20_000),
        String(repeating: "|\n|-\n\n", count: 20_000), String(repeating: ">>>>>>>>\n\n", count: 20_000),
        String(repeating: "- - - - - - - -\n", count: 20_000), String(repeating: "\"", count: 200_000),
        String(repeating: "http://a ", count: 20_000),
    ])
    func theOutputIsBounded(_ text: String) {
        let html = Self.html(text)
        #expect(html.utf8.count <= 8 * text.utf8.count + (20 << 10))
        #expect(!HTMLTokens(html).hasStrayMarkup)
    }

    @Test func whatWouldBecomeTooLargeIsShownAsItIs() {
        let text = String(repeating: ">>>>>>>>\n\n", count: 20_000)
        #expect(Self.html(text) == "<pre tabindex=\"0\"><code>" + text.replacing(">", with: "&gt;") + "</code></pre>\n")
    }

    /// Ideas from public lists of ways to get a script into a page.
    private static let attacks = [
        "<script>alert(1)</script>", "<ScRiPt src=//evil.example></sCrIpT>", "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>", "<iframe srcdoc='<script>alert(1)</script>'>", "<a href=javascript:alert(1)>x</a>",
        "[x](javascript:alert(1))", "[x](java\tscript:alert(1))", "[x](javascript&colon;alert(1))",
        "[x](&#106;avascript:alert(1))", "[x](\u{1}javascript:alert(1))", "[x]( javascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)", "![x](javascript:alert(1))",
        "![\" onerror=\"alert(1)](https://a.example/x)",
        "[x](https://a.example/\"onmouseover=\"alert(1))", "[x](https://a.example/' onmouseover='alert(1))",
        "[x](<https://a.example/\"><script>alert(1)</script>>)", "<https://a.example/\"onclick=alert(1)>",
        "https://a.example/\"onclick=\"alert(1)", "`<script>`", "```\"><script>alert(1)</script>\nx\n```",
        "```x\"onclick=\"alert(1)\n```", "<!--><script>alert(1)</script-->", "<![CDATA[<script>]]>", "<?xml?>",
        "</p></div></main><script>alert(1)</script>", "<style>@import'//evil.example'</style>",
        "<base href=//evil.example>",
        "<meta http-equiv=refresh content=0;url=//evil.example>",
        "<form action=//evil.example><button>x</button></form>",
        "\"\u{301}><script>alert(1)</script>", "<\u{0}script>alert(1)</script>", "# <b onclick=alert(1)>x</b>",
        "| <script> | b |\n|---|---|\n| <img onerror=x> | y |", "> <script>alert(1)</script>",
        "- <script>alert(1)</script>",
        "&lt;script&gt;alert(1)&lt;/script&gt;", "[<img src=x onerror=alert(1)>](https://a.example)",
        "{{{body}}} {{> layout}}",
        "<math><mi//xlink:href=\"data:x,<script>alert(1)</script>\">", "<x onclick=alert(1)>y</x>", "<plaintext>",
        "<textarea>",
    ]

    private static func check(_ markdown: String) {
        let tokens = HTMLTokens(html(markdown, images: ["https://a.example"]))
        #expect(!tokens.hasStrayMarkup, "\(markdown)")
        for tag in tokens.tags {
            #expect(MarkdownHTML.elements.contains(tag.name), "\(tag) of \(markdown)")
            for (name, value) in tag.attributes {
                #expect(MarkdownHTML.attributes.contains(name), "\(tag) of \(markdown)")
                if name == "href" || name == "src" {
                    #expect(
                        ["https://", "http://", "mailto:"].contains { value.lowercased().hasPrefix($0) },
                        "\(value)"
                    )
                }
            }
        }
    }

    @Test(arguments: attacks)
    func noScriptGetsThrough(_ attack: String) { Self.check(attack) }

    @Test func noScriptGetsThroughWhateverIsPutTogether() {
        let pieces =
            Self.attacks + [
                "*", "**", "_", "`", "```\n", "[", "](", ")", "![", "<", ">", "\"", "'", "\n", "\n\n", "    ", "- ",
                "1. ", "> ",
                "|", "|---|\n", "# ", "\\", "https://a.example/", "~~", "é", "中", "\u{301}", "&", "text ",
            ]
        for seed in 0..<600 {
            var generator = SplitMix(state: UInt64(seed))
            let count = Int.random(in: 1...24, using: &generator)
            Self.check((0..<count).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined())
        }
    }
}

/// How long this thread works on something: what else the machine does has no part in it.
func processorSeconds(_ work: () -> Void) -> Double {
    func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
    let start = now()
    work()
    return now() - start
}

/// A generator that gives the same numbers for the same seed.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}
