import NIOHTTP1

/// What RFC 9110 and RFC 9112 ask of a request's head beyond what the parser sees to.
enum RequestRules {
    /// The longest target, in bytes: a path of the file system, percent-encoded, as the source of a draft has its place.
    static let longestTarget = 16 << 10
    /// How many bytes all fields may have, names and values.
    static let largestFields = 64 << 10

    /// What the fields say that concerns the connection.
    private struct Facts {
        var bytes = 0
        var hosts = 0
        var host = ""
        var codings = 0
        var coding = ""
        var hasLength = false
        var expectation: String?
        var isUpgrade = false
        var isClose = false
        var isKeepAlive = false
        var hasTrailingBlanks = false
    }

    /// Examines a head.
    ///
    /// - Parameter head: the head; its target comes out in origin form and normalized, its values without blanks at their ends.
    /// - Returns: what its answer must be like.
    /// - Throws: ``RequestRefusal``.
    static func examine(_ head: inout HTTPRequestHead) throws(RequestRefusal) -> Exchange {
        var facts = try facts(of: head)
        if facts.hasTrailingBlanks {
            // RFC 9110, 5.5: they are no part of a value; the parser takes off those before it only.
            head.headers = HTTPHeaders(head.headers.map { ($0.name, String(trimmed($0.value[...]))) })
            facts = try Self.facts(of: head)
        }
        let isOld = head.version.minor == 0
        // RFC 9112, 3.2: exactly one; HTTP/1.0 did not have it.
        if facts.hosts > 1 || (facts.hosts == 0 && !isOld) { throw .malformed("it must have one Host") }
        if facts.hosts == 1, !isHost(facts.host.utf8) { throw .malformed("its Host is none") }
        if facts.codings > 0 { try checkCoding(facts, isOld: isOld) }
        // RFC 9110, 10.1.1: a client of HTTP/1.0 expects nothing.
        let expectation = isOld ? nil : facts.expectation
        if let expectation, !isASCII(expectation, "100-continue") { throw .unknownExpectation }
        if head.method == .CONNECT { throw .unknownMethod }
        try checkTarget(&head)
        var exchange = Exchange()
        exchange.isHead = head.method == .HEAD
        exchange.isOld = isOld
        // The parser takes what follows a request for an upgrade as another protocol: RFC 9110, 7.8 lets a server ignore it.
        exchange.isLast = facts.isClose || facts.isUpgrade || (isOld && !facts.isKeepAlive)
        exchange.waitsForContinue = expectation != nil
        return exchange
    }

    private static func facts(of head: HTTPRequestHead) throws(RequestRefusal) -> Facts {
        var facts = Facts()
        for (name, value) in head.headers {
            facts.bytes += name.utf8.count + value.utf8.count
            if let last = value.utf8.last, last == 0x20 || last == 0x09 { facts.hasTrailingBlanks = true }
            switch name.utf8.count {
            case 4 where isASCII(name, "host"):
                facts.hosts += 1
                facts.host = value
            case 6 where isASCII(name, "expect"):
                // Two fields are a list of two (RFC 9110, 5.3), and one of two is not met.
                facts.expectation = facts.expectation == nil ? value : ","
            case 7 where isASCII(name, "upgrade"): facts.isUpgrade = true
            case 10 where isASCII(name, "connection"):
                for option in value.split(separator: ",") {
                    let option = trimmed(option)
                    if isASCII(option, "close") { facts.isClose = true }
                    if isASCII(option, "keep-alive") { facts.isKeepAlive = true }
                }
            case 14 where isASCII(name, "content-length"): facts.hasLength = true
            case 17 where isASCII(name, "transfer-encoding"):
                facts.codings += 1
                facts.coding = value
            default: break
            }
        }
        guard facts.bytes <= largestFields else { throw .fieldsTooLarge }
        return facts
    }

    /// RFC 9112, 6.1 and 6.3: chunked and nothing else, and no length beside it; HTTP/1.0 knows no coding.
    private static func checkCoding(_ facts: Facts, isOld: Bool) throws(RequestRefusal) {
        if isOld { throw .malformed("HTTP/1.0 has no transfer codings") }
        if facts.hasLength { throw .malformed("it has a length and a transfer coding") }
        guard facts.codings == 1, isASCII(trimmed(facts.coding[...]), "chunked") else { throw .unknownCoding }
    }

    /// RFC 9112, 3.2: a path, or a whole URL, or `*` with OPTIONS; percent-encoded UTF-8.
    private static func checkTarget(_ head: inout HTTPRequestHead) throws(RequestRefusal) {
        var hasPercent = false
        guard head.uri.utf8.count <= longestTarget else { throw .targetTooLong }
        for byte in head.uri.utf8 {
            // Blanks, controls, beyond ASCII; a fragment is never sent (RFC 9110, 7.1).
            guard byte > 0x20, byte < 0x7F, byte != UInt8(ascii: "#") else {
                throw .malformed("its target has bytes that must be percent-encoded")
            }
            if byte == UInt8(ascii: "%") { hasPercent = true }
        }
        if hasPercent {
            guard isEncodedUTF8(head.uri.utf8) else { throw .malformed("its target is not percent-encoded UTF-8") }
            head.uri = normalized(head.uri.utf8)
        }
        if head.uri.utf8.first == UInt8(ascii: "/") { return }
        if head.uri == "*", head.method == .OPTIONS { return }
        try replaceAbsoluteForm(&head)
    }

    /// RFC 9112, 3.2.2: every server accepts the absolute form, and its host beats the field.
    private static func replaceAbsoluteForm(_ head: inout HTTPRequestHead) throws(RequestRefusal) {
        let target = head.uri
        guard let colon = target.firstIndex(of: ":"), target[colon...].hasPrefix("://"),
            isASCII(target[..<colon], "http") || isASCII(target[..<colon], "https")
        else { throw .malformed("its target is neither a path nor a URL") }
        let rest = target[target.index(colon, offsetBy: 3)...]
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let (authority, path) = (rest[..<end], rest[end...])
        guard isHost(authority.utf8) else { throw .malformed("its target has no valid host") }
        if path.isEmpty {
            head.uri = head.method == .OPTIONS ? "*" : "/"
        } else {
            head.uri = path.first == "?" ? "/\(path)" : String(path)
        }
        head.headers.replaceOrAdd(name: "Host", value: String(authority))
    }

    /// Whether every percent sign begins two hexadecimal digits, and what is encoded so is UTF-8.
    private static func isEncodedUTF8(_ target: String.UTF8View) -> Bool {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(target.count)
        var bytes = target.makeIterator()
        while let byte = bytes.next() {
            guard byte == UInt8(ascii: "%") else {
                decoded.append(byte)
                continue
            }
            guard let high = bytes.next().flatMap(hexadecimal), let low = bytes.next().flatMap(hexadecimal) else {
                return false
            }
            decoded.append(high << 4 | low)
        }
        return String(validating: decoded, as: UTF8.self) != nil
    }

    /// RFC 3986, 6.2.2.2: a letter, say, is the same encoded or not.
    private static func normalized(_ target: String.UTF8View) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(target.count)
        var rest = target[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2).compactMap(hexadecimal)
            if byte == UInt8(ascii: "%"), digits.count == 2, isUnreserved(digits[0] << 4 | digits[1]) {
                bytes.append(digits[0] << 4 | digits[1])
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool { isOfName(byte) && !"!$&'()*+,;=%".utf8.contains(byte) }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// `host [":" port]` of RFC 3986, 3.2.2, with a host (RFC 9110, 4.2.1) and a port that can be one.
    static func isHost(_ bytes: some Collection<UInt8>) -> Bool {
        var rest = bytes[...]
        if rest.first == UInt8(ascii: "[") {
            guard let close = rest.firstIndex(of: UInt8(ascii: "]")) else { return false }
            let address = rest[..<close].dropFirst()
            guard address.count >= 2, address.allSatisfy({ isOfAddress($0) }) else { return false }
            rest = rest[close...].dropFirst()
        } else {
            let name = rest.prefix { isOfName($0) }
            guard !name.isEmpty else { return false }
            rest = rest.dropFirst(name.count)
        }
        guard let colon = rest.popFirst() else { return true }
        guard colon == UInt8(ascii: ":"), rest.count <= 5 else { return false }
        var port = 0
        for digit in rest {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return false }
            port = port * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return port <= 65535
    }

    private static func isOfAddress(_ byte: UInt8) -> Bool {
        // With what names a network interface (RFC 6874), or an address of a kind to come.
        isOfName(byte) || byte == UInt8(ascii: ":")
    }

    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-._~!$&'()*+,;=%".utf8.contains(byte)
        }
    }

    private static func trimmed(_ text: Substring) -> Substring {
        func isBlank(_ character: Character) -> Bool { character == " " || character == "\t" }
        var rest = text.drop(while: isBlank)
        while let last = rest.last, isBlank(last) { rest.removeLast() }
        return rest
    }

    /// Whether a text is a word, whatever the case of its ASCII letters.
    private static func isASCII(_ text: some StringProtocol, _ word: StaticString) -> Bool {
        word.withUTF8Buffer { word in
            text.utf8.count == word.count
                && zip(text.utf8, word)
                    .allSatisfy { byte, lower in
                        byte == lower
                            || ((UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) && byte | 0x20 == lower)
                    }
        }
    }
}
