import NIOCore
import Posts
import TCC
import TCCHTTP
import TCCParticipant
import Testing

/// The fast way of JSON is held to Codable's: whatever one makes of a text, so does the other.
@Suite("JSON without Codable")
struct FastJSONTests {
    @Test("what is written is the same to the byte, and read as the same value", arguments: 0..<8 as Range<UInt64>)
    func values(seed: UInt64) throws {
        var chance = JSONChance(seed: seed)
        for _ in 0..<250 {
            try expectBothWays(chance.postText())
            try expectBothWays(chance.payload())
            try expectBothWays(chance.draft())
            try expectBothWays(chance.problem())
            try expectBothWays(chance.batchAnswer())
            try expectBothWays(chance.value())
            try expectBothWays(["labels": chance.value(), "é": chance.value(), "A\u{30A}": chance.value()])
            try expectSameBytes(chance.post())
            try expectSameBytes(Page(rows: [chance.post(), chance.post()], limit: 1) { $0.title })
            try expectSameBytes(chance.record())
            let call = chance.call()
            try expectSameBytes(call)
            expectSameReading(of: BranchCall<PostPayload>.self, try JSONCoding.encode(call), isPlain: true)
        }
    }

    @Test("a text that was tampered with is read, or refused, as by Codable", arguments: 0..<8 as Range<UInt64>)
    func tampered(seed: UInt64) throws {
        var chance = JSONChance(seed: seed + 100)
        for _ in 0..<300 {
            expectSameReading(of: PostText.self, chance.tampered(try JSONCoding.encode(chance.postText())))
            expectSameReading(of: PostPayload.self, chance.tampered(try JSONCoding.encode(chance.payload())))
            expectSameReading(of: Draft.self, chance.tampered(try JSONCoding.encode(chance.draft())))
            expectSameReading(of: Problem.self, chance.tampered(try JSONCoding.encode(chance.problem())))
            expectSameReading(of: BatchAnswer.self, chance.tampered(try JSONCoding.encode(chance.batchAnswer())))
            expectSameReading(of: JSONValue.self, chance.tampered(try JSONCoding.encode(chance.value())))
            let value = chance.call()
            let call = try JSONCoding.encode(value)
            expectSameReading(of: BranchCall<PostPayload>.self, chance.tampered(call))
            let operation = chance.pick(["try", "confirm", "cancel"])
            let body = ByteBuffer(
                string: "{\"calls\":[{\"op\":\"\(operation)\"," + String(buffer: call).dropFirst() + "]}"
            )
            // A try without its deadline or payload is for Codable to refuse.
            let isPlain = operation != "try" || value.deadline != nil && value.payload != nil
            expectSameReading(of: BatchBody<PostPayload>.self, body, isPlain: isPlain)
            expectSameReading(of: BatchBody<PostPayload>.self, chance.tampered(body))
        }
    }

    @Test(
        "edges of JSON",
        arguments: [
            #""\u0041\n\t\r\b\f\/\\\"""#, #""\u00e9""#, #""\u0000""#, #""\ud83d\ude00""#, #""\ud83d""#,
            #""\ude00\ud83d""#,
            #""\uD83Dx""#, #""\u12""#, #""\u12g4""#, #""\x""#, #""\"#, "\"\u{0}\"", "\"\n\"", "\"\u{7F}\u{2028}é😀\"",
            "'a'",
            "0", "-0", "00", "01", "-", "+1", "1e3", "1E+3", "1.0", "1.5", ".5", "1.", "1e", "9223372036854775807",
            "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "1 2", "12a", "- 1", "0x1", "NaN",
            "true", "True", "truex", "tru", "nul", "null", "nulll", " \t\r\n[ 1 ,\n2 ] \n", "\u{B}1", "\u{A0}1",
            "\u{FEFF}1",
            "", " ", "[", "]", "[]]", "[1,]", "[,1]", "[1 2]", "[1,,2]", "{", "{}", "{,}", #"{"a"}"#, #"{"a":}"#,
            #"{"a":1,}"#, #"{a:1}"#, #"{"a" 1}"#, #"{"a":1 "b":2}"#, #"{"a":1,"a":2}"#, #"{"a":null,"a":2}"#,
            #"{"\u0061":1,"a":2}"#, "{\"é\":1,\"e\u{301}\":2}", #"{1:2}"#, "[1]//", "/**/[1]", "[1}", #"{"a":1]"#,
        ]
    )
    func edges(text: String) {
        expectSameReading(of: JSONValue.self, ByteBuffer(string: text))
        expectSameReading(of: [JSONValue].self, ByteBuffer(string: "[\(text)]"))
        for name in ["code", "status", "detail", "title", "more"] {
            expectSameReading(of: Problem.self, ByteBuffer(string: #"{"code":"c","\#(name)":\#(text)}"#))
            expectSameReading(of: Problem.self, ByteBuffer(string: #"{"\#(name)":\#(text),"code":"c"}"#))
        }
    }

    @Test(
        "what is not UTF-8 is refused",
        arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xC3], [0x80]] as [[UInt8]]
    )
    func invalidUTF8(bytes: [UInt8]) throws {
        let text = ByteBuffer(bytes: Array("[\"".utf8) + bytes + Array("\"]".utf8))
        expectSameReading(of: [String].self, text)
        #expect(throws: Problem.self) { try JSONCoding.decode([String].self, from: text) }
        expectSameReading(of: [String: Int].self, ByteBuffer(bytes: Array("{\"".utf8) + bytes + Array("\":1}".utf8)))
    }

    @Test("nesting has the bound that it always had", arguments: [1, 63, 64, 65, 5000])
    func nesting(depth: Int) {
        for (open, close) in [("[", "]"), (#"{"a":"#, "}")] {
            let inner = open == "[" ? "" : "1"
            let text = String(repeating: open, count: depth) + inner + String(repeating: close, count: depth)
            expectSameReading(of: JSONValue.self, ByteBuffer(string: text), isPlain: depth <= 64)
        }
    }

    @Test("a payload that the fast way does not know goes by Codable, inside a call as well")
    func numbers() throws {
        let payload: JSONValue = .object(["amount": .number(1.5), "z": .string("é")])
        let call = BranchCall(
            gid: World.system.makeIdentifier(),
            branch: PostBranch.draft,
            action: "publish",
            payload: payload
        )
        let bytes = try JSONCoding.encode(call)
        #expect(try JSONCoding.decode(BranchCall<JSONValue>.self, from: bytes).payload == payload)
        #expect(try bytes == JSONCoding.encodeByCodable(call))
    }

    private func expectBothWays<Value: FastJSONWritable & FastJSONReadable & Equatable>(_ value: Value) throws {
        try expectSameBytes(value)
        let bytes = try JSONCoding.encode(value)
        expectSameReading(of: Value.self, bytes, isPlain: true)
    }

    private func expectSameBytes(_ value: some FastJSONWritable) throws {
        var writer = JSONWriter()
        value.write(into: &writer)
        #expect(!writer.hasGivenUp)
        let (fast, slow) = (String(decoding: writer.bytes, as: UTF8.self), try JSONCoding.encodeByCodable(value))
        #expect(fast.utf8.elementsEqual(slow.readableBytesView), "\(fast) is not \(String(buffer: slow))")
    }

    /// `isPlain` says that the fast way must not give up.
    private func expectSameReading<Value: FastJSONReadable>(
        of type: Value.Type,
        _ body: ByteBuffer,
        isPlain: Bool = false
    ) {
        let fast = body.withUnsafeReadableBytes { bytes in
            bytes.withMemoryRebound(to: UInt8.self) { JSONScanner.read(type, from: $0) }
        }
        if isPlain { #expect(fast != nil, "gave up on \(String(buffer: body))") }
        guard let fast else { return }
        do {
            let slow = try JSONCoding.decodeByCodable(type, from: body)
            #expect(isSame(fast, slow), "\(String(buffer: body)): \(fast) is not \(slow)")
        } catch {
            Issue.record("\(String(buffer: body)): \(fast), but Codable says \(error)")
        }
    }

    private func isSame<Value>(_ left: Value, _ right: Value) -> Bool {
        func equals<Known: Equatable>(_ left: Known) -> Bool { left == right as? Known }
        if let left = left as? any Equatable { return equals(left) }
        // Calls are compared by what they print; in dictionaries alone the order is not said, and they have none.
        return String(reflecting: left) == String(reflecting: right)
    }
}
