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
    /// How often a request arrives and its answer gets lost, of 1.
    package var replyLoss = 0.0
    /// How often a request comes twice, of 1.
    package var duplication = 0.0

    /// Clear.
    package init() {}

    /// The longest that the second copy of a request comes after the first.
    private static let longestLag = 400
    /// Of the lost requests, those whose connection stays open and silent.
    private static let silence = 0.5

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
        }

        /// How long it is held up.
        package var delay = Duration.zero
        /// What becomes of it.
        package var delivery = Delivery.whole
        /// How much later a second copy arrives, whose answer nobody gets.
        package var copyAfter: Duration?

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
        let draws = (0..<3).map { _ in Double.random(in: 0..<1, using: &generator) }
        let pause = Double.random(in: 0..<1, using: &generator)
        let lag = Int.random(in: 1...Self.longestLag, using: &generator)
        let isSilent = Double.random(in: 0..<1, using: &generator) < Self.silence
        fate.delay = delay * pause
        if isCut {
            fate.delivery = .silent
        } else if draws[0] < loss {
            fate.delivery = isSilent ? .silent : .lost
        } else if draws[1] < replyLoss {
            fate.delivery = .replyLost
        }
        if draws[2] < duplication, fate.delivery == .whole || fate.delivery == .replyLost {
            fate.copyAfter = .milliseconds(lag)
        }
        return fate
    }

    /// The kinds of faults that it is made of.
    package var kinds: Set<FaultKind> {
        var kinds: Set<FaultKind> = []
        if isCut { kinds.insert(.partition) }
        if delay > .zero { kinds.insert(.delay) }
        if loss > 0 { kinds.insert(.loss) }
        if replyLoss > 0 { kinds.insert(.replyLoss) }
        if duplication > 0 { kinds.insert(.duplicate) }
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
        return both
    }
}
