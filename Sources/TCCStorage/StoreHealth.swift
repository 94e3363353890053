import Synchronization

/// Whether what is written reaches the disk: a flag that every commit sets, and a probe for when nobody writes.
final class StoreHealth: Sendable {
    private let isWritableNow = Atomic(true)
    private let isProbing = Atomic(false)

    /// Whether the last commit that had something to write succeeded.
    var isWritable: Bool { isWritableNow.load(ordering: .relaxed) }

    /// A commit that had something to write is on disk, or is not.
    func committed(_ isOnDisk: Bool) {
        guard isOnDisk != isWritable else { return }
        isWritableNow.store(isOnDisk, ordering: .relaxed)
    }

    /// Runs a probe unless one runs already.
    func probe(_ write: () async throws -> Void) async {
        guard isProbing.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged else { return }
        defer { isProbing.store(false, ordering: .relaxed) }
        do {
            try await write()
            committed(true)
        } catch {
            committed(false)
        }
    }
}
