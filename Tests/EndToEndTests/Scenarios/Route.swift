import HTTPTypes
import TCC
import TCCHTTP
import Testing
import Verification

/// A route of the contract that asks for a token, and who may call it.
struct Route: Sendable, CustomTestStringConvertible {
    let role: ServerRole
    let method: HTTPRequest.Method
    let path: String
    let allowed: Set<Role>

    var testDescription: String { "\(method) \(path) of \(role.rawValue)" }

    private static let id = "01890000-0000-7000-8000-000000000001"

    static let all: [Route] = [
        Route(role: .orchestrator, method: .post, path: "/v1/posts", allowed: [.author]),
        Route(role: .orchestrator, method: .post, path: "/v1/posts/\(id)/publish", allowed: [.author]),
        Route(role: .orchestrator, method: .post, path: "/v1/posts/\(id)/withdraw", allowed: [.author]),
        Route(role: .orchestrator, method: .delete, path: "/v1/posts/\(id)", allowed: [.author]),
        Route(role: .orchestrator, method: .post, path: "/v1/transactions", allowed: [.operator, .service]),
        Route(role: .orchestrator, method: .get, path: "/v1/transactions", allowed: [.operator, .author]),
        Route(role: .orchestrator, method: .get, path: "/v1/transactions/\(id)", allowed: [.operator, .author]),
        Route(role: .orchestrator, method: .post, path: "/v1/transactions/\(id)/retry", allowed: [.operator]),
        Route(role: .orchestrator, method: .get, path: "/v1/outcomes", allowed: [.service]),
        Route(role: .orchestrator, method: .get, path: "/v1/outcomes/\(id)", allowed: [.service]),
        Route(role: .draft, method: .post, path: "/v1/drafts", allowed: [.author]),
        Route(role: .draft, method: .get, path: "/v1/drafts", allowed: [.author]),
        Route(role: .draft, method: .get, path: "/v1/drafts/\(id)", allowed: [.author]),
        Route(role: .draft, method: .put, path: "/v1/drafts/\(id)", allowed: [.author]),
        Route(role: .draft, method: .post, path: "/tcc/try", allowed: [.service]),
        Route(role: .draft, method: .post, path: "/tcc/confirm", allowed: [.service]),
        Route(role: .draft, method: .post, path: "/tcc/cancel", allowed: [.service]),
        Route(role: .draft, method: .post, path: "/tcc/batch", allowed: [.service]),
        Route(role: .online, method: .post, path: "/tcc/try", allowed: [.service]),
        Route(role: .online, method: .post, path: "/tcc/confirm", allowed: [.service]),
        Route(role: .online, method: .post, path: "/tcc/cancel", allowed: [.service]),
        Route(role: .online, method: .post, path: "/tcc/batch", allowed: [.service]),
    ]
}
