import Foundation
import HTTPTypes
import Hummingbird
import Pages
import TCC
import TCCHTTP
import Testing

@Suite("Visitors' tokens, in a process without the secret")
struct VisitorTokenTests {
    private static func token(_ payload: String) -> String {
        let text = Data(payload.utf8).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
        return "e30.\(text.replacing("=", with: "")).c2ln"
    }

    @Test("a token's own words are read, and no others")
    func claims() throws {
        let claims = try #require(TokenClaims(Self.token(#"{"sub":"安 ann?>","role":"author","exp":1795000000.5}"#)))
        #expect(claims.author == "安 ann?>" && claims.expiry == Timestamp(milliseconds: 1_795_000_000_500))
        for payload in [
            #"{"sub":"ann","role":"operator","exp":1795000000}"#, #"{"sub":"","role":"author","exp":1795000000}"#,
            #"{"sub":"ann","role":"author"}"#, #"{"sub":"ann","role":"author","exp":1e300}"#,
            #"{"sub":"ann","role":"author","exp":-1}"#, #"{"sub":"a\u0000","role":"author","exp":1}"#, "[]", "",
            #"{"sub":"\#(String(repeating: "a", count: 65))","role":"author","exp":1}"#,
        ] {
            #expect(TokenClaims(Self.token(payload)) == nil, "\(payload)")
        }
        for text in ["", ".", "..", "a.b", "a.b.c.d", "a.!.c", String(repeating: "a", count: 5000) + ".e30.a"] {
            #expect(TokenClaims(text) == nil, "\(text)")
        }
    }

    @Test("what a service has taken is known for a while, and so much of it")
    func known() {
        let tokens = KnownTokens(most: 2, lifetime: .seconds(10))
        func time(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: seconds * 1000) }
        tokens.insert("a", expiry: time(5), at: time(0))
        tokens.insert("b", expiry: time(50), at: time(0))
        #expect(tokens.contains("a", at: time(4)) && !tokens.contains("a", at: time(5)))
        #expect(tokens.contains("b", at: time(9)) && !tokens.contains("b", at: time(10)))
        for (index, name) in ["c", "d", "e"].enumerated() {
            tokens.insert(name, expiry: time(5), at: time(0))
            #expect(tokens.contains(name, at: time(1)), "\(index)")
        }
        #expect(!tokens.contains("c", at: time(1)))
    }

    @Test("one that a service does not take is none", arguments: ["/write", "/write/new", "/session"])
    func forged(_ path: String) async throws {
        try await PagesUnderTest.open { pages in
            let end = Int(Date().timeIntervalSince1970) + 3600
            let forged = Self.token(#"{"sub":"ann","role":"author","exp":\#(end)}"#)
            let page = try await pages.get(path, [.cookie: "tcc-session=\(forged)"])
            #expect(page.status == 303 && page.headers[.location]?.hasPrefix("/sign-in") == true)
            let pasted = try await pages.post("/sign-in", "pasted=\(forged)", session: nil)
            #expect(pasted.status == 401 && pasted.headers[.setCookie] == nil)
        }
    }

    @Test("who signs in is asked about once, and not while every page is shown")
    func asksOnce() async throws {
        let asked = PagesUnderTest.Asked()
        try await PagesUnderTest.open(.init(), [:], asked: asked) { pages in
            for _ in 0..<3 {
                let page = try await pages.get("/write/new", signedIn: true)
                #expect(page.status == 200)
            }
            #expect(asked.uris == ["GET /v1/drafts?limit=1"])
        }
    }

    @Test("while no service can say, nobody is signed out, and nobody is signed in")
    func unknown() async throws {
        let script: PagesUnderTest.Script = ["GET /v1/drafts": { .problem(Problem(503, "not-ready", "")) }]
        try await PagesUnderTest.open(.init(), script) { pages in
            let editor = try await pages.get("/write/new", signedIn: true)
            #expect(editor.status == 200)
            let page = try await pages.post("/sign-in", "pasted=\(pages.token)", session: nil)
            #expect(page.status == 503 && page.text.contains("Nobody can be signed in now"))
        }
    }

    @Test("where the orchestrator gives no tokens by name, it is said")
    func notByName() async throws {
        let script: PagesUnderTest.Script = ["POST /v1/development/tokens": { .problem(Problem(404, "not-found", "")) }]
        try await PagesUnderTest.open(PageSettings(allowsDevelopmentSignIn: true), script) { pages in
            let page = try await pages.post("/sign-in", "name=bob", session: nil)
            #expect(page.status == 503 && page.text.contains("--development-sign-in"))
        }
    }
}
