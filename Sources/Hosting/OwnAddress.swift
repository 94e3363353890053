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
            case "::": "[::1]"
            case let host where host.contains(":"): "[\(host)]"
            default: host
            }
        known.withLock { $0 = "http://\(name):\(port)" }
    }
}
