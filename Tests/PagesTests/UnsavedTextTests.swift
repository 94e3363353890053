import HTTPTypes
import Hummingbird
import Pages
import Posts
import TCC
import TCCHTTP
import Testing

@Suite("What an author wrote is not lost")
struct UnsavedTextTests {
    private static let id = UUIDv7("01932b1c-0000-7000-8000-000000000001")!
    private static let path = "/write/\(id)"

    private static func draft(_ content: String = "saved") -> Draft {
        let time = Timestamp(milliseconds: 1_795_000_000_000)
        return Draft(
            id: id,
            author: "ann",
            title: "Title",
            content: content,
            source: nil,
            revision: 3,
            nextRevision: 4,
            status: .unpublished,
            publishedRevision: nil,
            pendingTransaction: nil,
            createdAt: time,
            updatedAt: time
        )
    }

    private static let answers: PagesUnderTest.Script = ["GET /v1/drafts/\(id)": { try .json(draft()) }]
    private static let form = "title=Title&content=mine+%3Cb%3E&revision=3&key=\(id)&do=save"

    @Test("whose session has ended signs in, and has the text in the editor again", arguments: ["new", "\(id)"])
    func signedOut(_ page: String) async throws {
        try await PagesUnderTest.open(.init(allowsDevelopmentSignIn: true), Self.answers) { pages in
            let out = try await pages.post("/write/\(page)", Self.form, session: "expired")
            #expect(out.status == 401 && out.text.contains("Your session has ended."))
            for field in [
                "name=\"title\" value=\"Title\"", "\nmine &lt;b&gt;</textarea>", "name=\"revision\" value=\"3\"",
            ] {
                #expect(out.text.contains(field), "\(field)")
            }
            #expect(out.text.contains("name=\"next\" value=\"/write/\(page)\""))
            let again = "name=ann&next=%2Fwrite%2F\(page)&" + Self.form
            let editor = try await pages.post("/sign-in", again, session: nil)
            #expect(editor.status == 200 && editor.headers[.setCookie]?.contains("tcc-session=ey") == true)
            #expect(
                editor.text.contains("action=\"/write/\(page)\"") && editor.text.contains("\nmine &lt;b&gt;</textarea>")
            )
            #expect(editor.text.contains("data-is-unsaved") && editor.text.contains("not yet saved"))
            // A mistake on the way does not lose it either.
            let wrong = try await pages.post("/sign-in", "pasted=x&next=%2Fwrite%2F\(page)&" + Self.form, session: nil)
            #expect(wrong.status == 401 && wrong.text.contains("\nmine &lt;b&gt;</textarea>"))
        }
    }

    @Test("the page's own script is told, and can have the token of a new session")
    func script() async throws {
        try await PagesUnderTest.open(.init(), Self.answers) { pages in
            let json: HTTPFields = [.accept: "application/json"]
            for path in [Self.path, "/write/preview"] {
                let out = try await pages.post(path, Self.form, json, session: "expired")
                #expect(out.status == 401 && out.text == "{\"code\":\"signed-out\"}")
            }
            #expect(try await pages.get("/session", json).status == 401)
            let session = try await pages.get("/session", signedIn: true, json)
            let token = RequestGuard.formToken(for: pages.token)
            #expect(session.text == "{\"author\":\"ann\",\"token\":\"\(token)\"}")
            #expect(session.headers[.cacheControl] == "no-store")
        }
    }

    @Test("a page that is older than the session has its text in the editor, with a token that holds")
    func staleForm() async throws {
        try await PagesUnderTest.open(.init(), Self.answers) { pages in
            let origin: HTTPFields = [.origin: "http://localhost"]
            let stale = try await pages.post(Self.path, Self.form + "&token=x", origin, ownForm: false)
            #expect(stale.status == 403 && stale.text.contains("\nmine &lt;b&gt;</textarea>"))
            #expect(stale.text.contains(RequestGuard.formToken(for: pages.token)))
        }
    }

    @Test("a save that fails leaves the text in the editor, with the reason", arguments: [404, 409, 422, 503])
    func failedSave(_ status: Int) async throws {
        var script = Self.answers
        let codes = [404: "not-found", 409: "publish-in-progress", 422: "invalid-field", 503: "not-ready"]
        let problem = Problem(status, codes[status] ?? "", "")
        if status == 404 { script = [:] }
        script["PUT /v1/drafts/\(Self.id)"] = { .problem(problem) }
        try await PagesUnderTest.open(.init(), script) { pages in
            let page = try await pages.post(Self.path, Self.form)
            #expect(page.status == status && page.text.contains("\nmine &lt;b&gt;</textarea>"))
            #expect(page.text.contains(Words(.english).refusal(problem.code)))
            // Of a draft that is not there any more another is made.
            #expect(page.text.contains("action=\"\(status == 404 ? "/write/new" : Self.path)\""))
            #expect(page.text.contains("name=\"revision\" value=\"\(status == 404 ? "" : "3")\""))
            #expect(page.text.contains("name=\"key\" value=\"\(Self.id)\""))
        }
    }

    @Test("so does the first save of a new draft, and one that is refused before any service is asked")
    func failedCreation() async throws {
        try await PagesUnderTest.open(.init(), ["POST /v1/drafts": { .problem(Problem(503, "not-ready", "")) }]) {
            pages in
            let unavailable = try await pages.post("/write/new", Self.form)
            #expect(unavailable.status == 503 && unavailable.text.contains("\nmine &lt;b&gt;</textarea>"))
            let title = String(repeating: "x", count: 201)
            let refused = try await pages.post("/write/new", "title=\(title)&content=mine&do=save")
            #expect(refused.status == 422 && refused.text.contains(title) && refused.text.contains("\nmine</textarea>"))
        }
    }

    @Test(
        "what an author saves is to be kept, what the script saves is not",
        arguments: ["save", "publish", "autosave"]
    )
    func keeping(_ what: String) async throws {
        var script = Self.answers
        script["PUT /v1/drafts/\(Self.id)"] = { try .json(Self.draft("mine <b>")) }
        let asked = PagesUnderTest.Asked()
        try await PagesUnderTest.open(.init(), script, asked: asked) { pages in
            let form = Self.form.replacing("do=save", with: "do=\(what)")
            _ = try await pages.post(Self.path, form, [.accept: "application/json"])
            let isKept = what != "autosave"
            #expect(asked.uris.contains("PUT /v1/drafts/\(Self.id)" + (isKept ? "?keep=true" : "")))
        }
    }

    @Test("a page that is asked for in a way that it is not made for says how it may be")
    func notAllowed() async throws {
        try await PagesUnderTest.open(.init(), [:]) { pages in
            let page = try await pages.get("\(Self.path)/withdraw", signedIn: true)
            #expect(page.status == 405 && page.headers[.allow] == "POST" && page.text.contains("Not like that"))
            #expect(try await pages.post("/write/\(Self.id)/history", "").headers[.allow] == "GET, HEAD")
        }
    }

    @Test("after a change that came to nothing, one goes on where its form was")
    func wayBack() async throws {
        try await PagesUnderTest.open(.init(), [:]) { pages in
            let out = try await pages.post("\(Self.path)/withdraw", "key=", session: "expired")
            #expect(out.status == 401 && out.text.contains("name=\"next\" value=\"\(Self.path)\""))
            let refused = try await pages.post("\(Self.path)/withdraw", "key=")
            #expect(refused.text.contains("/language/zh?next=\(FormBody.encoded(Self.path))\""))
        }
    }

    @Test("who comes from another site goes on with one click, in the chosen language")
    func fromElsewhere() async throws {
        try await PagesUnderTest.open(.init(), [:]) { pages in
            let page = try await pages.get("/sign-in?next=%2Fwrite%2Fnew")
            #expect(page.text.contains("<a href=\"/write/new\">Go on</a>"))
            let language = try await pages.get("/language/zh?next=%2F")
            #expect(language.headers[.setCookie]?.contains("lang=zh; Path=/; HttpOnly; SameSite=Lax") == true)
        }
    }
}
