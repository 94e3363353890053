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
        let host = host.lowercased()
        let name = host.hasPrefix("[") ? host.prefix { $0 != "]" } + "]" : host.prefix { $0 != ":" }
        let port = host.dropFirst(name.count)
        return names.contains(Substring(name))
            && (port.isEmpty || port.first == ":" && port.dropFirst().allSatisfy(\.isNumber))
    }
}
