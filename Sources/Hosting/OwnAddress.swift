import Synchronization

/// Where a process can be called by itself and by others on its machine; known once it listens.
public final class OwnAddress: Sendable {
    private let known = Mutex("")

    /// An address that is not known yet.
    public init() {}

    /// The address as a URL, without a slash at its end; empty before the process listens.
    public var url: String { known.withLock { $0 } }

    /// Notes where the process listens.
    ///
    /// - Parameters:
    ///   - host: the address it was told to listen on; one that stands for all of the machine's is called by loopback.
    ///   - port: the port.
    public func set(host: String, port: Int) {
        let name =
            switch host {
            case "0.0.0.0", "": "127.0.0.1"
            case "::": "::1"
            default: host
            }
        known.withLock { $0 = Self.url(host: name, port: port) }
    }

    /// The URL of a server.
    ///
    /// - Parameters:
    ///   - host: its name or address; one of IPv6 is put in brackets (RFC 3986, section 3.2.2).
    ///   - port: its port.
    /// - Returns: the URL, without a slash at its end.
    public static func url(host: String, port: Int) -> String { "http://\(authority(host: host, port: port))" }

    /// A host and a port as one word.
    ///
    /// - Parameters:
    ///   - host: a name or an address; one of IPv6 is put in brackets.
    ///   - port: a port.
    /// - Returns: both, with a colon between them.
    package static func authority(host: String, port: Int) -> String {
        // The name of an interface after an address is for this machine alone; its percent sign is encoded (RFC 6874).
        let isAddress = host.contains(":") && !host.hasPrefix("[")
        return (isAddress ? "[\(host.replacing("%", with: "%25"))]" : host) + ":\(port)"
    }
}
