import ArgumentParser
import Hosting
import Synchronization

/// What a command says on standard output: each line as soon as it is said, whoever reads it.
enum Console {
    /// Something that was said is lost.
    private struct LostOutput: CommandEntry.Coded, CustomStringConvertible {
        let description: String

        /// Nothing was found, as far as anybody can read.
        var exitCode: Int32 { 3 }
    }

    private static let problem = Mutex<StandardStream.Unwritable?>(nil)

    /// Says something.
    ///
    /// What cannot be written does not keep a command from its work, or from cleaning up: see ``end(_:)``.
    ///
    /// - Parameter text: a line, or several.
    static func say(_ text: String) {
        do {
            try StandardStream.write(text + "\n")
        } catch {
            problem.withLock { $0 = $0 ?? error }
        }
    }

    /// Ends a command; nobody takes for good news what could not be told.
    ///
    /// - Parameter code: the exit code.
    /// - Throws: `ExitCode`; or, in place of success, what kept something from being said.
    static func end(_ code: Int32) throws {
        if let problem = problem.withLock({ $0 }) {
            guard code != 0 else { throw LostOutput(description: problem.description) }
            StandardStream.complain("\(problem)\n")
        }
        if code != 0 { throw ExitCode(code) }
    }

    /// Runs something that leaves nothing behind when somebody ends it, and says so then.
    ///
    /// - Parameters:
    ///   - left: what is left, as a clause.
    ///   - body: what to run; it gives the exit code.
    /// - Throws: what it throws; `ExitCode` for any other code than 0, and if a signal came.
    static func interruptible(left: String, _ body: @escaping @Sendable () async throws -> Int32) async throws {
        let code: Int32
        do {
            code = try await Interruption.handled(body)
        } catch let signal as ExitCode {
            StandardStream.complain("stopped; \(left)\n")
            throw signal
        }
        try end(code)
    }
}
