import Foundation
import HTTPTypes
import Harness
import TCC
import Testing
import Verification

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

extension EndToEnd {
    /// The two how-tos of the documentation, as their readers do them.
    @Suite(.serialized)
    struct ExamplesTests {
        @Test func makeAParticipant() async throws {
            try await Workbench.run { workbench in
                let (ledger, coordinator) = (workbench.ports[0], workbench.ports[1])
                try workbench.add("quota", "quota-service", port: ledger, coordinator: coordinator)
                try workbench.add(
                    "orchestrator",
                    "orchestrator",
                    ["serve", "--participant", "quota=http://127.0.0.1:\(ledger)", "--answer-timeout", "0.3"],
                    port: coordinator
                )
                try await workbench.start("orchestrator", at: coordinator)
                try await workbench.start("quota", at: ledger)
                func spend() async throws -> Answer {
                    let branch = #"{"participant": "quota", "payload": {"author": "ann"}}"#
                    let body = #"{"action": "spend", "branches": [\#(branch)]}"#
                    return try await workbench.post(coordinator, "/v1/transactions", body, as: .anOperator)
                }

                #expect(try await workbench.grant(ledger, 1).status == 200)
                #expect(try await spend().transaction?.state == .confirmed)
                #expect(try await spend().problem?.code == "quota-exceeded")
                #expect(try await workbench.account(ledger) == .init(granted: 1, spent: 1, held: 0))

                for (round, failpoint) in ["participant.confirm.before", "participant.confirm.after"].enumerated() {
                    #expect(try await workbench.grant(ledger, 1).status == 200)
                    try await workbench.stop("quota")
                    try await workbench.start("quota", at: ledger, failpoints: "\(failpoint)=crash")
                    let accepted = try await spend()
                    #expect(accepted.status == 202)
                    #expect(try await workbench.process("quota").waitForDeath() == .init(signal: SIGKILL))
                    try await workbench.start("quota", at: ledger)
                    let gid = try #require(accepted.gid)
                    try await eventually("the transaction is confirmed") {
                        let shown = try await workbench.call(
                            coordinator,
                            .get,
                            "/v1/transactions/\(gid)",
                            as: .anOperator
                        )
                        return shown.transaction?.state == .confirmed
                    }
                    let granted = round + 2
                    #expect(try await workbench.account(ledger) == .init(granted: granted, spent: granted, held: 0))
                }
            }
        }

        @Test func makeACoordinator() async throws {
            try await Workbench.run { workbench in
                let (posts, boosts, coordinator) = (workbench.ports[0], workbench.ports[1], workbench.ports[2])
                try workbench.add("posts", "quota-service", port: posts, coordinator: coordinator)
                try workbench.add("boosts", "quota-service", port: boosts, coordinator: coordinator)
                try workbench.add(
                    "promotions",
                    "promotion-service",
                    port: coordinator,
                    environment: [
                        "QUOTA_URL": "http://127.0.0.1:\(posts)", "BOOSTS_URL": "http://127.0.0.1:\(boosts)",
                    ]
                )
                try await workbench.start("posts", at: posts)
                try await workbench.start("boosts", at: boosts)
                try await workbench.start("promotions", at: coordinator)
                func promote(_ key: String) async throws -> Answer {
                    let body = #"{"post": "\#(key)"}"#
                    return try await workbench.post(coordinator, "/v1/promotions", body, as: .author("ann"), key: key)
                }

                #expect(try await workbench.grant(posts, 5).status == 200)
                #expect(try await workbench.grant(boosts, 1).status == 200)
                let first = try await promote("first")
                #expect(first.transaction?.state == .confirmed)
                #expect(first.transaction?.labels["post"] == .string("first"))
                #expect(try await promote("first").gid == first.gid)
                #expect(try await promote("second").problem?.code == "quota-exceeded")
                try await eventually("what the refused promotion held is free") {
                    try await workbench.account(posts) == .init(granted: 5, spent: 1, held: 0)
                }

                // Decided when it dies: the key gives the same transaction, carried out. Undecided: a new one.
                for (round, failpoint) in ["coordinator.decide.after", "coordinator.decide.before"].enumerated() {
                    #expect(try await workbench.grant(boosts, 1).status == 200)
                    try await workbench.stop("promotions")
                    try await workbench.start("promotions", at: coordinator, failpoints: "\(failpoint)=crash")
                    await #expect(throws: (any Error).self) { try await promote(failpoint) }
                    #expect(try await workbench.process("promotions").waitForDeath() == .init(signal: SIGKILL))
                    try await workbench.start("promotions", at: coordinator)
                    try await eventually("the promotion is made") {
                        try await promote(failpoint).transaction?.state == .confirmed
                    }
                    for (port, granted) in [(posts, 5), (boosts, round + 2)] {
                        try await eventually("both ledgers have spent one, and hold none") {
                            try await workbench.account(port) == .init(granted: granted, spent: round + 2, held: 0)
                        }
                    }
                }
            }
        }
    }
}
