import Foundation
import OrchestratorCommands
import Testing

@Suite("Command line: a Markdown file's title")
struct CommandLineTitleTests {
    @Test(
        "The first ATX heading of whatever level is the title",
        arguments: [
            ("# Title", "Title"),
            ("###### Deep", "Deep"),
            ("text\n\n## Second\n# First", "Second"),
            ("# Closed ##", "Closed"),
            ("# Closed ##   ", "Closed"),
            ("# About C#", "About C#"),
            ("   # Indented", "Indented"),
            ("#\tTab", "Tab"),
            ("# Windows\r\ntext", "Windows"),
            ("\u{FEFF}# After a byte order mark", "After a byte order mark"),
            ("#\n# After an empty one", "After an empty one"),
            ("# # Two", "# Two"),
            ("# \u{301}accent", "\u{301}accent"),
        ]
    )
    func findsHeading(markdown: String, title: String) {
        #expect(MarkdownTitle.firstHeading(in: markdown) == title)
    }

    @Test(
        "What only looks like a heading is none",
        arguments: [
            "", "plain", "#hashtag", "####### seven", "    # code", "\t# code", "#", "## ##", "```\n# code\n```",
            "~~~\n# code", "````\n```\n# still code\n````", "```swift\n# code\n```\t",
        ]
    )
    func findsNoHeading(markdown: String) {
        #expect(MarkdownTitle.firstHeading(in: markdown) == nil)
    }

    @Test("Code ends at its own fence, and a heading after it counts")
    func looksPastFencedCode() {
        #expect(MarkdownTitle.firstHeading(in: "```\n# no\n~~~\n# no\n```\n# yes") == "yes")
        #expect(MarkdownTitle.firstHeading(in: "~~~~ `info`\n# no\n~~~\n# no\n~~~~~\n# yes") == "yes")
        #expect(MarkdownTitle.firstHeading(in: "``` inline ```\n# yes") == "yes")
    }
}
