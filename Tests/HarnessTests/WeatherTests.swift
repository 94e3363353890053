import Harness
import TCC
import Testing
import Verification

@Suite("Weather")
struct WeatherTests {
    private func fates(_ weather: Weather) -> [Weather.Fate] {
        var generator = SplitMix64(seed: 11)
        return (0..<1000).map { _ in weather.fate(using: &generator) }
    }

    @Test("In clear weather everything arrives at once")
    func clear() {
        #expect(fates(Weather()).allSatisfy { $0 == Weather.Fate() })
    }

    @Test("Each fault does what it says, as often as it says")
    func rates() {
        var weather = Weather()
        weather.loss = 0.3
        let lost = fates(weather).count { $0.delivery == .lost || $0.delivery == .silent }
        #expect((250...350).contains(lost))
        #expect(fates(weather).contains { $0.delivery == .silent } && fates(weather).contains { $0.delivery == .lost })
        weather = Weather()
        weather.duplication = 0.5
        #expect((450...550).contains(fates(weather).count { $0.copyAfter != nil || $0.isStreamDoubled }))
        #expect(fates(weather).allSatisfy { $0.copyAfter == nil || !$0.isStreamDoubled })
        weather = Weather()
        weather.replyLoss = 0.1
        #expect((70...130).contains(fates(weather).count { $0.delivery == .replyLost || $0.delivery == .reset }))
        #expect(
            fates(weather).contains { $0.delivery == .replyLost } && fates(weather).contains { $0.delivery == .reset }
        )
        weather = Weather()
        weather.stall = 0.6
        for stall in Weather.Fate.Stall.allCases {
            #expect((150...250).contains(fates(weather).count { $0.delivery == .stalled(stall) }))
        }
        weather = Weather()
        weather.trickle = 0.5
        #expect((200...300).contains(fates(weather).count { $0.trickle == .request }))
        #expect((200...300).contains(fates(weather).count { $0.trickle == .answer }))
        weather = Weather()
        weather.isCut = true
        #expect(fates(weather).allSatisfy { $0.delivery == .silent })
        weather = Weather()
        weather.delay = .milliseconds(100)
        #expect(fates(weather).allSatisfy { (.zero ... .milliseconds(100)).contains($0.delay) })
    }

    @Test("Of two faults at once, the worse counts")
    func joined() {
        var (cut, slow) = (Weather(), Weather())
        cut.isCut = true
        slow.delay = .milliseconds(5)
        let both = cut.joined(with: slow)
        #expect(both.isCut && both.delay == .milliseconds(5))
    }

    @Test("A request feels what keeps it up or away, and nothing else")
    func felt() {
        var weather = Weather()
        weather.loss = 0.5
        weather.delay = .milliseconds(10)
        for fate in fates(weather) {
            let isLost = fate.delivery == .lost || fate.delivery == .silent
            #expect(weather.felt(before: fate) == (isLost ? [.delay, .loss] : [.delay]))
        }
        weather.isCut = true
        weather.delay = .zero
        for fate in fates(weather) { #expect(weather.felt(before: fate) == [.partition]) }
        #expect(weather.kinds == [.partition, .loss])
        for fate in fates(Weather()) { #expect(Weather().felt(before: fate) == []) }
    }
}
