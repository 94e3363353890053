package import Failpoints

/// A process dies at a failpoint during one thing that is asked for.
package struct SweepCase: Hashable, Sendable, CustomStringConvertible {
    /// What happens meanwhile.
    package enum Scene: String, Hashable, Sendable, CaseIterable {
        /// An author publishes a new post, publishes it again, withdraws it, deletes it: two branches.
        case publish
        case republish
        case withdraw
        case delete
        /// The same over the quota ledger as well: three branches.
        case chargedPublish = "charged-publish"
        case chargedRepublish = "charged-republish"
        case chargedWithdraw = "charged-withdraw"
        /// The same, and the ledger refuses when the others have reserved.
        case refusedPublish = "refused-publish"
        case refusedRepublish = "refused-republish"
        case refusedWithdraw = "refused-withdraw"
        /// A new post is published while the online service is dead.
        case unreachable
        /// A new post was being published when the orchestrator died; now it starts.
        case restart
        /// A participant holds a reservation of a transaction that the coordinator has never heard of.
        case orphan
        /// An author saves an edit.
        case save
        /// What has ended is forgotten after a second.
        case pruning

        /// Those that commit over two branches.
        package static let commits: [Scene] = [.publish, .republish, .withdraw, .delete]
        /// Those that commit over three.
        package static let charges: [Scene] = [.chargedPublish, .chargedRepublish, .chargedWithdraw]
        /// Those that are cancelled.
        package static let refusals: [Scene] = [.refusedPublish, .refusedRepublish, .refusedWithdraw]
    }

    /// A place where a process dies.
    package struct Crash: Hashable, Sendable, CustomStringConvertible {
        /// Who dies.
        package var party: Party
        /// Where.
        package var failpoint: Failpoint
        /// The how-many-eth time that it comes by.
        package var visit = 1

        /// What `TCC_FAILPOINTS` is set to.
        package var specification: String { "\(failpoint.rawValue)=crash@\(visit)" }

        /// For people.
        package var description: String { "\(party.rawValue)/\(failpoint.rawValue)@\(visit)" }
    }

    /// What happens meanwhile.
    package var scene: Scene
    /// Who dies where.
    package var first: Crash
    /// Who dies where during the recovery from that.
    package var second: Crash?

    /// For people, and to ask for this case alone.
    package var description: String {
        "\(scene.rawValue)/\(first)" + (second.map { "+\($0)" } ?? "")
    }
}

/// All cases of a sweep.
package enum SweepPlan {
    private typealias Place = (failpoint: Failpoint, visits: [Int])

    /// A crash at every failpoint of every process, on the way of a commit and of a cancel.
    package static let singles: [SweepCase] =
        orchestratorCommits + orchestratorCharges + orchestratorRefusals + participantCommits + participantRefusals
        + specials

    private static func cases(_ scenes: [SweepCase.Scene], _ party: Party, _ places: [Place]) -> [SweepCase] {
        scenes.flatMap { scene in
            places.flatMap { place in
                place.visits.map {
                    SweepCase(scene: scene, first: .init(party: party, failpoint: place.failpoint, visit: $0))
                }
            }
        }
    }

    private static let orchestratorCommits =
        cases(
            SweepCase.Scene.commits,
            .orchestrator,
            [
                (.coordinatorBeginBefore, [1]), (.coordinatorBeginAfter, [1]), (.coordinatorTryBefore, [1, 2]),
                (.coordinatorTryAfter, [1, 2]), (.coordinatorDecideBefore, [1]), (.coordinatorDecideAfter, [1]),
                (.coordinatorConfirmBefore, [1, 2]), (.coordinatorConfirmAfter, [1, 2]),
                (.coordinatorAcknowledgeBefore, [1]), (.coordinatorAcknowledgeAfter, [1, 2]),
                (.coordinatorAnswerBefore, [1]),
            ]
        )
        + cases(
            [.republish, .withdraw, .delete],
            .orchestrator,
            [(.orchestratorReadDraftBefore, [1]), (.orchestratorReadDraftAfter, [1])]
        )
        // Its commits by number, whichever of its writes they hold; the first are those of its start. Two branches may be
        // acknowledged in one commit; with a third there is one more in any case.
        + cases(
            [.publish],
            .orchestrator,
            [(.storageCommitBefore, Array(1...5)), (.storageCommitAfter, Array(1...5))]
        )
        + cases([.chargedPublish], .orchestrator, [(.storageCommitBefore, [6]), (.storageCommitAfter, [6])])

    private static let orchestratorCharges = cases(
        SweepCase.Scene.charges,
        .orchestrator,
        [
            (.coordinatorTryAfter, [3]), (.coordinatorDecideAfter, [1]), (.coordinatorConfirmAfter, [1, 3]),
            (.coordinatorAcknowledgeBefore, [1]), (.coordinatorAcknowledgeAfter, [3]),
        ]
    )

    private static let orchestratorRefusals = cases(
        SweepCase.Scene.refusals,
        .orchestrator,
        [
            (.coordinatorBeginAfter, [1]), (.coordinatorTryBefore, [1]), (.coordinatorTryAfter, [1, 3]),
            (.coordinatorDecideBefore, [1]), (.coordinatorDecideAfter, [1]), (.coordinatorCancelBefore, [1, 3]),
            (.coordinatorCancelAfter, [1, 3]), (.coordinatorAcknowledgeBefore, [1]),
            (.coordinatorAcknowledgeAfter, [1, 3]), (.coordinatorAnswerBefore, [1]),
        ]
    )

    /// The first commit of a participant is the reservation, the second the effect.
    private static let participantCommits = Party.participants.flatMap { party in
        cases(
            party == .quota ? SweepCase.Scene.charges : SweepCase.Scene.commits,
            party,
            [
                (.participantReserveBefore, [1]), (.participantReserveAfter, [1]), (.participantConfirmBefore, [1]),
                (.participantConfirmAfter, [1]), (.storageCommitBefore, [1, 2]), (.storageCommitAfter, [1, 2]),
            ]
        )
    }

    private static let participantRefusals =
        [Party.draft, .online]
        .flatMap { party in
            cases(
                SweepCase.Scene.refusals,
                party,
                [
                    (.participantReserveAfter, [1]), (.participantCancelBefore, [1]), (.participantCancelAfter, [1]),
                    (.storageCommitBefore, [2]), (.storageCommitAfter, [2]),
                ]
            )
        }
        + cases(
            SweepCase.Scene.refusals,
            .quota,
            [(.participantReserveAfter, [1]), (.participantCancelBefore, [1]), (.participantCancelAfter, [1])]
        )

    private static let specials =
        cases([.unreachable], .orchestrator, [(.coordinatorNoteBefore, [1]), (.coordinatorNoteAfter, [1])])
        + cases([.restart], .orchestrator, [(.coordinatorRecoverBefore, [1]), (.coordinatorRecoverAfter, [1])])
        + cases([.orphan], .orchestrator, [(.coordinatorOutcomeBefore, [1]), (.coordinatorOutcomeAfter, [1])])
        + Party.participants.flatMap { party in
            cases([.orphan], party, [(.participantAskBefore, [1]), (.participantAskAfter, [1])])
        }
        + cases([.save], .draft, [(.draftSaveBefore, [1]), (.draftSaveAfter, [1])])
        + cases([.pruning], .orchestrator, [(.coordinatorPruneBefore, [1]), (.coordinatorPruneAfter, [1])])
        + [Party.draft, .online]
        .flatMap { party in
            cases(
                [.pruning],
                party,
                [
                    (.participantHorizonBefore, [1]), (.participantHorizonAfter, [1]), (.participantPruneBefore, [1]),
                    (.participantPruneAfter, [1]),
                ]
            )
        }

    // MARK: Pairs

    /// A second crash while the first is recovered from.
    package static let pairs: [SweepCase] = {
        typealias Crash = SweepCase.Crash
        let undecided: [Failpoint] = [.coordinatorBeginAfter, .coordinatorTryAfter, .coordinatorDecideBefore]
        let decided: [Failpoint] = [.coordinatorDecideAfter, .coordinatorConfirmAfter, .coordinatorAcknowledgeAfter]
        let atStart: [Failpoint] = [
            .coordinatorRecoverBefore, .coordinatorRecoverAfter, .coordinatorAcknowledgeBefore,
            .coordinatorAcknowledgeAfter, .storageCommitBefore, .storageCommitAfter,
        ]
        func pairs(_ firsts: [Failpoint], _ seconds: [Failpoint]) -> [SweepCase] {
            SweepCase.Scene.charges.flatMap { scene in
                firsts.flatMap { first in
                    seconds.map {
                        SweepCase(
                            scene: scene,
                            first: Crash(party: .orchestrator, failpoint: first),
                            second: Crash(party: .orchestrator, failpoint: $0)
                        )
                    }
                }
            }
        }
        var all = pairs(undecided, atStart + [.coordinatorCancelBefore, .coordinatorCancelAfter])
        all += pairs(decided, atStart + [.coordinatorConfirmBefore, .coordinatorConfirmAfter])
        for party in Party.participants {
            // The participant dies over what the orchestrator tells it once it is back.
            for (first, second) in [
                (Failpoint.coordinatorTryAfter, Failpoint.participantCancelBefore),
                (.coordinatorTryAfter, .participantCancelAfter),
                (.coordinatorDecideAfter, .participantConfirmBefore),
                (.coordinatorDecideAfter, .participantConfirmAfter),
            ] {
                all.append(
                    SweepCase(
                        scene: .chargedPublish,
                        first: Crash(party: .orchestrator, failpoint: first),
                        second: Crash(party: party, failpoint: second)
                    )
                )
            }
            // It dies over its confirm, and once more over the one that is repeated.
            let places: [Failpoint] = [.participantConfirmBefore, .participantConfirmAfter]
            for first in places {
                for second in places {
                    all.append(
                        SweepCase(
                            scene: .chargedRepublish,
                            first: Crash(party: party, failpoint: first),
                            second: Crash(party: party, failpoint: second)
                        )
                    )
                }
            }
        }
        return all
    }()

    /// The failpoints of a process that a sweep must reach.
    ///
    /// - Parameter party: the process; the ledger is an example, whose retention cannot be set, so little is asked of it.
    /// - Returns: its failpoints.
    package static func required(of party: Party) -> [Failpoint] {
        let all = Failpoint.allCases.filter { $0.isIn(party) }
        guard party == .quota else { return all }
        return all.filter { !$0.isOfPruning }
    }
}
