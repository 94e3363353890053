import Supervision

/// The programs that are built together with this one.
enum OwnProgram: String, CaseIterable {
    case draft = "draft-service"
    case online = "online-service"
    case orchestrator
    case web = "web-service"

    /// Its lane in a transaction's diagram; the pages have none there, for they take no part in any.
    var lane: Int {
        switch self {
        case .orchestrator: 0
        case .draft: 1
        case .online: 2
        case .web: 3
        }
    }

    /// How to start it: the one beside this program's own file.
    ///
    /// - Parameters:
    ///   - arguments: further arguments.
    ///   - environment: what its environment has otherwise than this process's.
    ///   - folder: where it starts; nil for here.
    /// - Returns: the command.
    func child(_ arguments: [String] = [], environment: [String: String?], folder: String? = nil) -> ChildCommand {
        ChildCommand(
            name: rawValue,
            program: OwnPrograms.path(rawValue),
            arguments: (self == .orchestrator ? ["serve"] : []) + arguments,
            environment: environment,
            folder: folder
        )
    }
}
