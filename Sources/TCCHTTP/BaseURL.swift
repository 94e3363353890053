#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Where a service is: what all its URLs begin with (RFC 3986).
///
/// It can be called: `http` or `https`, a host, a port from 1 to 65535 if one is named, and a path if the service lies
/// below one. A port out of this range would otherwise stop the process that calls it.
public struct BaseURL: Hashable, Sendable, CustomStringConvertible {
    /// Why a text is no base URL.
    public struct Refused: Error, Hashable, CustomStringConvertible {
        /// A clause, such as `has the port 80833, and a port is 1 to 65535`.
        public let description: String

        fileprivate init(_ description: String) { self.description = description }
    }

    /// How it is called.
    public enum Scheme: String, Hashable, Sendable {
        /// Without encryption.
        case http
        /// With TLS.
        case https
    }

    private static let longest = 2048

    /// How it is called.
    public let scheme: Scheme
    /// The name or address, in lower case; an IPv6 address without its brackets.
    public let host: String
    /// The port that was named; nil for the scheme's own.
    public let port: Int?
    /// Empty, or a path that begins with a slash and does not end with one.
    public let path: String

    /// Checks a URL.
    ///
    /// - Parameter text: the URL; slashes at its end are left out.
    /// - Throws: ``Refused`` with a reason for people.
    public init(_ text: String) throws(Refused) {
        guard text.utf8.count <= Self.longest else { throw Refused("has more than \(Self.longest) bytes") }
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Refused("has a space, a control character or a letter that is not ASCII")
        }
        guard let colon = text.firstRange(of: "://"),
            let scheme = Scheme(rawValue: text[..<colon.lowerBound].lowercased())
        else { throw Refused("does not begin with http:// or https://") }
        let rest = text[colon.upperBound...]
        guard !rest.contains(where: { "?#".contains($0) }) else { throw Refused("has a query or a fragment") }
        let authority = rest.prefix { $0 != "/" }
        guard !authority.contains("@") else { throw Refused("has a user name") }
        let (host, port) = try Self.split(authority)
        self.scheme = scheme
        self.host = try Self.checked(host)
        self.port = try port.map(Self.checked(port:))
        self.path = try Self.checked(path: rest.dropFirst(authority.count))
    }

    /// The URL, without a slash at its end.
    public var description: String { origin + path }

    /// The URL without its path.
    public var origin: String {
        "\(scheme.rawValue)://\(host.contains(":") ? "[\(host)]" : host)\(port.map { ":\($0)" } ?? "")"
    }

    private static func split(_ authority: Substring) throws(Refused) -> (host: Substring, port: Substring?) {
        if authority.first == "[" {
            guard let end = authority.firstIndex(of: "]") else { throw Refused("has no ] after its IPv6 address") }
            let rest = authority[authority.index(after: end)...]
            guard rest.isEmpty || rest.first == ":" else {
                throw Refused("has something between its host and its port")
            }
            return (authority[...end], rest.isEmpty ? nil : rest.dropFirst())
        }
        let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2 else { throw Refused("has an IPv6 address without [ and ]") }
        return (parts[0], parts.count == 2 ? parts[1] : nil)
    }

    private static func checked(port text: Substring) throws(Refused) -> Int {
        guard let port = Int(text), text.utf8.allSatisfy(isDigit), (1...65535).contains(port) else {
            throw Refused("has the port '\(text)', and a port is 1 to 65535")
        }
        return port
    }

    private static func checked(_ text: Substring) throws(Refused) -> String {
        guard !text.isEmpty else { throw Refused("has no host") }
        let isBracketed = text.first == "["
        let host = isBracketed ? text.dropFirst().dropLast() : text
        guard isBracketed ? isIPv6(host) : Self.isHost(host) else {
            throw Refused("has the host '\(text)', which can be none")
        }
        return host.lowercased()
    }

    private static func checked(path: Substring) throws(Refused) -> String {
        var path = path
        while path.last == "/" { path.removeLast() }
        var rest = path.utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%") {
                guard rest.prefix(2).count == 2, rest.prefix(2).allSatisfy(isHexadecimal) else {
                    throw Refused("has a % in its path without two hexadecimal digits after it")
                }
            } else if "\"<>\\^`{|}[]".utf8.contains(byte) {
                throw Refused("has a character in its path that no path has")
            }
        }
        guard !path.split(separator: "/").contains(where: { $0 == "." || $0 == ".." }) else {
            throw Refused("has a . or .. in its path")
        }
        return String(path)
    }

    /// Whether a text can be a host, in a URL or to listen on: a name of the domain name system, or an address.
    ///
    /// - Parameter text: the text; an IPv6 address without brackets.
    /// - Returns: whether it can be looked up; not whether it is there.
    public static func isHost(_ text: some StringProtocol) -> Bool {
        if text.contains(":") { return isIPv6(text) }
        let name = text.hasSuffix(".") ? text.dropLast() : text[...]
        guard (1...253).contains(name.utf8.count) else { return false }
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        // What ends in a number is an address (WHATWG URL, section 3.5).
        if let last = labels.last, last.utf8.allSatisfy(isDigit) { return isIPv4(String(name)) }
        return labels.allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                && label.utf8.allSatisfy { isDigit($0) || isLetter($0) || "-_".utf8.contains($0) }
        }
    }

    private static func isIPv4(_ text: String) -> Bool {
        var address = in_addr()
        return inet_pton(AF_INET, text, &address) == 1
    }

    private static func isIPv6(_ text: some StringProtocol) -> Bool {
        guard text.utf8.allSatisfy({ isHexadecimal($0) || ":.".utf8.contains($0) }) else { return false }
        var address = in6_addr()
        return inet_pton(AF_INET6, String(text), &address) == 1
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
    }
}
