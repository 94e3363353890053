import Hosting
import TCC

extension ReportPage {
    /// A number and what it counts.
    func counted(_ count: Int, _ noun: String) -> Markup {
        let ending = count == 1 ? "" : noun.hasSuffix("sh") ? "es" : "s"
        return "\(Self.grouped(count)) \(noun)\(ending)"
    }

    /// A number whose thousands can be told apart.
    static func grouped(_ count: Int) -> String {
        count < 1000 ? "\(count)" : "\(grouped(count / 1000)),\(String("\(count % 1000 + 1000)".dropFirst()))"
    }

    /// A length of time, as exact as people want it.
    func seconds(_ milliseconds: Double) -> String {
        switch milliseconds {
        case ..<9.95: "\(Self.number(milliseconds, 1)) ms"
        case ..<999.5: "\(Self.number(milliseconds, 0)) ms"
        case ..<9995: "\(Self.number(milliseconds / 1000, 2)) s"
        default: "\(Self.number(milliseconds / 1000, 1)) s"
        }
    }

    /// A number with at most so many digits after the point.
    static func number(_ value: Double, _ digits: Int) -> String {
        let scale = [1.0, 10, 100][digits]
        let rounded = (value * scale).rounded() / scale
        return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
    }

    /// A moment of the run, in seconds, to the millisecond.
    func moment(_ milliseconds: Double) -> String {
        let whole = Int(milliseconds.rounded())
        let fraction = "\(whole % 1000)"
        return "\(whole / 1000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction)"
    }

    /// A text whose identifiers are cut to their ends, which tell them apart; the whole one is in the tooltip.
    func described(_ text: String) -> Markup {
        var pieces: [Markup] = []
        var rest = Substring(text)
        while let first = rest.indices.first(where: { identifier(at: $0, in: rest) != nil }),
            let id = identifier(at: first, in: rest)
        {
            pieces.append("\(String(rest[..<first]))")
            pieces.append("<abbr title=\"\(id)\">\u{2026}\(String(id.suffix(6)))</abbr>")
            rest = rest[rest.index(first, offsetBy: id.count)...]
        }
        return "\(pieces)\(String(rest))"
    }

    private func identifier(at start: Substring.Index, in text: Substring) -> String? {
        guard text[start].isHexDigit else { return nil }
        let candidate = text[start...].prefix(36)
        return UUIDv7(candidate) == nil ? nil : String(candidate)
    }
}
