import TCC

/// A timeline as the journal keeps it: a line an event, `milliseconds⇥event⇥branch⇥detail`, so that appending to it
/// needs no reading.
enum TimelineText {
    static func lines(_ events: [TimelineEvent]) -> String {
        var text = ""
        for event in events {
            text += "\(event.at.milliseconds)\t\(event.event.rawValue)\t\(event.branch?.description ?? "")\t"
            if let detail = event.detail { text += onOneLine(detail) }
            text += "\n"
        }
        return text
    }

    static func events(_ text: String) -> [TimelineEvent] {
        text.split(separator: "\n")
            .compactMap { line in
                let fields = line.split(separator: "\t", maxSplits: 3, omittingEmptySubsequences: false)
                guard fields.count == 4, let milliseconds = Int64(fields[0]),
                    let event = TimelineEvent.Kind(rawValue: String(fields[1]))
                else { return nil }
                return TimelineEvent(
                    at: Timestamp(milliseconds: milliseconds),
                    event: event,
                    branch: ParticipantName(String(fields[2])),
                    detail: fields[3].isEmpty ? nil : String(fields[3])
                )
            }
    }

    private static func onOneLine(_ detail: String) -> String {
        if !detail.utf8.contains(where: { $0 < 0x20 }) { return detail }
        return String(String.UnicodeScalarView(detail.unicodeScalars.map { $0.value < 0x20 ? " " : $0 }))
    }
}
