import Hosting
import TCCHTTP

/// Where the services are, and where the secret is that tokens are signed with: flags beat environment beats default.
package struct ServiceAddresses: Hashable, Sendable {
    private var urls: [ServiceName: BaseURL] = [:]
    /// The secret file's path.
    package let secretFile: String

    /// Works out the addresses.
    ///
    /// - Parameters:
    ///   - flags: what the command line says.
    ///   - secretFile: what the command line says of the secret file.
    ///   - environment: the environment's variables.
    /// - Throws: a usage error about a URL that is none.
    package init(flags: [ServiceName: String], secretFile: String?, environment: [String: String]) throws {
        let variables = Variables(environment)
        self.secretFile = try variables.path(secretFile, "SECRET_FILE", default: "./data/secret")
        for service in ServiceName.allCases {
            urls[service] = try variables.url(
                flags[service],
                service.variable,
                flagName: service.flag,
                default: service.defaultURL
            )
        }
    }

    /// The base URL of a service, without a slash at its end.
    package subscript(service: ServiceName) -> String {
        urls[service]?.description ?? service.defaultURL
    }
}
