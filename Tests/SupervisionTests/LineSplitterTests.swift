import Supervision
import Testing

@Suite("Lines of what a process writes")
struct LineSplitterTests {
    @Test("Lines come when they are complete, whatever the pieces")
    func pieces() {
        var splitter = LineSplitter()
        #expect(splitter.append(Array("one\ntw".utf8)) == ["one"])
        #expect(splitter.append(Array("o".utf8)) == [])
        #expect(splitter.append(Array("\r\n\nthree".utf8)) == ["two", ""])
        #expect(splitter.finish() == "three")
        #expect(splitter.finish() == nil)
    }

    @Test("A line that does not end is cut, and nothing of it is lost")
    func endless() {
        var splitter = LineSplitter()
        let length = LineSplitter.longestLineBytes
        let lines = splitter.append(Array(repeating: UInt8(ascii: "x"), count: 2 * length + 3))
        #expect(lines.map(\.utf8.count) == [length, length])
        #expect(splitter.finish() == "xxx")
    }

    @Test("A character in two pieces stays whole; what is no UTF-8 is replaced")
    func encoding() {
        var splitter = LineSplitter()
        let bytes = Array("草稿\n".utf8)
        #expect(splitter.append(bytes.prefix(4)) == [])
        #expect(splitter.append(bytes.dropFirst(4)) == ["草稿"])
        #expect(splitter.append([0xFF, 0x0A]) == ["\u{FFFD}"])
    }
}
