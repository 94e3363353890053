import Synchronization
public import TCC

/// Why a process does not serve for now, part by part: what `GET /readyz` answers by.
///
/// The parts report when something changes, so that asking costs nothing.
public final class Readiness: Sendable {
    private let troubles = Mutex<[String: String]>([:])

    /// A process that serves.
    public init() {}

    /// Notes how a part is.
    ///
    /// - Parameters:
    ///   - part: the part's name, such as `database`.
    ///   - trouble: why the process does not serve because of it, as the end of a sentence that begins with its name; nil
    ///     if it is well.
    /// - Returns: whether that is news.
    @discardableResult
    public func report(_ part: String, _ trouble: String?) -> Bool {
        troubles.withLock { troubles in
            defer { troubles[part] = trouble }
            return troubles[part] != trouble
        }
    }

    /// 503 `not-ready` with its reasons; nil if the process serves.
    public var problem: Problem? {
        let troubles = troubles.withLock { $0 }.sorted { $0.key < $1.key }
        if troubles.isEmpty { return nil }
        return Problem(
            503,
            "not-ready",
            troubles.map { "The \($0) \($1)." }.joined(separator: " "),
            extensions: ["reasons": .object(Dictionary(uniqueKeysWithValues: troubles.map { ($0, .string($1)) }))],
            retryAfterSeconds: 1
        )
    }
}
