import Foundation
import Hosting

/// Curves over a logarithmic axis, as a picture in a page.
struct BenchChart: Hashable, Sendable {
    /// A measured point.
    struct Point: Hashable, Sendable {
        /// At least 1.
        var x: Double
        /// At least 0.
        var y: Double
    }

    /// Points of one kind, in the order of x.
    struct Curve: Hashable, Sendable {
        /// What they are.
        var name: String
        /// The points.
        var points: [Point]
    }

    private static let (width, height) = (640.0, 240.0)
    private static let colours = 6

    /// What it shows.
    var title: String
    /// What follows a number of y.
    var unit: String
    /// The curves.
    var curves: [Curve]

    /// The chart, with the names of its curves.
    var markup: Markup {
        let points = curves.flatMap(\.points)
        let top = Self.ceiling(points.map(\.y).max() ?? 1)
        let xs = Set(points.map(\.x)).sorted()
        let (least, most) = (log2(xs.first ?? 1), log2(xs.last ?? 1))
        func x(_ value: Double) -> Double {
            most > least ? (log2(value) - least) / (most - least) * Self.width : Self.width / 2
        }
        func y(_ value: Double) -> Double { Self.height * (1 - value / top) }
        let grid: [Markup] = [0, 0.25, 0.5, 0.75, 1]
            .map { part in
                """
                <line x1="0" x2="\(Self.width)" y1="\(y(top * part))" y2="\(y(top * part))"/>\
                <text class="n" x="-8" y="\(y(top * part) + 4)">\(Self.short(top * part))\(unit)</text>
                """
            }
        let marks: [Markup] = xs.map { value in
            "<text class=\"m\" x=\"\(x(value))\" y=\"\(Self.height + 20)\">\(Self.short(value))</text>"
        }
        let lines: [Markup] = curves.enumerated()
            .map { number, curve in
                let path = curve.points.enumerated()
                    .map {
                        "\($0.offset == 0 ? "M" : "L")\(Self.place(x($0.element.x))) \(Self.place(y($0.element.y)))"
                    }
                    .joined(separator: " ")
                let dots: [Markup] = curve.points.map { point in
                    """
                    <circle cx="\(x(point.x))" cy="\(y(point.y))" r="4"><title>\(curve.name), \
                    \(Self.short(point.x)): \(Self.short(point.y))\(unit)</title></circle>
                    """
                }
                return "<g class=\"c\(number % Self.colours)\"><path d=\"\(path)\"/>\(dots)</g>"
            }
        let legend: [Markup] = curves.enumerated()
            .map { number, curve in "<li class=\"c\(number % Self.colours)\"><i></i>\(curve.name)</li>" }
        return """
            <section><h2>\(title)</h2>
            <svg viewBox="-72 -12 \(Self.width + 92) \(Self.height + 44)" role="img" aria-label="\(title)">
            <g class="grid">\(grid)\(marks)</g>
            \(lines)
            </svg>
            <ul class="legend">\(legend)</ul>
            </section>
            """
    }

    /// The next round number.
    ///
    /// - Parameter value: at least 0.
    /// - Returns: 1, 2, 4 or 8 times a power of ten that is not less.
    static func ceiling(_ value: Double) -> Double {
        guard value > 0 else { return 1 }
        let power = pow(10, floor(log10(value)))
        return [1, 2, 4, 8, 10].map { $0 * power }.first { $0 >= value } ?? value
    }

    private static func place(_ value: Double) -> String { String(format: "%.1f", value) }

    private static func short(_ value: Double) -> String {
        switch value {
        case 1_000_000...: String(format: "%g M", value / 1_000_000)
        case 10_000...: String(format: "%g k", (value / 100).rounded() / 10)
        default: String(format: "%g", (value * 100).rounded() / 100)
        }
    }
}

extension BenchPage {
    /// How the page looks, by day and by night, and on a telephone.
    static let style: Markup = """
        :root { --paper: #fdfdfb; --ink: #1d2024; --soft: #5d636b; --line: #dcdfe3;
          --c0: #1f5f99; --c1: #b3531b; --c2: #17744a; --c3: #7a3e9d; --c4: #8a5a00; --c5: #b3261e; }
        @media (prefers-color-scheme: dark) {
          :root { --paper: #14171b; --ink: #e5e7ea; --soft: #9ba2ab; --line: #2e343b;
            --c0: #7ba7d2; --c1: #e39255; --c2: #62c995; --c3: #c79be3; --c4: #e2b354; --c5: #ff8077; }
        }
        * { box-sizing: border-box; }
        html { -webkit-text-size-adjust: 100%; }
        body { margin: 0; background: var(--paper); color: var(--ink); font-variant-numeric: tabular-nums;
          font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; overflow-wrap: break-word; }
        main { max-width: 56rem; margin: 0 auto; padding: 2.5rem 1.5rem 4rem; }
        section { margin-top: 3rem; }
        h1, h2, p, ul { margin: 0; }
        h1 { font-size: clamp(2rem, 7vw, 3rem); line-height: 1.1; letter-spacing: -.02em; }
        h2 { font-size: 1.25rem; }
        code { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: .875em; overflow-wrap: anywhere; }
        .kind, .note { color: var(--soft); }
        .note { font-size: .9375rem; margin-top: .375rem; }
        svg { width: 100%; height: auto; display: block; margin-top: 1rem; }
        svg text { font-size: 12px; fill: var(--soft); }
        svg .n { text-anchor: end; }
        svg .m { text-anchor: middle; }
        .grid line { stroke: var(--line); }
        path { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; }
        circle { fill: currentColor; }
        .c0 { color: var(--c0); } .c1 { color: var(--c1); } .c2 { color: var(--c2); }
        .c3 { color: var(--c3); } .c4 { color: var(--c4); } .c5 { color: var(--c5); }
        .legend { list-style: none; padding: 0; margin-top: .5rem; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem;
          font-size: .9375rem; }
        .legend i { display: inline-block; width: .75rem; height: .75rem; border-radius: 50%; background: currentColor;
          margin-right: .375rem; }
        .wide { overflow-x: auto; }
        table { border-collapse: collapse; margin-top: 1rem; font-size: .9375rem; }
        th, td { text-align: left; font-weight: 400; padding: .25rem 1rem .25rem 0; white-space: nowrap; }
        thead th { color: var(--soft); font-size: .875rem; }
        th.n, td.n { text-align: right; }
        tbody tr + tr > * { border-top: 1px solid var(--line); }
        """
}
