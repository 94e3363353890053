import ArgumentParser
import Hosting
import TCCCoordinator
import TCCHTTP

/// How long the orchestrator waits, and how much it takes on.
struct TimeOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How long to try the branches (environment: TRY_TIMEOUT; default: 3).",
            valueName: "seconds"
        )
    )
    var tryTimeout: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            """
            How long after the decision a caller waits for both acknowledgements (environment: ANSWER_TIMEOUT; \
            default: 2).
            """,
            valueName: "seconds"
        )
    )
    var answerTimeout: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "When a call to a participant is given up (environment: CALL_TIMEOUT; default: 1).",
            valueName: "seconds"
        )
    )
    var callTimeout: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            """
            What is added to the try timeout to make a try's deadline, for skew between clocks (environment: \
            DEADLINE_MARGIN; default: 30).
            """,
            valueName: "seconds"
        )
    )
    var deadlineMargin: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Requests served at once; further ones get 429 (environment: MAX_IN_FLIGHT; default: 1024).",
            valueName: "count"
        )
    )
    var maxInFlight: String?

    /// A transaction may take an hour, and a participant refuses a deadline that is more than two hours ahead of its
    /// clock: so many clocks may be behind by the margin that was added for them.
    private static let longestMarginSeconds = 1800.0

    /// How long one call may take, and the coordinator's settings but for its retention.
    ///
    /// - Parameter variables: the environment.
    /// - Returns: each from the flag, else the environment, else the default.
    /// - Throws: a usage error.
    func resolve(_ variables: Variables) throws -> (callTimeout: Duration, coordinator: Coordinator.Settings) {
        var settings = Coordinator.Settings()
        settings.tryTimeout = try variables.duration(tryTimeout, "TRY_TIMEOUT", default: 3, in: 0.001...3600)
        settings.answerTimeout = try variables.duration(answerTimeout, "ANSWER_TIMEOUT", default: 2, in: 0...3600)
        settings.deadlineMargin = try variables.duration(
            deadlineMargin,
            "DEADLINE_MARGIN",
            default: 30,
            in: 0...Self.longestMarginSeconds
        )
        settings.maxInFlight = try variables.integer(maxInFlight, "MAX_IN_FLIGHT", default: 1024, in: 1...1_000_000)
        return (try variables.duration(callTimeout, "CALL_TIMEOUT", default: 1, in: 0.001...3600), settings)
    }
}
