import ArgumentParser
import Failpoints
import Hosting
import TCC

/// The command `orchestrator failpoints`.
struct ListFailpoints: ParsableCommand {
    /// How it is called and what its help says.
    static let configuration = CommandConfiguration(
        commandName: "failpoints",
        abstract: "List the places where a test can make a process crash, pause or fail.",
        discussion: """
            \(Self.note)

            Example:
              orchestrator failpoints
              TCC_FAILPOINTS='coordinator.decide.after=crash@2' orchestrator serve

            JSON: {failpoints: [{name, role, summary}]}
            """
    )

    private static let note = """
        Set TCC_FAILPOINTS when a process starts: name=action[@n][;...], where the action is crash (it dies at once, as \
        by SIGKILL), pause(MILLISECONDS) or error, and @n means only the n-th time in that life. A pause also holds what \
        is written in one batch with it.
        """

    @OptionGroup(title: "Output")
    var output: OutputOptions

    /// Lists them.
    mutating func run() throws {
        if output.json {
            let items = Failpoint.allCases.map { point in
                ["name": point.rawValue, "role": point.role, "summary": point.summary]
            }
            return try Output.json(["failpoints": items])
        }
        var table = Table([.init("NAME"), .init("PROCESS"), .init("WHEN")])
        for point in Failpoint.allCases { table.add([point.rawValue, point.role, point.summary]) }
        try Output.line("\(table.text(.standardOutput))\n\n\(Self.note)")
    }
}
