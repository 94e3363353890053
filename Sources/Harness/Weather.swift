package import TCC
package import Verification

/// What a link does to requests and their answers.
package struct Weather: Hashable, Sendable {
    /// Nothing passes, and nobody is told so.
    package var isCut = false
    /// The longest that a request is held up.
    package var delay = Duration.zero
    /// How often a request gets lost, of 1.
    package var loss = 0.0
    /// How often a request arrives and its answer gets lost, or breaks off in the middle, of 1.
    package var replyLoss = 0.0
    /// How often a request comes twice, of 1.
    package var duplication = 0.0
    /// How often an answer stops on its way, or a connection is never read, of 1.
    package var stall = 0.0
    /// How often a request or its answer comes one byte at a time, of 1.
    package var trickle = 0.0

    /// Clear.
    package init() {}

    /// The longest that the second copy of a request comes after the first.
    private static let longestLag = 400
    /// The longest time between two bytes that trickle.
    private static let longestDripMilliseconds = 20
    /// Of what is done in two ways, the share of the first.
    private static let oneOfTwo = 0.5

    /// What becomes of one request.
    package struct Fate: Hashable, Sendable {
        /// What becomes of it and its answer.
        package enum Delivery: Hashable, Sendable {
            /// Both arrive.
            case whole
            /// The request does not; the caller sees its connection close.
            case lost
            /// The request does not; the caller hears nothing.
            case silent
            /// The request arrives, the answer does not.
            case replyLost
            /// The request arrives, and the connection is reset in the middle of the answer.
            case reset
            /// The caller waits for ever, however the weather becomes.
            case stalled(Stall)
        }

        /// Where an answer stops.
        package enum Stall: Hashable, Sendable, CaseIterable {
            /// Before it begins: the request is read, and does not arrive.
            case beforeAnswer
            /// After its head; the request arrives.
            case afterHead
            /// In its body; the request arrives.
            case inBody
        }

        /// What comes one byte at a time.
        package enum Trickle: Hashable, Sendable {
            /// The request.
            case request
            /// The answer.
            case answer
        }

        /// How long it is held up.
        package var delay = Duration.zero
        /// What becomes of it.
        package var delivery = Delivery.whole
        /// How much later a second copy arrives, whose answer nobody gets.
        package var copyAfter: Duration?
        /// Whether its bytes come twice, one after the other on the same connection.
        package var isStreamDoubled = false
        /// What of it trickles, if anything does.
        package var trickle: Trickle?
        /// How much time is between two bytes that trickle.
        package var drip = Duration.zero

        /// It arrives at once, and so does its answer.
        package init() {}
    }

    /// Draws what becomes of a request.
    ///
    /// - Parameter generator: where chance comes from.
    /// - Returns: its fate.
    package func fate(using generator: inout SplitMix64) -> Fate {
        var fate = Fate()
        // The same number of draws whatever the weather is, so that one fault does not change the chance of another.
        let draws = (0..<5).map { _ in Double.random(in: 0..<1, using: &generator) }
        let pause = Double.random(in: 0..<1, using: &generator)
        let lag = Int.random(in: 1...Self.longestLag, using: &generator)
        let isFirstWay = Double.random(in: 0..<1, using: &generator) < Self.oneOfTwo
        let stall = Int.random(in: 0..<Fate.Stall.allCases.count, using: &generator)
        let drip = Int.random(in: 1...Self.longestDripMilliseconds, using: &generator)
        fate.delay = delay * pause
        if isCut {
            fate.delivery = .silent
        } else if draws[0] < loss {
            fate.delivery = isFirstWay ? .silent : .lost
        } else if draws[1] < replyLoss {
            fate.delivery = isFirstWay ? .reset : .replyLost
        } else if draws[3] < self.stall {
            fate.delivery = .stalled(Fate.Stall.allCases[stall])
        }
        let arrives =
            switch fate.delivery {
            case .lost, .silent, .stalled(.beforeAnswer): false
            case .whole, .replyLost, .reset, .stalled: true
            }
        if draws[2] < duplication, arrives {
            if isFirstWay { fate.isStreamDoubled = true } else { fate.copyAfter = .milliseconds(lag) }
        }
        if draws[4] < trickle, arrives {
            fate.trickle = isFirstWay ? .request : .answer
            fate.drip = .milliseconds(drip)
        }
        return fate
    }

    /// Draws whether a connection is accepted and never read.
    ///
    /// - Parameter generator: where chance comes from.
    /// - Returns: whether it is.
    package func isNeverRead(using generator: inout SplitMix64) -> Bool {
        Double.random(in: 0..<1, using: &generator) < stall * Self.oneOfTwo
    }

    /// The kinds of faults that it is made of.
    package var kinds: Set<FaultKind> {
        var kinds: Set<FaultKind> = []
        if isCut { kinds.insert(.partition) }
        if delay > .zero { kinds.insert(.delay) }
        if loss > 0 { kinds.insert(.loss) }
        if replyLoss > 0 { kinds.insert(.replyLoss) }
        if duplication > 0 { kinds.insert(.duplicate) }
        if stall > 0 { kinds.insert(.stall) }
        if trickle > 0 { kinds.insert(.trickle) }
        return kinds
    }

    /// The kinds of faults that a request feels before it arrives, if it does.
    ///
    /// - Parameter fate: what becomes of it in this weather.
    /// - Returns: the kinds.
    package func felt(before fate: Fate) -> Set<FaultKind> {
        var kinds: Set<FaultKind> = []
        if fate.delay > .zero { kinds.insert(.delay) }
        if fate.delivery == .lost || fate.delivery == .silent { kinds.insert(isCut ? .partition : .loss) }
        return kinds
    }

    /// This weather and another one together: the worse of each.
    ///
    /// - Parameter other: the other one.
    /// - Returns: both.
    package func joined(with other: Weather) -> Weather {
        var both = Weather()
        both.isCut = isCut || other.isCut
        both.delay = max(delay, other.delay)
        both.loss = max(loss, other.loss)
        both.replyLoss = max(replyLoss, other.replyLoss)
        both.duplication = max(duplication, other.duplication)
        both.stall = max(stall, other.stall)
        both.trickle = max(trickle, other.trickle)
        return both
    }
}
