import Foundation
import NIOCore
package import TCC
import TCCHTTP

/// What an author's token says of itself: good for showing a name and for forgetting the token in time.
///
/// Whether it is true only the services can tell, which have the secret; they look at it with every call.
package struct TokenClaims: Hashable, Sendable {
    /// The longest token that is looked at, in bytes.
    private static let longest = 4096

    /// Whose it says it is.
    package var author: String
    /// When it says that it expires.
    package var expiry: Timestamp

    private struct Payload: Decodable {
        var sub: String
        var role: String
        var exp: Double
    }

    /// Reads a token (RFC 7519).
    ///
    /// - Parameter token: header, payload and signature; nil is returned for what is no author's token by its own words.
    package init?(_ token: String) {
        guard token.utf8.count <= Self.longest else { return nil }
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(Self.isInToken) }) else {
            return nil
        }
        var text = String(parts[1]).replacing("-", with: "+").replacing("_", with: "/")
        text += String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        guard let data = Data(base64Encoded: text),
            // `try?`: why it cannot be read does not matter to who shows it.
            let payload = try? JSONCoding.decode(Payload.self, from: ByteBuffer(bytes: data)),
            payload.role == Role.author.rawValue, (1...64).contains(payload.sub.unicodeScalars.count),
            !payload.sub.unicodeScalars.contains("\0"), (0...Self.latestExpirySeconds).contains(payload.exp)
        else { return nil }
        self.author = payload.sub
        self.expiry = Timestamp(milliseconds: Int64(payload.exp * 1000))
    }

    /// The year 9999, beyond which no time can be written.
    private static let latestExpirySeconds = 253_402_300_799.0

    private static func isInToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
