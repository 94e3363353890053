import Hosting

/// Why nothing was measured; one line for people.
struct BenchFailure: Error, Hashable, CustomStringConvertible, CommandEntry.Coded {
    /// The command line, or what it names on this machine, is wrong.
    static let usage: Int32 = 2
    /// Something that has to work did not.
    static let broken: Int32 = 1

    /// What the command's exit code says.
    var exitCode: Int32
    /// The line.
    var description: String

    /// Makes a failure.
    ///
    /// - Parameters:
    ///   - exitCode: what the command's exit code says.
    ///   - description: the line.
    init(_ exitCode: Int32, _ description: String) {
        self.exitCode = exitCode
        self.description = description
    }
}
