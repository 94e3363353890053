import HTTPTypes
import Pages
import Testing

@Suite("Which requests the pages answer")
struct RequestGuardTests {
    private let gate = RequestGuard(publicURL: "https://posts.example")

    @Test(arguments: [
        "posts.example", "Posts.Example", "127.0.0.1:8080", "localhost", "localhost:1", "[::1]:8080",
        "192.168.1.7:8000", "[fe80::1]:8000", "10.0.0.1",
    ])
    func ownNames(_ host: String) { #expect(gate.isOwn(host: host)) }

    @Test(arguments: [
        "", "evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "posts.example:81", "[::1].evil",
        "127.0.0.1:x", "10.0.0.1:x", "10.0.0.1.evil.example", "[fe80::1].evil", "10.0.0", "fe80::1",
    ])
    func othersNames(_ host: String) { #expect(!gate.isOwn(host: host)) }

    @Test func aChangeComesFromAnOwnPage() throws {
        let site = try #require(HTTPField.Name("Sec-Fetch-Site"))
        func isOwn(_ head: HTTPFields) -> Bool { gate.isFromOwnPage(head, host: "127.0.0.1:8080") }
        #expect(isOwn([.origin: "http://127.0.0.1:8080"]))
        #expect(isOwn([.origin: "http://127.0.0.1:8080", site: "same-origin"]))
        #expect(isOwn([site: "same-origin"]))
        #expect(!isOwn([:]))
        #expect(!isOwn([.origin: "null"]))
        #expect(!isOwn([.origin: "http://127.0.0.1:8081"]))
        #expect(!isOwn([.origin: "http://127.0.0.1:8080", site: "same-site"]))
        #expect(!isOwn([.origin: "http://evil.example", site: "same-origin"]))
        #expect(!isOwn([site: "cross-site"]))
    }

    @Test func anOriginHasItsScheme() {
        func isOwn(_ origin: String, _ host: String) -> Bool { gate.isFromOwnPage([.origin: origin], host: host) }
        #expect(isOwn("https://posts.example", "posts.example") && isOwn("https://Posts.example", "Posts.Example"))
        #expect(
            !isOwn("http://posts.example", "posts.example") && !isOwn("https://posts.example:8443", "posts.example")
        )
        #expect(!isOwn("https://posts.example/", "posts.example") && !isOwn("ftp://posts.example", "posts.example"))
        #expect(isOwn("http://localhost:1", "localhost:1") && !isOwn("https://localhost:1", "localhost:1"))
        let local = RequestGuard(publicURL: "http://127.0.0.1:8080")
        #expect(local.isFromOwnPage([.origin: "http://127.0.0.1:8080"], host: "127.0.0.1:8080"))
        #expect(!local.isFromOwnPage([.origin: "http://127.0.0.1:8080"], host: "localhost:8080"))
    }

    @Test func aFormIsOfItsSession() {
        let token = RequestGuard.formToken(for: "session")
        #expect(token.count == 64)
        #expect(RequestGuard.isValid(formToken: token, for: "session"))
        #expect(!RequestGuard.isValid(formToken: token, for: "another"))
        #expect(!RequestGuard.isValid(formToken: nil, for: "session"))
        #expect(!RequestGuard.isValid(formToken: "", for: "session"))
    }

    @Test(arguments: ["//evil.example", "/\\evil.example", "https://evil.example", "", "write", "/a b", "/a\nb"])
    func nobodyIsLedElsewhere(_ next: String) { #expect(RequestGuard.localPath(next) == "/") }

    @Test func formsAreRead() {
        let form = FormBody("a=1+2%2B3&text=x%0D%0Ay%0Dz&empty=&bad=%zz%4&u=%E4%B8%AD".utf8)
        #expect(form["a"] == "1 2+3" && form["empty"] == "" && form["bad"] == "%zz%4" && form["u"] == "中")
        #expect(form["missing"] == nil && form.text("text") == "x\ny\nz")
        #expect(FormBody.encoded("a b/中&") == "a%20b%2F%E4%B8%AD%26")
        #expect(FormBody.decodedPath("a%2Fb+c") == "a/b+c")
        let text = FormBody(("a=" + String(repeating: "x", count: 4097)).utf8)
        #expect(text["a"] == nil && text.has("a") && !text.has("b") && text.text("a").utf8.count == 4097)
        let long = String(repeating: "x", count: 65)
        #expect(FormBody("\(long)=1&a=2".utf8)[long] == nil && FormBody("\(long)=1&a=2".utf8)["a"] == "2")
    }
}
