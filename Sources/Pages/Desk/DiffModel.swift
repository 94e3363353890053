/// Two texts' differences as a page shows them: the lines that differ, and a few around them.
package struct DiffModel: Hashable, Sendable {
    /// A row.
    package struct Line: Hashable, Sendable {
        package var kind: String
        package var kindName: String
        package var sign: String
        package var text: String
    }

    package var hasChanges: Bool
    package var lines: [Line]

    private static let context = 3
    /// A page that nobody would read to its end is not made.
    private static let mostLines = 4000

    /// Compares two texts.
    package init(old: String, new: String, _ words: Words) {
        let all = LineDiff.compare(LineDiff.lines(of: old), LineDiff.lines(of: new))
        self.hasChanges = all.contains { $0.change != .same }
        self.lines = []
        var index = 0
        while index < all.count, lines.count < Self.mostLines {
            let end = all[index...].firstIndex { $0.change != .same } ?? all.count
            // What is far from any change is told in one row.
            let first = index == 0 ? index : min(index + Self.context, end)
            let last = end == all.count ? first : max(first, end - Self.context)
            lines += all[index..<first].map { Self.line($0, words) }
            if end == all.count {
                append(gap: end - first, words)
                break
            }
            append(gap: last - first, words)
            lines += all[last..<end].map { Self.line($0, words) }
            let next = all[end...].firstIndex { $0.change == .same } ?? all.count
            lines += all[end..<next].map { Self.line($0, words) }
            index = next
        }
    }

    private mutating func append(gap: Int, _ words: Words) {
        guard gap > 0 else { return }
        lines.append(Line(kind: "gap", kindName: "", sign: "⋯", text: words("unchangedLines", String(gap))))
    }

    private static func line(_ line: LineDiff.Line, _ words: Words) -> Line {
        switch line.change {
        case .same: Line(kind: "same", kindName: "", sign: " ", text: line.text)
        case .added: Line(kind: "added", kindName: words("added"), sign: "+", text: line.text)
        case .removed: Line(kind: "removed", kindName: words("removed"), sign: "−", text: line.text)
        }
    }
}
