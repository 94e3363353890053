/// The services that the command line talks to.
package enum ServiceName: Hashable, Sendable, CaseIterable {
    /// Runs the transactions.
    case orchestrator
    /// Keeps the drafts.
    case draft
    /// Shows the posts to readers.
    case online

    /// Its name in a sentence.
    package var title: String {
        switch self {
        case .orchestrator: "the orchestrator"
        case .draft: "the draft service"
        case .online: "the online service"
        }
    }

    /// How it is started.
    package var startCommand: String {
        switch self {
        case .orchestrator: "orchestrator serve"
        case .draft: "draft-service"
        case .online: "online-service"
        }
    }

    /// The flag that says where it is.
    package var flag: String {
        switch self {
        case .orchestrator: "--url"
        case .draft: "--draft-url"
        case .online: "--online-url"
        }
    }

    /// The environment variable that says where it is.
    package var variable: String {
        switch self {
        case .orchestrator: "ORCHESTRATOR_URL"
        case .draft: "DRAFT_URL"
        case .online: "ONLINE_URL"
        }
    }

    /// Where it is if nothing else is said.
    package var defaultURL: String {
        switch self {
        case .orchestrator: "http://127.0.0.1:8080"
        case .draft: "http://127.0.0.1:8081"
        case .online: "http://127.0.0.1:8082"
        }
    }
}
