import HTTPTypes
import NIOCore
import OnlineLibrary
import Testing

@Suite("A bounded cache of answers")
struct AnswerCacheTests {
    private func answer(_ bytes: Int) -> ReadyAnswer {
        ReadyAnswer(headers: [:], body: ByteBuffer(repeating: 0, count: bytes))
    }

    private func has(_ key: Int, _ cache: inout AnswerCache<Int>) -> Bool {
        if case .answer = cache.look(for: key) { true } else { false }
    }

    private func read(_ key: Int, _ cache: inout AnswerCache<Int>, bytes: Int = 1) {
        guard case .nothing(let reading) = cache.look(for: key) else { return }
        cache.fill(key, answer(bytes), reading: reading)
    }

    @Test("holds no more answers than it may, and keeps what is asked for")
    func numberIsBounded() {
        var cache = AnswerCache<Int>(mostAnswers: 10, mostBytes: 1 << 20)
        read(0, &cache)
        for key in 1...1000 {
            read(key, &cache)
            #expect(has(0, &cache))
            #expect(cache.count <= 10)
        }
        #expect(has(1000, &cache))
        #expect(!has(500, &cache))
    }

    @Test("holds no more bytes than it may, and nothing that would push out half of the rest")
    func bytesAreBounded() {
        var cache = AnswerCache<Int>(mostAnswers: 1000, mostBytes: 100_000)
        for key in 1...100 {
            read(key, &cache, bytes: key * 500)
            #expect(cache.bytes <= 100_000)
        }
        #expect(has(98, &cache))
        #expect(!has(100, &cache))
        for key in 1...100 { cache.forget(key) }
        #expect(cache.bytes == 0)
        #expect(cache.count == 0)
    }

    @Test("takes nothing that was forgotten while it was read")
    func forgottenWhileRead() {
        var cache = AnswerCache<Int>(mostAnswers: 10, mostBytes: 1 << 20)
        for forget in [{ $0.forget(1) }, { $0.forgetAll() }] as [(inout AnswerCache<Int>) -> Void] {
            guard case .nothing(let early) = cache.look(for: 1) else { return #expect(Bool(false)) }
            forget(&cache)
            guard case .nothing(let late) = cache.look(for: 1) else { return #expect(Bool(false)) }
            cache.fill(1, answer(1), reading: early)
            #expect(!has(1, &cache))
            cache.fill(1, answer(1), reading: late)
            #expect(!has(1, &cache), "the look in between began a reading that may be newer")
            read(1, &cache)
            #expect(has(1, &cache))
            forget(&cache)
            #expect(!has(1, &cache))
        }
    }

    @Test("forgets one key alone")
    func forgetsOne() {
        var cache = AnswerCache<Int>(mostAnswers: 10, mostBytes: 1 << 20)
        for key in 1...3 { read(key, &cache) }
        cache.forget(2)
        #expect(has(1, &cache) && !has(2, &cache) && has(3, &cache))
    }

    @Test("a reading that found nothing leaves nothing")
    func foundNothing() {
        var cache = AnswerCache<Int>(mostAnswers: 10, mostBytes: 1 << 20)
        guard case .nothing(let reading) = cache.look(for: 1) else { return #expect(Bool(false)) }
        cache.fill(1, nil, reading: reading)
        cache.fill(1, answer(1), reading: reading)
        #expect(cache.count == 0)
    }
}
