import Foundation
import HTTPTypes
import Harness
import NIOCore
import TCC
import TCCHTTP
import Testing
import Verification

extension EndToEnd {
    /// What a caller may get wrong: the right status, a problem with a code, and a process that stays up.
    @Suite(.serialized)
    struct BadInputTests {
        private typealias Target = (role: ServerRole, method: HTTPRequest.Method, path: String)

        @Test func aTextThatIsNoTextIsRefused() async throws {
            try await withCluster { cluster in
                let post = try await cluster.publishedPost()
                let targets: [Target] = [
                    (.draft, .post, "/v1/drafts"), (.draft, .put, "/v1/drafts/\(post)"),
                    (.orchestrator, .post, "/v1/posts"), (.orchestrator, .post, "/v1/posts/\(post)/publish"),
                ]
                for target in targets {
                    for (body, status, field) in Self.badTexts(isPublish: target.path.hasSuffix("publish")) {
                        try await Self.refuses(cluster, target, .alice, body: body, status, field: field)
                    }
                }
                try await Self.expectAlive(cluster)
            }
        }

        private static func badTexts(isPublish: Bool) -> [(body: String, status: Int, field: String?)] {
            let longTitle = String(repeating: "é", count: 201)
            let longContent = String(repeating: "a", count: (512 << 10) + 1)
            let largeBody = String(repeating: "a", count: 1 << 20)
            var texts: [(String, Int, String?)] = [
                ("{", 400, nil), (#"{"title":"#, 400, nil), ("nonsense", 400, nil),
                (#"{"title":"a","content":"b",}"#, 400, nil), (String(repeating: "[", count: 100_000), 400, nil),
                ("[]", 422, nil), (#""text""#, 422, nil), (#"{"title":7,"content":""}"#, 422, "title"),
                (#"{"title":"a","content":["b"]}"#, 422, "content"), (#"{"title":"","content":""}"#, 422, "title"),
                (#"{"title":"\#(longTitle)","content":""}"#, 422, "title"),
                (#"{"title":"a","content":"\#(longContent)"}"#, 422, "content"),
                (#"{"title":"a","content":"\#(largeBody)"}"#, 413, nil),
                (#"{"title":"a"}"#, 422, "content"), (#"{"content":"a"}"#, 422, "title"),
            ]
            if !isPublish { texts += [("{}", 422, "title"), (#"{"title":null,"content":null}"#, 422, "title")] }
            return texts
        }

        @Test func whatIsNotThereIs404() async throws {
            try await withCluster { cluster in
                let text = #"{"title":"a","content":"b"}"#
                for role in ServerRole.allCases {
                    for path in ["/", "/v1", "/v1/nothing", "/v2/posts", "/tcc", "/v1/posts/7/publish/now"]
                    where path != "/" || role != .orchestrator {  // there it is the readers' library
                        try await Self.refuses(cluster, (role, .get, path), .alice, 404, code: "not-found")
                    }
                }
                for name in ["\(UUIDv7.ofNow())", "7", "not-a-uuid", "2f1e4fc0-81fd-4b5c-9d3c-5f2f3f0a0001"] {
                    let ofAuthors: [Target] = [
                        (.draft, .get, "/v1/drafts/\(name)"), (.draft, .put, "/v1/drafts/\(name)"),
                        (.online, .get, "/v1/posts/\(name)"), (.orchestrator, .post, "/v1/posts/\(name)/publish"),
                        (.orchestrator, .post, "/v1/posts/\(name)/withdraw"),
                    ]
                    for target in ofAuthors {
                        let body = target.method == .get ? nil : text
                        try await Self.refuses(cluster, target, .alice, body: body, 404, code: "not-found")
                    }
                    let ofOperators: [Target] = [
                        (.orchestrator, .get, "/v1/transactions/\(name)"),
                        (.orchestrator, .post, "/v1/transactions/\(name)/retry"),
                    ]
                    for target in ofOperators {
                        try await Self.refuses(cluster, target, .anOperator, 404, code: "not-found")
                    }
                }
                // Whichever participant refuses first.
                for _ in 0..<20 {
                    let path = "/v1/posts/\(UUIDv7.ofNow())"
                    let targets: [Target] = [
                        (.orchestrator, .post, "\(path)/withdraw"), (.orchestrator, .delete, path),
                    ]
                    for target in targets {
                        try await Self.refuses(cluster, target, .alice, 404, code: "not-found")
                    }
                }
                try await Self.expectAlive(cluster)
            }
        }

        @Test func aWrongMethodIs405AndNamesTheRightOnes() async throws {
            try await withCluster { cluster in
                let id = UUIDv7.ofNow()
                let targets: [(Target, Caller, String)] = [
                    ((.draft, .delete, "/v1/drafts/\(id)"), .alice, "GET, HEAD, PUT"),
                    ((.draft, .patch, "/v1/drafts"), .alice, "GET, HEAD, POST"),
                    ((.draft, .get, "/tcc/try"), .aService, "POST"), ((.draft, .post, "/healthz"), .alice, "GET, HEAD"),
                    ((.online, .post, "/v1/posts"), .alice, "GET, HEAD"),
                    ((.online, .delete, "/v1/posts/\(id)"), .alice, "GET, HEAD"),
                    ((.orchestrator, .get, "/v1/posts"), .alice, "POST"),
                    ((.orchestrator, .get, "/v1/posts/\(id)"), .alice, "DELETE"),
                    ((.orchestrator, .put, "/v1/posts/\(id)/publish"), .alice, "POST"),
                    ((.orchestrator, .delete, "/v1/transactions/\(id)"), .anOperator, "GET, HEAD"),
                ]
                for (target, caller, allow) in targets {
                    let answer = try await Self.refuses(cluster, target, caller, 405, code: "method-not-allowed")
                    #expect(answer.headers["allow"] == allow, "\(target.path)")
                }
                try await Self.expectAlive(cluster)
            }
        }

        @Test func aListTakesOnlyItsOwnCursorsAndLimits() async throws {
            try await withCluster { cluster in
                let lists: [(ServerRole, String, Caller?)] = [
                    (.draft, "/v1/drafts", .alice), (.online, "/v1/posts", nil),
                    (.orchestrator, "/v1/transactions", .anOperator),
                ]
                for (role, path, caller) in lists {
                    for limit in ["0", "101", "-1", "1.5", "many", "", "99999999999999999999"] {
                        let target: Target = (role, .get, "\(path)?limit=\(limit)")
                        try await Self.refuses(cluster, target, caller, 422, field: "limit")
                    }
                    for cursor in ["!", "abc", "bm90LWEtY3Vyc29y", "", "%00", "AAAA"] {
                        let target: Target = (role, .get, "\(path)?cursor=\(cursor)")
                        try await Self.refuses(cluster, target, caller, 422, field: "cursor")
                    }
                }
                let states: Target = (.orchestrator, .get, "/v1/transactions?state=lost")
                try await Self.refuses(cluster, states, .anOperator, 422, field: "state")
                try await Self.expectAlive(cluster)
            }
        }

        @Test func aStaleOrMalformedIfMatchChangesNothing() async throws {
            try await withCluster { cluster in
                let post = try await cluster.publishedPost()
                let text = #"{"title":"a","content":"b"}"#
                let targets: [Target] = [
                    (.draft, .put, "/v1/drafts/\(post)"), (.orchestrator, .post, "/v1/posts/\(post)/publish"),
                ]
                for target in targets {
                    for (tag, status) in [("\"7\"", 412), ("\"0\"", 412), ("W/\"1\"", 412), ("1", 400), ("\"1", 400)] {
                        try await Self.refuses(
                            cluster,
                            target,
                            .alice,
                            headers: [("If-Match", tag)],
                            body: text,
                            status
                        )
                    }
                }
                #expect(try await cluster.draft(post)?.revision == 1)
                #expect(try cluster.journal().count == 1)
                let fresh = Request(.republish(post, .unique("A fresh one")), ifMatch: "\"1\"")
                #expect(try await cluster.sendUntilAnswered(fresh).revision == 2)
                try await Self.expectAlive(cluster)
            }
        }

        @Test func aSecondDraftFromOneSourceIsRefusedWithTheFirstOnesID() async throws {
            try await withCluster { cluster in
                let body = ByteBuffer(string: #"{"title":"From a file","content":"","source":"posts/a.md"}"#)
                let first = try await cluster.call(.draft, .post, "/v1/drafts", as: .alice, body: body)
                let draft = try #require(first.decode(DraftView.self), "\(first.status) \(first.text)")
                cluster.history.saved(draft.id, 1, RevisionText(title: draft.title, content: ""))
                #expect(first.status == 201 && first.headers["etag"] == "\"1\"")
                #expect(first.headers["location"] == "/v1/drafts/\(draft.id)")
                for (role, path) in [(ServerRole.draft, "/v1/drafts"), (.orchestrator, "/v1/posts")] {
                    let second = try await cluster.call(role, .post, path, as: .alice, body: body)
                    #expect(second.status == 409 && second.problem?.code == "source-exists", "\(second.text)")
                    #expect(second.problem?.extensions["id"]?.string == "\(draft.id)")
                }
                let bobs = try await cluster.call(.draft, .post, "/v1/drafts", as: .bob, body: body)
                #expect(bobs.status == 201, "a source is unique for one author only: \(bobs.text)")
                let withdraw: Target = (.orchestrator, .post, "/v1/posts/\(draft.id)/withdraw")
                try await Self.refuses(cluster, withdraw, .alice, 409, code: "not-published")
                #expect(try cluster.journal().allSatisfy { $0.state.decision == .cancel })
                try await Self.expectAlive(cluster)
            }
        }

        @Test func aTransactionThatCannotBeIsRefusedBeforeItBegins() async throws {
            try await withCluster { cluster in
                let target: Target = (.orchestrator, .post, "/v1/transactions")
                for (body, status, code, field) in Self.badTransactions {
                    try await Self.refuses(cluster, target, .anOperator, body: body, status, code: code, field: field)
                }
                #expect(try cluster.journal().isEmpty, "something was begun")
                // What a participant does not take is refused by cancelling.
                let rejected = Self.transaction(#"{"participant":"quota","payload":{"owner":1}}"#)
                try await Self.refuses(cluster, target, .anOperator, body: rejected, 502, code: "participant-rejected")
                try await Self.expectAlive(cluster)
            }
        }

        private static func transaction(_ branches: String, action: String = "\"charge\"", _ more: String = "")
            -> String
        {
            #"{"action":\#(action),"branches":[\#(branches)]\#(more)}"#
        }

        private static var badTransactions: [(body: String, status: Int, code: String?, field: String?)] {
            let quota = #"{"participant":"quota","payload":{"author":"alice"}}"#
            let nested = #"{"participant":"quota","payload":\#(String(repeating: "[", count: 5000))"#
            var bodies: [(String, Int, String?, String?)] = [
                ("", 400, nil, nil), ("{", 400, nil, nil), (transaction(nested), 400, nil, nil),
                ("{}", 422, nil, "action"), (transaction(""), 422, nil, "branches"),
                (transaction("\(quota),\(quota)"), 422, "duplicate-participant", nil),
                (transaction(#"{"participant":"nobody","payload":{}}"#), 422, "unknown-participant", nil),
                (transaction(#"{"participant":"http://127.0.0.1:1","payload":{}}"#), 422, nil, nil),
                (transaction(#"{"participant":"quota"}"#), 422, nil, "branches[0].payload"),
            ]
            for action in ["7", "\"\"", "\"two words\"", "null"] {
                bodies.append((transaction(quota, action: action), 422, nil, "action"))
            }
            for timeout in ["0", "-1", "3600001", "\"soon\"", "1.5", "1e30"] {
                let body = transaction(quota, #","timeoutMilliseconds":\#(timeout)"#)
                bodies.append((body, 422, nil, "timeoutMilliseconds"))
            }
            return bodies
        }

        @Test(arguments: [ServerRole.draft, .online])
        func aCallOfTheProtocolThatIsNoneIsRefused(_ role: ServerRole) async throws {
            try await withCluster { cluster in
                for (operation, body, status, field) in Self.badCalls {
                    let target: Target = (role, .post, "/tcc/\(operation)")
                    try await Self.refuses(cluster, target, .aService, body: body, status, field: field)
                }
                let huge = String(repeating: " ", count: (8 << 20) + 1)
                try await Self.refuses(cluster, (role, .post, "/tcc/try"), .aService, body: huge, 413)
                #expect(try cluster.barriers().isEmpty, "a refused call left something behind")
                let outcome: Target = (.orchestrator, .get, "/v1/outcomes/7")
                try await Self.refuses(cluster, outcome, .aService, 422, field: "gid")
                try await Self.expectAlive(cluster)
            }
        }

        private static var badCalls: [(operation: String, body: String, status: Int, field: String?)] {
            let payload = #""payload":{"postID":"\#(UUIDv7.ofNow())","author":"alice"}"#
            func call(_ rest: String, gid: String = "\(UUIDv7.ofNow())", name: String = "draft") -> String {
                #"{"gid":"\#(gid)","branch":"\#(name)","action":"publish"\#(rest)}"#
            }
            func deadline(_ text: String) -> String { #","deadline":"\#(text)","# }
            let soon = deadline("\(Timestamp.now + .seconds(60))")
            return [
                ("try", "{", 400, nil), ("try", "{}", 422, "gid"), ("try", call(soon + payload, gid: "7"), 422, "gid"),
                ("try", call(soon + payload, name: "No Name"), 422, "branch"),
                ("try", call("," + payload), 422, "deadline"),
                ("try", call(deadline("tomorrow") + payload), 422, "deadline"),
                ("try", call(deadline("\(Timestamp.now + .seconds(3 * 3600))") + payload), 422, "deadline"),
                ("try", call(deadline("\(Timestamp.now - .seconds(1))") + payload), 410, nil),
                ("try", call(String(soon.dropLast())), 422, "payload"),
                ("try", call(soon + payload), 422, "payload.revision"),
                ("confirm", call(""), 409, nil), ("confirm", "{}", 422, "gid"), ("cancel", "[", 400, nil),
            ]
        }

        @discardableResult
        private static func refuses(
            _ cluster: Cluster,
            _ target: Target,
            _ caller: Caller?,
            headers: [(String, String)] = [],
            body: String? = nil,
            _ status: Int,
            code: String? = nil,
            field: String? = nil
        ) async throws -> Answer {
            let answer = try await cluster.call(
                target.role,
                target.method,
                target.path,
                as: caller,
                headers: headers,
                body: body.map { ByteBuffer(string: $0) }
            )
            let what =
                "\(target.method) \(target.path) of \(target.role.rawValue), \((body ?? "no body").prefix(120)): "
            #expect(answer.status == status, "\(what)\(answer.status) \(answer.text)")
            let type = answer.headers["content-type"] ?? "none"
            #expect(type.hasPrefix("application/problem+json"), "\(what)\(type)")
            let problem = answer.problem
            #expect(problem?.code.isEmpty == false && problem?.status == answer.status, "\(what)\(answer.text)")
            if let code { #expect(problem?.code == code, "\(what)\(answer.text)") }
            if let field { #expect(problem?.extensions["field"]?.string == field, "\(what)\(answer.text)") }
            return answer
        }

        /// The same processes as at the start still do their work.
        private static func expectAlive(_ cluster: Cluster) async throws {
            for role in ServerRole.allCases {
                #expect(cluster.process(role).isRunning, "\(role.rawValue) died of a bad request")
                #expect(cluster.process(role).lives == 1)
            }
            _ = try await cluster.publishedPost()
            try await cluster.checkInvariants()
        }
    }
}
