/// Makes identifiers each of which is greater than all before it, whatever the wall clock does.
///
/// It is a hybrid logical clock (Kulkarni and others, "Logical Physical Clocks", OPODIS 2014): an identifier has the wall
/// clock's time, or that of the latest identifier where the wall clock lies behind it, and is counted up from there. A
/// coordinator shows it, at its start, the latest identifier that its journal knows. So the order of identifiers is the
/// order of their making across jumps of the clock and across lives, and whoever keeps "everything up to here is
/// forgotten" can tell a new transaction from an old one without any clock.
public struct IdentifierClock: Sendable {
    private var latest: UUIDv7?

    /// A clock that knows of no identifier.
    public init() {}

    /// Makes the next identifier.
    ///
    /// - Parameters:
    ///   - now: the wall clock's time.
    ///   - generator: where random bits come from.
    /// - Returns: an identifier that is greater than all that were made or passed, and not before `now`.
    public mutating func next(at now: Timestamp, using generator: inout some RandomNumberGenerator) -> UUIDv7 {
        var next = UUIDv7(at: now, using: &generator)
        if let latest, next <= latest { next = latest.successor(using: &generator) }
        latest = next
        return next
    }

    /// Has all that are made from now on be greater than this one.
    ///
    /// - Parameter identifier: one that was made by another clock, or by this one in another life.
    public mutating func pass(_ identifier: UUIDv7) { latest = max(latest ?? identifier, identifier) }

    /// How far its identifiers are ahead of the wall clock, if they are.
    ///
    /// - Parameter now: the wall clock's time.
    /// - Returns: zero unless the wall clock was set back, or was ahead when an identifier was made.
    public func lead(at now: Timestamp) -> Duration {
        guard let latest else { return .zero }
        return .milliseconds(max(0, latest.timestamp.milliseconds - now.milliseconds))
    }
}
