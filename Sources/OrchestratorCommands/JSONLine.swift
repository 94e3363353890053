import Foundation

/// JSON for scripts: one line, members always in the same order, slashes not escaped.
package enum JSONLine {
    /// Writes a value.
    ///
    /// - Parameter value: the value; absent members are null if its `encode(to:)` says so.
    /// - Returns: the value as one line of JSON, without an end of line.
    /// - Throws: an `EncodingError`, for numbers that JSON has no form for.
    package static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return escapingControls(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    /// JSON allows the control characters from U+007F to U+009F as they are, and a terminal would obey them.
    ///
    /// They stand inside strings only, where an escape means the same.
    private static func escapingControls(_ json: String) -> String {
        let controls: ClosedRange<Unicode.Scalar> = "\u{7F}"..."\u{9F}"
        guard json.unicodeScalars.contains(where: controls.contains) else { return json }
        var escaped = ""
        for scalar in json.unicodeScalars {
            if controls.contains(scalar) {
                escaped += "\\u00" + String(scalar.value, radix: 16)
            } else {
                escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
