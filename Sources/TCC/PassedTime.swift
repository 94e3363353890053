/// Says of a wall clock's readings which of them were taken so long ago for sure, by a clock that never jumps.
///
/// "Now, less the retention" is wrong by as much as the wall clock is: one that is ahead for an hour would have a whole
/// history forgotten, and idempotency keys with it. So whoever forgets notes now and then what the wall clock says, and how
/// much time passes by the clock that never jumps. A note that is old enough says what the wall clock said then: what bears
/// an earlier time was written before it.
///
/// The time when nothing runs does not count, since nobody can tell it from a jump. So things are kept for their time of
/// running, which also bounds how much is kept.
public struct PassedTime: Hashable, Sendable {
    private struct Note: Hashable, Sendable {
        /// The wall clock, or what it said later if that is earlier: it was set back since.
        var wall: Int64
        /// How long ago, in milliseconds of running.
        var age: Int64
    }

    /// So many are kept at most; they say the more roughly what was long ago.
    private static let mostNotes = 64

    /// The oldest first.
    private var notes: [Note] = []

    /// Without notes.
    public init() {}

    /// Reads what ``text`` writes; anything else is without notes.
    ///
    /// - Parameter text: the text.
    public init(_ text: String) {
        for note in text.split(separator: " ") {
            let numbers = note.split(separator: ":").compactMap { Int64($0) }
            if numbers.count == 2 { notes.append(Note(wall: numbers[0], age: numbers[1])) }
        }
    }

    /// Its notes, for a database.
    public var text: String { notes.map { "\($0.wall):\($0.age)" }.joined(separator: " ") }

    /// Notes the wall clock, after some time.
    ///
    /// - Parameters:
    ///   - wall: what the wall clock says.
    ///   - elapsed: how much time passed since the last note, by the clock that never jumps; zero if that is not known.
    ///   - longest: how long ago the oldest time is that is asked for.
    public mutating func note(_ wall: Timestamp, after elapsed: Duration, longest: Duration) {
        for index in notes.indices {
            notes[index].age += max(0, elapsed.wholeMilliseconds)
            notes[index].wall = min(notes[index].wall, wall.milliseconds)
        }
        notes.append(Note(wall: wall.milliseconds, age: 0))
        // Of those that are old enough for everything, the youngest says the most.
        while notes.count > 1, notes[1].age >= longest.wholeMilliseconds { notes.removeFirst() }
        guard notes.count > Self.mostNotes else { return }
        // Without the one whose absence leaves the least gap, measured by how long ago that is.
        func gap(without index: Int) -> Double {
            Double(notes[index - 1].age - notes[index + 1].age) / Double(max(1, notes[index + 1].age))
        }
        let least = notes.indices.dropFirst().dropLast().min { gap(without: $0) < gap(without: $1) }
        if let least { notes.remove(at: least) }
    }

    /// The latest time that the wall clock had certainly reached so long ago.
    ///
    /// - Parameter duration: how long ago.
    /// - Returns: what was written with an earlier time was written longer ago; nil if that is not known of anything.
    public func time(before duration: Duration) -> Timestamp? {
        notes.last { $0.age >= duration.wholeMilliseconds }.map { Timestamp(milliseconds: $0.wall) }
    }
}
