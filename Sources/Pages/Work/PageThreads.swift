import NIOPosix

/// Threads for the work on pages alone: however long it computes, the others go on serving.
final class PageThreads: TaskExecutor {
    private let pool: NIOThreadPool

    /// Starts the threads.
    ///
    /// - Parameter count: how many.
    init(count: Int) {
        self.pool = NIOThreadPool(numberOfThreads: count)
        pool.start()
    }

    /// Runs a piece of a task on one of the threads.
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        // Whatever the pool's state: a job that is not run is a task that never ends.
        pool.submit { [self] _ in job.runSynchronously(on: asUnownedTaskExecutor()) }
    }

    /// Ends the threads.
    func stop() async throws { try await pool.shutdownGracefully() }
}
