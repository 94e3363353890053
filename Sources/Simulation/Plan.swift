/// What clients do in a systematic search.
package struct Plan: Sendable {
    /// What it is called.
    package var name: String
    /// What happened before, in good order.
    var before: [Client.Step]
    /// What each client does then, at the same time as the others.
    var clients: [[Client.Step]]

    /// One transaction: each kind, committed and refused.
    package static let single = [
        Plan(name: "publish", before: [], clients: [[.publishNew(author: "ann")]]),
        Plan(name: "republish", before: [.publishNew(author: "ann")], clients: [[.republish(0)]]),
        Plan(name: "withdraw", before: [.publishNew(author: "ann")], clients: [[.withdraw(0)]]),
        Plan(name: "delete", before: [.publishNew(author: "ann"), .withdraw(0)], clients: [[.delete(0)]]),
        // Eve has no quota.
        Plan(name: "refused publish", before: [.publishNew(author: "eve")], clients: [[.chargedPublish(0)]]),
        Plan(name: "charged publish", before: [.publishNew(author: "ann")], clients: [[.chargedPublish(0)]]),
    ]

    /// Two transactions on the same post.
    package static let pairs = [
        Plan(name: "two publishes", before: [.publishNew(author: "ann")], clients: [[.republish(0)], [.republish(0)]]),
        Plan(
            name: "publish and withdraw",
            before: [.publishNew(author: "ann")],
            clients: [[.republish(0)], [.withdraw(0)]]
        ),
        Plan(
            name: "delete and publish",
            before: [.publishNew(author: "ann"), .withdraw(0)],
            clients: [[.delete(0)], [.publishSaved(0)]]
        ),
        Plan(
            name: "withdraw and delete",
            before: [.publishNew(author: "ann")],
            clients: [[.withdraw(0)], [.delete(0), .save(0)]]
        ),
        Plan(
            name: "saved publish and publish",
            before: [.publishNew(author: "ann"), .save(0)],
            clients: [[.publishSaved(0)], [.republish(0)]]
        ),
        Plan(
            name: "publish and charged publish",
            before: [.publishNew(author: "ann")],
            clients: [[.republish(0)], [.chargedPublish(0)]]
        ),
    ]
}
