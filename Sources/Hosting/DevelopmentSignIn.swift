public import TCCHTTP

/// Whether anybody may sign in by any name: for trials on one's own machine, never where others can reach the port.
public enum DevelopmentSignIn {
    /// The environment variable that turns it on, with the value 1.
    package static let variable = "DEVELOPMENT_SIGN_IN"

    /// The setting.
    ///
    /// - Parameters:
    ///   - flag: what the command line says.
    ///   - variables: the environment's variables.
    ///   - host: the address to listen on.
    /// - Returns: whether it is on.
    /// - Throws: a usage error if it is, and others than the machine itself could reach it.
    public static func resolve(_ flag: Bool, _ variables: Variables, host: String) throws -> Bool {
        guard try variables.isOn(flag, variable) else { return false }
        guard Loopback.isAddress(host) else {
            throw RefusedSetting(
                "--host (or HOST)",
                must: "be 127.0.0.1, ::1 or localhost with --development-sign-in (or \(variable))",
                not: host,
                because: "would let anybody be anyone"
            )
        }
        return true
    }
}
