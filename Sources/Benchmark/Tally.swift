/// What came of the requests of one round.
struct Tally: Hashable, Sendable {
    /// Seconds that were counted.
    var seconds = 0.0
    /// How long those took that were done (2xx).
    var done = LatencyHistogram()
    /// How long those took that were refused for lack of room (429).
    var refused = LatencyHistogram()
    /// How many were answered otherwise, by status.
    var others: [Int: Int] = [:]
    /// How many were not answered in time.
    var timeouts = 0
    /// How many connections ended in the middle of a request.
    var lost = 0

    /// How many were neither done nor refused.
    var failures: Int { others.values.reduce(0, +) + timeouts + lost }
    /// How many were done a second.
    var perSecond: Double { seconds > 0 ? Double(done.count) / seconds : 0 }

    /// Adds an answer.
    ///
    /// - Parameters:
    ///   - status: its status.
    ///   - microseconds: how long it took.
    mutating func count(_ status: Int, microseconds: Int) {
        switch status {
        case 200...299: done.record(microseconds)
        case 429: refused.record(microseconds)
        default: others[status, default: 0] += 1
        }
    }
}
