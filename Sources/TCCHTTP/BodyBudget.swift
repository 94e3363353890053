import Synchronization

/// How many bytes of bodies a process may hold at once, over all of its requests.
///
/// What has come of a body counts until its request has been handled: whoever sends slowly, or stops, holds what it has sent.
public final class BodyBudget: Sendable {
    private let mostBytes: Int
    private let taken = Atomic(0)

    /// A budget of which nothing is taken.
    ///
    /// - Parameter mostBytes: how many bytes it has.
    public init(mostBytes: Int = 256 << 20) { self.mostBytes = mostBytes }

    /// Takes a part of it.
    ///
    /// - Parameter bytes: how many.
    /// - Returns: whether there were so many left; if not, nothing is taken.
    package func take(_ bytes: Int) -> Bool {
        if taken.add(bytes, ordering: .relaxed).newValue <= mostBytes { return true }
        giveBack(bytes)
        return false
    }

    /// Gives back what was taken.
    ///
    /// - Parameter bytes: how many.
    package func giveBack(_ bytes: Int) { taken.subtract(bytes, ordering: .relaxed) }
}
