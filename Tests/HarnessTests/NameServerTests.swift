import Harness
import NIOCore
import Testing

@Suite("What a name server is asked and answers")
struct NameServerTests {
    private static let section: [UInt8] = [3] + Array("One".utf8) + [4] + Array("test".utf8) + [0]

    private func question(type: UInt8 = 1, flags: UInt8 = 1, count: UInt8 = 1) -> ByteBuffer {
        ByteBuffer(bytes: [0x12, 0x34, flags, 0, 0, count, 0, 0, 0, 0, 0, 0] + Self.section + [0, type, 0, 1])
    }

    @Test("A question is read")
    func read() throws {
        #expect(try #require(NameQuestion(question())).name == "one.test")
    }

    @Test("A name that there is has an address; without one it has no record, and is there all the same")
    func answers() throws {
        let section = Self.section + [0, 1, 0, 1]
        let found = try #require(NameQuestion(question())).answer([127, 0, 0, 1])
        let head: [UInt8] = [0x12, 0x34, 0x85, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]
        let record: [UInt8] = [0xC0, 0x0C, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1]
        #expect(Array(found.readableBytesView) == head + section + record)
        let six = try #require(NameQuestion(question(type: 28))).answer([127, 0, 0, 1])
        #expect(Array(six.readableBytesView.prefix(8)) == [0x12, 0x34, 0x85, 0x80, 0, 1, 0, 0])
    }

    @Test("A name that there is not has the code 3")
    func unknown() throws {
        let answer = try #require(NameQuestion(question())).answer(nil)
        #expect(Array(answer.readableBytesView.prefix(8)) == [0x12, 0x34, 0x85, 0x83, 0, 1, 0, 0])
    }

    @Test("What is no question of one name is not answered")
    func noQuestion() {
        #expect(NameQuestion(question(flags: 0x81)) == nil)
        #expect(NameQuestion(question(count: 2)) == nil)
        for length in 0..<question().readableBytes {
            #expect(NameQuestion(question().getSlice(at: 0, length: length) ?? ByteBuffer()) == nil, "\(length)")
        }
    }
}
