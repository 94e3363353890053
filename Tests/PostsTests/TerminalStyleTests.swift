import Hosting
import Testing

@Suite("Command line: what a terminal can show")
struct TerminalStyleTests {
    @Test("Terminals are redrawn, and coloured only where colours are wanted")
    func style() {
        #expect(TerminalStyle(isTerminal: true, environment: [:]) == .coloured)
        #expect(TerminalStyle(isTerminal: false, environment: [:]) == .text)
        #expect(TerminalStyle(isTerminal: true, environment: ["TERM": "dumb"]) == .text)
        #expect(TerminalStyle(isTerminal: true, environment: ["NO_COLOR": "1"]) == .plain)
        #expect(TerminalStyle(isTerminal: true, environment: ["NO_COLOR": ""]) == .coloured)
        #expect(TerminalStyle(isTerminal: false, environment: ["NO_COLOR": "1"]) == .text)
        #expect(!TerminalStyle.text.isRedrawn && TerminalStyle.plain.isRedrawn && TerminalStyle.coloured.isRedrawn)
    }

    @Test("Paint is only where there are colours, and ends where its text does")
    func paint() {
        #expect(TerminalStyle.coloured.paint("a", .alarm) == "\u{1B}[1;31ma\u{1B}[0m")
        #expect(TerminalStyle.coloured.paint("a", nil) == "a")
        #expect(TerminalStyle.coloured.paint("", .good).isEmpty)
        #expect(TerminalStyle.plain.paint("a", .good) == "a")
        #expect(TerminalStyle.text.paint("a", .good) == "a")
    }

    @Test("No terminal obeys what others wrote")
    func printable() {
        #expect(TerminalText.printable("a\u{1B}[31m\r\nb\u{9B}2J\u{7F}\u{202E}c\u{2028}") == "a [31m  b 2J  c ")
        #expect(TerminalText.printableLines("a\nb\u{7}\rc") == "a\nb  c")
        #expect(TerminalText.printable("\u{1F468}\u{200D}\u{1F469}") == "\u{1F468}\u{200D}\u{1F469}")
        #expect(TerminalText.shortened("a\u{1B}cdef", to: 4) == "a c\u{2026}")
        #expect(TerminalText.shortened("abc", to: 0).isEmpty)
    }
}
