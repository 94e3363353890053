import Foundation
import HTTPTypes
import NIOCore
import TCC
import TCCHTTP
import Testing

extension EndToEnd {
    /// What a caller may get wrong: the right status, a problem with a code, and a process that stays up.
    @Suite(.serialized)
    struct BadInputTests {
        /// One bad request and what is to be answered.
        private struct Bad {
            var role: ServerRole
            var method: HTTPRequest.Method
            var path: String
            var caller: Caller?
            var body: String?
            var headers: [(String, String)] = []
            var status: Int
            var code: String?
            var field: String?
        }

        @Test func aTextThatIsNoTextIsRefused() async throws {
            try await withCluster { cluster in
                let post = try await cluster.publishedPost()
                let targets: [(ServerRole, HTTPRequest.Method, String)] = [
                    (.draft, .post, "/v1/drafts"), (.draft, .put, "/v1/drafts/\(post)"),
                    (.orchestrator, .post, "/v1/posts"), (.orchestrator, .post, "/v1/posts/\(post)/publish"),
                ]
                for (role, method, path) in targets {
                    for (body, status, field) in Self.badTexts(isPublish: path.hasSuffix("publish")) {
                        try await Self.expect(
                            Bad(
                                role: role,
                                method: method,
                                path: path,
                                caller: .alice,
                                body: body,
                                status: status,
                                field: field
                            ),
                            in: cluster
                        )
                    }
                }
                try await Self.expectAlive(cluster)
            }
        }

        private static func badTexts(isPublish: Bool) -> [(String, Int, String?)] {
            let longTitle = String(repeating: "é", count: 201)
            let longContent = String(repeating: "a", count: (512 << 10) + 1)
            let nested = String(repeating: "[", count: 100_000)
            var texts: [(String, Int, String?)] = [
                ("{", 400, nil), ("{\"title\":", 400, nil), ("nonsense", 400, nil), (#"{"title":"a","content":"b",}"#, 400, nil),
                (nested, 400, nil),
                ("[]", 422, nil), ("\"text\"", 422, nil), (#"{"title":7,"content":""}"#, 422, "title"),
                (#"{"title":"a","content":["b"]}"#, 422, "content"), (#"{"title":"","content":""}"#, 422, "title"),
                (#"{"title":"\#(longTitle)","content":""}"#, 422, "title"),
                (#"{"title":"a","content":"\#(longContent)"}"#, 422, "content"),
                (#"{"title":"a","content":"\#(String(repeating: "a", count: 1 << 20))"}"#, 413, nil),
                (#"{"title":"a"}"#, 422, "content"), (#"{"content":"a"}"#, 422, "title"),
            ]
            if !isPublish { texts += [("{}", 422, "title"), (#"{"title":null,"content":null}"#, 422, "title")] }
            return texts
        }

        @Test func whatIsNotThereIs404AndAWrongMethod405() async throws {
            try await withCluster { cluster in
                let (id, text) = (UUIDv7.ofNow(), #"{"title":"a","content":"b"}"#)
                for role in ServerRole.allCases {
                    for path in ["/", "/v1", "/v1/nothing", "/v2/posts", "/tcc", "/v1/posts/\(id)/publish/now"] {
                        try await Self.expect(
                            Bad(role: role, method: .get, path: path, caller: .alice, status: 404),
                            in: cluster
                        )
                    }
                    try await Self.expect(Bad(role: role, method: .post, path: "/healthz", status: 405), in: cluster)
                }
                let missing: [Bad] = ["\(id)", "7", "not-a-uuid", "2f1e4fc0-81fd-4b5c-9d3c-5f2f3f0a0001"]
                    .flatMap { name in
                        [
                            Bad(role: .draft, method: .get, path: "/v1/drafts/\(name)", caller: .alice, status: 404),
                            Bad(
                                role: .draft,
                                method: .put,
                                path: "/v1/drafts/\(name)",
                                caller: .alice,
                                body: text,
                                status: 404
                            ),
                            Bad(role: .online, method: .get, path: "/v1/posts/\(name)", status: 404),
                            Bad(
                                role: .orchestrator,
                                method: .post,
                                path: "/v1/posts/\(name)/publish",
                                caller: .alice,
                                status: 404
                            ),
                            Bad(
                                role: .orchestrator,
                                method: .post,
                                path: "/v1/posts/\(name)/withdraw",
                                caller: .alice,
                                status: 404
                            ),
                            Bad(
                                role: .orchestrator,
                                method: .get,
                                path: "/v1/transactions/\(name)",
                                caller: .anOperator,
                                status: 404
                            ),
                            Bad(
                                role: .orchestrator,
                                method: .post,
                                path: "/v1/transactions/\(name)/retry",
                                caller: .anOperator,
                                status: 404
                            ),
                        ]
                    }
                let methods: [Bad] = [
                    Bad(role: .draft, method: .delete, path: "/v1/drafts/\(id)", caller: .alice, status: 405),
                    Bad(role: .draft, method: .patch, path: "/v1/drafts", caller: .alice, status: 405),
                    Bad(role: .draft, method: .get, path: "/tcc/try", caller: .aService, status: 405),
                    Bad(role: .online, method: .post, path: "/v1/posts", caller: .alice, status: 405),
                    Bad(role: .online, method: .delete, path: "/v1/posts/\(id)", caller: .alice, status: 405),
                    Bad(role: .orchestrator, method: .get, path: "/v1/posts", caller: .alice, status: 405),
                    Bad(
                        role: .orchestrator,
                        method: .put,
                        path: "/v1/posts/\(id)/publish",
                        caller: .alice,
                        status: 405
                    ),
                    Bad(
                        role: .orchestrator,
                        method: .delete,
                        path: "/v1/transactions/\(id)",
                        caller: .anOperator,
                        status: 405
                    ),
                ]
                for bad in missing + methods { try await Self.expect(bad, in: cluster) }
                let wrong = try await cluster.call(.draft, .delete, "/v1/drafts/\(id)", as: .alice)
                #expect(
                    wrong.headers["allow"]?.contains("PUT") == true && wrong.headers["allow"]?.contains("GET") == true
                )
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
                        try await Self.expect(
                            Bad(
                                role: role,
                                method: .get,
                                path: "\(path)?limit=\(limit)",
                                caller: caller,
                                status: 422,
                                field: "limit"
                            ),
                            in: cluster
                        )
                    }
                    for cursor in ["!", "abc", "bm90LWEtY3Vyc29y", "", "%00", "AAAA"] {
                        try await Self.expect(
                            Bad(
                                role: role,
                                method: .get,
                                path: "\(path)?cursor=\(cursor)",
                                caller: caller,
                                status: 422,
                                field: "cursor"
                            ),
                            in: cluster
                        )
                    }
                }
                try await Self.expect(
                    Bad(
                        role: .orchestrator,
                        method: .get,
                        path: "/v1/transactions?state=lost",
                        caller: .anOperator,
                        status: 422,
                        field: "state"
                    ),
                    in: cluster
                )
                try await Self.expectAlive(cluster)
            }
        }

        @Test func aStaleOrMalformedIfMatchChangesNothing() async throws {
            try await withCluster { cluster in
                let post = try await cluster.publishedPost()
                let text = #"{"title":"a","content":"b"}"#
                let targets: [(ServerRole, HTTPRequest.Method, String)] = [
                    (.draft, .put, "/v1/drafts/\(post)"), (.orchestrator, .post, "/v1/posts/\(post)/publish"),
                ]
                for (role, method, path) in targets {
                    for (tag, status) in [("\"7\"", 412), ("\"0\"", 412), ("W/\"1\"", 412), ("1", 400), ("\"1", 400)] {
                        try await Self.expect(
                            Bad(
                                role: role,
                                method: method,
                                path: path,
                                caller: .alice,
                                body: text,
                                headers: [("If-Match", tag)],
                                status: status
                            ),
                            in: cluster
                        )
                    }
                }
                #expect(try await cluster.draft(post)?.revision == 1)
                #expect(try cluster.journal().count == 1)
                let fresh = PostRequest(.republish(post, .unique("A fresh one")), ifMatch: "\"1\"")
                #expect(try await cluster.sendUntilAnswered(fresh).revision == 2)
                try await Self.expectAlive(cluster)
            }
        }

        @Test func aSecondDraftFromOneSourceIsRefusedWithTheFirstOnesID() async throws {
            try await withCluster { cluster in
                let body = #"{"title":"From a file","content":"","source":"posts/a.md"}"#
                let first = try await cluster.call(
                    .draft,
                    .post,
                    "/v1/drafts",
                    as: .alice,
                    body: ByteBuffer(string: body)
                )
                let draft = try #require(first.decode(DraftView.self), "\(first.status) \(first.text)")
                cluster.history.saved(draft.id, 1, PostText(title: draft.title, content: ""))
                #expect(first.status == 201 && first.headers["etag"] == "\"1\"")
                #expect(first.headers["location"] == "/v1/drafts/\(draft.id)")
                for (role, path) in [(ServerRole.draft, "/v1/drafts"), (.orchestrator, "/v1/posts")] {
                    let second = try await cluster.call(role, .post, path, as: .alice, body: ByteBuffer(string: body))
                    #expect(second.status == 409 && second.problem?.code == "source-exists", "\(second.text)")
                    #expect(second.problem?.extensions["id"]?.string == "\(draft.id)")
                }
                let bobs = try await cluster.call(.draft, .post, "/v1/drafts", as: .bob, body: ByteBuffer(string: body))
                #expect(bobs.status == 201, "a source is unique for one author only: \(bobs.text)")
                try await Self.expect(
                    Bad(
                        role: .orchestrator,
                        method: .post,
                        path: "/v1/posts/\(draft.id)/withdraw",
                        caller: .alice,
                        status: 409,
                        code: "not-published"
                    ),
                    in: cluster
                )
                #expect(try cluster.journal().allSatisfy { $0.state.decision == .cancel })
                try await Self.expectAlive(cluster)
            }
        }

        @Test func aTransactionThatCannotBeIsRefusedBeforeItBegins() async throws {
            try await withCluster { cluster in
                let quota = #"{"participant":"quota","payload":{"author":"alice"}}"#
                func body(_ branches: String, _ action: String = #""charge""#, _ more: String = "") -> String {
                    #"{"action":\#(action),"branches":[\#(branches)]\#(more)}"#
                }
                let bodies: [(String, Int, String?, String?)] = [
                    ("", 400, nil, nil), ("{", 400, nil, nil), ("{}", 422, nil, "action"),
                    (body(""), 422, nil, "branches"), (body(quota, "7"), 422, nil, "action"),
                    (body(quota, "\"\""), 422, nil, "action"), (body(quota, "\"two words\""), 422, nil, "action"),
                    (body("\(quota),\(quota)"), 422, "duplicate-participant", nil),
                    (body(#"{"participant":"nobody","payload":{}}"#), 422, "unknown-participant", nil),
                    (body(#"{"participant":"http://127.0.0.1:1","payload":{}}"#), 422, nil, nil),
                    (body(#"{"participant":"quota"}"#), 422, nil, "branches[0].payload"),
                    (body(quota, #""charge""#, #","timeoutMilliseconds":0"#), 422, nil, "timeoutMilliseconds"),
                    (body(quota, #""charge""#, #","timeoutMilliseconds":3600001"#), 422, nil, "timeoutMilliseconds"),
                    (body(quota, #""charge""#, #","timeoutMilliseconds":"soon""#), 422, nil, "timeoutMilliseconds"),
                    (body(quota, #""charge""#, #","timeoutMilliseconds":1.5"#), 422, nil, "timeoutMilliseconds"),
                    (body(quota, #""charge""#, #","timeoutMilliseconds":1e30"#), 422, nil, "timeoutMilliseconds"),
                    (body(#"{"participant":"quota","payload":\#(String(repeating: "[", count: 5000))"#), 400, nil, nil),
                ]
                for (body, status, code, field) in bodies {
                    try await Self.expect(
                        Bad(
                            role: .orchestrator,
                            method: .post,
                            path: "/v1/transactions",
                            caller: .anOperator,
                            body: body,
                            status: status,
                            code: code,
                            field: field
                        ),
                        in: cluster
                    )
                }
                #expect(try cluster.journal().isEmpty, "something was begun")
                // What a participant does not take is refused by cancelling.
                let rejected = body(#"{"participant":"quota","payload":{"owner":1}}"#)
                try await Self.expect(
                    Bad(
                        role: .orchestrator,
                        method: .post,
                        path: "/v1/transactions",
                        caller: .anOperator,
                        body: rejected,
                        status: 502,
                        code: "participant-rejected"
                    ),
                    in: cluster
                )
                try await Self.expectAlive(cluster)
            }
        }

        @Test func aCallOfTheProtocolThatIsNoneIsRefused() async throws {
            try await withCluster { cluster in
                let (gid, payload) = (UUIDv7.ofNow(), #""payload":{"postID":"\#(UUIDv7.ofNow())","author":"alice"}"#)
                func call(_ gid: String, _ rest: String, _ name: String = "draft") -> String {
                    #"{"gid":"\#(gid)","branch":"\#(name)","action":"publish"\#(rest)}"#
                }
                let soon = #","deadline":"\#(Timestamp.now + .seconds(60))","#
                let far = #","deadline":"\#(Timestamp.now + .seconds(3 * 3600))","#
                let past = #","deadline":"\#(Timestamp.now - .seconds(1))","#
                let calls: [(String, String, Int, String?)] = [
                    ("try", "{", 400, nil), ("try", "{}", 422, "gid"), ("try", call("7", soon + payload), 422, "gid"),
                    ("try", call("\(gid)", soon + payload, "No Name"), 422, "branch"),
                    ("try", call("\(gid)", "," + payload), 422, "deadline"),
                    ("try", call("\(gid)", #","deadline":"tomorrow","# + payload), 422, "deadline"),
                    ("try", call("\(gid)", far + payload), 422, "deadline"),
                    ("try", call("\(gid)", past + payload), 410, nil),
                    ("try", call("\(gid)", soon.dropLast() + ""), 422, "payload"),
                    ("try", call("\(gid)", soon + payload), 422, "payload.revision"),
                    ("confirm", call("\(gid)", ""), 409, nil), ("confirm", "{}", 422, "gid"), ("cancel", "[", 400, nil),
                ]
                for role in [ServerRole.draft, .online] {
                    for (operation, body, status, field) in calls {
                        try await Self.expect(
                            Bad(
                                role: role,
                                method: .post,
                                path: "/tcc/\(operation)",
                                caller: .aService,
                                body: body,
                                status: status,
                                field: field
                            ),
                            in: cluster
                        )
                    }
                    let huge = String(repeating: " ", count: (8 << 20) + 1)
                    try await Self.expect(
                        Bad(role: role, method: .post, path: "/tcc/try", caller: .aService, body: huge, status: 413),
                        in: cluster
                    )
                }
                #expect(try cluster.barriers().isEmpty, "a refused call left something behind")
                try await Self.expect(
                    Bad(role: .orchestrator, method: .get, path: "/v1/outcomes/7", caller: .aService, status: 422),
                    in: cluster
                )
                try await Self.expectAlive(cluster)
            }
        }

        private static func expect(_ bad: Bad, in cluster: Cluster) async throws {
            let answer = try await cluster.call(
                bad.role,
                bad.method,
                bad.path,
                as: bad.caller,
                headers: bad.headers,
                body: bad.body.map { ByteBuffer(string: $0) }
            )
            let what = "\(bad.method) \(bad.path) of \(bad.role.rawValue) with \((bad.body ?? "nothing").prefix(120)): "
            #expect(answer.status == bad.status, "\(what)\(answer.status) \(answer.text)")
            let type = answer.headers["content-type"] ?? "none"
            #expect(type.hasPrefix("application/problem+json"), "\(what)\(type)")
            let problem = try #require(answer.problem, "\(what)no problem: \(answer.text)")
            #expect(!problem.code.isEmpty && problem.status == answer.status, "\(what)\(answer.text)")
            if let code = bad.code { #expect(problem.code == code, "\(what)\(answer.text)") }
            if let field = bad.field { #expect(problem.extensions["field"]?.string == field, "\(what)\(answer.text)") }
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
