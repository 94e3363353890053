import Hosting
import OrchestratorCommands
import Testing

@Suite("Command line: tables")
struct CommandLineTableTests {
    @Test("Columns are as wide as their widest cell, numbers stand right, no line ends with spaces")
    func alignsColumns() {
        var table = Table([.init("NAME"), .init("COUNT", isNumeric: true), .init("NOTE")])
        table.add(["a", "7", "first"])
        table.add(["longer", "1234567"])
        #expect(
            table.text == """
                NAME      COUNT  NOTE
                a             7  first
                longer  1234567
                """
        )
    }

    @Test("Wide characters take two columns, combining marks none")
    func measuresWidths() {
        #expect(TerminalText.width(of: "abc") == 3)
        #expect(TerminalText.width(of: "\u{65E5}\u{672C}") == 4)
        #expect(TerminalText.width(of: "\u{1F600}") == 2)
        #expect(TerminalText.width(of: "e\u{301}") == 1)
        #expect(TerminalText.width(of: "\u{200B}") == 0)
        var table = Table([.init("T"), .init("N")])
        table.add(["\u{65E5}\u{672C}", "1"])
        table.add(["abcd", "2"])
        #expect(table.text == "T     N\n\u{65E5}\u{672C}  1\nabcd  2")
    }

    @Test("Control characters do not reach the terminal")
    func replacesControlCharacters() {
        var table = Table([.init("T")])
        table.add(["a\u{1B}[31mb\nc\td"])
        #expect(table.text == "T\na [31mb c d")
    }

    @Test("A long text is cut with an ellipsis")
    func shortens() {
        #expect(TerminalText.shortened("12345", to: 5) == "12345")
        #expect(TerminalText.shortened("123456", to: 5) == "1234\u{2026}")
        #expect(TerminalText.shortened("\u{65E5}\u{672C}\u{8A9E}", to: 5) == "\u{65E5}\u{672C}\u{2026}")
    }

    @Test("Colours take no room, and stand around the text alone")
    func coloursTakeNoRoom() {
        var table = Table([.init("STATE"), .init("N", isNumeric: true), .init("NOTE")])
        table.add([.init("confirmed", .good), .init("7", .faint), .init("a")])
        table.add([.init("trying", .busy), .init("1234"), .init("b")])
        #expect(table.text == "STATE         N  NOTE\nconfirmed     7  a\ntrying     1234  b")
        #expect(table.text(.plain) == table.text)
        let coloured = table.text(.coloured)
        #expect(coloured.contains("\n\u{1B}[32mconfirmed\u{1B}[0m     \u{1B}[2m7\u{1B}[0m  a\n"))
        #expect(Self.withoutColours(coloured) == table.text)
    }

    @Test("A line is cut to the width that there is, colours and wide characters or not", arguments: 0...30)
    func cutsLines(width: Int) {
        var table = Table([.init("STATE"), .init("N", isNumeric: true), .init("TITLE")])
        table.add([.init("confirmed", .good), .init("7"), .init("\u{65E5}\u{672C}\u{8A9E} text", .alarm)])
        for style in TerminalStyle.allCases {
            for line in table.lines(style, cutTo: width) {
                #expect(TerminalText.width(of: Self.withoutColours(line)) <= width)
                // No colour outlives its text.
                let starts = line.count { $0 == "\u{1B}" }
                #expect(starts == 2 * line.matches(of: /\u{1B}\[0m/).count)
            }
        }
        if width == 30 { #expect(table.lines(.text, cutTo: width).joined(separator: "\n") == table.text) }
    }

    @Test("On a narrow terminal columns are left out by rank, then the last one is cut, and ids stay whole")
    func leavesOutColumns() {
        var table = Table([.init("ID"), .init("MORE", rank: 1), .init("MOST", rank: 2), .init("TITLE")])
        table.add(["0123456789", "1234", "1234", "A title of thirty characters..."])
        #expect(table.text(.text, fitting: 55) == table.text)
        let whole = table.text(.text, fitting: 40)
        #expect(whole.hasPrefix("ID          MORE  MOST  TITLE\n0123456789  1234  1234  A title"))
        #expect(table.text(.text, fitting: 39).hasPrefix("ID          MORE  TITLE\n0123456789  1234  A title"))
        #expect(table.text(.text, fitting: 33) == "ID          TITLE\n0123456789  A title of thirty ch\u{2026}")
        #expect(table.text(.text, fitting: 12) == "ID\n0123456789")
    }

    private static func withoutColours(_ text: String) -> String {
        text.replacing(/\u{1B}\[[0-9;]*m/, with: "")
    }
}
