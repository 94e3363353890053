/// What is known of hosts' names, and when one is looked up again.
///
/// A pure struct: it is told what lookups found, and says what to do, given the time.
///
/// - An address is used for a while, and then while it is looked up again; it is kept as long as no lookup finds another.
/// - A name without an address is not looked up again for a moment.
/// - A lookup that hangs is not waited for by the next one for ever; but of one name, and of all, only so many are under
///   way.
package struct NameCache {
    /// What bounds it.
    package struct Limits: Hashable, Sendable {
        /// How long an address is used before its name is looked up again.
        package var freshness: Duration = .seconds(30)
        /// How long a name is not looked up again after a lookup.
        package var pause: Duration = .seconds(1)
        /// After how long another lookup may begin beside one that has not ended.
        package var patience: Duration = .seconds(5)
        /// Lookups of one name under way at once.
        package var lookupsOfOne = 4
        /// Lookups under way at once.
        package var lookups: Int
        /// Names remembered.
        package var names: Int

        /// Makes limits.
        package init(lookups: Int = 64, names: Int = 256) {
            self.lookups = lookups
            self.names = names
        }
    }

    /// What to do for a caller who wants a name's addresses.
    package enum Step: Hashable {
        /// Use these, the best first; look the name up as well, for the callers to come.
        case use([String], lookUp: Bool)
        /// Wait for the lookup that is under way, or that is to begin now.
        case wait(lookUp: Bool)
        /// There is none, as was found a moment ago.
        case fail(String)
    }

    private struct Entry {
        var addresses: [String] = []
        var freshUntil: Duration = .zero
        var failure: String?
        var lookups = 0
        var lastLookupAt: Duration?
        var usedAt: Duration
    }

    private let limits: Limits
    private var entries: [String: Entry] = [:]
    private var lookups = 0

    /// A cache that knows nothing.
    package init(limits: Limits = Limits()) { self.limits = limits }

    /// How many names are remembered, for a test that they are not too many.
    package var count: Int { entries.count }

    /// Somebody wants a name's addresses.
    package mutating func wanted(_ name: String, now: Duration) -> Step {
        guard makeRoom(for: name) else { return .fail("too many names are in use") }
        var entry = entries[name] ?? Entry(usedAt: now)
        defer { entries[name] = entry }
        entry.usedAt = now
        let mayLookUp = mayLookUp(entry, now: now)
        func begin() {
            entry.lookups += 1
            entry.lastLookupAt = now
            lookups += 1
        }
        if !entry.addresses.isEmpty {
            let looksUp = mayLookUp && entry.freshUntil <= now
            if looksUp { begin() }
            return .use(entry.addresses, lookUp: looksUp)
        }
        if mayLookUp {
            begin()
            return .wait(lookUp: true)
        }
        if entry.lookups > 0 { return .wait(lookUp: false) }
        return .fail(entry.failure ?? "too many names are being looked up")
    }

    private func mayLookUp(_ entry: Entry, now: Duration) -> Bool {
        guard lookups < limits.lookups, entry.lookups < limits.lookupsOfOne else { return false }
        guard let last = entry.lastLookupAt else { return true }
        return last + (entry.lookups > 0 ? limits.patience : limits.pause) <= now
    }

    /// Forgets the name that was not used for longest, if there are too many.
    private mutating func makeRoom(for name: String) -> Bool {
        if entries[name] != nil || entries.count < limits.names { return true }
        let idle = entries.lazy.filter { $0.value.lookups == 0 }
        guard let oldest = idle.min(by: { $0.value.usedAt < $1.value.usedAt })?.key else { return false }
        entries[oldest] = nil
        return true
    }

    /// A lookup found these, the best first.
    package mutating func found(_ addresses: [String], for name: String, now: Duration) {
        ended(name)
        guard entries[name] != nil else { return }
        // The same ones stay in the order that has turned out to work.
        if Set(addresses) != Set(entries[name]?.addresses ?? []) { entries[name]?.addresses = addresses }
        entries[name]?.freshUntil = now + limits.freshness
        entries[name]?.failure = nil
    }

    /// A lookup found nothing; what was found before is kept.
    package mutating func failed(_ name: String, _ detail: String) {
        ended(name)
        entries[name]?.failure = detail
    }

    private mutating func ended(_ name: String) {
        lookups -= 1
        entries[name]?.lookups -= 1
    }

    /// An address did not answer: others are tried before it, and the name is looked up again.
    package mutating func doubted(_ address: String, of name: String, now: Duration) {
        guard let addresses = entries[name]?.addresses, let index = addresses.firstIndex(of: address) else { return }
        entries[name]?.addresses.remove(at: index)
        entries[name]?.addresses.append(address)
        entries[name]?.freshUntil = now
    }
}
