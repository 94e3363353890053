#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Starts a process with a controlling terminal, which the library for child processes cannot.
enum Spawn {
    /// `POSIX_SPAWN_SETSID`, which Swift does not see.
    #if canImport(Darwin)
    private static let setsid: Int32 = 0x400
    #else
    private static let setsid: Int32 = 0x80
    #endif

    /// Starts a process as the leader of a session of its own; a terminal that such a one opens becomes its own.
    ///
    /// - Parameters:
    ///   - terminal: the terminal's path, for its three standard streams.
    ///   - command: the executable and its arguments.
    ///   - environment: all of its environment.
    ///   - directory: the working directory.
    ///   - outputFile: a file for standard output, in place of the terminal.
    /// - Returns: the process.
    /// - Throws: ``PseudoTerminal/Unusable``.
    static func inTerminal(
        _ terminal: String,
        _ command: [String],
        environment: [String: String],
        directory: String,
        outputFile: String?
    ) throws -> Int32 {
        #if canImport(Darwin)
        var actions: posix_spawn_file_actions_t?
        var attributes: posix_spawnattr_t?
        #else
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, terminal, O_RDWR, 0)
        posix_spawn_file_actions_adddup2(&actions, 0, 2)
        if let outputFile {
            posix_spawn_file_actions_addopen(&actions, 1, outputFile, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        } else {
            posix_spawn_file_actions_adddup2(&actions, 0, 1)
        }

        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A test that runs in the background may ignore Ctrl-C, and its children would inherit that.
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        let flags = setsid | Int32(POSIX_SPAWN_SETSIGDEF) | Int32(POSIX_SPAWN_SETSIGMASK)
        posix_spawnattr_setflags(&attributes, Int16(flags))

        var pid: pid_t = 0
        // Not every system's posix_spawn changes the directory; a shell does, and becomes the command.
        let shell = ["/bin/sh", "-c", "cd \"$1\" && shift && exec \"$@\"", "sh", directory]
        let code = withCStrings(shell + command) { arguments in
            withCStrings(environment.map { "\($0.key)=\($0.value)" }) { variables in
                posix_spawn(&pid, shell[0], &actions, &attributes, arguments, variables)
            }
        }
        guard code == 0 else { throw PseudoTerminal.Unusable("\(command[0]) cannot be started", code) }
        return pid
    }

    private static func withCStrings<Result>(
        _ strings: [String],
        _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let copies = strings.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return body(copies + [nil])
    }
}
