import Testing

/// Everything with real processes, one scenario after the other: on a busy machine timeouts of a second mean little.
@Suite("End to end", .serialized, .showsServerLogs)
enum EndToEnd {}

extension Trait where Self == IssueHandlingTrait {
    /// Adds what the servers logged to a failure's message.
    static var showsServerLogs: Self {
        .compactMapIssues { issue in
            var issue = issue
            if let logs = Cluster.current?.logTails { issue.comments.append("\(logs)") }
            return issue
        }
    }
}
