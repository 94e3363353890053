import Synchronization

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// What a test asked for at named places; without the variable it asks for nothing and costs a nil check.
///
/// `TCC_FAILPOINTS` is read once, at start: `name=action[@n][;…]` with the actions `crash`, `pause(ms)` and `error`;
/// `@n` means only the n-th time that this process comes by.
public struct Failpoints: Sendable {
    /// What happens at a place.
    public enum Action: Hashable, Sendable {
        /// The process dies at once, as by SIGKILL.
        case crash
        /// Whoever comes by waits this long.
        case pause(Duration)
        /// Whoever comes by meets ``FailpointError``.
        case error
    }

    private struct Rule {
        let action: Action
        let onlyVisit: Int?
    }

    private final class Armed: Sendable {
        let rules: [Failpoint: [Rule]]
        let visits = Mutex<[Failpoint: Int]>([:])

        init(rules: [Failpoint: [Rule]]) { self.rules = rules }

        func action(at point: Failpoint) -> Action? {
            guard let rules = rules[point] else { return nil }
            let visit = visits.withLock {
                $0[point, default: 0] += 1
                return $0[point]
            }
            return rules.first { $0.onlyVisit == nil || $0.onlyVisit == visit }?.action
        }
    }

    /// What a simulator does at the places, in place of what the variable asks for.
    package struct Handler: Sendable {
        /// Passes a place; may wait.
        package var pass: @Sendable (Failpoint) async throws -> Void
        /// Passes a place on a database's writer; must not wait.
        package var passBlocking: @Sendable (Failpoint) throws -> Void

        /// Makes a handler.
        ///
        /// - Parameters:
        ///   - pass: passes a place; may wait.
        ///   - passBlocking: passes a place on a database's writer; must not wait.
        package init(
            pass: @escaping @Sendable (Failpoint) async throws -> Void,
            passBlocking: @escaping @Sendable (Failpoint) throws -> Void
        ) {
            self.pass = pass
            self.passBlocking = passBlocking
        }
    }

    private let armed: Armed?
    private let handler: Handler?

    /// Nothing happens anywhere.
    public static let none = Failpoints()

    private init() {
        self.armed = nil
        self.handler = nil
    }

    /// Whatever a simulator wants to happen.
    ///
    /// - Parameter handler: what happens at each place.
    package init(_ handler: Handler) {
        self.armed = nil
        self.handler = handler
    }

    /// Reads a specification.
    ///
    /// - Parameter specification: `name=action[@n][;…]`; nil and empty mean none.
    /// - Throws: ``FailpointSyntaxError`` if it cannot be read.
    public init(_ specification: String?) throws {
        var rules: [Failpoint: [Rule]] = [:]
        for part in (specification ?? "").split(separator: ";") {
            let sides = part.split(separator: "=", maxSplits: 1).map { String($0).trimmed }
            guard sides.count == 2 else {
                throw FailpointSyntaxError(
                    part: String(part),
                    problem: "write name=action, such as coordinator.decide.after=crash"
                )
            }
            guard let point = Failpoint(rawValue: sides[0]) else {
                throw FailpointSyntaxError(
                    part: String(part),
                    problem: "unknown name; 'orchestrator failpoints' lists them"
                )
            }
            let words = sides[1].split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard let action = Action(words[0]) else {
                throw FailpointSyntaxError(
                    part: String(part),
                    problem: "the action is crash, pause(MILLISECONDS) or error"
                )
            }
            var onlyVisit: Int?
            if words.count == 2 {
                guard let visit = Int(words[1]), visit > 0 else {
                    throw FailpointSyntaxError(part: String(part), problem: "after '@' comes a number from 1 on")
                }
                onlyVisit = visit
            }
            rules[point, default: []].append(Rule(action: action, onlyVisit: onlyVisit))
        }
        self.armed = rules.isEmpty ? nil : Armed(rules: rules)
        self.handler = nil
    }

    /// Passes a place.
    ///
    /// - Parameter point: the place.
    /// - Throws: ``FailpointError`` if an error was asked for, `CancellationError` out of a pause.
    public func pass(_ point: Failpoint) async throws {
        if let handler { return try await handler.pass(point) }
        guard let action = armed?.action(at: point) else { return }
        switch action {
        case .crash: Self.crash()
        case .pause(let duration): try await Task.sleep(for: duration)
        case .error: throw FailpointError(point: point)
        }
    }

    /// Passes a place on a thread that may block, such as a database's writer.
    ///
    /// - Parameter point: the place.
    /// - Throws: ``FailpointError`` if an error was asked for.
    public func passBlocking(_ point: Failpoint) throws {
        if let handler { return try handler.passBlocking(point) }
        guard let action = armed?.action(at: point) else { return }
        switch action {
        case .crash: Self.crash()
        case .pause(let duration):
            let (seconds, attoseconds) = duration.components
            usleep(UInt32(seconds * 1_000_000 + attoseconds / 1_000_000_000_000))
        case .error: throw FailpointError(point: point)
        }
    }

    private static func crash() -> Never {
        kill(getpid(), SIGKILL)
        while true { pause() }
    }
}

extension Failpoints.Action {
    fileprivate init?(_ text: String) {
        if text == "crash" {
            self = .crash
        } else if text == "error" {
            self = .error
        } else if text.hasPrefix("pause("), text.hasSuffix(")"),
            let milliseconds = Int(text.dropFirst(6).dropLast()), (0...600_000).contains(milliseconds)
        {
            self = .pause(.milliseconds(milliseconds))
        } else {
            return nil
        }
    }
}

extension String {
    fileprivate var trimmed: String {
        var rest = self[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}

/// What `error` at a failpoint throws.
public struct FailpointError: Error, Hashable, CustomStringConvertible {
    /// The place.
    public let point: Failpoint

    /// What a simulator's handler throws.
    ///
    /// - Parameter point: the place.
    package init(point: Failpoint) { self.point = point }

    /// For a log.
    public var description: String { "failpoint \(point.rawValue)" }
}

/// `TCC_FAILPOINTS` cannot be read.
public struct FailpointSyntaxError: Error, Hashable, CustomStringConvertible {
    /// The part that is wrong.
    public let part: String
    /// What is wrong with it.
    public let problem: String
    /// For people.
    public var description: String { "TCC_FAILPOINTS: '\(part)': \(problem)" }
}
