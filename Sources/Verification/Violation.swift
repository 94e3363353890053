/// One of the contract's ten invariants does not hold.
package struct Violation: Hashable, Sendable, Codable, CustomStringConvertible {
    /// Its number in the contract.
    package var invariant: Int
    /// What was found.
    package var found: String

    /// Makes a violation.
    ///
    /// - Parameters:
    ///   - invariant: its number in the contract.
    ///   - found: what was found.
    package init(_ invariant: Int, _ found: String) {
        self.invariant = invariant
        self.found = found
    }

    /// For people.
    package var description: String { "invariant \(invariant): \(found)" }
}
