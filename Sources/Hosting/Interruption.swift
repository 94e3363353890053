import ArgumentParser
@preconcurrency import Dispatch
import Synchronization
package import UnixSignals

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Lets a command clean up when somebody ends it.
package enum Interruption {
    /// By the shells' convention, a command that a signal ended has this exit code plus the signal's number.
    private static let exitCodeBase: Int32 = 128

    /// The signals by which somebody ends a command; a hang-up is none under `nohup`.
    package static var signals: [UnixSignal] {
        let before = signal(SIGHUP, SIG_IGN)
        let isIgnored = unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
        if isIgnored { return [.sigint, .sigterm] }
        _ = signal(SIGHUP, before)
        return [.sigint, .sigterm, .sighup]
    }

    /// Runs something until it ends or SIGINT, SIGTERM or SIGHUP comes; then its task is cancelled.
    ///
    /// - Parameter body: what to run.
    /// - Returns: what it returns.
    /// - Throws: what it throws; `ExitCode` if a signal came, once it has ended.
    package static func handled<Result: Sendable>(
        _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let trapped = signals
        let signals = await UnixSignalsSequence(trapping: trapped)
        watch(trapped.map(\.rawValue))
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                for await signal in signals { throw ExitCode(exitCodeBase + signal.rawValue) }
                return nil
            }
            defer { group.cancelAll() }
            while let result = try await group.next() {
                if let result { return result }
            }
            throw CancellationError()
        }
    }
}

/// For blocking writes: a thread that waits for a pipe's reader is not told that its task was cancelled.
extension Interruption {
    /// When the first signal came, in nanoseconds since some moment; 0 for never.
    private static let began = Atomic<UInt64>(0)
    private static let sources = Mutex<[Int32: any DispatchSourceSignal]>([:])
    private static let queue = DispatchQueue(label: "interruption")

    /// Notes that a signal to end the command has come; the first one counts.
    package static func begin() {
        let now = DispatchTime.now().uptimeNanoseconds
        _ = began.compareExchange(expected: 0, desired: now, ordering: .relaxed)
    }

    /// Notes when the first signal to end the command comes.
    ///
    /// - Parameter numbers: the signals by which that is done. Something else keeps them from ending the process at once, and
    ///   has done so before: libdispatch's handler is not to be replaced.
    private static func watch(_ numbers: [Int32]) {
        sources.withLock { sources in
            for number in numbers where sources[number] == nil {
                let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
                source.setEventHandler { begin() }
                source.resume()
                sources[number] = source
            }
        }
    }

    /// Whether the first signal to end the command came at least so long ago.
    ///
    /// - Parameter wait: how long.
    /// - Returns: whether it is over.
    static func hasLasted(_ wait: Duration) -> Bool {
        let began = began.load(ordering: .relaxed)
        guard began > 0 else { return false }
        return .nanoseconds(Int64(DispatchTime.now().uptimeNanoseconds - began)) >= wait
    }
}

/// For what computes and waits for nothing: it may have every thread there is, and no task could tell it of a signal.
extension Interruption {
    /// The signal that came.
    private static let noted = Atomic<Int32>(0)

    /// From now on SIGINT, SIGTERM and SIGHUP are noted, for whoever asks now and then; a second one ends the process.
    package static func note() {
        _ = exitCode  // what the handler uses exists before it does
        for number in signals.map(\.rawValue) {
            signal(number) { number in
                Interruption.noted.store(number, ordering: .relaxed)
                signal(number, SIG_DFL)
            }
        }
    }

    /// What the exit code says if a signal came; nil if none did.
    package static var exitCode: Int32? {
        let number = noted.load(ordering: .relaxed)
        return number == 0 ? nil : exitCodeBase + number
    }

    /// Ends what is computed if a signal came.
    ///
    /// - Throws: `CancellationError`.
    package static func check() throws {
        if exitCode != nil { throw CancellationError() }
    }
}
