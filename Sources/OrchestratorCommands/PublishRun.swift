import Foundation

/// Publishes many files, several at once.
struct PublishRun: Sendable {
    let publisher: FilePublisher
    let inFlight: Int
    let bar: ProgressBar

    /// Publishes them.
    ///
    /// - Parameter files: the files.
    /// - Returns: what became of each, in their order.
    func publish(_ files: [MarkdownFile]) async -> PublishReport {
        var results: [FileResult?] = Array(repeating: nil, count: files.count)
        var counts = PublishReport.Counts()
        var outage: Refusal?
        draw(counts)
        await withTaskGroup(of: (Int, FileResult).self) { group in
            var next = 0
            func startNext() {
                // What stopped one file would stop each of the others after the same wait.
                guard next < files.count, outage == nil, !Task.isCancelled else { return }
                let index = next
                next += 1
                group.addTask { (index, await publisher.publish(files[index])) }
            }
            for _ in 0..<inFlight { startNext() }
            while let (index, result) = await group.next() {
                results[index] = result
                counts.add(result)
                if case .refused(let refusal) = result, refusal.cause != .file { outage = outage ?? refusal }
                draw(counts)
                startNext()
            }
        }
        Output.draw(bar.erased)
        return PublishReport(
            zip(files, results)
                .map { file, result in
                    let untried = outage.map { FileResult.refused(.notTried(because: $0)) }
                    return .init(path: file.path, result: result ?? untried ?? .refused(.interrupted))
                }
        )
    }

    private func draw(_ counts: PublishReport.Counts) {
        Output.draw(bar.drawn(counts, columns: TerminalSize(of: STDERR_FILENO).columns))
    }
}
