/// Text as HTML, and as XML.
package enum HTMLEscaping {
    /// Escapes a text for HTML and XML, between tags and in attributes of either quote.
    ///
    /// By bytes, not by characters: a quote with a combining mark is one `Character`, and ends an attribute all the same.
    ///
    /// - Parameter text: the text.
    /// - Returns: the text, without anything that a parser would take for markup.
    package static func escape(_ text: String) -> String {
        let needsNone = text.utf8.allSatisfy { !isSpecial($0) }
        if needsNone { return text }
        var escaped: [UInt8] = []
        escaped.reserveCapacity(text.utf8.count + 32)
        // Kept apart: a slice of what is written would share it, and the next byte would copy all of it.
        var before: (UInt8, UInt8) = (0, 0)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "<"): escaped += "&lt;".utf8
            case UInt8(ascii: ">"): escaped += "&gt;".utf8
            case UInt8(ascii: "&"): escaped += "&amp;".utf8
            case UInt8(ascii: "\""): escaped += "&quot;".utf8
            case UInt8(ascii: "'"): escaped += "&#39;".utf8
            // Neither HTML nor XML has these, nor U+FFFE and U+FFFF (XML 1.0, section 2.2).
            case 0x00...0x08, 0x0B, 0x0C, 0x0E...0x1F: escaped += "\u{FFFD}".utf8
            case 0xBE...0xBF where before == (0xEF, 0xBF): escaped.append(0xBD)
            default: escaped.append(byte)
            }
            before = (before.1, byte)
        }
        return String(decoding: escaped, as: UTF8.self)
    }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"), UInt8(ascii: "\""), UInt8(ascii: "'"): true
        case 0x09, 0x0A, 0x0D: false
        default: byte < 0x20 || byte == 0xEF
        }
    }
}
