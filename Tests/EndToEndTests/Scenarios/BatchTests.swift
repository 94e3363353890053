import Foundation
import HTTPTypes
import NIOCore
import TCC
import TCCHTTP
import Testing

extension EndToEnd {
    /// Several calls of the participant protocol in one.
    @Suite(.serialized)
    struct BatchTests {
        private struct Results: Decodable {
            struct Result: Decodable {
                let status: Int
                let outcome: String?
                let problem: Problem?
            }
            let results: [Result]
        }

        @Test(arguments: [(ServerRole.draft, "draft"), (.online, "online")])
        func eachCallOfABatchIsAnsweredInItsPlaceAndFailsAlone(_ role: ServerRole, _ name: String) async throws {
            try await withCluster { cluster in
                func call(_ operation: String, _ gid: UUIDv7, revision: Int = 1) -> String {
                    let start = #"{"op":"\#(operation)","gid":"\#(gid)","branch":"\#(name)","action":"publish""#
                    guard operation == "try" else { return start + "}" }
                    let payload =
                        #"{"postID":"\#(gid)","author":"alice","baseRevision":0,"revision":\#(revision),"title":"t","content":""}"#
                    return start + #","deadline":"\#(Timestamp.now + .seconds(20))","payload":\#(payload)}"#
                }
                let (first, second, third, unknown) = (UUIDv7.ofNow(), UUIDv7.ofNow(), UUIDv7.ofNow(), UUIDv7.ofNow())
                let calls: [(call: String, status: Int, outcome: String?)] = [
                    (call("try", first), 200, "reserved"), (call("try", second, revision: -1), 422, nil),
                    (call("confirm", unknown), 409, nil), (call("try", third), 200, "reserved"),
                    (call("cancel", second), 200, "cancelled"), (call("cancel", third), 200, "cancelled"),
                    (call("try", third), 410, nil), (call("confirm", first), 200, "confirmed"),
                    (call("try", first), 200, "confirmed"), (call("cancel", first), 409, nil),
                    (#"{"op":"destroy","gid":"\#(unknown)","branch":"\#(name)","action":"publish"}"#, 422, nil),
                ]
                // A batch's calls have no order among themselves; what depends on another comes later.
                for group in [calls[0..<4], calls[4..<5], calls[5..<6], calls[6..<8], calls[8..<11]] {
                    let body = #"{"calls":[\#(group.map(\.call).joined(separator: ","))]}"#
                    let answer = try await Self.send(body, to: role, cluster)
                    let results = try #require(answer.decode(Results.self), "\(answer.status) \(answer.text)").results
                    #expect(results.map(\.status) == group.map(\.status), "\(answer.text)")
                    #expect(results.map(\.outcome) == group.map(\.outcome), "\(answer.text)")
                    #expect(results.allSatisfy { ($0.status == 200) == ($0.problem == nil) }, "\(answer.text)")
                }
            }
        }

        @Test(arguments: [ServerRole.draft, .online])
        func aBatchThatIsNoneOrTooLargeIsRefusedWhole(_ role: ServerRole) async throws {
            try await withCluster { cluster in
                let cancel = #"{"op":"cancel","gid":"\#(UUIDv7.ofNow())","branch":"draft","action":"publish"}"#
                let tooMany = Array(repeating: cancel, count: 1001).joined(separator: ",")
                for (body, status) in [("{", 400), ("{}", 422), (#"{"calls":7}"#, 422)] {
                    let answer = try await Self.send(body, to: role, cluster)
                    #expect(answer.status == status, "\(answer.text)")
                }
                let answer = try await Self.send(#"{"calls":[\#(tooMany)]}"#, to: role, cluster)
                #expect((400..<500).contains(answer.status), "\(answer.status)")
                let huge = try await Self.send(String(repeating: " ", count: (8 << 20) + 1), to: role, cluster)
                #expect(huge.status == 413)
                #expect(try cluster.barriers().isEmpty, "a refused batch left something behind")
                let most = Array(repeating: cancel, count: 1000).joined(separator: ",")
                let whole = try await Self.send(#"{"calls":[\#(most)]}"#, to: role, cluster)
                #expect(whole.decode(Results.self)?.results.count == 1000, "\(whole.status) \(whole.text)")
            }
        }

        private static func send(_ body: String, to role: ServerRole, _ cluster: Cluster) async throws -> Answer {
            try await cluster.call(role, .post, "/tcc/batch", as: .aService, body: ByteBuffer(string: body))
        }
    }
}
