import Foundation
import TCC
import Testing

@Suite("Moments")
struct TimestampTests {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00.000Z", 0), ("1969-12-31T23:59:59.999Z", -1),
            ("2001-09-09T01:46:40.000Z", 1_000_000_000_000),
            ("2026-11-22T12:00:05.250Z", 1_795_348_805_250), ("2000-02-29T00:00:00.000Z", 951_782_400_000),
            ("1900-03-01T00:00:00.000Z", -2_203_891_200_000), ("0001-01-01T00:00:00.000Z", -62_135_596_800_000),
            ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
        ] as [(String, Int64)]
    )
    func textAndMillisecondsAreTheSameMoment(text: String, milliseconds: Int64) {
        #expect(Timestamp(text)?.milliseconds == milliseconds)
        #expect(Timestamp(milliseconds: milliseconds).description == text)
    }

    @Test(arguments: [
        ("2026-11-22T12:00:05Z", "2026-11-22T12:00:05.000Z"), ("2026-11-22T12:00:05.2Z", "2026-11-22T12:00:05.200Z"),
        ("2026-11-22T12:00:05.25Z", "2026-11-22T12:00:05.250Z"),
        ("2026-11-22T12:00:05.250999999Z", "2026-11-22T12:00:05.250Z"),
        ("2026-11-22T13:00:05+01:00", "2026-11-22T12:00:05.000Z"),
        ("2026-11-22T06:30:05.5-05:30", "2026-11-22T12:00:05.500Z"),
        ("2026-01-01T00:30:00+01:00", "2025-12-31T23:30:00.000Z"), ("2026-11-22t12:00:05z", "2026-11-22T12:00:05.000Z"),
        ("2026-11-22 12:00:05Z", "2026-11-22T12:00:05.000Z"), ("2026-11-22T12:00:05-00:00", "2026-11-22T12:00:05.000Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"), ("2024-02-29T12:00:00Z", "2024-02-29T12:00:00.000Z"),
    ])
    func everyFormOfTheRFCIsRead(text: String, canonical: String) {
        #expect(Timestamp(text)?.description == canonical)
    }

    @Test(arguments: [
        "", "2026-11-22", "2026-11-22T12:00:05", "2026-11-22T12:00Z", "2026-11-22T12:00:05.Z", "2026-11-22T12:00:05,5Z",
        "2026-13-22T12:00:05Z", "2026-00-22T12:00:05Z", "2026-11-00T12:00:05Z", "2026-11-31T12:00:05Z",
        "2026-02-29T12:00:05Z", "2100-02-29T12:00:05Z", "2026-11-22T24:00:00Z", "2026-11-22T12:60:00Z",
        "2026-11-22T12:00:61Z", "2026-11-22T12:00:05+1:00", "2026-11-22T12:00:05+0100", "2026-11-22T12:00:05+24:00",
        "2026-11-22T12:00:05+01:60", "2026-11-22T12:00:05Z ", " 2026-11-22T12:00:05Z", "2026-11-22T12:00:05ZZ",
        "26-11-22T12:00:05Z", "-026-11-22T12:00:05Z", "2026/11/22T12:00:05Z", "２026-11-22T12:00:05Z", "now",
        "1700000000",
    ])
    func whatIsNotOfTheRFCIsNotRead(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test func everyDayOfFourCenturiesIsTheDayOfTheCalendar() {
        // 1900-01-01 to 2299-12-31, checked against a count of days by the rule for leap years.
        var days: Int64 = -25567
        for year in 1900..<2300 {
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            for (index, length) in [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].enumerated() {
                for day in [1, length] {
                    let moment = Timestamp(milliseconds: (days + Int64(day) - 1) * 86_400_000 + 3_661_001)
                    let text = String(format: "%04d-%02d-%02dT01:01:01.001Z", year, index + 1, day)
                    #expect(moment.description == text)
                    #expect(Timestamp(text) == moment)
                }
                days += Int64(length)
            }
        }
    }

    @Test func anyMomentOfTheContractsYearsSurvivesItsText() {
        var generator = SplitMix64(seed: 5)
        for _ in 0..<2000 {
            let moment = Timestamp(
                milliseconds: .random(in: -62_135_596_800_000...253_402_300_799_999, using: &generator)
            )
            #expect(Timestamp(moment.description) == moment)
        }
    }

    @Test func theOrderOfMomentsIsThatOfTheirTexts() {
        let moment = Timestamp(milliseconds: 1_700_000_000_000)
        #expect(moment < moment + .milliseconds(1))
        #expect(moment.description < (moment + .milliseconds(1)).description)
        #expect(moment - .seconds(1) + .seconds(1) == moment)
        #expect(moment + .microseconds(999) == moment, "what is left of a millisecond is dropped")
    }

    @Test func durationsAreCutToWholeMilliseconds() {
        #expect(Duration.seconds(1.5).wholeMilliseconds == 1500)
        #expect(Duration.microseconds(1999).wholeMilliseconds == 1)
        #expect(Duration.milliseconds(-1500).wholeMilliseconds == -1500)
    }

    @Test func inJSONItIsItsText() throws {
        let moment = Timestamp(milliseconds: 1_795_348_805_250)
        #expect(try jsonText(["at": moment]) == #"{"at":"2026-11-22T12:00:05.250Z"}"#)
        #expect(try value([Timestamp].self, from: #"["2026-11-22T12:00:05.250Z"]"#) == [moment])
        #expect(throws: DecodingError.self) { try value([Timestamp].self, from: #"["yesterday"]"#) }
        #expect(throws: DecodingError.self) { try value([Timestamp].self, from: "[0]") }
    }
}
