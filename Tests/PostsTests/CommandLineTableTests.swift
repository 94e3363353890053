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
        #expect(Table.width(of: "abc") == 3)
        #expect(Table.width(of: "\u{65E5}\u{672C}") == 4)
        #expect(Table.width(of: "\u{1F600}") == 2)
        #expect(Table.width(of: "e\u{301}") == 1)
        #expect(Table.width(of: "\u{200B}") == 0)
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
        #expect(Table.shortened("12345", to: 5) == "12345")
        #expect(Table.shortened("123456", to: 5) == "1234\u{2026}")
        #expect(Table.shortened("\u{65E5}\u{672C}\u{8A9E}", to: 5) == "\u{65E5}\u{672C}\u{2026}")
    }
}
