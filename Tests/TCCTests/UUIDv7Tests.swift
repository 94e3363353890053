import TCC
import Testing

@Suite("Time-ordered identifiers")
struct UUIDv7Tests {
    /// The example of RFC 9562, appendix A.6.
    private let example = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"

    @Test func theExampleOfTheRFCHasItsTime() throws {
        let identifier = try #require(UUIDv7(example))
        #expect(identifier.timestamp == Timestamp("2022-02-22T19:22:22Z"))
        #expect(identifier.description == example)
    }

    @Test func eitherCaseIsReadAndLowerCaseIsWritten() {
        #expect(UUIDv7(example.uppercased())?.description == example)
        #expect(UUIDv7(example.uppercased()) == UUIDv7(example))
        #expect(UUIDv7(example[...]) == UUIDv7(example), "a Substring")
    }

    @Test(arguments: [
        "", "017f22e2", "017f22e2-79b0-7cc3-98c4-dc0c0c07398", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0",
        "017f22e279b07cc398c4dc0c0c07398f", "{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}",
        "017f22e2-79b0-4cc3-98c4-dc0c0c07398f", "017f22e2-79b0-7cc3-18c4-dc0c0c07398f",
        "017f22e2-79b0-7cc3-d8c4-dc0c0c07398f", "017f22e2-79b07-cc3-98c4-dc0c0c07398f",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398g", " 017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398\u{0}", "017f22e2-79b0-7cc3-98c4-dc0c0c0739é",
    ])
    func whatIsNoUUIDOfVersion7IsNotRead(text: String) {
        #expect(UUIDv7(text) == nil)
    }

    @Test func oneMadeHasTheMomentTheVersionAndTheVariant() throws {
        var generator = SplitMix64(seed: 1)
        for milliseconds in [0, 1, 1_700_000_000_123, 0xFFFF_FFFF_FFFF] as [Int64] {
            let identifier = UUIDv7(at: Timestamp(milliseconds: milliseconds), using: &generator)
            #expect(identifier.timestamp.milliseconds == milliseconds)
            let text = identifier.description
            #expect(UUIDv7(text) == identifier, "version and variant are in the text")
            #expect(text.utf8.count == 36)
        }
        #expect(UUIDv7(at: Timestamp(milliseconds: -5), using: &generator).timestamp.milliseconds == 0)
    }

    @Test func laterOnesAreGreaterAsValuesAndAsText() {
        var generator = SplitMix64(seed: 2)
        let made = (0..<500)
            .map { UUIDv7(at: Timestamp(milliseconds: 1_700_000_000_000 + Int64($0)), using: &generator) }
        for (earlier, later) in zip(made, made.dropFirst()) {
            #expect(earlier < later)
            #expect(earlier.description < later.description)
        }
    }

    @Test func thoseOfOneMomentDiffer() {
        var generator = SplitMix64(seed: 3)
        let moment = Timestamp(milliseconds: 1_700_000_000_000)
        #expect(Set((0..<1000).map { _ in UUIDv7(at: moment, using: &generator) }).count == 1000)
    }

    @Test func theLeastOfAMomentStandsBetweenTheEarlierAndItsOwn() {
        var generator = SplitMix64(seed: 4)
        let moment = Timestamp(milliseconds: 1_700_000_000_000)
        let least = UUIDv7(leastAt: moment)
        #expect(least.timestamp == moment)
        #expect(UUIDv7(least.description) == least)
        for _ in 0..<100 {
            #expect(least <= UUIDv7(at: moment, using: &generator))
            #expect(UUIDv7(at: moment - .milliseconds(1), using: &generator) < least)
        }
    }

    @Test func inJSONItIsItsText() throws {
        let identifier = try #require(UUIDv7(example))
        #expect(try jsonText([identifier]) == "[\"\(example)\"]")
        #expect(try value([UUIDv7].self, from: "[\"\(example)\"]") == [identifier])
        #expect(throws: DecodingError.self) { try value([UUIDv7].self, from: "[\"\(example)0\"]") }
        #expect(throws: DecodingError.self) { try value([UUIDv7].self, from: "[7]") }
    }
}
