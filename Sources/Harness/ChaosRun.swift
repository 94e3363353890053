package import Foundation
import HTTPTypes
import Supervision
import Synchronization
import TCC
import TCCHTTP
package import Verification

/// The real processes under load while things go wrong, and the check of what came of it.
package struct ChaosRun: Sendable {
    /// What to run.
    package struct Settings: Hashable, Sendable {
        /// What all choices come from.
        package var seed: UInt64
        /// For how long things go wrong.
        package var duration: Duration
        /// What goes wrong.
        package var kinds: Set<FaultKind>
        /// How many clients publish.
        package var clients: Int
        /// What must have happened for the run to prove something.
        package var minimum: RecordedRun.Minimum
        /// How long nothing may go on.
        package var patience = Duration.seconds(30)

        /// Says what to run.
        ///
        /// - Parameters:
        ///   - seed: what all choices come from.
        ///   - duration: for how long things go wrong.
        ///   - kinds: what goes wrong.
        ///   - clients: how many clients publish.
        ///   - minimum: what must have happened.
        package init(
            seed: UInt64,
            duration: Duration,
            kinds: Set<FaultKind>,
            clients: Int,
            minimum: RecordedRun.Minimum
        ) {
            self.seed = seed
            self.duration = duration
            self.kinds = kinds
            self.clients = clients
            self.minimum = minimum
        }

        /// What a run of this length has, even on a slow machine.
        ///
        /// - Parameters:
        ///   - duration: for how long things go wrong.
        ///   - kinds: what goes wrong.
        /// - Returns: the minimum.
        package static func minimum(duration: Duration, kinds: Set<FaultKind>) -> RecordedRun.Minimum {
            let seconds = Int(duration / .seconds(1))
            return RecordedRun.Minimum(
                confirmed: max(5, seconds * 2),
                refused: max(1, seconds / 2),
                faults: kinds.isEmpty ? 0 : max(1, seconds / 2),
                failpoints: kinds.contains(.failpoint) ? max(seconds >= 10 ? 1 : 0, seconds / 30) : 0
            )
        }
    }

    /// How it went.
    package struct Outcome: Sendable {
        /// What it comes to.
        package var judgement: Judgement
        /// Everything that was noted.
        package var recording: Recording
        /// What there was.
        package var tally: Recorder.Tally
        /// How often the proxies did each thing.
        package var network: [String: Int]
        /// What the processes wrote last.
        package var logs: [String]
    }

    /// Where a run is.
    package struct Progress: Hashable, Sendable {
        /// What it does at this moment.
        package var phase: String
        /// How long things still go wrong.
        package var left: Duration
        /// What there was so far.
        package var tally: Recorder.Tally
    }

    /// How long transactions may take to end after the last fault was taken back.
    private static let healing = Duration.seconds(5)
    /// How long clients may take after that to bring to its end what they have begun.
    private static let lastAnswers = Duration.seconds(20)
    private static let mostRepeated = 20
    private static let shortRetention = Duration.seconds(10)
    /// What a process's disk has room for: more for a longer run, and it takes memory only as it is used.
    private var diskMegabytes: Int { 48 + 32 * Int(settings.duration / .seconds(60)) }
    private static let quota = 1_000_000

    private let settings: Settings
    private let folder: URL
    private let recorder: Recorder
    private let show: @Sendable (Progress) -> Void
    private let waits = Waits()
    private let place = Place()

    /// Where it is.
    private final class Place: Sendable {
        struct State {
            var phase = "starting"
            var begin: ContinuousClock.Instant?
        }

        let state = Mutex(State())

        func enter(_ phase: String) { state.withLock { $0.phase = phase } }
    }

    /// A run that is yet to begin.
    ///
    /// - Parameters:
    ///   - settings: what to run.
    ///   - folder: an empty folder for everything but the history.
    ///   - recorder: notes what happens.
    ///   - show: gets told several times a second where the run is.
    package init(
        _ settings: Settings,
        in folder: URL,
        recorder: Recorder,
        show: @escaping @Sendable (Progress) -> Void
    ) {
        self.settings = settings
        self.folder = folder
        self.recorder = recorder
        self.show = show
    }

    /// What of the faults that were asked for cannot be made here, and why.
    ///
    /// - Parameters:
    ///   - kinds: what was asked for.
    ///   - folder: where disks would be mounted.
    /// - Returns: the reasons.
    /// - Throws: what keeps a folder from being made.
    package static func leftOut(of kinds: Set<FaultKind>, in folder: URL) async throws -> [FaultKind: String] {
        var reasons: [FaultKind: String] = [:]
        if FakeClock.library == nil {
            for kind in kinds.intersection([.clock, .clockDay]) { reasons[kind] = "libfaketime is not installed" }
        }
        if kinds.contains(.descriptors), await !DescriptorLimit.isAvailable() {
            reasons[.descriptors] = "prlimit is not installed"
        }
        #if !os(Linux)
        if kinds.contains(.stderr) { reasons[.stderr] = "a process's pipe can be filled from outside on Linux only" }
        #endif
        if kinds.contains(.dns) {
            do {
                try await NameServer(in: folder).stop()
            } catch {
                reasons[.dns] = "a name server of the processes' own needs port 53 and mount namespaces: \(error)"
            }
        }
        if kinds.contains(.diskFull) {
            if let disk = try FullDisk.mount(at: folder.appending(path: "trial"), megabytes: 1) {
                disk.unmount()
            } else {
                reasons[.diskFull] = "a small file system cannot be mounted by this user"
            }
        }
        return reasons
    }

    /// Runs it; when it returns or throws, no process and no mounted disk is left.
    ///
    /// - Returns: how it went.
    /// - Throws: what keeps it from being run.
    package func run() async throws -> Outcome {
        let names = settings.kinds.contains(.dns) ? try await NameServer(in: folder) : nil
        let outcome = await Result { try await run(names) }
        await names?.stop()
        return try outcome.get()
    }

    private func run(_ names: NameServer?) async throws -> Outcome {
        var disks: [Party: FullDisk] = [:]
        defer { for disk in disks.values { disk.unmount() } }
        var environment: [Party: [String: String?]] = [:]
        for party in Party.allCases {
            if settings.kinds.contains(.diskFull) {
                let place = folder.appending(path: party.rawValue)
                disks[party] = try FullDisk.mount(at: place, megabytes: diskMegabytes)
                Watchdog.shared.mounted(place)
            }
            if !settings.kinds.isDisjoint(with: [.clock, .clockDay]), let library = FakeClock.library {
                environment[party] = try FakeClock.environment(for: party, in: folder, library)
            }
        }
        let (mounted, variables) = (disks, environment)
        var times = Stack.Times()
        // A clock that is ahead is believed by what forgets; with a day to remember, that looks once an hour.
        if settings.kinds.contains(.clockDay) { times.journalRetention = Self.shortRetention }
        let shortTimes = times
        return try await Children.with { children in
            let stack = try await Stack(
                folder: folder,
                children: children,
                times: shortTimes,
                proxySeed: settings.seed &+ 1,
                names: names,
                // What is unreadable is worth a line from this level on: something to write where nobody reads.
                logLevel: settings.kinds.contains(.stderr) ? "debug" : "warning",
                environment: variables
            )
            let outcome = await Result { try await run(stack, mounted) }
            try await stack.shutDown()
            // What is on a mounted disk goes with it, unless somebody has to find out what happened.
            if case .success(let outcome) = outcome, outcome.judgement.verdict == .invalid {
                for disk in mounted.values { disk.copy() }
            }
            return try outcome.get()
        }
    }

    // MARK: The parts

    private func run(_ stack: Stack, _ disks: [Party: FullDisk]) async throws -> Outcome {
        let recoveries = Recoveries(stack.databases, recorder)
        let keepers = Party.allCases.map {
            Keeper($0, stack: stack, recorder: recorder, waits: waits, recoveries: recoveries)
        }
        let nemesis = Nemesis(
            stack: stack,
            keepers: Dictionary(uniqueKeysWithValues: keepers.map { ($0.party, $0) }),
            disks: disks,
            recorder: recorder,
            recoveries: recoveries
        )
        let stuck: String?
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for proxy in stack.proxies { group.addTask { try await proxy.run() } }
                for keeper in keepers { group.addTask { try await keeper.run() } }
                group.addTask { try await waits.watch(limit: settings.patience) }
                group.addTask {
                    try await perform(stack, keepers, nemesis)
                    throw Ended()
                }
                defer { group.cancelAll() }
                do { for try await _ in group {} } catch is Ended {}
            }
            stuck = nil
        } catch let error as Stuck {
            stuck = "\(error)"
        } catch let error as NotInTime {
            stuck = "\(error)"
        }
        return conclude(stack, stuck)
    }

    /// The script has come to its end, and the others need not go on.
    private struct Ended: Error {}

    private func perform(_ stack: Stack, _ keepers: [Keeper], _ nemesis: Nemesis) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while true {
                    let (phase, begin) = place.state.withLock { ($0.phase, $0.begin) }
                    let left = max(.zero, settings.duration - (begin.map { ContinuousClock.now - $0 } ?? .zero))
                    show(Progress(phase: phase, left: left, tally: recorder.tally))
                    try await Task.sleep(for: .milliseconds(100))
                }
            }
            defer { group.cancelAll() }
            for proxy in stack.proxies { try await proxy.serving.value() }
            try await waits.during("the run", "all processes' readiness") { try await allReady(keepers) }
            if settings.kinds.contains(.clockDay) { try stack.databases.keepForgotten() }
            try await stack.grant(Self.quota, to: Workload.authors)
            place.state.withLock { $0 = .init(phase: "faults", begin: .now) }
            try await storm(stack, keepers, nemesis)
        }
    }

    private func allReady(_ keepers: [Keeper]) async throws {
        while !keepers.allSatisfy(\.isReady) { try await Task.sleep(for: .milliseconds(3)) }
    }

    private func storm(_ stack: Stack, _ keepers: [Keeper], _ nemesis: Nemesis) async throws {
        let start = ContinuousClock.now
        let end = start + settings.duration
        let plan = FaultPlan(seed: settings.seed, duration: settings.duration, kinds: settings.kinds)
        let knowledge = ChaosClient.Knowledge()
        try await withThrowingTaskGroup(of: Void.self) { watchers in
            for library in [History.Library.draft, .online] {
                let file = stack.database(library == .draft ? .draft : .online)
                watchers.addTask { try await LibraryReader(library: library, file: file, recorder: recorder).run() }
            }
            watchers.addTask { try await APIReader(stack: stack, recorder: recorder).run() }
            watchers.addTask {
                while true {
                    try await Task.sleep(for: .seconds(1))
                    try? await recorder.observe(stack.databases)  // `try?`: the next look will do
                }
            }
            defer { watchers.cancelAll() }

            try await withThrowingTaskGroup(of: Void.self) { group in
                var seeds = SplitMix64(seed: settings.seed &+ 2)
                // Two more see whether what needs only some participants goes on while another is out of reach.
                let purposes = Array(repeating: Workload.Purpose.everything, count: settings.clients)
                for (index, purpose) in (purposes + [.publishes, .charges]).enumerated() {
                    let workload = Workload(client: index + 1, seed: seeds.next(), purpose: purpose)
                    let client = client(index + 1, stack, knowledge)
                    group.addTask { try await client.run(workload) { ContinuousClock.now < end } }
                }
                var nemesis = nemesis
                nemesis.offset = recorder.elapsed
                try await nemesis.run(plan, since: .now)
                try await Task.sleep(until: end, clock: .continuous)
                place.enter("healing")
                try await heal(stack, keepers, client(0, stack, ChaosClient.Knowledge()))
                place.enter("last answers")
                try await waits.during("the run", "the clients' last answers") { for try await _ in group {} }
            }
        }
        place.enter("checking")
        try await settle(stack)
        try await dump(stack)
    }

    private func client(_ number: Int, _ stack: Stack, _ knowledge: ChaosClient.Knowledge) -> ChaosClient {
        ChaosClient(number: number, stack: stack, recorder: recorder, waits: waits, knowledge: knowledge)
    }

    // MARK: The end

    /// Sees to it that all ends that was unfinished when the last fault was taken back, and that something new ends at each
    /// participant.
    private func heal(_ stack: Stack, _ keepers: [Keeper], _ client: ChaosClient) async throws {
        for keeper in keepers { keeper.disarm() }
        try await waits.during("the run", "all processes' readiness") { try await allReady(keepers) }
        recorder.note(.healed)
        let left = try await stack.databases.aside { try $0.unfinishedTransactions() }
        async let renewal: Void = begin(client)
        var names: [String] = []
        do {
            try await eventually("what was unfinished has ended", within: Self.healing) {
                names = try await stack.databases.aside { try $0.unfinishedTransactions() }
                    .filter { left[$0.key] != nil }.map { "\($0.key) \($0.value)" }.sorted()
                return names.isEmpty
            }
        } catch is NotInTime {
            let found = "\(Self.healing) after the last fault still \(names.joined(separator: ", "))"
            recorder.note(.contradiction(Violation(8, found)))
        }
        try await renewal
    }

    /// Begins something new at each participant: in time, or it is seen in the history that it was not.
    private func begin(_ client: ChaosClient) async throws {
        let text = RevisionText(title: "After the faults", content: "All is well again.")
        let requests = [
            Request(.publishNew(text), author: Workload.authors[0], key: "after-publish"),
            Request(.other(participants: ["quota"]), author: Workload.authors[0], key: "after-charge"),
        ]
        try await withThrowingTaskGroup(of: Void.self) { group in
            for request in requests {
                group.addTask {
                    do {
                        try await eventually("something new has an end", within: Self.healing) {
                            // Refused for a moment is not refused for good: it is asked again, with the same key.
                            if try await client.ask(request).conclusion == .ok { return true }
                            try await Task.sleep(for: .milliseconds(100))
                            return false
                        }
                    } catch is NotInTime {
                        let whom = request.participants.sorted().joined(separator: ", ")
                        let found = "\(Self.healing) after the last fault nothing new is done at \(whom)"
                        recorder.note(.contradiction(Violation(8, found)))
                    }
                }
            }
            for try await _ in group {}
        }
    }

    /// Waits until nothing moves any more.
    private func settle(_ stack: Stack) async throws {
        try await waits.during("the run", "the last copies on the network") {
            _ = try await eventually("nothing is on its way", within: Self.lastAnswers) {
                stack.proxies.allSatisfy(\.isQuiet)
            }
        }
        var left: [String] = []
        do {
            try await eventually("every transaction has ended", within: Self.healing) {
                left = try await stack.databases.aside { try $0.unfinished() }
                return left.isEmpty
            }
        } catch is NotInTime {
            recorder.note(.contradiction(Violation(8, "at the end still \(left.joined(separator: ", "))")))
        }
        waits.moved()
    }

    /// Repeats calls of the past, and notes what both sides know.
    private func dump(_ stack: Stack) async throws {
        try await recorder.observe(stack.databases)
        for violation in try await stack.repeatCalls(most: Self.mostRepeated) {
            recorder.note(.contradiction(violation))
        }
        waits.moved()
        try await recorder.dump(stack, authors: Workload.authors + [Workload.pauper])
        waits.moved()
    }

    private func conclude(_ stack: Stack, _ stuck: String?) -> Outcome {
        let recording = recorder.recording
        let judgement = recording.judgementAtEnd(stuck: stuck)
        let reason = judgement.violations.first?.description ?? judgement.reasons.first
        recorder.note(.end(judgement.verdict, reason: reason))
        var network: [String: Int] = [:]
        for proxy in stack.proxies { network.merge(proxy.done) { $0 + $1 } }
        return Outcome(
            judgement: judgement,
            recording: recording,
            tally: recorder.tally,
            network: network,
            logs: stack.logs
        )
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
