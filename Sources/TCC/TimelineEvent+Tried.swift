extension TimelineEvent {
    /// How a try ended: what the detail of its event begins with, before a colon and more about it.
    public enum Tried: String, Hashable, Sendable, CaseIterable {
        /// The branch holds its reservation.
        case reserved
        /// Its business check failed.
        case refused
        /// The try came too late.
        case deadlinePassed = "deadline passed"
        /// The participant does not take such a call.
        case rejected
        /// Nothing usable came until the try timeout.
        case noUsableAnswer = "no usable answer"

        /// The detail of the event.
        ///
        /// - Parameter more: more about it.
        /// - Returns: a line for a timeline.
        public func detail(_ more: String) -> String { "\(rawValue): \(more)" }
    }

    /// How the try ended; nil for an event of another kind.
    public var tried: Tried? {
        guard event == .tried, let detail else { return nil }
        return Tried(rawValue: String(detail.prefix { $0 != ":" }))
    }
}
