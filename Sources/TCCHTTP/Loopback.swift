/// The names by which a machine calls itself.
package enum Loopback {
    private static let names: Set<Substring> = ["127.0.0.1", "localhost", "[::1]", "::1"]

    /// Whether whoever listens on an address can be called from the same machine only.
    ///
    /// - Parameter host: an address or a name, as `--host` has it.
    /// - Returns: true for those of loopback.
    package static func isAddress(_ host: String) -> Bool { names.contains(Substring(host.lowercased())) }

    /// Whether a request was sent to one of these names, at any port.
    ///
    /// A page elsewhere can have its own name lead to loopback (DNS rebinding); it cannot have the browser send another
    /// name than its own.
    ///
    /// - Parameter host: the value of `Host`.
    /// - Returns: true for a name of loopback, with a port or without.
    package static func isHost(_ host: String) -> Bool {
        name(in: host).map { names.contains(Substring($0.lowercased())) } ?? false
    }

    /// Whether a request was sent to an address, at any port: no name leads anybody else there.
    ///
    /// - Parameter host: the value of `Host`.
    /// - Returns: true for one of IPv4, or of IPv6 in brackets.
    package static func isAddressAsHost(_ host: String) -> Bool {
        guard let name = name(in: host) else { return false }
        return SystemNames.isAddress(name.first == "[" ? String(name.dropFirst().dropLast()) : name)
    }

    /// What stands before the port; nil if that is none.
    private static func name(in host: String) -> String? {
        let name = host.hasPrefix("[") ? host.prefix { $0 != "]" } + "]" : host.prefix { $0 != ":" }
        let port = host.dropFirst(name.count)
        return port.isEmpty || port.first == ":" && port.dropFirst().allSatisfy(\.isNumber) ? String(name) : nil
    }
}
