/// A small reader of HTML's tags, as a browser's tokenizer sees them: enough to find out what came through.
struct HTMLTokens {
    struct Tag: Hashable {
        var name: String
        var attributes: [String: String]
        var isEnd = false
    }

    private(set) var tags: [Tag] = []
    private(set) var hasStrayMarkup = false

    init(_ html: String) {
        let bytes = Array(html.utf8)
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "<") else {
                index += 1
                continue
            }
            index += 1
            let isEnd = index < bytes.count && bytes[index] == UInt8(ascii: "/")
            if isEnd { index += 1 }
            guard index < bytes.count, Self.isLetter(bytes[index]) else {
                hasStrayMarkup = true  // a comment, a declaration, or a bare '<'
                continue
            }
            var name = ""
            while index < bytes.count, !" \n>/".utf8.contains(bytes[index]) {
                name.unicodeScalars.append(Unicode.Scalar(bytes[index]))
                index += 1
            }
            tags.append(Tag(name: name.lowercased(), attributes: Self.attributes(bytes, &index), isEnd: isEnd))
        }
    }

    /// Whether every element that begins ends, in its parent, and nothing else looks like markup.
    var isWhole: Bool {
        var open: [String] = []
        for tag in tags where !["br", "hr", "img"].contains(tag.name) {
            if !tag.isEnd {
                open.append(tag.name)
            } else if open.popLast() != tag.name {
                return false
            }
        }
        return open.isEmpty && !hasStrayMarkup
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func attributes(_ bytes: [UInt8], _ index: inout Int) -> [String: String] {
        var attributes: [String: String] = [:]
        while index < bytes.count, bytes[index] != UInt8(ascii: ">") {
            var name: [UInt8] = []
            while index < bytes.count, !" \n>/=".utf8.contains(bytes[index]) {
                name.append(bytes[index])
                index += 1
            }
            var value: [UInt8] = []
            if index < bytes.count, bytes[index] == UInt8(ascii: "=") {
                index += 1
                let quote = index < bytes.count ? bytes[index] : 0
                if quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
                    index += 1
                    while index < bytes.count, bytes[index] != quote {
                        value.append(bytes[index])
                        index += 1
                    }
                    index += 1
                } else {
                    while index < bytes.count, !" \n>".utf8.contains(bytes[index]) {
                        value.append(bytes[index])
                        index += 1
                    }
                }
            } else if name.isEmpty {
                index += 1
            }
            if !name.isEmpty {
                attributes[String(decoding: name, as: UTF8.self).lowercased()] = String(decoding: value, as: UTF8.self)
            }
        }
        index += 1
        return attributes
    }
}
