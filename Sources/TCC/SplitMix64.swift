/// A generator whose numbers depend on its seed alone (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number
/// Generators", OOPSLA 2014).
package struct SplitMix64: RandomNumberGenerator, Hashable, Sendable {
    private var state: UInt64

    /// A generator.
    ///
    /// - Parameter seed: what its numbers depend on.
    package init(seed: UInt64) { self.state = seed }

    /// The next 64 bits.
    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A generator of its own, whose numbers are not this one's.
    package mutating func split() -> SplitMix64 { SplitMix64(seed: next()) }
}

extension SplitMix64 {
    /// Whether something happens.
    ///
    /// - Parameter probability: how probable it is; nothing is drawn if it is 0.
    /// - Returns: whether it does.
    package mutating func chance(_ probability: Double) -> Bool {
        probability > 0 && Double(next() >> 11) / Double(1 << 53) < probability
    }

    /// A time, in whole microseconds.
    ///
    /// - Parameter most: the longest.
    /// - Returns: one from zero to that.
    package mutating func duration(upTo most: Duration) -> Duration {
        let microseconds = most.components.seconds * 1_000_000 + most.components.attoseconds / 1_000_000_000_000
        return .microseconds(Int64(next() % UInt64(max(1, microseconds + 1))))
    }

    /// One of several.
    ///
    /// - Parameter elements: at least one.
    /// - Returns: any of them.
    package mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int(next() % UInt64(elements.count))]
    }
}
