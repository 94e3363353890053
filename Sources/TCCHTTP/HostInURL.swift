/// Where in a URL its host stands, so that an address can stand in its place.
struct HostInURL {
    /// The host's name, without brackets.
    let name: String
    /// Whether the connection is to be encrypted.
    let isEncrypted: Bool
    private let beforeHost: Substring
    private let port: Substring
    private let rest: Substring

    /// Finds the host; by bytes, for this is done for each call.
    ///
    /// - Parameter url: a URL of `http` or `https`; nil is made of any other.
    init?(_ url: String) {
        if url.utf8.starts(with: "http://".utf8) {
            self.isEncrypted = false
        } else if url.utf8.starts(with: "https://".utf8) {
            self.isEncrypted = true
        } else {
            return nil
        }
        let bytes = url.utf8
        var start = bytes.index(bytes.startIndex, offsetBy: isEncrypted ? 8 : 7)
        let end =
            bytes[start...].firstIndex { [UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#")].contains($0) }
            ?? bytes.endIndex
        if let at = bytes[start..<end].lastIndex(of: UInt8(ascii: "@")) { start = bytes.index(after: at) }
        guard start < end else { return nil }
        var nameEnd = bytes[start..<end].firstIndex(of: UInt8(ascii: ":")) ?? end
        var portStart = nameEnd
        if bytes[start] == UInt8(ascii: "[") {
            guard let bracket = bytes[start..<end].firstIndex(of: UInt8(ascii: "]")) else { return nil }
            start = bytes.index(after: start)
            nameEnd = bracket
            portStart = bytes.index(after: bracket)
        }
        self.name = String(url[start..<nameEnd])
        self.beforeHost = url[..<start]
        self.port = url[portStart..<end]
        self.rest = url[end...]
    }

    /// The URL with an address in the host's place.
    ///
    /// - Parameter address: the address, without brackets.
    /// - Returns: the URL.
    func url(at address: String) -> String {
        "\(beforeHost)\(address.utf8.contains(UInt8(ascii: ":")) ? "[\(address)]" : address)\(port)\(rest)"
    }

    /// What the `Host` field says (RFC 9110, section 7.2).
    var field: String { "\(name)\(port)" }
}
