#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The system's own way of finding addresses: `/etc/hosts`, DNS, and whatever else it is set up with.
enum SystemNames {
    /// Asks the system, and waits as long as that takes.
    ///
    /// - Parameter name: the host's name.
    /// - Returns: its addresses in numbers, the best first (RFC 6724).
    /// - Throws: ``CallFailure`` if it has none.
    static func lookUp(_ name: String) throws -> [String] {
        var hints = addrinfo()
        #if canImport(Darwin)
        hints.ai_socktype = SOCK_STREAM
        #else
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #endif
        var first: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(name, nil, &hints, &first)
        defer { if let first { freeaddrinfo(first) } }
        guard status == 0 else { throw CallFailure(.unknownName, "\(name): \(String(cString: gai_strerror(status)))") }
        var addresses: [String] = []
        var next = first
        while let info = next {
            if let address = numbers(of: info.pointee), !addresses.contains(address) { addresses.append(address) }
            next = info.pointee.ai_next
        }
        return addresses
    }

    /// An address in numbers; nil for one that means something on one of this machine's links only.
    private static func numbers(of info: addrinfo) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let length = socklen_t(buffer.count)
        guard getnameinfo(info.ai_addr, info.ai_addrlen, &buffer, length, nil, 0, NI_NUMERICHOST) == 0 else {
            return nil
        }
        let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        let text = String(decoding: bytes, as: UTF8.self)
        return text.contains("%") ? nil : text
    }

    /// Whether a host is an address in numbers already.
    ///
    /// - Parameter host: the host, without brackets.
    /// - Returns: whether it is one of IPv4 or IPv6.
    static func isAddress(_ host: String) -> Bool {
        var (four, six) = (in_addr(), in6_addr())
        return inet_pton(AF_INET, host, &four) == 1 || inet_pton(AF_INET6, host, &six) == 1
    }
}
