package import TCC

/// One line of a recorded history: something that happened, and when.
package struct RecordedLine: Hashable, Sendable {
    /// Milliseconds since the run's begin, on a monotonic clock.
    package var at: Double
    /// What happened.
    package var event: RecordedEvent

    /// Makes a line.
    ///
    /// - Parameters:
    ///   - at: milliseconds since the run's begin.
    ///   - event: what happened.
    package init(at: Double, _ event: RecordedEvent) {
        self.at = at
        self.event = event
    }
}

/// What a line of a recorded history can tell.
package enum RecordedEvent: Hashable, Sendable {
    /// What is about to run; the first line.
    case run(RecordedRun)
    /// A request is about to be sent, under a number of its own: asked again it is the same request with another number.
    case invoke(id: Int, client: Int, Request)
    /// A request came to its end, with an answer or without.
    case answer(RecordedAnswer)
    /// A text is about to be saved as a draft's next revision.
    case save(id: Int, client: Int, post: UUIDv7, RevisionText)
    /// It was saved.
    case saved(id: Int, revision: Int)
    /// Nobody answered: it may have been saved, or may yet be.
    case maybeSaved(id: Int)
    /// It was refused, and nothing can save it later.
    case notSaved(id: Int)
    /// A reader saw another revision than before: the live one, or the one that a published draft says is live.
    case saw(History.Sighting)
    /// A reader did not find a post that it had seen.
    case gone(History.Library, post: UUIDv7)
    /// A journal or a barrier says that something is decided: see ``History/observed(_:of:invariant:)``.
    case decision(String, of: String, invariant: Int)
    /// Something was made to go wrong.
    case fault(RecordedFault)
    /// The last fault has been taken back.
    case healed
    /// A process that had died was started again and is ready, so long after its start.
    case ready(party: String, milliseconds: Double)
    /// So long after a process was ready again, all transactions that its death had left unfinished had ended.
    case recovered(milliseconds: Double, transactions: Int)
    /// How often one life of a process came by its failpoints.
    case failpoints(party: String, hits: [String: Int])
    /// Something was found wrong while it ran.
    case contradiction(Violation)
    /// At the end: one of the journal's transactions.
    case journal(JournalEntry)
    /// At the end: a row of a participant's barrier.
    case barrier(BarrierRow)
    /// At the end: a draft.
    case draft(DraftView)
    /// At the end: a live post.
    case post(PostView)
    /// At the end: how many posts the quota ledger has spent, in all and of each author. Without it there was no dump, and little can be judged.
    case spent(Int, authors: [String: Int]?)
    /// The last line. Without it the history is cut off.
    case end(RunVerdict, reason: String?)

    /// A request came back.
    ///
    /// - Parameters:
    ///   - id: its number.
    ///   - status: the HTTP status; nil if there was no answer.
    ///   - gid: the transaction that the answer speaks of.
    ///   - post: the post that the answer speaks of.
    ///   - error: the problem's code, or what became of the connection.
    /// - Returns: the event.
    package static func answered(
        _ id: Int,
        status: Int?,
        gid: GlobalTransactionID? = nil,
        post: UUIDv7? = nil,
        error: String? = nil
    ) -> Self {
        .answer(RecordedAnswer(id: id, status: status, gid: gid, post: post, error: error))
    }
}

/// What can be said of a whole run.
package enum RunVerdict: String, Hashable, Sendable, Codable {
    /// Nothing was found, and enough was tried.
    case valid
    /// One of the invariants does not hold.
    case invalid
    /// Nothing was found, and it proves nothing.
    case unknown

    /// The exit code of a command that comes to this verdict.
    package var exitCode: Int32 {
        switch self {
        case .valid: 0
        case .invalid: 1
        case .unknown: 3
        }
    }
}

/// What runs, and how to run it again.
package struct RecordedRun: Hashable, Sendable {
    /// What must have happened for the run to prove something.
    package struct Minimum: Hashable, Sendable, Codable {
        /// Transactions that committed.
        package var confirmed: Int
        /// Requests that were refused.
        package var refused: Int
        /// Faults.
        package var faults: Int
        /// Times that a process came by an armed failpoint.
        package var failpoints: Int

        /// Makes a minimum.
        ///
        /// - Parameters:
        ///   - confirmed: transactions that committed.
        ///   - refused: requests that were refused.
        ///   - faults: faults.
        ///   - failpoints: times that a process came by an armed failpoint.
        package init(confirmed: Int = 0, refused: Int = 0, faults: Int = 0, failpoints: Int = 0) {
            self.confirmed = confirmed
            self.refused = refused
            self.faults = faults
            self.failpoints = failpoints
        }
    }

    /// The format that this code writes and reads.
    package static let version = 1

    /// The command line that repeats it.
    package var command: String
    /// What all its choices come from.
    package var seed: UInt64
    /// The commit of the sources, if it is known.
    package var revision: String?
    /// The kinds of faults that it makes.
    package var faults: [FaultKind]
    /// The kinds that it does not make though it was asked to, and why.
    package var leftOut: [FaultKind: String]
    /// How long it is to run, in milliseconds.
    package var durationMilliseconds: Int
    /// When it began, by the wall clock.
    package var startedAt: Timestamp
    /// What must have happened for it to prove something.
    package var minimum: Minimum
    /// The longest time between two looks of a reader, if it is known: no sighting is more exact.
    package var lookMilliseconds: Double?
    /// The participants that are watched each for itself; nil for nobody.
    package var participants: [String]?

    /// Says what runs.
    ///
    /// - Parameters:
    ///   - command: the command line that repeats it.
    ///   - seed: what all its choices come from.
    ///   - revision: the commit of the sources, if it is known.
    ///   - faults: the kinds of faults that it makes.
    ///   - leftOut: the kinds that it does not make though it was asked to, and why.
    ///   - durationMilliseconds: how long it is to run.
    ///   - startedAt: when it began, by the wall clock.
    ///   - minimum: what must have happened for it to prove something.
    ///   - lookMilliseconds: the longest time between two looks of a reader, if it is known.
    ///   - participants: the participants that are watched each for itself; nil for nobody.
    package init(
        command: String,
        seed: UInt64,
        revision: String? = nil,
        faults: [FaultKind] = [],
        leftOut: [FaultKind: String] = [:],
        durationMilliseconds: Int,
        startedAt: Timestamp,
        minimum: Minimum = Minimum(),
        lookMilliseconds: Double? = nil,
        participants: [String]? = nil
    ) {
        self.command = command
        self.seed = seed
        self.revision = revision
        self.faults = faults
        self.leftOut = leftOut
        self.durationMilliseconds = durationMilliseconds
        self.startedAt = startedAt
        self.minimum = minimum
        self.lookMilliseconds = lookMilliseconds
        self.participants = participants
    }
}

/// How a request came to its end.
package struct RecordedAnswer: Hashable, Sendable {
    /// What a caller may conclude.
    package enum Conclusion: String, Hashable, Sendable {
        /// It is done, or will be.
        case ok
        /// It never will be.
        case refused
        /// Nothing.
        case unknown
    }

    /// The request's number.
    package var id: Int
    /// What the caller may conclude.
    package var conclusion: Conclusion
    /// The HTTP status; nil if there was no answer.
    package var status: Int?
    /// The transaction that the answer speaks of.
    package var gid: GlobalTransactionID?
    /// The post that the answer speaks of.
    package var post: UUIDv7?
    /// The problem's code, or what became of the connection.
    package var error: String?

    /// Concludes from the status what the contract lets a caller conclude.
    ///
    /// - Parameters:
    ///   - id: the request's number.
    ///   - status: the HTTP status; nil if there was no answer.
    ///   - gid: the transaction that the answer speaks of.
    ///   - post: the post that the answer speaks of.
    ///   - error: the problem's code, or what became of the connection.
    package init(id: Int, status: Int?, gid: GlobalTransactionID? = nil, post: UUIDv7? = nil, error: String? = nil) {
        self.id = id
        self.conclusion =
            switch status {
            case .some(200..<300): .ok
            case .some(400..<500), 502, 503: .refused
            default: .unknown
            }
        self.status = status
        self.gid = gid
        self.post = post
        self.error = error
    }
}

/// A kind of thing that is made to go wrong.
package enum FaultKind: String, Hashable, Sendable, Codable, CodingKeyRepresentable, CaseIterable {
    /// A process is killed.
    case kill
    /// A process is stopped for a while.
    case pause
    /// A link is cut for a while.
    case partition
    /// Messages are late.
    case delay
    /// Requests are lost.
    case loss
    /// Requests come twice.
    case duplicate
    /// Requests come and their answers are lost.
    case replyLoss = "reply-loss"
    /// A disk has no room for a while.
    case diskFull = "disk-full"
    /// A process's wall clock jumps.
    case clock
    /// A process's wall clock is wrong by a day and more.
    case clockDay = "clock-day"
    /// Answers stop after their heads or in their bodies, and connections are accepted and never read.
    case stall
    /// Requests and answers come one byte at a time.
    case trickle
    /// A process's name does not resolve, or resolves late.
    case dns
    /// A process may open few more files, and is asked for more connections than that.
    case descriptors
    /// Nobody reads what a process writes to standard error.
    case stderr
    /// A process is started with an armed failpoint.
    case failpoint
}

/// Something that was made to go wrong.
package struct RecordedFault: Hashable, Sendable {
    /// What.
    package var kind: FaultKind
    /// Whom it hits: a process, or a link between two.
    package var party: String
    /// What else there is to say of it.
    package var detail: String?
    /// When it is taken back, in milliseconds since the run's begin; nil if it is over at once, or open.
    package var untilMilliseconds: Double?

    /// Makes a fault.
    ///
    /// - Parameters:
    ///   - kind: what goes wrong.
    ///   - party: whom it hits.
    ///   - detail: what else there is to say of it.
    ///   - untilMilliseconds: when it is taken back, in milliseconds since the run's begin.
    package init(_ kind: FaultKind, party: String, detail: String? = nil, untilMilliseconds: Double? = nil) {
        self.kind = kind
        self.party = party
        self.detail = detail
        self.untilMilliseconds = untilMilliseconds
    }
}
