import TCC
import Testing

@Suite("The barrier's table")
struct BarrierTableTests {
    private static let rows: [BranchOutcome?] = [nil, .reserved, .confirmed, .cancelled]

    @Test(arguments: zip(rows, [BarrierTable.TryStep.reserve, .answer(.reserved), .answer(.confirmed), .tooLate]))
    func aTryDoesWhatItsRowSays(row: BranchOutcome?, step: BarrierTable.TryStep) {
        #expect(BarrierTable.onTry(row) == step)
    }

    @Test(
        arguments: zip(
            rows,
            [
                BarrierTable.OutcomeStep.conflict("not-reserved"), .confirm, .answer(.confirmed),
                .conflict("already-cancelled"),
            ]
        )
    )
    func aConfirmDoesWhatItsRowSays(row: BranchOutcome?, step: BarrierTable.OutcomeStep) {
        #expect(BarrierTable.onConfirm(row) == step)
    }

    @Test(
        arguments: zip(
            rows,
            [BarrierTable.OutcomeStep.tombstone, .release, .conflict("already-confirmed"), .answer(.cancelled)]
        )
    )
    func aCancelDoesWhatItsRowSays(row: BranchOutcome?, step: BarrierTable.OutcomeStep) {
        #expect(BarrierTable.onCancel(row) == step)
    }

    @Test func theLimitsAreThoseOfTheContract() {
        #expect(ProtocolLimits.longestTryTimeout == .seconds(3600))
        #expect(ProtocolLimits.longestDeadline == .seconds(7200))
        #expect(ProtocolLimits.horizonMargin == .seconds(3600))
        #expect(ProtocolLimits.shortestKeyLife == .seconds(86400))
    }
}
