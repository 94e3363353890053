import ArgumentParser
import Foundation
import Hosting
import Posts
import TCC
import TCCCoordinator

/// Whom the orchestrator coordinates.
struct ParticipantOptions: ParsableArguments {
    @Option(
        name: .customLong("draft-url"),
        help: ArgumentHelp(
            "The draft service (environment: DRAFT_URL; default: http://127.0.0.1:8081).",
            valueName: "url"
        )
    )
    var draftURL: String?

    @Option(
        name: .customLong("online-url"),
        help: ArgumentHelp(
            "The online service (environment: ONLINE_URL; default: http://127.0.0.1:8082).",
            valueName: "url"
        )
    )
    var onlineURL: String?

    @Option(help: ArgumentHelp("Another participant; may be repeated (default: none).", valueName: "name=url"))
    var participant: [String] = []

    /// The draft service's URL, and all participants.
    ///
    /// - Parameter variables: the environment.
    /// - Returns: each from the flag, else the environment, else the default.
    /// - Throws: a usage error.
    func resolve(_ variables: Variables) throws -> (draftURL: String, participants: [Participant]) {
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
        participants += try participant.map(Self.parse)
        guard Set(participants.map(\.name)).count == participants.count else {
            throw ValidationError("--participant names one participant twice ('draft' and 'online' are there already).")
        }
        return (draft, participants)
    }

    private static func parse(_ text: String) throws -> Participant {
        let sides = text.split(separator: "=", maxSplits: 1).map(String.init)
        guard sides.count == 2, let name = ParticipantName(sides[0]) else {
            throw ValidationError("--participant must be NAME=URL with a name of a-z, 0-9 and -, not '\(text)'.")
        }
        return Participant(name: name, url: try ServiceURL.parse(sides[1], flag: "--participant"))
    }
}
