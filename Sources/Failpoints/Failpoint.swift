/// A named place before or after a durable write or a send, where a process can be made to crash, pause or fail.
public enum Failpoint: String, Sendable, CaseIterable {
    /// The begin record of a transaction is about to be written.
    case coordinatorBeginBefore = "coordinator.begin.before"
    /// The begin record is durable; no try was sent.
    case coordinatorBeginAfter = "coordinator.begin.after"
    /// A try is about to be sent.
    case coordinatorTryBefore = "coordinator.try.before"
    /// A try was sent and answered; the answer was not looked at.
    case coordinatorTryAfter = "coordinator.try.after"
    /// The decision is about to be written.
    case coordinatorDecideBefore = "coordinator.decide.before"
    /// The decision is durable; nobody was told.
    case coordinatorDecideAfter = "coordinator.decide.after"
    /// A confirm is about to be sent.
    case coordinatorConfirmBefore = "coordinator.confirm.before"
    /// A confirm was sent and answered; the answer was not looked at.
    case coordinatorConfirmAfter = "coordinator.confirm.after"
    /// A cancel is about to be sent.
    case coordinatorCancelBefore = "coordinator.cancel.before"
    /// A cancel was sent and answered; the answer was not looked at.
    case coordinatorCancelAfter = "coordinator.cancel.after"
    /// A branch's acknowledgement is about to be written; with the last one, the transaction's end.
    case coordinatorAcknowledgeBefore = "coordinator.acknowledge.before"
    /// A branch's acknowledgement is durable.
    case coordinatorAcknowledgeAfter = "coordinator.acknowledge.after"
    /// What a failed call met is about to be written.
    case coordinatorNoteBefore = "coordinator.note.before"
    /// What a failed call met is durable.
    case coordinatorNoteAfter = "coordinator.note.after"
    /// A participant asked for an outcome; an unknown transaction is about to be recorded as cancelled.
    case coordinatorOutcomeBefore = "coordinator.outcome.before"
    /// The outcome that a participant asked for is durable; it was not told.
    case coordinatorOutcomeAfter = "coordinator.outcome.after"
    /// At the start: what was undecided is about to be decided cancel.
    case coordinatorRecoverBefore = "coordinator.recover.before"
    /// At the start: what was undecided is durably decided cancel.
    case coordinatorRecoverAfter = "coordinator.recover.after"
    /// Old transactions are about to be forgotten.
    case coordinatorPruneBefore = "coordinator.prune.before"
    /// Old transactions are durably forgotten.
    case coordinatorPruneAfter = "coordinator.prune.after"
    /// The answer to a caller is about to be sent.
    case coordinatorAnswerBefore = "coordinator.answer.before"

    /// A reservation is about to be written.
    case participantReserveBefore = "participant.reserve.before"
    /// A reservation is durable (or was refused); the try is not answered.
    case participantReserveAfter = "participant.reserve.after"
    /// A confirm's effect is about to be written.
    case participantConfirmBefore = "participant.confirm.before"
    /// A confirm's effect is durable; the confirm is not answered.
    case participantConfirmAfter = "participant.confirm.after"
    /// A cancel is about to be written.
    case participantCancelBefore = "participant.cancel.before"
    /// A cancel is durable; it is not answered.
    case participantCancelAfter = "participant.cancel.after"
    /// The coordinator is about to be asked for an outcome.
    case participantAskBefore = "participant.ask.before"
    /// The coordinator was asked for an outcome and answered; the answer was not looked at.
    case participantAskAfter = "participant.ask.after"
    /// The coordinator is about to be asked how far back it remembers.
    case participantHorizonBefore = "participant.horizon.before"
    /// The coordinator said how far back it remembers.
    case participantHorizonAfter = "participant.horizon.after"
    /// Old barrier rows are about to be forgotten.
    case participantPruneBefore = "participant.prune.before"
    /// Old barrier rows are durably forgotten.
    case participantPruneAfter = "participant.prune.after"

    /// A draft is about to be created or edited.
    case draftSaveBefore = "draft.save.before"
    /// A created or edited draft is durable; the author was not told.
    case draftSaveAfter = "draft.save.after"
    /// The draft service is about to be asked for a draft.
    case orchestratorReadDraftBefore = "orchestrator.read-draft.before"
    /// The draft service was asked for a draft and answered.
    case orchestratorReadDraftAfter = "orchestrator.read-draft.after"

    /// Any process: waiting operations were applied; their commit is about to be made durable.
    case storageCommitBefore = "storage.commit.before"
    /// Any process: a commit is durable; nobody was told. An error here is a commit of unknown fate.
    case storageCommitAfter = "storage.commit.after"

    /// The process that it is in.
    public var role: String {
        switch rawValue.prefix(while: { $0 != "." }) {
        case "coordinator", "orchestrator": "orchestrator"
        case "participant": "draft-service, online-service"
        case "draft": "draft-service"
        default: "all"
        }
    }
}
