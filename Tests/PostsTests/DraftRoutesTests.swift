import HTTPTypes
import Posts
import TCC
import TCCHTTP
import Testing

@Suite("The draft library over HTTP")
struct DraftRoutesTests {
    @Test("a draft is created, read, and edited; nothing of it is lost")
    func draftRoundTrip() async throws {
        try await Library.open(.draft) { (library) async throws in
            let text = "a/b \u{0} \u{1F600} \"quoted\" \\ \r\n é"
            let created = try await library.send(.post, "/v1/drafts", postText("Title/1", text))
            #expect(created.status == 201)
            #expect(created.headers[.eTag] == "\"1\"")
            let path = try #require(created.headers[.location])
            let read = try await library.send(.get, path)
            #expect(read.body == created.body)
            #expect(read["content"] == .string(text))
            #expect(read["status"] == "unpublished")
            #expect(read["source"] == .null)
            let edited = try await library.send(.put, path, headers: [.ifMatch: "\"1\""], postText("Title 2"))
            #expect(edited.status == 200)
            #expect(edited.headers[.eTag] == "\"2\"")
            #expect(edited["nextRevision"] == .integer(3))
        }
    }

    @Test("a stale If-Match is 412, a malformed one 400, and neither saves")
    func staleIfMatchIsRefused() async throws {
        try await Library.open(.draft) { (library) async throws in
            let path = try #require(try await library.send(.post, "/v1/drafts", postText("T")).headers[.location])
            #expect(try await library.send(.put, path, postText("Second")).status == 200)
            #expect(try await library.send(.put, path, headers: [.ifMatch: "\"1\""], postText("X")).status == 412)
            #expect(try await library.send(.put, path, headers: [.ifMatch: "1"], postText("X")).status == 400)
            #expect(try await library.send(.put, path, headers: [.ifMatch: "W/\"2\""], postText("X")).status == 412)
            #expect(try await library.send(.get, path)["title"] == "Second")
            #expect(
                try await library.send(.put, path, headers: [.ifMatch: "\"7\", \"2\""], postText("X")).status == 200
            )
        }
    }

    @Test("lengths at and past their limits")
    func lengthsAreChecked() async throws {
        try await Library.open(.draft) { (library) async throws in
            let longest = String(repeating: "é", count: 200)
            #expect(try await library.send(.post, "/v1/drafts", postText(longest)).status == 201)
            for title in ["", longest + "x"] {
                let answer = try await library.send(.post, "/v1/drafts", postText(title))
                #expect(answer.status == 422)
                #expect(answer["field"] == "title")
            }
            let full = String(repeating: "x", count: 512 << 10)
            #expect(try await library.send(.post, "/v1/drafts", postText("T", full)).status == 201)
            #expect(try await library.send(.post, "/v1/drafts", postText("T", full + "x"))["field"] == "content")
            #expect(try await library.send(.post, "/v1/drafts", postText("T", "")).status == 201)
        }
    }

    @Test("a list is paged newest first, without contents, and only the author's own")
    func listIsPaged() async throws {
        try await Library.open(.draft) { (library) async throws in
            for number in 1...5 {
                #expect(try await library.send(.post, "/v1/drafts", postText("T\(number)")).status == 201)
            }
            #expect(try await library.send(.post, "/v1/drafts", as: "bob", postText("B")).status == 201)
            var titles: [String] = []
            var path = "/v1/drafts?limit=2"
            while true {
                let page = try await library.send(.get, path)
                guard case .array(let items)? = page["items"] else { break }
                #expect(items.count <= 2)
                for case .object(let item) in items {
                    titles.append(item["title"]?.string ?? "")
                    #expect(item["content"] == nil)
                }
                guard let cursor = page["nextCursor"]?.string else { break }
                path = "/v1/drafts?limit=2&cursor=\(cursor)"
            }
            #expect(titles.count == 5)
            #expect(Set(titles) == ["T1", "T2", "T3", "T4", "T5"])
        }
    }

    @Test("a bad limit or cursor is 422", arguments: ["limit=0", "limit=101", "limit=x", "cursor=%21", "cursor=eA"])
    func badPageIsRefused(_ query: String) async throws {
        try await Library.open(.draft) { (library) async throws in
            let answer = try await library.send(.get, "/v1/drafts?\(query)")
            #expect(answer.status == 422)
            #expect(answer["field"]?.string == query.split(separator: "=").first.map(String.init))
        }
    }

    @Test("only authors come in", arguments: [Role.service, .operator])
    func otherRolesAreRefused(_ role: Role) async throws {
        try await Library.open(.draft) { (library) async throws in
            let requests: [(HTTPRequest.Method, String)] = [
                (.post, "/v1/drafts"), (.get, "/v1/drafts"), (.get, "/v1/drafts/x"), (.put, "/v1/drafts/x"),
            ]
            for (method, path) in requests {
                #expect(try await library.send(method, path, as: "ann", role: role).status == 403)
                #expect(try await library.send(method, path, as: nil).status == 401)
            }
        }
    }

    @Test("what is no JSON in UTF-8 is 400, and a fraction names its field")
    func bodiesAreReadStrictly() async throws {
        try await Library.open(.draft) { (library) async throws in
            let bodies: [[UInt8]] = [
                Array("{\"title\":\"a\",\"content\":\"b\",}".utf8), Array("{\"title\":\"a\"".utf8), [],
                [0xFF, 0xFE, 0x7B, 0x00, 0x7D, 0x00], [0x22, 0xC3, 0x28, 0x22],
            ]
            for body in bodies {
                #expect(try await library.send(.post, "/v1/drafts", bytes: body).code == "malformed-json")
            }
            let deep = String(repeating: "[", count: 65) + String(repeating: "]", count: 65)
            #expect(try await library.send(.post, "/v1/drafts", bytes: Array(deep.utf8))["field"] == "body")
            let gid = World.system.makeIdentifier()
            let call = """
                {"gid":"\(gid)","branch":"draft","action":"publish","deadline":"2026-11-22T12:00:00Z",
                "payload":{"postID":"\(gid)","author":"ann","revision":1.5}}
                """
            let answer = try await library.send(.post, "/tcc/try", as: "o", role: .service, bytes: Array(call.utf8))
            #expect(answer.status == 422)
            #expect(answer["field"] == "payload.revision")
        }
    }

    @Test("a fraction is a batch's one call's affair, and names its field in that call")
    func aFractionInABatch() async throws {
        try await Library.open(.draft) { (library) async throws in
            let calls = ["1.5", "1"]
                .map { revision in
                    let gid = World.system.makeIdentifier()
                    let deadline = World.system.wallClock() + .seconds(60)
                    let payload = """
                        {"postID":"\(gid)","author":"ann","baseRevision":0,"revision":\(revision),
                        "title":"T","content":"C"}
                        """
                    return """
                        {"op":"try","gid":"\(gid)","branch":"draft","action":"publish","deadline":"\(deadline)",
                        "payload":\(payload)}
                        """
                }
            let body = Array("{\"calls\":[\(calls.joined(separator: ","))]}".utf8)
            let answer = try await library.send(.post, "/tcc/batch", as: "o", role: .service, bytes: body)
            #expect(answer.status == 200)
            let results = try JSONCoding.decode(BatchAnswer.self, from: try JSONCoding.encode(answer.body)).results
            #expect(results.map(\.status) == [422, 200])
            #expect(results[0].problem?.extensions["field"] == "payload.revision")
        }
    }

    @Test("names that only look alike are two authors")
    func namesAreComparedByTheirBytes() async throws {
        try await Library.open(.draft) { (library) async throws in
            let created = try await library.send(.post, "/v1/drafts", as: "\u{E9}", postText("T"))
            let path = try #require(created.headers[.location])
            #expect(try await library.send(.get, path, as: "e\u{301}").status == 404)
            #expect(try await library.send(.get, path, as: "\u{E9}").status == 200)
        }
    }
}
