import Foundation
import HTTPTypes
import Hosting
import Hummingbird
import HummingbirdTesting
import NIOCore
import Publishing
import TCCHTTP
import Testing

@Suite("Tokens for trials on one's own machine")
struct DevelopmentTokensTests {
    @Test("a process of this machine gets one of any author, a browser gets none")
    func tokens() async throws {
        let authority = await TokenAuthority(secret: Data(repeating: 7, count: 32), subject: "test")
        var api = API(authority: authority)
        DevelopmentTokens(authority: authority).add(to: &api)
        let path = "/v1/development/tokens"
        try await Application(responder: api.responder())
            .test(.router) { client in
                func ask(_ body: String, _ headers: HTTPFields = [:]) async throws -> (status: Int, text: String) {
                    let body = ByteBuffer(string: body)
                    return try await client.execute(uri: path, method: .post, headers: headers, body: body) {
                        ($0.status.code, String(buffer: $0.body))
                    }
                }
                let answer = try await ask(#"{"author":"ann"}"#)
                #expect(answer.status == 200)
                let token = try JSONDecoder().decode([String: String].self, from: Data(answer.text.utf8))["token"] ?? ""
                #expect(try await authority.verify(token) == Caller(subject: "ann", role: .author))
                for name in ["", String(repeating: "a", count: 65), #"a\u0000"#] {
                    #expect(try await ask("{\"author\":\"\(name)\"}").status == 422, "\(name)")
                }
                for headers: HTTPFields in [
                    [.origin: "http://localhost"], [.init("Sec-Fetch-Site")!: "same-origin"],
                ] {
                    let answer = try await ask(#"{"author":"ann"}"#, headers)
                    #expect(answer.status == 403 && !answer.text.contains("token\":"))
                }
            }
    }

    @Test("it is off by default, and can only be on where nobody else comes")
    func setting() throws {
        let none = Variables([:])
        #expect(try !DevelopmentSignIn.resolve(false, none, host: "0.0.0.0"))
        for host in ["127.0.0.1", "localhost", "::1"] {
            #expect(try DevelopmentSignIn.resolve(true, none, host: host))
            #expect(try DevelopmentSignIn.resolve(false, Variables(["DEVELOPMENT_SIGN_IN": "1"]), host: host))
        }
        for host in ["0.0.0.0", "::", "192.168.1.4", "example.org", ""] {
            #expect(throws: (any Error).self, "\(host)") { try DevelopmentSignIn.resolve(true, none, host: host) }
        }
    }

    @Test("only loopback's names are loopback's", arguments: ["127.0.0.1", "localhost:80", "[::1]:8080", "LOCALHOST"])
    func hosts(_ host: String) {
        #expect(Loopback.isHost(host))
        #expect(!Loopback.isHost(host + ".example.org") && !Loopback.isHost("x" + host) && !Loopback.isHost(host + "x"))
    }
}
