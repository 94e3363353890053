/// One of the real processes.
package enum Party: String, Hashable, Sendable, CaseIterable, Comparable {
    /// Runs the transactions.
    case orchestrator
    /// Keeps the drafts.
    case draft = "draft-service"
    /// Shows the posts.
    case online = "online-service"
    /// Counts what authors may publish.
    case quota = "quota-service"

    /// Those that reserve, confirm and cancel.
    package static let participants: [Party] = [.draft, .online, .quota]

    /// The file in its data directory that holds everything it knows.
    package var databaseName: String {
        switch self {
        case .orchestrator: "journal.sqlite"
        case .draft: "drafts.sqlite"
        case .online: "online.sqlite"
        case .quota: "quota.sqlite"
        }
    }

    /// The participant's name in a transaction; nil for the orchestrator.
    package var branch: String? {
        switch self {
        case .orchestrator: nil
        case .draft: "draft"
        case .online: "online"
        case .quota: "quota"
        }
    }

    private var place: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// Orders as they are listed.
    package static func < (left: Self, right: Self) -> Bool { left.place < right.place }
}

/// A direction in which requests go, with their answers coming back.
package struct Link: Hashable, Sendable, CustomStringConvertible {
    /// Who calls; nil for the clients.
    package var from: Party?
    /// Who is called.
    package var to: Party

    /// A link.
    ///
    /// - Parameters:
    ///   - from: who calls; nil for the clients.
    ///   - to: who is called.
    package init(from: Party?, to: Party) {
        self.from = from
        self.to = to
    }

    /// All that there are.
    package static let all =
        [Link(from: nil, to: .orchestrator)]
        + Party.participants.map { Link(from: .orchestrator, to: $0) }
        + Party.participants.map { Link(from: $0, to: .orchestrator) }

    /// Whether a process is at one of its ends.
    ///
    /// - Parameter party: the process.
    /// - Returns: whether it calls or is called here.
    package func touches(_ party: Party) -> Bool { from == party || to == party }

    /// The name by which the one calls the other, where a name server of the harness resolves it (RFC 6761: `test` is
    /// nobody's).
    package var name: String { "\(to.rawValue).of-\(from?.rawValue ?? "clients").test" }

    /// For people.
    package var description: String { "\(from?.rawValue ?? "clients")→\(to.rawValue)" }
}
