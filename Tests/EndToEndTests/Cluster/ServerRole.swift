/// One of the three processes.
enum ServerRole: String, CaseIterable, Sendable {
    case draft = "draft-service"
    case online = "online-service"
    case orchestrator

    /// The file in its data directory that holds everything it knows.
    var databaseName: String {
        switch self {
        case .draft: "drafts.sqlite"
        case .online: "online.sqlite"
        case .orchestrator: "journal.sqlite"
        }
    }
}
