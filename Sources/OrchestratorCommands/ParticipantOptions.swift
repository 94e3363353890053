import ArgumentParser
import Foundation
import Hosting
import Posts
import TCC
import TCCCoordinator
import TCCHTTP

/// Whom the orchestrator coordinates.
struct ParticipantOptions: ParsableArguments {
    @OptionGroup
    var libraries: LibraryOptions

    @Option(help: ArgumentHelp("Another participant; may be repeated (default: none).", valueName: "name=url"))
    var participant: [String] = []

    /// The draft service's URL, and all participants.
    ///
    /// - Parameter variables: the environment.
    /// - Returns: each from the flag, else the environment, else the default.
    /// - Throws: a usage error.
    func resolve(_ variables: Variables) throws -> (draftURL: String, participants: [Participant]) {
        let (draft, online) = try libraries.resolve(variables)
        var participants = [
            Participant(name: PostBranch.draft, url: draft), Participant(name: PostBranch.online, url: online),
        ]
        for text in participant {
            let other = try Self.parse(text)
            guard !participants.contains(where: { $0.name == other.name }) else {
                let isReserved = other.name == PostBranch.draft || other.name == PostBranch.online
                let why = isReserved ? "has a flag of its own" : "is there already"
                throw RefusedSetting(
                    "--participant",
                    must: "name each participant once",
                    not: text,
                    because: "names again what \(why)"
                )
            }
            participants.append(other)
        }
        return (draft.description, participants)
    }

    private static func parse(_ text: String) throws -> Participant {
        let sides = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard sides.count == 2, let name = ParticipantName(sides[0]) else {
            throw RefusedSetting(
                "--participant",
                must: "be NAME=URL with a name of 1 to 64 of a-z, 0-9 and -",
                not: text
            )
        }
        return Participant(name: name, url: try Variables.url(sides[1], "--participant \(name)"))
    }
}
