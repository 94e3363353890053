import ArgumentParser

/// A length of time as a command line has it: `60s`, `1.5m`, `300ms`, or seconds.
package struct Length: Hashable, Sendable, ExpressibleByArgument, CustomStringConvertible {
    /// How long.
    package var duration: Duration
    /// As it was written.
    package var description: String

    /// Reads one.
    ///
    /// - Parameter argument: what was written.
    package init?(argument: String) {
        let units: [(String, Double)] = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("", 1)]
        guard let (suffix, factor) = units.first(where: { argument.hasSuffix($0.0) }),
            let number = Double(argument.dropLast(suffix.count)), number > 0, number * factor <= 30 * 86_400
        else { return nil }
        self.duration = .milliseconds(Int((number * factor * 1000).rounded(.up)))
        self.description = argument
    }
}
