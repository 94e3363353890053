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
        var told = 0
        for part in Self.parts(of: all) where lines.count < Self.mostLines {
            if part.isFar {
                append(gap: part.range.count, "unchangedLines", words)
                told += part.range.count
            } else {
                let shown = all[part.range].prefix(Self.mostLines - lines.count)
                lines += shown.map { Self.line($0, words) }
                told += shown.count
            }
        }
        append(gap: all.count - told, "linesNotShown", words)
    }

    /// What differs, with the lines around it, and in between what is far from any change.
    private static func parts(of all: [LineDiff.Line]) -> [(range: Range<Int>, isFar: Bool)] {
        var parts: [(range: Range<Int>, isFar: Bool)] = []
        var index = 0
        while index < all.count {
            let end = all[index...].firstIndex { $0.change != .same } ?? all.count
            let first = index == 0 ? index : min(index + context, end)
            let last = end == all.count ? end : max(first, end - context)
            let next = all[end...].firstIndex { $0.change == .same } ?? all.count
            parts += [(index..<first, false), (first..<last, true), (last..<next, false)]
            index = next
        }
        return parts
    }

    private mutating func append(gap: Int, _ key: String, _ words: Words) {
        guard gap > 0 else { return }
        lines.append(Line(kind: "gap", kindName: "", sign: "⋯", text: words(key, String(gap))))
    }

    private static func line(_ line: LineDiff.Line, _ words: Words) -> Line {
        switch line.change {
        case .same: Line(kind: "same", kindName: "", sign: " ", text: line.text)
        case .added: Line(kind: "added", kindName: words("added"), sign: "+", text: line.text)
        case .removed: Line(kind: "removed", kindName: words("removed"), sign: "−", text: line.text)
        }
    }
}
