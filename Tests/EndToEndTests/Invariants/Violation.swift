/// One of the contract's ten invariants does not hold.
struct Violation: Hashable, Sendable, CustomStringConvertible {
    /// Its number in the contract.
    var invariant: Int
    /// What was found.
    var found: String

    init(_ invariant: Int, _ found: String) {
        self.invariant = invariant
        self.found = found
    }

    var description: String { "invariant \(invariant): \(found)" }
}
