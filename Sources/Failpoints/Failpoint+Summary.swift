extension Failpoint {
    /// When a process comes by, in a sentence for people.
    public var summary: String {
        switch self {
        case .coordinatorBeginBefore: "The begin record of a transaction is about to be written."
        case .coordinatorBeginAfter: "The begin record is durable; no try was sent."
        case .coordinatorTryBefore: "A try is about to be sent."
        case .coordinatorTryAfter: "A try was sent and answered; the answer was not looked at."
        case .coordinatorDecideBefore: "The decision is about to be written."
        case .coordinatorDecideAfter: "The decision is durable; nobody was told."
        case .coordinatorConfirmBefore: "A confirm is about to be sent."
        case .coordinatorConfirmAfter: "A confirm was sent and answered; the answer was not looked at."
        case .coordinatorCancelBefore: "A cancel is about to be sent."
        case .coordinatorCancelAfter: "A cancel was sent and answered; the answer was not looked at."
        case .coordinatorAcknowledgeBefore:
            "A branch's acknowledgement is about to be written; with the last one, the transaction's end."
        case .coordinatorAcknowledgeAfter: "A branch's acknowledgement is durable."
        case .coordinatorNoteBefore: "What a failed call met is about to be written."
        case .coordinatorNoteAfter: "What a failed call met is durable."
        case .coordinatorOutcomeBefore:
            "A participant asked for an outcome; an unknown transaction is about to be recorded as cancelled."
        case .coordinatorOutcomeAfter: "The outcome that a participant asked for is durable; it was not told."
        case .coordinatorRecoverBefore: "At the start: what was undecided is about to be decided cancel."
        case .coordinatorRecoverAfter: "At the start: what was undecided is durably decided cancel."
        case .coordinatorPruneBefore: "Old transactions are about to be forgotten."
        case .coordinatorPruneAfter: "Old transactions are durably forgotten."
        case .coordinatorAnswerBefore: "The answer to a caller is about to be sent."
        case .participantReserveBefore: "A reservation is about to be written."
        case .participantReserveAfter: "A reservation is durable (or was refused); the try is not answered."
        case .participantConfirmBefore: "A confirm's effect is about to be written."
        case .participantConfirmAfter: "A confirm's effect is durable; the confirm is not answered."
        case .participantCancelBefore: "A cancel is about to be written."
        case .participantCancelAfter: "A cancel is durable; it is not answered."
        case .participantAskBefore: "The coordinator is about to be asked for an outcome."
        case .participantAskAfter:
            "The coordinator was asked for an outcome and answered; the answer was not looked at."
        case .participantHorizonBefore: "The coordinator is about to be asked how far back it remembers."
        case .participantHorizonAfter: "The coordinator said how far back it remembers."
        case .participantPruneBefore: "Old barrier rows are about to be forgotten."
        case .participantPruneAfter: "Old barrier rows are durably forgotten."
        case .draftSaveBefore: "A draft is about to be created or edited."
        case .draftSaveAfter: "A created or edited draft is durable; the author was not told."
        case .orchestratorReadDraftBefore: "The draft service is about to be asked for a draft."
        case .orchestratorReadDraftAfter: "The draft service was asked for a draft and answered."
        case .storageCommitBefore:
            "Any process: waiting operations were applied; their commit is about to be made durable."
        case .storageCommitAfter:
            "Any process: a commit is durable; nobody was told. An error here is a commit of unknown fate."
        }
    }
}
