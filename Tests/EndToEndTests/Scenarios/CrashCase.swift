import Failpoints
import Harness
import Testing

/// One crash: who dies, where, during what, and when it is started again.
struct CrashCase: Sendable, CustomTestStringConvertible {
    enum Restart: String, Sendable {
        /// As a supervisor would.
        case atOnce
        /// Only when the caller has got its answer.
        case afterTheAnswer
    }

    let work: Work
    let role: ServerRole
    let failpoint: Failpoint
    /// Which time that the process comes by.
    var visit = 1
    var restart = Restart.atOnce

    /// Whether each transaction of the kind comes by; a second commit of a participant need not be, where both are one.
    var isCertain: Bool { role == .orchestrator || ![.storageCommitBefore, .storageCommitAfter].contains(failpoint) }

    var specification: String { "\(failpoint.rawValue)=crash@\(visit)" }

    var testDescription: String { "\(work.rawValue), \(role.rawValue), \(specification), \(restart.rawValue)" }

    /// The orchestrator's places on the way of a commit.
    static let orchestratorCommits: [CrashCase] =
        cases(
            Work.byAuthor,
            [
                (.coordinatorBeginBefore, 1), (.coordinatorBeginAfter, 1), (.coordinatorTryBefore, 1),
                (.coordinatorTryBefore, 2), (.coordinatorTryAfter, 1), (.coordinatorTryAfter, 2),
                (.coordinatorDecideBefore, 1), (.coordinatorDecideAfter, 1), (.coordinatorConfirmBefore, 1),
                (.coordinatorConfirmBefore, 2), (.coordinatorConfirmAfter, 1), (.coordinatorConfirmAfter, 2),
                (.coordinatorAcknowledgeBefore, 1), (.coordinatorAcknowledgeAfter, 1),
                (.coordinatorAcknowledgeAfter, 2),
                (.coordinatorAnswerBefore, 1),
            ]
        ) + cases([.republish], [(.orchestratorReadDraftBefore, 1), (.orchestratorReadDraftAfter, 1)])

    /// The same with an effect that is not idempotent.
    static let orchestratorCharges: [CrashCase] = cases(
        [.chargedPublish, .chargedRepublish, .chargedWithdraw],
        [
            (.coordinatorTryAfter, 3), (.coordinatorDecideAfter, 1), (.coordinatorConfirmAfter, 1),
            (.coordinatorConfirmAfter, 3), (.coordinatorAcknowledgeBefore, 1), (.coordinatorAcknowledgeAfter, 3),
        ]
    )

    /// The orchestrator's places on the way of a cancel.
    static let orchestratorRefusals: [CrashCase] = cases(
        Work.refused,
        [
            (.coordinatorBeginAfter, 1), (.coordinatorTryAfter, 1), (.coordinatorTryAfter, 3),
            (.coordinatorDecideBefore, 1), (.coordinatorDecideAfter, 1), (.coordinatorCancelBefore, 1),
            (.coordinatorCancelBefore, 3), (.coordinatorCancelAfter, 1), (.coordinatorCancelAfter, 3),
            (.coordinatorAcknowledgeBefore, 1), (.coordinatorAcknowledgeAfter, 1), (.coordinatorAcknowledgeAfter, 3),
            (.coordinatorAnswerBefore, 1),
        ]
    )

    /// The participants' places on the way of a commit, while a supervisor starts them again.
    ///
    /// Their first commit is the reservation, the second the effect.
    static let participantCommits: [CrashCase] = [ServerRole.draft, .online]
        .flatMap { role in
            cases(
                Work.byAuthor,
                callPlaces + [
                    (.storageCommitBefore, 1), (.storageCommitAfter, 1), (.storageCommitBefore, 2),
                    (.storageCommitAfter, 2),
                ],
                role: role
            )
        }

    /// The same while they stay dead for longer than the caller waits.
    static let participantAbsences: [CrashCase] = [ServerRole.draft, .online]
        .flatMap { role in
            cases(Work.byAuthor, callPlaces, role: role, restart: .afterTheAnswer)
        }

    private static let callPlaces: [(Failpoint, Int)] = [
        (.participantReserveBefore, 1), (.participantReserveAfter, 1), (.participantConfirmBefore, 1),
        (.participantConfirmAfter, 1),
    ]

    /// The participants' places on the way of a cancel.
    static let participantRefusals: [CrashCase] = [ServerRole.draft, .online]
        .flatMap { role in
            cases(
                Work.refused,
                [
                    (.participantReserveAfter, 1), (.participantCancelBefore, 1), (.participantCancelAfter, 1),
                    (.storageCommitBefore, 2), (.storageCommitAfter, 2),
                ],
                role: role
            )
        }

    private static func cases(
        _ works: [Work],
        _ places: [(Failpoint, Int)],
        role: ServerRole = .orchestrator,
        restart: Restart = .atOnce
    ) -> [CrashCase] {
        works.flatMap { work in
            places.map { CrashCase(work: work, role: role, failpoint: $0.0, visit: $0.1, restart: restart) }
        }
    }
}
