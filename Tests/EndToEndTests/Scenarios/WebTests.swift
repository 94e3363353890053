import Foundation
import HTTPTypes
import Harness
import NIOCore
import Synchronization
import TCC
import TCCHTTP
import Testing
import Verification

extension EndToEnd {
    /// The pages as a process of their own.
    @Suite(.serialized)
    struct WebTests {
        @Test func itHoldsNothingAndTheOrchestratorHasNoPages() async throws {
            try await withCluster { cluster in
                let web = try await cluster.startWeb()
                for path in ["/healthz", "/readyz", "/", "/sign-in"] {
                    let answer = try await Self.get(cluster, web.url + path)
                    #expect(answer.status == 200, "\(path)")
                }
                let post = "/posts/\(UUIDv7.ofNow())"
                for path in ["/", "/write", "/sign-in", "/feed.atom", post, "/v1/development/tokens"] {
                    let answer = try await cluster.call(.orchestrator, .get, path, headers: [("accept", "text/html")])
                    #expect(answer.status == 404 && answer.text.contains("\"code\":\"not-found\""), "\(path)")
                }
                // No data directory of its own, and no secret.
                let names = try FileManager.default.contentsOfDirectory(atPath: cluster.directory.path)
                #expect(!names.contains("data") && !names.contains("web-service"))
                web.process.signal(SIGTERM)
                #expect(try await web.process.waitForDeath() == .init(exitCode: 0))
            }
        }

        @Test func itIsReadyAsLongAsOneOfTheLibrariesAnswers() async throws {
            try await withCluster { cluster in
                let web = try await cluster.startWeb()
                func becomes(_ status: Int) async throws {
                    try await eventually("it answers \(status)", within: .seconds(20)) {
                        try await Self.get(cluster, web.url + "/readyz").status == status
                    }
                }
                try await cluster.kill(.draft)
                try await cluster.kill(.online)
                try await becomes(503)
                try await cluster.start(.online)
                try await becomes(200)
            }
        }

        @Test func anAuthorSignsInWithATokenAndWritesThroughIt() async throws {
            try await withCluster { cluster in
                let web = try await cluster.startWeb()
                let token = try await cluster.authority.issue(for: .alice, lifetime: .seconds(60))
                let stranger = await TokenAuthority(secret: Data(repeating: 0x41, count: 64), subject: "a stranger")
                let forged = try await stranger.issue(for: .alice, lifetime: .seconds(60))
                let operators = try await cluster.authority.issue(for: .anOperator, lifetime: .seconds(60))
                for (pasted, status) in [(token, 303), (forged, 401), (operators, 401), ("x", 401)] {
                    let answer = try await Self.post(cluster, web.url, "/sign-in", "pasted=\(pasted)")
                    #expect(answer.status == status)
                    #expect((answer.headers["set-cookie"]?.contains(token) ?? false) == (status == 303))
                }
                // By name only where it is a trial.
                #expect(try await Self.post(cluster, web.url, "/sign-in", "name=alice").status == 401)
                let desk = try await Self.get(cluster, web.url + "/write/new", cookie: token)
                #expect(desk.status == 200)
                let editor = String(buffer: desk.body)
                #expect(editor.contains("alice"))
                let form = try #require(editor.firstMatch(of: /name="token" value="([0-9a-f]{64})"/)).output.1
                let body = "title=By+hand&content=Words&do=publish&token=\(form)&key=\(UUIDv7.ofNow())"
                let done = try await Self.post(cluster, web.url, "/write/new", body, cookie: token)
                #expect(done.status == 303, "\(done.text)")
                let list = try await Self.get(cluster, web.url + "/")
                #expect(String(buffer: list.body).contains("By hand"))
                for path in ["/write", "/write/new"] {
                    #expect(try await Self.get(cluster, web.url + path, cookie: forged).status == 303, "\(path)")
                }
            }
        }

        /// However much there is to read, and however slowly it is shown, publishing goes on; so do probes.
        @Test func readersOfHeavyPostsHoldUpNoPublish() async throws {
            // Long times: it is about what readers hold up, not about how fast this machine is.
            try await withCluster(.init(tryTimeout: 20, answer: 20, call: 10)) { cluster in
                let web = try await cluster.startWeb()
                var heavy: [UUIDv7] = []
                let texts = [String(repeating: "\u{FFBE}", count: 150_000), String(repeating: "*a_<[`", count: 80_000)]
                for content in texts {
                    let body = try JSONCoding.encode(["title": "Heavy", "content": content])
                    let answer = try await cluster.call(.orchestrator, .post, "/v1/posts", as: .alice, body: body)
                    #expect(answer.status == 200)
                    heavy.append(try #require(answer.postID))
                }
                let asked = Count()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<3 {
                        let url = web.url + "/posts/\(heavy[number % heavy.count])"
                        group.addTask {
                            while !Task.isCancelled {
                                asked.add()
                                _ = try await Self.get(cluster, url, timeout: .seconds(60))
                            }
                        }
                    }
                    try await eventually("three readers are at it") { asked.value >= 3 }
                    for _ in 0..<5 {
                        let answer = try await cluster.send(Request(.publishNew(.unique("Meanwhile")), author: "alice"))
                        #expect(answer?.status == 200, "\(answer?.text ?? "no answer")")
                        #expect(try await Self.get(cluster, web.url + "/healthz").status == 200)
                    }
                    group.cancelAll()
                    // What a reader met is no matter here.
                    while await group.nextResult() != nil {}
                }
                #expect(web.process.isRunning)
            }
        }

        /// How many readers have begun.
        private final class Count: Sendable {
            private let number = Atomic(0)

            var value: Int { number.load(ordering: .relaxed) }
            func add() { number.add(1, ordering: .relaxed) }
        }

        private static func get(
            _ cluster: Cluster,
            _ url: String,
            cookie: String? = nil,
            timeout: Duration = .seconds(20)
        ) async throws -> Answer {
            let headers = cookie.map { [("cookie", "tcc-session=\($0)")] } ?? []
            return Answer(try await cluster.client.call(.get, url, token: nil, headers: headers, timeout: timeout))
        }

        private static func post(
            _ cluster: Cluster,
            _ web: String,
            _ path: String,
            _ form: String,
            cookie: String? = nil
        ) async throws -> Answer {
            var headers = [("origin", web)]
            if let cookie { headers.append(("cookie", "tcc-session=\(cookie)")) }
            let body = ByteBuffer(string: form)
            let call = try await cluster.client.call(
                .post,
                web + path,
                token: nil,
                headers: headers,
                body: body,
                timeout: .seconds(30)
            )
            return Answer(call)
        }
    }
}
