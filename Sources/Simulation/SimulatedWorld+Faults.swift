import Failpoints
import GRDB
import Synchronization
import TCC

/// What goes wrong.
extension SimulatedWorld {
    private static let longestPause = Duration.seconds(40)
    /// In how many worlds a participant is out of reach for long.
    private static let outages = 0.15
    private static let longestJump = Duration.seconds(3600)

    func jumpClock(of party: Party, by duration: Duration) {
        state.withLock { state in
            state.skews[party, default: .zero] += duration
            state.troubles += 1
        }
        note("clock", party, "\(duration)")
    }

    func pause(_ party: Party, for duration: Duration) {
        guard let life = life(of: party), life.isAlive else { return }
        note("pause", party, "\(duration)")
        state.withLock { $0.troubles += 1 }
        life.executor.pause()
        scheduler.after(duration) { life.executor.resume() }
    }

    /// Has processes die and pause, clocks jump, links break and servers forget, now and then, until a time.
    func disturb(until end: Duration) {
        scheduler.after(random { $0.duration(upTo: .milliseconds(300)) }) { [weak self] in
            guard let self, scheduler.now < end, !state.withLock({ $0.isHealed }) else { return }
            let party = random { $0.pick(Self.servers) }
            let faults = state.withLock { $0.faults }
            if strikes(faults.kill), let life = life(of: party), life.isAlive {
                note("kill", party)
                life.die()
            }
            let length = random { $0.duration(upTo: Self.longestPause) }
            if strikes(faults.stall) { pause(party, for: length) }
            let jump = random { $0.duration(upTo: Self.longestJump) }
            let sign = random { $0.next() % 2 } == 0
            if strikes(faults.clock) { jumpClock(of: party, by: sign ? jump : .zero - jump) }
            let other = random { $0.pick(Party.allCases) }
            let isBack = random { $0.next() % 2 } == 0
            let cutLength = random { $0.duration(upTo: Self.longestDowntime) }
            if strikes(faults.partition) {
                let link = isBack ? Network.Link(from: other, to: party) : Network.Link(from: party, to: other)
                cut(link)
                scheduler.after(cutLength) { [weak self] in self?.network.heal(link) }
            }
            let isSilent = random { $0.next() % 2 } == 0
            if strikes(faults.noName) {
                let link = Network.Link(from: other, to: party)
                note("no name", other, "to \(party.rawValue)")
                damage(link, isSilent ? .slowName : .unresolved)
                scheduler.after(cutLength) { [weak self] in self?.network.heal(link) }
            }
            if strikes(faults.pruning) { prune(party) }
            let unknown = random { $0.split() }
            if strikes(faults.probe), party != .orchestrator { probe(party, unknown) }
            disturb(until: end)
        }
    }

    private func cut(_ link: Network.Link) {
        note("cut", link.from, "to \(link.to.rawValue)")
        damage(link, .cut)
    }

    private func damage(_ link: Network.Link, _ breakage: Network.Breakage) {
        state.withLock { $0.troubles += 1 }
        network.damage(link, breakage)
    }

    /// Has a participant be out of reach for long, in some worlds.
    ///
    /// In half of them nothing else is wrong meanwhile, and whatever does not need it has to end.
    func passOutage() {
        guard strikes(Self.outages) else { return }
        let party = random { $0.pick(Party.participants) }
        let length = random { $0.duration(upTo: Self.longestPause) }
        let way = random { $0.pick(Network.Breakage.allCases) }
        let isAlone = random { $0.chance(0.5) }
        if isAlone { calm() }
        note("outage", party, "\(way.rawValue), \(length)")
        let link = Network.Link(from: .orchestrator, to: party)
        damage(link, way)
        let end = scheduler.now + length
        if isAlone { expectOthersEnd(without: party, before: end) }
        scheduler.run(until: end)
        network.heal(link)
    }

    /// Has a participant's answers not come, and then nothing that it is asked; what it asks itself is answered.
    func neglect(_ party: Party, isReached: Bool) {
        damage(.init(from: .orchestrator, to: party), isReached ? .headOnly : .mute)
    }

    /// Ends that.
    func endNeglect(of party: Party) {
        state.withLock { $0.failing = [] }
        network.heal(.init(from: .orchestrator, to: party))
    }

    /// Has resources fail at whatever is decided of a transaction.
    func failResources(at gid: GlobalTransactionID, of party: Party) {
        note("resource fails", party, "\(gid)")
        state.withLock { _ = $0.failing.insert(gid) }
    }

    /// Cuts a link until the night is over, if that fault is not left out.
    func cutOff(_ link: Network.Link) {
        if gate.strikes() { cut(link) }
    }

    func strikes(_ rate: Double) -> Bool { rate > 0 && random { $0.chance(rate) } && gate.strikes() }

    /// Has a server forget what is old.
    func prune(_ party: Party) {
        let (life, node) = state.withLock { ($0.lives[party], $0.nodes[party]) }
        guard let life, let node else { return }
        note("prune", party)
        life.deliver { await node.prune() }
    }

    /// Has a participant ask for a transaction that nobody has begun, as one whose coordinator lost its begin record would.
    private func probe(_ party: Party, _ random: SplitMix64) {
        guard let life = life(of: party) else { return }
        var random = random
        let gid = UUIDv7(at: wallClock(of: party), using: &random)
        note("probe", party, "\(gid)")
        ask(gid, party, life)
    }

    /// Has a participant ask for a transaction that is forgotten, as one whose question took a night would.
    func probeForgotten(_ party: Party) {
        // `try?`: a disk that cannot be read is met by everybody else.
        let forgotten = try? disks.perform(on: .orchestrator) { database in
            try String.fetchAll(database.cachedStatement(sql: "SELECT gid FROM forgotten_transactions ORDER BY gid"))
        }
        guard let forgotten, !forgotten.isEmpty, let life = life(of: party) else { return }
        guard let gid = GlobalTransactionID(random { $0.pick(forgotten) }) else { return }
        note("probe", party, "\(gid)")
        ask(gid, party, life)
    }

    private func ask(_ gid: GlobalTransactionID, _ party: Party, _ life: Life) {
        guard let ask = state.withLock({ $0.nodes[party]?.ask }) else { return }
        life.deliver {
            // `try?`: whoever asks in vain learns nothing.
            _ = try? await ask(gid)
        }
    }

    /// What goes wrong with a request of several calls; a sabotage sees calls one by one.
    func batchFault(_ party: Party) -> BatchFault? {
        note("batch", party)
        if let sabotage, !sabotage.seesBatches { return .noEndpoint }
        if faults.takesNoBatches { return .noEndpoint }
        if strikes(faults.refusedBatch) {
            note("batch refused", party)
            return .refused
        }
        if strikes(faults.failedBatch) {
            note("batch failed", party)
            return .failed
        }
        if strikes(faults.shortBatch) {
            note("batch short", party)
            return .short
        }
        return nil
    }

    func failpoints(of party: Party, _ life: Life) -> Failpoints {
        Failpoints(
            Failpoints.Handler(
                pass: { [weak self] point in
                    guard let self, life.isAlive else { throw Life.Dead() }
                    try crashMaybe(party, life, point)
                    if strikes(faults.pause) { pause(party, for: random { $0.duration(upTo: Self.longestPause) }) }
                },
                passBlocking: { [weak self] point in
                    guard let self, life.isAlive else { throw Life.Dead() }
                    try crashMaybe(party, life, point)
                    if point == .storageCommitBefore, strikes(faults.fullDisk) {
                        note("full disk", party)
                        throw FailpointError(point: point)
                    }
                    if point == .storageCommitBefore, strikes(faults.lostCommit) {
                        note("lost commit", party)
                        disks[party].loseNextCommit()
                    }
                    if point == .storageCommitAfter, strikes(faults.failedSync) {
                        note("failed sync", party)
                        throw FailpointError(point: point)
                    }
                }
            )
        )
    }

    var faults: FaultRates { state.withLock { $0.faults } }

    private func crashMaybe(_ party: Party, _ life: Life, _ point: Failpoint) throws {
        guard strikes(faults.crash) || gate.crashes(party) else { return }
        note("crash", party, point.rawValue)
        life.die()
        throw Life.Dead()
    }
}
