/// Starts child processes that end with the task that started them.
package struct Children: Sendable {
    private let lives: AsyncStream<ChildLife>.Continuation

    /// Runs something with child processes; when it returns or throws, all of them have ended.
    ///
    /// - Parameter body: what to run.
    /// - Returns: what it returns.
    /// - Throws: what it throws.
    package static func with<Result: Sendable>(
        _ body: (Children) async throws -> Result
    ) async throws -> Result {
        let (stream, continuation) = AsyncStream<ChildLife>.makeStream()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                await withDiscardingTaskGroup { lives in
                    for await life in stream { lives.addTask { await life.run() } }
                    // Nobody is left who could need them.
                    lives.cancelAll()
                }
            }
            defer { continuation.finish() }
            return try await body(Children(lives: continuation))
        }
    }

    /// Begins a life.
    ///
    /// - Parameter life: the life.
    package func start(_ life: ChildLife) { lives.yield(life) }
}
