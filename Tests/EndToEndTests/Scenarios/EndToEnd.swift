import Testing

/// Everything with real processes, one scenario after the other: on a busy machine timeouts of a second mean little.
@Suite("End to end", .serialized, .showsServerLogs)
enum EndToEnd {}

extension Trait where Self == IssueHandlingTrait {
    /// Adds what the servers logged to a failure's message.
    static var showsServerLogs: Self {
        .compactMapIssues { issue in
            var issue = issue
            // A suite inside a suite has the trait twice.
            if let logs = Cluster.current.map({ Comment(rawValue: $0.logTails) }), !issue.comments.contains(logs) {
                issue.comments.append(logs)
            }
            return issue
        }
    }
}
