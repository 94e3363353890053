import TCC
import TCCCoordinator
import Testing

@Suite("A coordinator whose clock jumps", .timeLimit(.minutes(1)))
struct ClockJumpTests {
    private static let retentions: [Duration] = [.seconds(1), .seconds(86400), .seconds(10 * 365 * 86400)]

    private func settings(retention: Duration) -> Coordinator.Settings {
        var settings = Coordinator.Settings()
        settings.retention = retention
        return settings
    }

    /// Begins and commits, after everything that began before, with a deadline that a participant takes whose clock is
    /// right.
    private func expectWorking(_ life: CoordinatorUnderTest, after earlier: [GlobalTransactionID]) async throws
        -> GlobalTransactionID
    {
        let record = try #require(try await life.publish().record)
        #expect(record.state == .confirmed)
        #expect(record.createdAt == life.clock.now, "its times are the clock's")
        #expect(earlier.allSatisfy { $0 < record.gid })
        let deadlines = life.peers.calls.filter { $0.gid == record.gid && $0.operation == .try }.map(\.deadline)
        #expect(deadlines == [life.clock.now + .seconds(33), life.clock.now + .seconds(33)])
        return record.gid
    }

    @Test("which was days or years ahead once, writes at once when it is right", arguments: retentions, [3, 4000])
    func aheadOnce(retention: Duration, days: Int) async throws {
        try await withJournal { directory in
            let (clock, peers) = (FakeClock(), ScriptedPeers())
            let settings = settings(retention: retention)
            try await withLife(in: directory, peers: peers, clock: clock, settings: settings) { life async throws in
                var gids = [try await expectWorking(life, after: [])]
                clock.jump(by: .seconds(days * 86400))
                gids.append(try await expectWorking(life, after: gids))
                let pruner = JournalPruner(life.coordinator)
                for _ in 0..<2 {
                    try await pruner.prune()
                    clock.advance(by: retention + .seconds(60))
                    gids.append(try await expectWorking(life, after: gids))
                }
                try await pruner.prune()
                #expect(try await life.coordinator.transaction(gids[0]) == nil, "it was ahead for long enough")
                // In the same life.
                clock.jump(by: .seconds(-days * 86400))
                gids.append(try await expectWorking(life, after: gids))
                try await pruner.prune()
                _ = try await expectWorking(life, after: gids)
            }
            // And in the next one.
            let before = peers.calls.map(\.gid)
            try await withLife(in: directory, peers: peers, clock: clock, settings: settings) { life async throws in
                _ = try await expectWorking(life, after: before)
            }
        }
    }

    @Test("which is set back by more than it remembers, writes at once", arguments: retentions)
    func setBack(retention: Duration) async throws {
        try await withJournal { directory in
            let (clock, peers) = (FakeClock(), ScriptedPeers())
            let settings = settings(retention: retention)
            try await withLife(in: directory, peers: peers, clock: clock, settings: settings) { life async throws in
                let pruner = JournalPruner(life.coordinator)
                try await pruner.prune()
                clock.advance(by: retention * 3)
                let gid = try await expectWorking(life, after: [])
                try await pruner.prune()
                clock.jump(by: retention * -2)
                _ = try await expectWorking(life, after: [gid])
            }
            let before = peers.calls.map(\.gid)
            try await withLife(in: directory, peers: peers, clock: clock, settings: settings) { life async throws in
                _ = try await expectWorking(life, after: before)
            }
        }
    }

    @Test("forward while a transaction begins, begins it anew")
    func whileItBegins() async throws {
        let settings = settings(retention: .seconds(1))
        try await withCoordinator(failpoints: "coordinator.begin.before=pause(1)@1", settings: settings) {
            life async throws in
            async let publish = life.publish()
            // Its gid is made, or is about to be made; in either case it begins.
            let pruner = JournalPruner(life.coordinator)
            for _ in 0..<2 {
                life.clock.advance(by: .milliseconds(1100))
                try await pruner.prune()
            }
            #expect(try await publish.isConfirmed)
        }
    }

    @Test("ahead for hours, forgets nothing that is younger than the retention, nor a key")
    func keysAreKept() async throws {
        try await withCoordinator { life async throws in
            let gid = try #require(try await life.publish(key: .ada("k")).gid)
            let pruner = JournalPruner(life.coordinator)
            life.clock.advance(by: .seconds(1))
            try await pruner.prune()
            life.clock.jump(by: .seconds(30 * 86400))
            for _ in 0..<23 {
                life.clock.advance(by: .seconds(3600))
                try await pruner.prune()
            }
            #expect(try await life.publish(key: .ada("k")).gid == gid)
            life.clock.jump(by: .seconds(-30 * 86400))
            try await pruner.prune()
            #expect(try await life.publish(key: .ada("k")).gid == gid)
            life.clock.advance(by: .seconds(3600))
            try await pruner.prune()
            #expect(try await life.coordinator.transaction(gid) == nil)
        }
    }

    @Test("back, has a participant's horizon stay behind what began before the jump and after it")
    func oldestUnfinished() async throws {
        try await withCoordinator { life async throws in
            for participant in ["draft", "online"] { life.peers.script(participant, .confirm, .hangs) }
            // They end unanswered with this body.
            async let _ = life.publish()
            await life.peers.wait(for: .confirm, "online")
            life.clock.jump(by: .seconds(-86400))
            async let _ = life.publish()
            await life.peers.wait(for: .try, "online", times: 2)
            #expect(try await life.coordinator.horizon().oldestUnfinished == life.clock.now)
        }
    }
}
