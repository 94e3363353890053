/// A command whose settings come from its flags and from the environment.
package protocol SettingsChecked {
    /// Finds out whether it could run with its settings; starts nothing.
    ///
    /// - Parameter environment: the environment's variables.
    /// - Throws: a usage error that names the setting that cannot be.
    func checkSettings(_ environment: [String: String]) throws
}
