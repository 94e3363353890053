import ArgumentParser
import Foundation
import Hosting
import Posts
import Publishing
import TCC
import TCCCoordinator

/// `orchestrator serve`: runs the coordinator.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the orchestrator.",
        discussion: """
            Coordinates the draft service, the online service and whatever other participants are named, and finishes \
            what a crash interrupted. Times are decimal seconds.

              orchestrator serve --port 8080 --participant quota=http://127.0.0.1:8083
            """
    )

    @OptionGroup(title: "Process")
    var host: HostOptions

    @Option(
        name: .customLong("draft-url"),
        help: "The draft service. Environment: DRAFT_URL. (default: http://127.0.0.1:8081)"
    )
    var draftURL: String?

    @Option(
        name: .customLong("online-url"),
        help: "The online service. Environment: ONLINE_URL. (default: http://127.0.0.1:8082)"
    )
    var onlineURL: String?

    @Option(help: ArgumentHelp("Another participant; may be repeated.", valueName: "name=url"))
    var participant: [String] = []

    @Option(help: "How long to try the branches. Environment: TRY_TIMEOUT. (default: 3)")
    var tryTimeout: Double?

    @Option(
        help: """
            How long after the decision a caller waits for both acknowledgements. Environment: ANSWER_TIMEOUT. \
            (default: 2)
            """
    )
    var answerTimeout: Double?

    @Option(help: "When a call to a participant is given up. Environment: CALL_TIMEOUT. (default: 1)")
    var callTimeout: Double?

    @Option(
        help: """
            What is added to the try timeout to make a try's deadline, for skew between clocks. Environment: \
            DEADLINE_MARGIN. (default: 30)
            """
    )
    var deadlineMargin: Double?

    @Option(help: "Requests served at once; further ones get 429. Environment: MAX_IN_FLIGHT. (default: 1024)")
    var maxInFlight: Int?

    func run() async throws {
        let process = try host.resolve(process: "orchestrator", port: 8080)
        let settings = try resolve(ProcessInfo.processInfo.environment, retention: process.retention)
        try await Host.run(process) { try await OrchestratorProcess.build($0, settings) }
    }

    private func resolve(_ environment: [String: String], retention: Duration) throws -> OrchestratorProcess.Settings {
        let variables = Variables(environment)
        let draft = try ServiceURL.parse(
            variables.resolve(draftURL, "DRAFT_URL", default: "http://127.0.0.1:8081"),
            flag: "--draft-url (or DRAFT_URL)"
        )
        let online = try ServiceURL.parse(
            variables.resolve(onlineURL, "ONLINE_URL", default: "http://127.0.0.1:8082"),
            flag: "--online-url (or ONLINE_URL)"
        )
        var participants = [
            Participant(name: PostBranch.draft, url: draft), Participant(name: PostBranch.online, url: online),
        ]
        participants += try participant.map(Self.parseParticipant)
        guard Set(participants.map(\.name)).count == participants.count else {
            throw ValidationError("--participant names one participant twice ('draft' and 'online' are there already).")
        }
        var coordinator = Coordinator.Settings()
        coordinator.tryTimeout = try variables.duration(tryTimeout, "TRY_TIMEOUT", default: 3, in: 0.001...3600)
        coordinator.answerTimeout = try variables.duration(answerTimeout, "ANSWER_TIMEOUT", default: 2, in: 0...3600)
        coordinator.deadlineMargin =
            try variables.duration(deadlineMargin, "DEADLINE_MARGIN", default: 30, in: 0...3600)
        coordinator.maxInFlight = try variables.resolve(maxInFlight, "MAX_IN_FLIGHT", default: 1024)
        coordinator.retention = retention
        guard (1...1_000_000).contains(coordinator.maxInFlight) else {
            throw ValidationError("--max-in-flight (or MAX_IN_FLIGHT) must be 1 to 1000000.")
        }
        return OrchestratorProcess.Settings(
            participants: participants,
            draftURL: draft,
            callTimeout: try variables.duration(callTimeout, "CALL_TIMEOUT", default: 1, in: 0.001...3600),
            coordinator: coordinator
        )
    }

    private static func parseParticipant(_ text: String) throws -> Participant {
        let sides = text.split(separator: "=", maxSplits: 1).map(String.init)
        guard sides.count == 2, let name = ParticipantName(sides[0]) else {
            throw ValidationError("--participant must be NAME=URL with a name of a-z, 0-9 and -, not '\(text)'.")
        }
        return Participant(name: name, url: try ServiceURL.parse(sides[1], flag: "--participant"))
    }
}
