import HTTPTypes
import Hummingbird
import Pages
import Posts
import TCC
import TCCHTTP
import Testing

@Suite("Pages over HTTP")
struct PageRoutesTests {
    private static let id = UUIDv7("01932b1c-0000-7000-8000-000000000001")!
    private static let time = Timestamp(milliseconds: 1_795_000_000_000)

    private static func post(_ title: String, by author: String = "ann", _ content: String? = nil) -> Post {
        Post(id: id, author: author, title: title, content: content, revision: 3, publishedAt: time, updatedAt: time)
    }

    private static func draft(revision: Int = 3, content: String? = "saved") -> Draft {
        Draft(
            id: id,
            author: "ann",
            title: "Title",
            content: content,
            source: nil,
            revision: revision,
            nextRevision: revision + 1,
            status: .published,
            publishedRevision: 2,
            pendingTransaction: nil,
            createdAt: time,
            updatedAt: time
        )
    }

    private static func answers(_ value: some Encodable & Sendable) -> @Sendable () async throws -> Response {
        { try .json(value) }
    }

    @Test func readersReadWithoutAScriptAndWithAPolicy() async throws {
        let script: PagesUnderTest.Script = [
            "GET /v1/posts": Self.answers(Page(rows: [Self.post("A <b> \"\u{301} title")], limit: 20) { _ in "x" }),
            "GET /v1/posts/\(Self.id)": Self.answers(Self.post("T", "# Hi\n<script>alert(1)</script>")),
        ]
        try await PagesUnderTest.open(PageSettings(imageOrigins: ["https://images.example"]), script) { pages in
            let list = try await pages.get("/")
            #expect(list.status == 200 && list.text.contains("A &lt;b&gt; &quot;\u{301} title"))
            #expect(!list.text.contains("<script"))
            let policy = list.headers[.contentSecurityPolicy] ?? ""
            #expect(policy.hasPrefix("default-src 'none'; script-src 'self';"))
            #expect(policy.contains("img-src 'self' https://images.example;") && !policy.contains("unsafe"))
            #expect(list.headers[.xContentTypeOptions] == "nosniff")
            let post = try await pages.get("/posts/\(Self.id)")
            #expect(post.text.contains("<h2>Hi</h2>") && post.text.contains("&lt;script&gt;"))
            #expect(post.text.contains("revision 3") && !post.text.contains("<script"))
            let chinese = try await pages.get("/", [.acceptLanguage: "zh-CN"])
            #expect(chinese.text.contains("<html lang=\"zh-Hans\">") && chinese.text.contains("书库"))
            let feed = try await pages.get("/feed.atom")
            #expect(feed.headers[.contentType] == "application/atom+xml; charset=utf-8")
            #expect(feed.text.contains("<id>urn:uuid:\(Self.id)</id>"))
        }
    }

    @Test func titlesAndNamesStayWithinTheirLine() async throws {
        let title = "\u{202E}eltit"
        let script: PagesUnderTest.Script = [
            "GET /v1/posts": Self.answers(
                Page(rows: [Self.post(title), Self.post("\u{200B} ")], limit: 20) { _ in "x" }
            ),
            "GET /v1/posts/\(Self.id)": Self.answers(Self.post("\u{200B}", "text")),
        ]
        try await PagesUnderTest.open(PageSettings(), script) { pages in
            let list = try await pages.get("/")
            #expect(list.text.contains("<bdi>\(title)</bdi></a></h2>") && list.text.contains("<bdi>ann</bdi>"))
            #expect(list.text.contains("<bdi>(untitled)</bdi></a></h2>"))
            let post = try await pages.get("/posts/\(Self.id)")
            #expect(post.text.contains("<h1><bdi>(untitled)</bdi></h1>") && post.text.contains("<title>(untitled) · "))
        }
    }

    @Test func aPlaceThatIsNoneLeadsToTheFirstPage() async throws {
        let bad: @Sendable () async throws -> Response = { .problem(Problem.invalid("cursor", "must be a place")) }
        let draft = Self.draft()
        let (posts, drafts) = (
            Page(rows: [Self.post("First")], limit: 20) { _ in "x" }, Page(rows: [draft], limit: 20) { _ in "x" }
        )
        let script: PagesUnderTest.Script = [
            "GET /v1/posts?cursor=x&limit=20": bad, "GET /v1/posts?cursor=&limit=20": bad,
            "GET /v1/posts?limit=20": Self.answers(posts),
            "GET /v1/drafts?cursor=x&limit=20": bad, "GET /v1/drafts?limit=20": Self.answers(drafts),
        ]
        try await PagesUnderTest.open(PageSettings(), script) { pages in
            for path in ["/?cursor=x", "/?cursor="] {
                let page = try await pages.get(path)
                #expect(page.status == 200 && page.text.contains("First"), "\(path)")
            }
            let desk = try await pages.get("/write?cursor=x", signedIn: true)
            #expect(desk.status == 200 && desk.text.contains(draft.title))
        }
    }

    @Test func anAuthorsNameHasALength() async throws {
        let script: PagesUnderTest.Script = [
            "GET /v1/posts": Self.answers(Page(rows: [Post](), limit: 20) { _ in "x" })
        ]
        try await PagesUnderTest.open(PageSettings(), script) { pages in
            for (length, status) in [(64, 200), (65, 404), (5000, 404)] {
                let page = try await pages.get("/authors/" + String(repeating: "a", count: length))
                #expect(page.status == status)
            }
        }
    }

    @Test func whatReadersHaveIsNotSentAgain() async throws {
        let script: PagesUnderTest.Script = [
            "GET /v1/posts": Self.answers(Page(rows: [Self.post("T")], limit: 20) { _ in "x" }),
            "GET /v1/posts/\(Self.id)": Self.answers(Self.post("T", "text")),
        ]
        try await PagesUnderTest.open(PageSettings(), script) { pages in
            for path in ["/", "/authors/ann", "/posts/\(Self.id)", "/feed.atom"] {
                let first = try await pages.get(path)
                #expect(first.headers[.cacheControl] == "no-cache" && first.headers[.vary] == "Cookie, Accept-Language")
                let tag = try #require(first.headers[.eTag])
                #expect(tag.count == 34 && tag.hasPrefix("\"") && tag.hasSuffix("\""))
                for known in [tag, "\"x\", W/\(tag)", "*"] {
                    let again = try await pages.get(path, [.ifNoneMatch: known])
                    #expect(again.status == 304 && again.text.isEmpty && again.headers[.eTag] == tag, "\(path)")
                }
                let chinese = try await pages.get(path, [.ifNoneMatch: tag, .acceptLanguage: "zh"])
                #expect(chinese.status == 200 && chinese.headers[.eTag] != tag, "\(path)")
            }
            // What has an author's name on it is kept nowhere.
            let own = try await pages.get("/", signedIn: true, [.ifNoneMatch: "*"])
            #expect(own.status == 200 && own.headers[.cacheControl] == "no-store" && own.headers[.eTag] == nil)
            let missing = try await pages.get("/posts/x")
            #expect(missing.headers[.cacheControl] == "no-store" && missing.headers[.eTag] == nil)
        }
    }

    @Test func assetsAreForEver() async throws {
        try await PagesUnderTest.open { pages in
            let page = try await pages.get("/sign-in")
            let path = try #require(page.text.firstMatch(of: /href="(\/assets\/style-[0-9a-f]+\.css)"/)).output.1
            let style = try await pages.get(String(path))
            #expect(style.status == 200 && style.headers[.cacheControl]?.contains("immutable") == true)
            let answer1 = try await pages.get("/assets/style-0.css")
            #expect(answer1.status == 404)
            #expect(page.text.contains("<link rel=\"icon\" href=\"/assets/icon-"))
            let icon = try await pages.get("/favicon.ico")
            #expect(icon.status == 200 && icon.headers[.contentType] == "image/svg+xml")
        }
    }

    @Test func whatIsNotThereIsToldAsItWasAskedFor() async throws {
        try await PagesUnderTest.open { pages in
            let page = try await pages.get("/nowhere", [.accept: "text/html,*/*"])
            #expect(page.status == 404 && page.text.contains("<h1>There is nothing here</h1>"))
            let problem = try await pages.get("/nowhere")
            #expect(problem.status == 404 && problem.headers[.contentType] == "application/problem+json")
            let api = try await pages.get("/v1/nowhere", [.accept: "text/html"])
            #expect(api.headers[.contentType] == "application/problem+json")
            let answer2 = try await pages.get("/posts/x")
            #expect(answer2.status == 404)
            let answer3 = try await pages.get("/healthz")
            #expect(answer3.text == "{\"status\":\"alive\"}")
        }
    }

    @Test func aPageIsForItsOwnHostOnly() async throws {
        try await PagesUnderTest.open(PageSettings(publicURL: "https://posts.example")) { pages in
            // The test's client asks for localhost.
            let answer4 = try await pages.get("/sign-in")
            #expect(answer4.status == 200)
        }
    }

    @Test func onlyAnAuthorWrites() async throws {
        try await PagesUnderTest.open { pages in
            let desk = try await pages.get("/write")
            #expect(desk.status == 303 && desk.headers[.location] == "/sign-in?next=%2Fwrite")
            let new = try await pages.get("/write/new", signedIn: true)
            #expect(new.status == 200 && new.text.contains("<textarea id=\"text\""))
            #expect(new.text.contains(RequestGuard.formToken(for: pages.token)))
            #expect(new.text.contains("data-progress=\"\"") && !new.text.contains("/write/new/"))
        }
    }

    @Test func signingInByNameIsForTrials() async throws {
        try await PagesUnderTest.open { pages in
            let answer = try await pages.post("/sign-in", "name=+bob+&next=%2Fwrite%2Fnew")
            let cookie = answer.headers[.setCookie] ?? ""
            #expect(answer.status == 303 && answer.headers[.location] == "/write/new")
            #expect(
                cookie.contains("HttpOnly; SameSite=Strict") && cookie.contains("Path=/") && !cookie.contains("Secure")
            )
            let longest = try await pages.post("/sign-in", "name=" + String(repeating: "%E4%B8%AD", count: 64))
            #expect(longest.status == 303)
            // What looks like ann, and is another, or nobody.
            for name in ["", "%E2%80%AEann", "ann%E2%80%8B", "an%00n", "%E3%85%A4", "a%E2%80%A8b"] {
                let answer = try await pages.post("/sign-in", "name=\(name)")
                #expect(answer.status == 422, "\(name)")
            }
        }
        try await PagesUnderTest.open(PageSettings(publicURL: "https://posts.example")) { pages in
            let answer6 = try await pages.post("/sign-in", "name=bob")
            #expect(answer6.status == 401)
            let answer = try await pages.post("/sign-in", "pasted=\(pages.token)")
            #expect(answer.status == 303 && answer.headers[.setCookie]?.contains("; Secure") == true)
            let answer7 = try await pages.post("/sign-in", "pasted=nonsense")
            #expect(answer7.status == 401)
        }
    }

    @Test func aChangeFromElsewhereIsRefused() async throws {
        let script: PagesUnderTest.Script = [
            "GET /v1/drafts/\(Self.id)": Self.answers(Self.draft()),
            "PUT /v1/drafts/\(Self.id)": Self.answers(Self.draft()),
        ]
        try await PagesUnderTest.open(.init(), script) { pages in
            let path = "/write/\(Self.id)"
            let answer8 = try await pages.post(path, "title=T&content=x", ownForm: false)
            #expect(answer8.status == 403)
            let token = RequestGuard.formToken(for: pages.token)
            let elsewhere: HTTPFields = [.origin: "http://evil.example"]
            let answer9 = try await pages.post(path, "title=T&token=\(token)", elsewhere, ownForm: false)
            #expect(answer9.status == 403)
            let noToken: HTTPFields = [.origin: "http://localhost"]
            let answer10 = try await pages.post(path, "title=T&content=x", noToken, ownForm: false)
            #expect(answer10.status == 403)
            let answer11 = try await pages.post("/sign-out", "", noToken, ownForm: false)
            #expect(answer11.status == 403)
            // The same text is no new revision.
            let same = try await pages.post(path, "title=Title&content=saved&revision=1&do=save")
            #expect(same.status == 303 && same.headers[.location] == "\(path)?same=3")
        }
    }

    @Test func oneRevisionIsComparedWithNone() async throws {
        func revision(_ number: Int) -> JSONValue {
            .object([
                "revision": .integer(Int64(number)), "title": .string("T"), "createdAt": .string(Self.time.description),
                "contentBytes": .integer(5), "isHead": .bool(number == 3), "isPublished": .bool(false),
            ])
        }
        for count in [1, 2] {
            let rows = (0..<count).map { revision(3 - $0) }
            let script: PagesUnderTest.Script = [
                "GET /v1/drafts/\(Self.id)": Self.answers(Self.draft()),
                "GET /v1/drafts/\(Self.id)/revisions": Self.answers(Page(rows: rows, limit: 50) { _ in "x" }),
            ]
            try await PagesUnderTest.open(.init(), script) { pages in
                let page = try await pages.get("/write/\(Self.id)/history", signedIn: true)
                #expect(page.status == 200 && page.text.contains("/revisions/3"))
                #expect(page.text.ranges(of: "type=\"radio\"").count == (count == 1 ? 0 : 4))
                #expect(page.text.contains("Compare two revisions") == (count == 2))
                #expect(page.text.ranges(of: "<th ").count == (count == 1 ? 2 : 4))
            }
        }
    }

    @Test func aConflictShowsBoth() async throws {
        try await PagesUnderTest.open(.init(), ["GET /v1/drafts/\(Self.id)": Self.answers(Self.draft())]) { pages in
            let form = "title=Title&content=mine&revision=2&do=save"
            let page = try await pages.post("/write/\(Self.id)", form)
            #expect(page.status == 409)
            for part in ["mine\n=======\nsaved", "Take mine", "name=\"revision\" value=\"3\""] {
                #expect(page.text.contains(part.replacing("<", with: "&lt;")), "\(part)")
            }
            let json = try await pages.post("/write/\(Self.id)", form, [.accept: "application/json"])
            #expect(json.status == 409 && json.text == "{\"code\":\"conflict\"}")
            #expect(json.headers[.xContentTypeOptions] == "nosniff")
        }
    }

    @Test(arguments: [DraftStatus.unpublished, .private, .published])
    func onlyWhatReadersDoNotSeeCanBeDeleted(_ status: DraftStatus) async throws {
        var draft = Self.draft()
        draft.status = status
        try await PagesUnderTest.open(.init(), ["GET /v1/drafts/\(Self.id)": Self.answers(draft)]) { pages in
            let page = try await pages.get("/write/\(Self.id)", signedIn: true)
            let (canDelete, canWithdraw) = (status != .published, status == .published)
            #expect(page.text.contains("action=\"/write/\(Self.id)/delete\"") == canDelete)
            #expect(page.text.contains("action=\"/write/\(Self.id)/withdraw\"") == canWithdraw)
        }
    }

    @Test func aDeleteGoesToTheOrchestratorAndShowsItsTransaction() async throws {
        let gid = UUIDv7(leastAt: Self.time)
        let record = TransactionRecord(
            gid: gid,
            action: "delete",
            owner: "ann",
            labels: ["postID": .string(Self.id.description)],
            branches: [],
            createdAt: Self.time
        )
        let route = "DELETE /v1/posts/\(Self.id)"
        let steps = "/write/\(Self.id)/transactions/\(gid)"
        try await PagesUnderTest.open(.init(), [route: Self.answers(record)]) { pages in
            let done = try await pages.post("/write/\(Self.id)/delete", "key=")
            #expect(done.status == 303 && done.headers[.location] == steps)
        }
        let live = Problem(409, "post-is-live", "", extensions: ["gid": .string(gid.description)])
        try await PagesUnderTest.open(.init(), [route: { .problem(live) }]) { pages in
            let refused = try await pages.post("/write/\(Self.id)/delete", "key=", [.accept: "application/json"])
            #expect(refused.status == 200 && refused.text == "{\"location\":\"\(steps)\"}")
        }
        try await PagesUnderTest.open { pages in
            let gone = try await pages.post("/write/\(Self.id)/delete", "key=")
            #expect(gone.status == 404 && gone.text.contains("There is no such post of yours."))
        }
    }

    @Test("a refusal has a button to try again with, with or without a transaction", arguments: [true, false])
    func aRefusalCanBeTriedAgain(_ hasBegun: Bool) async throws {
        var generator = SplitMix(state: 1)
        let gid = UUIDv7(at: Self.time, using: &generator)
        var record = TransactionRecord(
            gid: gid,
            action: "withdraw",
            owner: "ann",
            labels: ["postID": .string(Self.id.description)],
            branches: [],
            createdAt: Self.time
        )
        record.state = .cancelled
        record.reason = Problem(503, "participant-unavailable", "")
        let extensions: [String: JSONValue] = hasBegun ? ["gid": .string(gid.description)] : [:]
        let refused = Problem(503, hasBegun ? "participant-unavailable" : "not-ready", "", extensions: extensions)
        let script: PagesUnderTest.Script = [
            "POST /v1/posts/\(Self.id)/withdraw": { .problem(refused) },
            "GET /v1/transactions/\(gid)": Self.answers(record),
        ]
        try await PagesUnderTest.open(.init(), script) { pages in
            var page = try await pages.post("/write/\(Self.id)/withdraw", "key=\(Self.id)")
            if hasBegun { page = try await pages.get(page.headers[.location] ?? "", signedIn: true) }
            #expect(page.status == (hasBegun ? 200 : 503) && page.text.contains("Try again</button>"))
            #expect(page.text.contains("action=\"/write/\(Self.id)/withdraw\""))
            #expect(page.text.contains("name=\"key\" value=\"\(hasBegun ? gid : Self.id)\""))
            #expect(page.text.ranges(of: "Try again</button>").count == 1)
        }
    }

    @Test(arguments: [HTTPField.Name.cookie, .accept, .acceptLanguage, .ifNoneMatch])
    func aHeaderOfManyAccentsIsRefused(_ name: HTTPField.Name) async throws {
        try await PagesUnderTest.open { pages in
            for (value, status) in [(String(repeating: "\u{301}\u{316}", count: 10_000), 431), ("\u{301}", 200)] {
                let page = try await pages.get("/sign-in", [name: value])
                #expect(page.status == status)
            }
            let plain = try await pages.get("/sign-in", [name: String(repeating: "x", count: 10_000)])
            #expect(plain.status == 200)
        }
    }

    @Test func aFormThatIsTooLargeIsToldInAPage() async throws {
        try await PagesUnderTest.open { pages in
            let form = "title=T&content=" + String(repeating: "x", count: 3 << 20)
            let page = try await pages.post("/write/new", form)
            #expect(page.status == 413 && page.text.contains("<h1>That is too much</h1>"))
        }
    }

    @Test func aServiceThatDoesNotAnswerIsToldInWords() async throws {
        try await PagesUnderTest.open(.init(), ["GET /v1/posts": { .problem(Problem(503, "not-ready", "")) }]) {
            pages in
            let page = try await pages.get("/")
            #expect(page.status == 503 && page.text.contains("<h1>Not now</h1>"))
        }
    }
}
