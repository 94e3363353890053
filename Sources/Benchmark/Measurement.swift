import Foundation

/// Measures what clients get done, and what that costs each process.
struct Measurement: Sendable {
    /// A process that does the work.
    struct Worker: Hashable, Sendable {
        /// Its name.
        var name: String
        /// Its id.
        var pid: Int32
    }

    /// How long it measures.
    struct Length: Hashable, Sendable {
        /// One round.
        var round = Duration.seconds(5)
        /// Before the first round.
        var warmUp = Duration.seconds(2)
        /// How many rounds.
        var rounds = 3
    }

    let length: Length
    let progress: BenchProgress

    /// Measures.
    ///
    /// - Parameters:
    ///   - name: what the figure is called.
    ///   - clients: how many clients do it at once.
    ///   - script: what each does.
    ///   - workers: who does the work.
    ///   - manners: how the clients behave.
    /// - Returns: the figure; its ratios are empty.
    /// - Throws: whatever keeps clients from connecting.
    func figure(
        _ name: String,
        clients: Int,
        _ script: Script,
        workers: [Worker],
        manners: LoadClients.Manners = LoadClients.Manners()
    ) async throws -> Figure {
        let load = try await LoadClients.connect(clients, script, manners: manners)
        let result: Figure
        do {
            result = try await rounds(of: Figure(name: name, clients: clients), load, workers)
        } catch {
            try await load.close()
            throw error
        }
        try await load.close()
        return result
    }

    private func rounds(of figure: Figure, _ load: LoadClients, _ workers: [Worker]) async throws -> Figure {
        var figure = figure
        let what = "\(figure.name), \(figure.clients) \(figure.clients == 1 ? "client" : "clients")"
        progress.show("\(what): warming up")
        if length.warmUp > .zero { _ = try await load.run(for: length.warmUp) }
        var all = Tally()
        var ticks: [String: Int] = [:]
        for round in 1...length.rounds {
            progress.show("\(what): round \(round) of \(length.rounds)")
            let before = Sample(workers)
            let tally = try await load.run(for: length.round)
            let spent = Sample(workers).since(before)
            figure.rounds.append(Figure.Round(perSecond: tally.perSecond, foreignShare: spent.foreignShare))
            ticks.merge(spent.ticks) { $0 + $1 }
            all.add(tally)
        }
        figure.fill(with: all)
        let perTick = 1e6 / Double(ProcessFigures.ticksPerSecond) / Double(max(1, all.done.count))
        figure.cpuMicroseconds = ticks.mapValues { Double($0) * perTick }
        for worker in workers { figure.peakMemoryBytes[worker.name] = ProcessFigures.peakMemory(of: worker.pid) }
        return figure
    }
}

extension Figure {
    /// Takes over what came of the requests.
    ///
    /// - Parameter tally: of all rounds.
    mutating func fill(with tally: Tally) {
        latency = Latency(tally.done)
        refused = Latency(tally.refused)
        failures = Dictionary(uniqueKeysWithValues: tally.others.map { ("\($0.key)", $0.value) })
        if tally.timeouts > 0 { failures["timeout"] = tally.timeouts }
        if tally.lost > 0 { failures["lost"] = tally.lost }
    }
}

extension Tally {
    /// Adds another round.
    ///
    /// - Parameter other: the other round.
    mutating func add(_ other: Tally) {
        seconds += other.seconds
        done.add(other.done)
        refused.add(other.refused)
        others.merge(other.others) { $0 + $1 }
        timeouts += other.timeouts
        lost += other.lost
    }
}

/// What processes and machine have done up to a moment.
struct Sample: Sendable {
    private let machine = ProcessFigures.machine
    private var ticks: [String: Int] = [:]

    /// Looks now.
    ///
    /// - Parameter workers: the processes, to which this one is added.
    init(_ workers: [Measurement.Worker]) {
        for worker in workers + [Measurement.Worker(name: Figure.generator, pid: getpid())] {
            ticks[worker.name] = ProcessFigures.ticks(of: worker.pid)
        }
    }

    /// What was spent since an earlier sample.
    ///
    /// - Parameters:
    ///   - before: the earlier one, of the same processes.
    ///   - others: ticks of further processes of ours.
    /// - Returns: each process's ticks, and how much of the machine others took.
    func since(_ before: Sample, andOurs others: Int = 0) -> (ticks: [String: Int], foreignShare: Double?) {
        var spent: [String: Int] = [:]
        for (name, now) in ticks { spent[name] = before.ticks[name].map { now - $0 } }
        var share: Double?
        if let from = before.machine, let to = machine {
            share = ProcessFigures.foreignShare(from: from, to: to, ours: spent.values.reduce(others, +))
        }
        return (spent, share)
    }
}
