package import TCC

/// How often what goes wrong.
package struct FaultRates: Hashable, Sendable {
    /// A message is lost, on its way there or back.
    package var loss = 0.0
    /// A message takes long.
    package var delay = 0.0
    /// How long it takes then, at most.
    package var longestDelay = Duration.seconds(2)
    /// A message arrives twice.
    package var duplicate = 0.0
    /// An answer stops after its head, and the connection stays open.
    package var headOnly = 0.0
    /// An answer stops in its body, and the connection stays open.
    package var halfBody = 0.0
    /// An answer comes in pieces, with a pause before each.
    package var trickle = 0.0
    /// A connection is reset before an answer or in it.
    package var reset = 0.0
    /// The bytes of a request come twice on its connection.
    package var doubledStream = 0.0
    /// A connection opens, and nobody reads from it.
    package var silence = 0.0
    /// A name takes long to resolve.
    package var slowName = 0.0
    /// A process dies at a place that it passes.
    package var crash = 0.0
    /// A process is paused at a place that it passes.
    package var pause = 0.0
    /// A commit fails and is rolled back, as on a full disk.
    package var fullDisk = 0.0
    /// A commit's fate is unknown, as after a failed sync, and it is there.
    package var failedSync = 0.0
    /// A commit's fate is unknown, and it is not there.
    package var lostCommit = 0.0

    /// A process is killed, at one of the moments when something may happen.
    package var kill = 0.0
    /// A process is paused, at such a moment.
    package var stall = 0.0
    /// A server's wall clock jumps, at such a moment.
    package var clock = 0.0
    /// A direction between two parties is cut, at such a moment.
    package var partition = 0.0
    /// The name of a party does not resolve at another for some time, from such a moment on.
    package var noName = 0.0
    /// A server forgets what is old, at such a moment.
    package var pruning = 0.0
    /// A participant asks for a transaction that nobody knows, at such a moment.
    package var probe = 0.0
    /// Clocks are days ahead for a day, in a night.
    package var clockDays = 0.0
    /// A copy of a message arrives only after the night.
    package var overnight = 0.0

    /// A participant has no endpoint for several calls, as one of others' making.
    package var takesNoBatches = false
    /// Several calls are refused together.
    package var refusedBatch = 0.0
    /// The answer to several calls lacks one of them.
    package var shortBatch = 0.0
    /// Several calls are made, and answered by one error of the server.
    package var failedBatch = 0.0

    /// Nothing goes wrong.
    package static let none = FaultRates()

    /// Nothing goes wrong.
    package init() {}

    /// Each fault with a rate of its own, many of them none: rare combinations are met sooner if not everything happens
    /// at once (Groce et al., "Swarm Testing", ISSTA 2012).
    ///
    /// - Parameter random: decides.
    package init(swarm random: inout SplitMix64) {
        func rate(_ most: Double) -> Double {
            random.chance(0.5) ? 0 : most * Double(random.next() % 1000) / 1000
        }
        loss = rate(0.2)
        delay = rate(0.3)
        longestDelay = random.duration(upTo: .seconds(5))
        duplicate = rate(0.3)
        crash = rate(0.02)
        pause = rate(0.005)
        fullDisk = rate(0.1)
        failedSync = rate(0.01)
        kill = rate(0.3)
        stall = rate(0.1)
        clock = rate(0.1)
        partition = rate(0.3)
        pruning = rate(0.2)
        probe = rate(0.2)
        overnight = rate(0.5)
        takesNoBatches = random.chance(0.2)
        refusedBatch = rate(0.2)
        shortBatch = rate(0.1)
        lostCommit = rate(0.01)
        headOnly = rate(0.1)
        halfBody = rate(0.05)
        trickle = rate(0.1)
        reset = rate(0.1)
        doubledStream = rate(0.1)
        silence = rate(0.05)
        slowName = rate(0.1)
        noName = rate(0.2)
        failedBatch = rate(0.1)
        clockDays = rate(1)
    }
}
