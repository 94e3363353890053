/// A piece of HTML; whatever text is put into it is text there, and nothing that a browser obeys.
package struct Markup: Hashable, Sendable, ExpressibleByStringInterpolation, CustomStringConvertible {
    /// Takes literals as they are, and escapes everything else.
    package struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var html = ""

        /// Begins with nothing.
        package init(literalCapacity: Int, interpolationCount: Int) { html.reserveCapacity(literalCapacity) }

        /// HTML of this program's making.
        package mutating func appendLiteral(_ literal: String) { html += literal }

        /// Text.
        package mutating func appendInterpolation(_ text: String) { html += Markup.escaped(text) }

        /// A number.
        package mutating func appendInterpolation(_ number: some BinaryInteger) { html += "\(number)" }

        /// A number that places a shape, to the hundredth.
        package mutating func appendInterpolation(_ number: Double) { html += "\((number * 100).rounded() / 100)" }

        /// A piece of HTML.
        package mutating func appendInterpolation(_ markup: Markup) { html += markup.description }

        /// A piece of HTML if it is wanted; by its label a literal here is HTML, and not text.
        package mutating func appendInterpolation(if isWanted: Bool, _ markup: Markup, else other: Markup = "") {
            html += isWanted ? markup.description : other.description
        }

        /// Pieces of HTML, one after the other.
        package mutating func appendInterpolation(_ markup: some Sequence<Markup>) {
            for piece in markup { html += piece.description }
        }
    }

    /// The HTML.
    package let description: String

    /// HTML of this program's making.
    package init(stringLiteral value: String) { description = value }

    /// HTML with what was put into it.
    package init(stringInterpolation: StringInterpolation) { description = stringInterpolation.html }

    /// A text as HTML shows it, in an element or in an attribute.
    ///
    /// - Parameter text: of anyone's making.
    /// - Returns: the text; what no page can show, and what turns the direction of writing around, is a space.
    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in TerminalText.printable(text).unicodeScalars {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}
