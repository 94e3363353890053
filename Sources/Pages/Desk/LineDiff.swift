/// How one text becomes another, line by line.
package enum LineDiff {
    /// What became of a line.
    package enum Change: String, Hashable, Sendable {
        /// In both.
        case same
        /// Only in the old text.
        case removed
        /// Only in the new text.
        case added
    }

    /// A line, and what became of it.
    package struct Line: Hashable, Sendable {
        /// What became of it.
        package var change: Change
        /// The line.
        package var text: String

        /// A line.
        package init(_ change: Change, _ text: String) {
            self.change = change
            self.text = text
        }
    }

    /// How many changes are looked for; texts that differ more are shown as one that replaces the other.
    private static let mostChanges = 800
    /// How many pairs of lines are looked at, about: texts of many equal lines have a long way on every diagonal.
    private static let mostSteps = 20_000_000

    /// The lines of a text.
    ///
    /// - Parameter text: the text; empty has none.
    /// - Returns: its lines, without their ends.
    package static func lines(of text: String) -> [String] {
        guard !text.isEmpty else { return [] }
        return text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
    }

    /// The shortest way from one text to another (Myers, "An O(ND) Difference Algorithm and Its Variations").
    ///
    /// - Parameters:
    ///   - old: the old text's lines.
    ///   - new: the new text's lines.
    /// - Returns: all lines of both, in order.
    package static func compare(_ old: [String], _ new: [String]) -> [Line] {
        // By bytes: to Swift two spellings of one accent are the same.
        var numbers: [[UInt8]: Int] = [:]
        func number(_ line: String) -> Int {
            let bytes = Array(line.utf8)
            if let known = numbers[bytes] { return known }
            numbers[bytes] = numbers.count
            return numbers.count - 1
        }
        let (oldNumbers, newNumbers) = (old.map(number), new.map(number))
        var start = 0
        while start < old.count, start < new.count, oldNumbers[start] == newNumbers[start] { start += 1 }
        var end = 0
        while end < old.count - start, end < new.count - start,
            oldNumbers[old.count - 1 - end] == newNumbers[new.count - 1 - end]
        { end += 1 }
        let (oldMiddle, newMiddle) = (start..<old.count - end, start..<new.count - end)
        let changes = changes(Array(oldNumbers[oldMiddle]), Array(newNumbers[newMiddle]))
        var (x, y) = (oldMiddle.lowerBound, newMiddle.lowerBound)
        let middle = changes.map { change in
            if change != .added { x += 1 }
            if change != .removed { y += 1 }
            return change == .added ? Line(change, new[y - 1]) : Line(change, old[x - 1])
        }
        return old[..<start].map { Line(.same, $0) } + middle + old[(old.count - end)...].map { Line(.same, $0) }
    }

    private static func changes(_ old: [Int], _ new: [Int]) -> [Change] {
        let replaced = old.map { _ in Change.removed } + new.map { _ in Change.added }
        guard !old.isEmpty, !new.isEmpty, let trace = trace(old, new) else { return replaced }
        // Backwards along the trace, from the end of both.
        var changes: [Change] = []
        var (x, y) = (old.count, new.count)
        for depth in (0...trace.count).reversed() {
            let diagonal = x - y
            let isDown = isDown(depth, diagonal, trace)
            let previous = diagonal + (isDown ? 1 : -1)
            let startX = reached(previous, after: depth - 1, trace)
            let startY = startX - (depth == 0 ? 0 : previous)
            while x > startX, y > startY, x > 0, y > 0, old[x - 1] == new[y - 1] {
                changes.append(.same)
                (x, y) = (x - 1, y - 1)
            }
            guard depth > 0 else { break }
            changes.append(isDown ? .added : .removed)
            (x, y) = (startX, startY)
        }
        return removalsFirst(changes.reversed())
    }

    /// For each number of changes, how far its diagonals were reached: every second one, from that number below zero.
    private typealias Trace = [[Int32]]

    private static func reached(_ diagonal: Int, after changes: Int, _ trace: Trace) -> Int {
        changes < 0 ? 0 : Int(trace[changes][(diagonal + changes) / 2])
    }

    private static func isDown(_ depth: Int, _ diagonal: Int, _ trace: Trace) -> Bool {
        diagonal == -depth
            || diagonal != depth
                && reached(diagonal - 1, after: depth - 1, trace) < reached(diagonal + 1, after: depth - 1, trace)
    }

    /// How far each number of changes reaches, up to the one that is enough; nil if they are too many, or too far to go.
    private static func trace(_ old: [Int], _ new: [Int]) -> Trace? {
        var trace: Trace = []
        var steps = 0
        for depth in 0...min(mostChanges, old.count + new.count) {
            var round: [Int32] = []
            round.reserveCapacity(depth + 1)
            for diagonal in stride(from: -depth, through: depth, by: 2) {
                let isDown = isDown(depth, diagonal, trace)
                let start =
                    depth == 0
                    ? 0 : reached(diagonal + (isDown ? 1 : -1), after: depth - 1, trace) + (isDown ? 0 : 1)
                var (x, y) = (start, start - diagonal)
                while x < old.count, y < new.count, old[x] == new[y] { (x, y) = (x + 1, y + 1) }
                if x >= old.count, y >= new.count { return trace }
                round.append(Int32(x))
                steps += 1 + x - start
                if steps > mostSteps { return nil }
            }
            trace.append(round)
        }
        return nil
    }

    /// In a run of changes what went stands before what came.
    private static func removalsFirst(_ changes: [Change]) -> [Change] {
        var result: [Change] = []
        var added = 0
        for change in changes {
            if change == .added {
                added += 1
            } else {
                if change == .same {
                    result += repeatElement(.added, count: added)
                    added = 0
                }
                result.append(change)
            }
        }
        return result + repeatElement(.added, count: added)
    }

    /// Both texts in one: what they share once, and where they differ one after the other, between markers.
    ///
    /// - Parameters:
    ///   - theirs: the text that is saved.
    ///   - mine: the text that is not.
    ///   - theirsName: what its marker says.
    ///   - mineName: what its marker says.
    /// - Returns: a text for a person to finish.
    package static func merged(theirs: String, mine: String, theirsName: String, mineName: String) -> String {
        var result: [String] = []
        var (removed, added): ([String], [String]) = ([], [])
        func flush() {
            guard !removed.isEmpty || !added.isEmpty else { return }
            result += ["<<<<<<< \(mineName)"] + added + ["======="] + removed + [">>>>>>> \(theirsName)"]
            (removed, added) = ([], [])
        }
        for line in compare(lines(of: theirs), lines(of: mine)) {
            switch line.change {
            case .removed: removed.append(line.text)
            case .added: added.append(line.text)
            case .same:
                flush()
                result.append(line.text)
            }
        }
        flush()
        return result.joined(separator: "\n")
    }
}
