import TCCHTTP
import Testing

@Suite("What is known of hosts' names")
struct NameCacheTests {
    private var cache = NameCache()

    /// Looks a name up.
    private mutating func find(_ addresses: [String], for name: String = "a", at now: Duration = .zero) {
        #expect(cache.wanted(name, now: now) == .wait(lookUp: true))
        cache.found(addresses, for: name, now: now)
    }

    @Test mutating func oneLookupIsForAllWhoWaitForIt() {
        #expect(cache.wanted("a", now: .zero) == .wait(lookUp: true))
        #expect(cache.wanted("a", now: .seconds(1)) == .wait(lookUp: false))
        #expect(cache.wanted("b", now: .seconds(1)) == .wait(lookUp: true), "another name waits for nothing")
        cache.found(["1"], for: "a", now: .seconds(2))
        #expect(cache.wanted("a", now: .seconds(2)) == .use(["1"], lookUp: false))
        #expect(cache.wanted("a", now: .seconds(31)) == .use(["1"], lookUp: false))
    }

    @Test mutating func anOldAddressIsUsedWhileItsNameIsLookedUpAgain() {
        find(["1"])
        #expect(cache.wanted("a", now: .seconds(30)) == .use(["1"], lookUp: true))
        #expect(cache.wanted("a", now: .seconds(31)) == .use(["1"], lookUp: false))
        cache.found(["2"], for: "a", now: .seconds(32))
        #expect(cache.wanted("a", now: .seconds(32)) == .use(["2"], lookUp: false))
    }

    @Test mutating func anOldAddressIsKeptWhileLookupsFail() {
        find(["1"])
        for second in [30, 31, 32, 3600] {
            #expect(cache.wanted("a", now: .seconds(second)) == .use(["1"], lookUp: true))
            cache.failed("a", "no server")
        }
        #expect(cache.wanted("a", now: .seconds(3600)) == .use(["1"], lookUp: false), "once a second at most")
    }

    @Test mutating func aNameWithoutAnAddressIsNotLookedUpForAMoment() {
        #expect(cache.wanted("a", now: .zero) == .wait(lookUp: true))
        cache.failed("a", "unknown")
        #expect(cache.wanted("a", now: .milliseconds(999)) == .fail("unknown"))
        #expect(cache.wanted("a", now: .seconds(1)) == .wait(lookUp: true))
        cache.found(["1"], for: "a", now: .seconds(1))
        #expect(cache.wanted("a", now: .seconds(1)) == .use(["1"], lookUp: false))
    }

    @Test mutating func besideALookupThatHangsOthersBeginLater() {
        for second in [0, 5, 10, 15] { #expect(cache.wanted("a", now: .seconds(second)) == .wait(lookUp: true)) }
        #expect(cache.wanted("a", now: .seconds(3600)) == .wait(lookUp: false), "four are enough")
        cache.found(["1"], for: "a", now: .seconds(3600))
        #expect(cache.wanted("a", now: .seconds(3600)) == .use(["1"], lookUp: false))
    }

    @Test mutating func noMoreLookupsAreUnderWayThanThereMayBe() {
        cache = NameCache(limits: .init(lookups: 2))
        for name in ["a", "b"] { #expect(cache.wanted(name, now: .zero) == .wait(lookUp: true)) }
        guard case .fail = cache.wanted("c", now: .zero) else {
            Issue.record("a third one began")
            return
        }
        cache.failed("a", "unknown")
        #expect(cache.wanted("c", now: .zero) == .wait(lookUp: true))
    }

    @Test mutating func theNameThatWasNotUsedForLongestIsForgotten() {
        cache = NameCache(limits: .init(names: 2))
        find(["1"], for: "a", at: .seconds(0))
        find(["2"], for: "b", at: .seconds(1))
        #expect(cache.wanted("a", now: .seconds(2)) == .use(["1"], lookUp: false))
        find(["3"], for: "c", at: .seconds(3))
        #expect(cache.count == 2)
        #expect(cache.wanted("a", now: .seconds(3)) == .use(["1"], lookUp: false))
        #expect(cache.wanted("b", now: .seconds(3)) == .wait(lookUp: true))
    }

    @Test mutating func anAddressThatDoesNotAnswerIsTheLastToBeTriedAgain() {
        find(["1", "2", "3"])
        cache.doubted("1", of: "a", now: .seconds(5))
        #expect(cache.wanted("a", now: .seconds(5)) == .use(["2", "3", "1"], lookUp: true))
        cache.found(["1", "2", "3"], for: "a", now: .seconds(6))
        #expect(cache.wanted("a", now: .seconds(6)) == .use(["2", "3", "1"], lookUp: false), "what works stays first")
        cache.doubted("9", of: "a", now: .seconds(7))
        cache.doubted("1", of: "b", now: .seconds(7))
        #expect(cache.wanted("a", now: .seconds(7)) == .use(["2", "3", "1"], lookUp: false))
    }
}
