import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Pages
import Posts
import Synchronization
import TCC
import TCCHTTP

/// The pages before two services of a script.
struct PagesUnderTest {
    let client: any TestClientProtocol
    let token: String

    /// Answers of the services, by method and path; with the query, if one with it is there.
    typealias Script = [String: @Sendable () throws -> Response]

    /// What the services were asked, method and address.
    final class Asked: Sendable {
        private let all = Mutex<[String]>([])

        var uris: [String] { all.withLock { $0 } }
        func add(_ uri: String) { all.withLock { $0.append(uri) } }
    }

    static func open(
        _ settings: PageSettings = PageSettings(allowsDevelopmentSignIn: true),
        _ script: Script = [:],
        asked: Asked = Asked(),
        _ body: @escaping @Sendable (PagesUnderTest) async throws -> Void
    ) async throws {
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let authority = await TokenAuthority(secret: Data(repeating: 7, count: 32), subject: "test")
        let services = Application(
            responder: CallbackResponder<APIContext> { request, _ in
                asked.add("\(request.method) \(request.uri.string)")
                let answer = script["\(request.method) \(request.uri.string)"]
                guard let answer = answer ?? script["\(request.method) \(request.uri.path)"] else {
                    return .problem(Problem(404, "not-found", ""))
                }
                return try answer()
            },
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            logger: logger
        )
        let token = try await authority.issue(for: Caller(subject: "ann", role: .author), lifetime: .seconds(60))
        try await services.test(.live) { server in
            let url = "http://127.0.0.1:\(server.port ?? 0)"
            let calls = JSONClient(connectionsPerHost: 4)
            let pages = Pages(
                settings: settings,
                authority: authority,
                client: calls,
                draftURL: url,
                onlineURL: url,
                ownURL: { url },
                callTimeout: .seconds(5),
                transactionTimeout: .seconds(5),
                world: .system
            )
            let api = API(authority: authority).responder()
            let responder = pages.responder { try await api.respond(to: $0, context: $1) }
            try await Application(responder: responder, logger: logger)
                .test(.router) { client in
                    try await body(PagesUnderTest(client: client, token: token))
                }
            try await calls.shutdown()
        }
    }

    struct Answer {
        let status: Int
        let headers: HTTPFields
        let text: String
    }

    func get(_ path: String, signedIn: Bool = false, _ headers: HTTPFields = [:]) async throws -> Answer {
        var headers = headers
        if signedIn { headers[.cookie] = "tcc-session=\(token)" }
        return try await client.execute(uri: path, method: .get, headers: headers) { response in
            Answer(
                status: response.status.code,
                headers: response.headers,
                text: String(buffer: response.body)
            )
        }
    }

    /// Posts a form; `session` is the cookie, the signed-in author's unless it is another, or none.
    func post(
        _ path: String,
        _ form: String,
        _ headers: HTTPFields = [:],
        ownForm: Bool = true,
        session: String? = ""
    ) async throws -> Answer {
        var headers = headers
        if let session { headers[.cookie] = "tcc-session=\(session.isEmpty ? token : session)" }
        if ownForm { headers[.origin] = "http://localhost" }
        let form = ownForm ? form + "&token=" + RequestGuard.formToken(for: token) : form
        return try await client.execute(uri: path, method: .post, headers: headers, body: ByteBuffer(string: form)) {
            Answer(status: $0.status.code, headers: $0.headers, text: String(buffer: $0.body))
        }
    }
}
