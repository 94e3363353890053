import Foundation

/// Where the services are, and where the secret is that tokens are signed with: flags beat environment beats default.
package struct ServiceAddresses: Hashable, Sendable {
    private let urls: [ServiceName: String]
    /// The secret file's path.
    package let secretFile: String

    /// Works out the addresses.
    ///
    /// - Parameters:
    ///   - flags: what the command line says.
    ///   - secretFile: the flag for the secret file.
    ///   - environment: what the environment says; an empty value says nothing.
    /// - Throws: a ``CommandFailure`` about an address that cannot be one.
    package init(flags: [ServiceName: String], secretFile: String?, environment: [String: String]) throws {
        var urls: [ServiceName: String] = [:]
        for service in ServiceName.allCases {
            let variable = environment[service.variable].flatMap { $0.isEmpty ? nil : $0 }
            let origin = flags[service] != nil ? service.flag : service.variable
            urls[service] = try Self.checked(flags[service] ?? variable ?? service.defaultURL, origin: origin)
        }
        self.urls = urls
        let variable = environment["SECRET_FILE"].flatMap { $0.isEmpty ? nil : $0 }
        self.secretFile = secretFile ?? variable ?? "./data/secret"
    }

    /// The base URL of a service, without a slash at its end.
    package subscript(service: ServiceName) -> String { urls[service] ?? service.defaultURL }

    private static func checked(_ text: String, origin: String) throws -> String {
        guard let url = URL(string: text), let scheme = url.scheme?.lowercased(), ["http", "https"].contains(scheme),
            url.host()?.isEmpty == false, url.query() == nil, url.fragment() == nil
        else {
            throw CommandFailure(.usage, "\(origin): '\(text)' is no address; write it like http://127.0.0.1:8080.")
        }
        var base = text
        while base.hasSuffix("/") { base.removeLast() }
        return base
    }
}
