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
        var start = 0
        while start < old.count, start < new.count, old[start] == new[start] { start += 1 }
        var end = 0
        while end < old.count - start, end < new.count - start,
            old[old.count - 1 - end] == new[new.count - 1 - end]
        { end += 1 }
        let middle = changes(Array(old[start..<old.count - end]), Array(new[start..<new.count - end]))
        return old[..<start].map { Line(.same, $0) } + middle + old[(old.count - end)...].map { Line(.same, $0) }
    }

    private static func changes(_ old: [String], _ new: [String]) -> [Line] {
        let replaced = old.map { Line(.removed, $0) } + new.map { Line(.added, $0) }
        guard !old.isEmpty, !new.isEmpty, let trace = trace(old, new) else { return replaced }
        // Backwards along the trace, from the end of both.
        var lines: [Line] = []
        var (x, y) = (old.count, new.count)
        for (depth, furthest) in trace.enumerated().reversed() {
            let diagonal = x - y
            let isDown = isDown(depth, diagonal, furthest)
            let previous = diagonal + (isDown ? 1 : -1)
            let startX = depth == 0 ? 0 : furthest[previous] ?? 0
            let startY = startX - (depth == 0 ? 0 : previous)
            while x > startX, y > startY, x > 0, y > 0, old[x - 1] == new[y - 1] {
                lines.append(Line(.same, old[x - 1]))
                (x, y) = (x - 1, y - 1)
            }
            guard depth > 0 else { break }
            if isDown {
                lines.append(Line(.added, new[y - 1]))
            } else {
                lines.append(Line(.removed, old[x - 1]))
            }
            (x, y) = (startX, startY)
        }
        return removalsFirst(lines.reversed())
    }

    private static func isDown(_ depth: Int, _ diagonal: Int, _ furthest: [Int: Int]) -> Bool {
        diagonal == -depth
            || diagonal != depth && furthest[diagonal - 1] ?? -1 < furthest[diagonal + 1] ?? -1
    }

    /// For each number of changes, how far each diagonal was reached with one change fewer.
    private static func trace(_ old: [String], _ new: [String]) -> [[Int: Int]]? {
        var trace: [[Int: Int]] = []
        var furthest = [1: 0]
        for depth in 0...min(mostChanges, old.count + new.count) {
            trace.append(furthest.filter { abs($0.key) <= depth + 1 })
            for diagonal in stride(from: -depth, through: depth, by: 2) {
                var x =
                    isDown(depth, diagonal, furthest)
                    ? furthest[diagonal + 1] ?? 0 : (furthest[diagonal - 1] ?? 0) + 1
                var y = x - diagonal
                while x < old.count, y >= 0, y < new.count, old[x] == new[y] { (x, y) = (x + 1, y + 1) }
                furthest[diagonal] = x
                if x >= old.count, y >= new.count { return trace }
            }
        }
        return nil
    }

    /// In a run of changes what went stands before what came.
    private static func removalsFirst(_ lines: [Line]) -> [Line] {
        var result: [Line] = []
        var added: [Line] = []
        for line in lines {
            if line.change == .added {
                added.append(line)
            } else {
                if line.change == .same {
                    result += added
                    added = []
                }
                result.append(line)
            }
        }
        return result + added
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
