import Foundation
import HTTPTypes
import Harness
import NIOCore
import TCC
import TCCHTTP
import Testing
import Verification

extension EndToEnd {
    /// Who may call what.
    @Suite(.serialized)
    struct AccessTests {
        @Test func everyRouteAsksForATokenAndForTheRightRole() async throws {
            try await withCluster { cluster in
                let stranger = await TokenAuthority(secret: Data(repeating: 0x41, count: 64), subject: "a stranger")
                for route in Route.all {
                    for (kind, token) in try await Self.badTokens(for: route, cluster, stranger) {
                        let answer = try await Self.call(route, cluster, authorization: token)
                        #expect(
                            answer.status == 401,
                            "\(route.testDescription), \(kind): \(answer.status) \(answer.text)"
                        )
                        Self.expectProblem(answer, "\(route.testDescription), \(kind)")
                    }
                    for role in Role.allCases where !route.allowed.contains(role) {
                        let caller = Caller(subject: "alice", role: role)
                        let token = try await cluster.authority.issue(for: caller, lifetime: .seconds(60))
                        let answer = try await Self.call(route, cluster, authorization: "Bearer \(token)")
                        #expect(
                            answer.status == 403,
                            "\(route.testDescription), \(role): \(answer.status) \(answer.text)"
                        )
                        Self.expectProblem(answer, "\(route.testDescription), \(role)")
                    }
                    for role in route.allowed {
                        let caller = Caller(subject: "alice", role: role)
                        let token = try await cluster.authority.issue(for: caller, lifetime: .seconds(60))
                        let answer = try await Self.call(route, cluster, authorization: "Bearer \(token)")
                        #expect(
                            ![401, 403, 405].contains(answer.status),
                            "\(route.testDescription), \(role): \(answer.text)"
                        )
                    }
                }
                #expect(try cluster.journal().allSatisfy { $0.state.decision == .cancel })
            }
        }

        @Test func readersAndProbesNeedNoToken() async throws {
            try await withCluster { cluster in
                let post = try await cluster.publishedPost()
                for role in ServerRole.allCases {
                    for path in ["/healthz", "/readyz"] {
                        #expect(try await cluster.call(role, .get, path).status == 200, "\(path) of \(role.rawValue)")
                    }
                }
                #expect(try await cluster.call(.online, .get, "/v1/posts/\(post)").status == 200)
                #expect(try await cluster.call(.online, .get, "/v1/posts").status == 200)
            }
        }

        @Test func anotherAuthorsPostsAndTransactionsAreNotThere() async throws {
            try await withCluster { cluster in
                let post = try await cluster.publishedPost()
                let gid = try #require(try cluster.journal().last?.gid)
                let text = try JSONCoding.encode(RevisionText.unique("Bob's idea"))
                let attempts: [(ServerRole, HTTPRequest.Method, String, ByteBuffer?)] = [
                    (.draft, .get, "/v1/drafts/\(post)", nil), (.draft, .put, "/v1/drafts/\(post)", text),
                    (.orchestrator, .post, "/v1/posts/\(post)/publish", text),
                    (.orchestrator, .post, "/v1/posts/\(post)/publish", nil),
                    (.orchestrator, .post, "/v1/posts/\(post)/withdraw", nil),
                    (.orchestrator, .delete, "/v1/posts/\(post)", nil),
                    (.orchestrator, .get, "/v1/transactions/\(gid)", nil),
                ]
                for (role, method, path, body) in attempts {
                    let theirs = try await cluster.call(role, method, path, as: .bob, body: body)
                    #expect(theirs.status == 404, "\(method) \(path): \(theirs.status) \(theirs.text)")
                    #expect(theirs.problem?.code == "not-found")
                    // Not even the words differ from those about what is not there at all.
                    let nothing = path.replacing("\(post)", with: "\(UUIDv7.ofNow())")
                        .replacing("\(gid)", with: "\(UUIDv7.ofNow())")
                    let absent = try await cluster.call(role, method, nothing, as: .bob, body: body)
                    #expect(absent.status == 404 && absent.problem?.detail == theirs.problem?.detail, "\(absent.text)")
                }
                #expect(try await cluster.drafts(of: "bob").isEmpty)
                let listed = try await cluster.call(.orchestrator, .get, "/v1/transactions", as: .bob)
                #expect(!listed.text.contains("\(gid)"), "\(listed.text)")
                try await cluster.checkInvariants()
            }
        }

        private static func call(_ route: Route, _ cluster: Cluster, authorization: String?) async throws -> Answer {
            let body = route.method == .get ? nil : ByteBuffer(string: "{}")
            let headers = authorization.map { [("Authorization", $0)] } ?? []
            return try await cluster.call(route.role, route.method, route.path, headers: headers, body: body)
        }

        private static func expectProblem(_ answer: Answer, _ what: String) {
            #expect(answer.headers["content-type"]?.hasPrefix("application/problem+json") == true, "\(what)")
            #expect(answer.problem?.code.isEmpty == false && answer.problem?.status == answer.status, "\(what)")
        }

        /// Tokens for the right role that must not be believed.
        private static func badTokens(
            for route: Route,
            _ cluster: Cluster,
            _ stranger: TokenAuthority
        ) async throws -> [(String, String?)] {
            let role = try #require(route.allowed.first)
            let caller = Caller(subject: "alice", role: role)
            let good = try await cluster.authority.issue(for: caller, lifetime: .seconds(60))
            let forged = try await stranger.issue(for: caller, lifetime: .seconds(60))
            let expired = try await cluster.authority.issue(for: caller, lifetime: .seconds(-60))
            let parts = good.split(separator: ".")
            let claims = #"{"sub":"alice","role":"\#(role.rawValue)","exp":4102444800}"#
            let unsigned = "\(base64(#"{"alg":"none","typ":"JWT"}"#)).\(base64(claims))."
            let swapped = "\(parts[0]).\(base64(claims)).\(parts[2])"
            let nobody = try await cluster.authority.issue(for: Caller(subject: "", role: role), lifetime: .seconds(60))
            let name = String(repeating: "a", count: 65)
            let tooLong = try await cluster.authority.issue(
                for: Caller(subject: name, role: role),
                lifetime: .seconds(60)
            )
            return [
                ("no token", nil), ("empty", "Bearer "), ("no scheme", good), ("another scheme", "Basic \(good)"),
                ("not a token", "Bearer abc"), ("forged", "Bearer \(forged)"), ("expired", "Bearer \(expired)"),
                ("unsigned", "Bearer \(unsigned)"), ("other claims", "Bearer \(swapped)"),
                ("cut", "Bearer \(good.dropLast(3))"),
                ("no subject", "Bearer \(nobody)"), ("a long subject", "Bearer \(tooLong)"),
            ]
        }

        private static func base64(_ text: String) -> String {
            Data(text.utf8).base64EncodedString().replacing("=", with: "").replacing("+", with: "-")
                .replacing("/", with: "_")
        }
    }
}
