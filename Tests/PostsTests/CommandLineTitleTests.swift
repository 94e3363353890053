import Foundation
import OrchestratorCommands
import Posts
import Testing

@Suite("Command line: a Markdown file's title")
struct CommandLineTitleTests {
    @Test(
        "The first heading of whatever level is the title",
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
        #expect(MarkdownTitle.find(in: markdown) == title)
    }

    @Test(
        "What only looks like a heading is none",
        arguments: [
            "", "plain", "#hashtag", "####### seven", "    # code", "\t# code", "#", "## ##", "```\n# code\n```",
            "~~~\n# code", "````\n```\n# still code\n````", "```swift\n# code\n```\t",
        ]
    )
    func findsNoHeading(markdown: String) {
        #expect(MarkdownTitle.find(in: markdown) == nil)
    }

    @Test("Code ends at its own fence, and a heading after it counts")
    func looksPastFencedCode() {
        #expect(MarkdownTitle.find(in: "```\n# no\n~~~\n# no\n```\n# yes") == "yes")
        #expect(MarkdownTitle.find(in: "~~~~ `info`\n# no\n~~~\n# no\n~~~~~\n# yes") == "yes")
        #expect(MarkdownTitle.find(in: "``` inline ```\n# yes") == "yes")
    }

    @Test(
        "A heading is underlined, too",
        arguments: [
            ("The Title\n=========\n\n## Section one", "The Title"), ("Title\n-", "Title"),
            ("Two\n  lines\n===", "Two lines"), ("\n\nT\n   ---   ", "T"),
            ("- item\n===\n\n# Title", "Title"), ("> quote\nlazy\n===\n# Title", "Title"),
            ("    code\n===\n# Title", "Title"), ("text\n= =\n# Title", "Title"),
            ("[a]: /url\n===\n# Title", "Title"), ("---\n# Title", "Title"), ("***\n# Title", "Title"),
        ]
    )
    func underlined(markdown: String, title: String) {
        #expect(MarkdownTitle.find(in: markdown) == title)
    }

    @Test(
        "No line of a comment, of HTML, of code, a quote or a list is the title",
        arguments: [
            "<!--\n# Copyright\n-->\n\n# Title", "<!-- # a -->\n# Title", "<!--\n\n# a\n\n-->\n# Title",
            "<div>\n# a\n</div>\n\n# Title", "<pre>\n\n# a\n</pre>\n# Title",
            "<script>\n# a\n\n# b\n</script>\n# Title",
            "<?php\n# a\n?>\n# Title", "<![CDATA[\n# a\n]]>\n# Title", "<!DOCTYPE\n# a\n>\n# Title",
            "<span class='x'>\n# a\n\n# Title", "</div>\n# a\n\n# Title", "<h1>\na\n===\n</h1>\n\n# Title",
            "> # a\n\n# Title", ">> a\n> ===\n\n# Title", "- # a\n\n# Title", "1. a\n\n   # b\n\n# Title",
            "- a\n\n  b\n  ===\n\n# Title", "- ```\n  # a\n  ```\n# Title", "> ```\n> # a\n# Title",
            "\t# a\n\n# Title", "a\n    # b\n\n# Title", "~~~\n# a\n~~~\n# Title",
        ]
    )
    func notTheTitle(markdown: String) {
        #expect(MarkdownTitle.find(in: markdown) == "Title")
    }

    @Test(
        "A heading's marks are none of its text",
        arguments: [
            ("# *Two* **words**", "Two words"), ("# `code` and ``a ` b``", "code and a ` b"),
            ("# a_b_c 2 * 3 * 4", "a_b_c 2 * 3 * 4"),
            ("# [Swift](https://swift.org \"x\") guide", "Swift guide"), ("# ![Logo](x.png) Name", "Logo Name"),
            ("# [Swift][1] and [TCC]\n\n[1]: /a\n[tcc]: /b", "Swift and TCC"), ("# [Unreleased]", "[Unreleased]"),
            ("# A <small>b</small><!-- c --> d", "A b d"), ("# <https://swift.org>", "https://swift.org"),
            ("# 1 \\* 2 \\# 3", "1 * 2 # 3"), ("# Q&amp;A &copy; &#65;&#x42; &nosuch;", "Q&A \u{A9} AB &nosuch;"),
            ("# ~~Old~~ New", "Old New"), ("# **a *b** c*", "a b c"), ("# a\\", "a\\"), ("# Title \\##", "Title ##"),
            ("# a  b\tc", "a b c"), ("# <img src=x>\n# Title", "Title"), ("# [](x)\n# Title", "Title"),
        ]
    )
    func plainText(markdown: String, title: String) {
        #expect(MarkdownTitle.find(in: markdown) == title)
    }

    @Test(
        "The front matter's title goes first, and none of its lines is a heading",
        arguments: [
            ("---\n# layout of the site\ntitle: My Post\n---\n\nNo heading.", "My Post"),
            ("+++\n# settings\ntitle = \"My Post\"\n+++\n\nNo heading.", "My Post"),
            ("---\nlayout: post\n# a comment\n---\n# Title", "Title"), ("+++\n# a\nx = 1\n+++\n# Title", "Title"),
            ("---\ntitle: 'It''s'\n---\n# Title", "It's"),
            ("---\ntitle: \"A \\\"b\\\" \\u00e9\" # c\n---", "A \"b\" \u{E9}"),
            ("---\ntitle: A # comment\n---", "A"), ("---\nTitle: C# and D\n...\n# Title", "C# and D"),
            ("---\ntitle: >\n  two\n  lines\ndate: x\n---", "two lines"),
            ("---\ntitle: two\n  lines\n---", "two lines"),
            ("---\ntitle:\ndate: x\n---\n# Title", "Title"), ("---\ntitle: ~\n---\n# Title", "Title"),
            ("---\nauthor:\n  title: Dr\n---\n# Title", "Title"), ("---\ntitle: 2026\n---", "2026"),
            ("+++\n[params]\ntitle = \"no\"\n+++\n# Title", "Title"), ("+++\ntitle = 'C:\\x'\n+++", "C:\\x"),
            ("\u{FEFF}---\r\ntitle: A\r\n---\r\n# Title", "A"), ("---\ntitle: *a*\n---\n# Title", "Title"),
            // Two rules, and no settings between them.
            ("---\n# Title\n---", "Title"),
            (
                "---\n\nSome: text here, and more\nthat is no setting\n\n---\n# Title",
                "Title"
            ),
            ("---\n# Title", "Title"), ("text\n\n---\ntitle: no\n---\n", "title: no"),
        ]
    )
    func frontMatter(markdown: String, title: String) {
        #expect(MarkdownTitle.find(in: markdown) == title)
    }

    @Test("However long it is, a text is read in a time that grows with its size", .timeLimit(.minutes(1)))
    func isLinear() {
        for piece in [
            "> ", "- ", "[", "![", "*a ", "`", "<", "<!", "&", "a\n", "[](\n", "# [](x)\n", "\\", "---\n", "1. ",
        ] {
            let text = String(repeating: piece, count: (512 << 10) / piece.utf8.count)
            _ = MarkdownTitle.find(in: text)
            _ = MarkdownTitle.find(in: "# " + text)
            _ = MarkdownTitle.find(in: text + "\n===\n")
        }
    }
}
