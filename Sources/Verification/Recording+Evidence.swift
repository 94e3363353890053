extension Recording {
    /// What is missing in a history of a run, though it happens in every run that tries something: a sentence for each.
    var missingEvidence: [String] {
        var missing: [String] = []
        for kind in run?.faults ?? [] where run?.leftOut[kind] == nil {
            if faults[kind, default: 0] == 0 {
                missing.append("It proves too little: no \(kind.rawValue) happened, and it was asked for.")
            } else if kind == .failpoint, failpoints.isEmpty {
                missing.append("It proves too little: no process died at a failpoint, and that was asked for.")
            }
        }
        for library in [History.Library.draft, .online]
        where !state.history.sightings.contains(where: { $0.library == library }) {
            missing.append("No reader saw anything in the \(library.rawValue).")
        }
        if !lines.contains(where: { $0.event == .healed }) { missing.append("Nobody took the faults back.") }
        if !lines.contains(where: { if case .decision = $0.event { true } else { false } }) {
            missing.append("Nobody saw a decision.")
        }
        return missing
    }
}
