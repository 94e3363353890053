import HTTPTypes
import Hummingbird

/// A page, or what a form of one does.
struct PageRoute: Sendable {
    var method: HTTPRequest.Method
    /// The path's parts; `:` stands for any.
    var pattern: [String]
    var handler: @Sendable (Visit) async throws -> Response

    init(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ handler: @escaping @Sendable (Visit) async throws -> Response
    ) {
        self.method = method
        self.pattern = path.split(separator: "/").map(String.init)
        self.handler = handler
    }

    /// Whether only who is signed in can do anything here.
    var isAuthors: Bool { pattern.first == "write" || pattern.first == "session" }

    func matches(_ path: [String]) -> Bool {
        pattern.count == path.count && zip(pattern, path).allSatisfy { $0 == ":" || $0 == $1 }
    }
}

/// All pages: everything below their first words is theirs, the rest is the API's.
struct PageRoutes: Sendable {
    private let routes: [PageRoute]
    private let words: Set<String?>

    init(_ routes: [PageRoute]) {
        self.routes = routes
        self.words = Set(routes.map(\.pattern.first))
    }

    /// Whether a path is one of a page.
    func own(_ path: [String]) -> Bool { words.contains(path.first) }

    /// What may be done at a path, as `Allow` says it (RFC 9110, section 10.2.1); nothing if there is no such page.
    func methods(_ path: [String]) -> [String] {
        [HTTPRequest.Method.get, .post].filter { route($0, path) != nil }
            .flatMap { $0 == .get ? ["GET", "HEAD"] : [$0.rawValue] }
    }

    /// The route of a request; where two match, the one that was named first.
    func route(_ method: HTTPRequest.Method, _ path: [String]) -> PageRoute? {
        routes.first { $0.method == method && $0.matches(path) }
    }
}
