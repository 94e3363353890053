/// Something that happened in a simulated world.
package struct TraceEvent: Hashable, Sendable, CustomStringConvertible {
    /// The simulated time since the world began.
    package var at: Duration
    /// What kind of thing.
    package var kind: String
    /// To whom.
    package var party: Party?
    /// More about it.
    package var text: String

    /// A line of a timeline.
    package var description: String {
        let microseconds = at.components.seconds * 1_000_000 + at.components.attoseconds / 1_000_000_000_000
        let (seconds, rest) = (microseconds / 1_000_000, String(microseconds % 1_000_000))
        let time = "\(seconds).\(String(repeating: "0", count: 6 - rest.count))\(rest)"
        return "\(time)  \(party?.rawValue ?? "all")  \(kind)\(text.isEmpty ? "" : "  \(text)")"
    }
}
