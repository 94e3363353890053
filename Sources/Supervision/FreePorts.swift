import Foundation

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Ports that nobody listens at.
///
/// From below the range that the kernel hands out to clients: a client that tries a dead server's port again and again
/// would otherwise one day be given that very port to call from, and connect to itself.
package enum FreePorts {
    private static let range = 12_000..<32_000

    /// Chooses ports.
    ///
    /// - Parameter count: how many.
    /// - Returns: ports, all different.
    package static func choose(_ count: Int) -> [Int] {
        var ports: Set<Int> = []
        while ports.count < count {
            let port = Int.random(in: range)
            if isFree(port) { ports.insert(port) }
        }
        return Array(ports)
    }

    private static func isFree(_ port: Int) -> Bool {
        #if canImport(Darwin)
        let descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #else
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        #endif
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var reuse: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
