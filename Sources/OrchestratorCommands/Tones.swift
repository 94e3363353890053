import Hosting
import Posts
import TCC

extension TransactionRecord {
    /// Its state as a cell; one whose branch refuses the decision needs a person.
    var stateCell: Table.Cell {
        isStuck ? .init("\(state.rawValue), STUCK", .alarm) : .init(state.rawValue, state.tone)
    }
}

extension TransactionState {
    /// What its colour says.
    var tone: TerminalStyle.Tone {
        switch self {
        case .trying, .confirming, .cancelling: .busy
        case .confirmed: .good
        case .cancelled: .caution
        }
    }
}

extension BranchState {
    /// What its colour says.
    var tone: TerminalStyle.Tone {
        switch self {
        case .trying, .reserved: .busy
        case .confirmed: .good
        case .refused, .cancelled: .caution
        }
    }
}

extension DraftStatus {
    /// What its colour says.
    var tone: TerminalStyle.Tone {
        switch self {
        case .published: .good
        case .unpublished: .busy
        case .private: .caution
        }
    }
}
