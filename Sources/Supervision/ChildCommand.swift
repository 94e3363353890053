/// What a child process is started with.
package struct ChildCommand: Hashable, Sendable {
    /// What people call it.
    package var name: String
    /// The program's path; one without a slash is looked for in `PATH`.
    package var program: String
    /// Its arguments.
    package var arguments: [String]
    /// What its environment has otherwise than this process's: a value, or nil for a variable that it has not.
    package var environment: [String: String?]
    /// Where it starts; nil for here.
    package var folder: String?

    /// Makes a command.
    ///
    /// - Parameters:
    ///   - name: what people call it.
    ///   - program: the program's path; one without a slash is looked for in `PATH`.
    ///   - arguments: its arguments.
    ///   - environment: what its environment has otherwise than this process's.
    ///   - folder: where it starts; nil for here.
    package init(
        name: String,
        program: String,
        arguments: [String] = [],
        environment: [String: String?] = [:],
        folder: String? = nil
    ) {
        self.name = name
        self.program = program
        self.arguments = arguments
        self.environment = environment
        self.folder = folder
    }
}

/// How the life of a child process ended.
package enum Death: Hashable, Sendable, CustomStringConvertible {
    /// It ended itself, with this exit code.
    case exited(Int32)
    /// A signal ended it.
    case killed(signal: Int32)
    /// It never lived; this is why.
    case notStarted(String)

    /// For people, after a name: "… died: killed by signal 9".
    package var description: String {
        switch self {
        case .exited(let code): "exit code \(code)"
        case .killed(let signal): "killed by signal \(signal)"
        case .notStarted(let reason): "could not be started: \(reason)"
        }
    }
}
