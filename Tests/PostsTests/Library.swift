import DraftLibrary
import Foundation
import HTTPTypes
import Hosting
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import OnlineLibrary
import Posts
public import TCC
import TCCHTTP

/// One of the two libraries behind its real router, in a temporary directory.
struct Library {
    enum Kind {
        case draft
        case online
    }

    private let client: any TestClientProtocol
    private let authority: TokenAuthority
    private let world: World

    /// Opens a library, hands it to the body, and removes it.
    static func open(
        _ kind: Kind,
        world: World = .system,
        _ body: @escaping @Sendable (Library) async throws -> Void
    ) async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("library-\(UUID())").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }  // `try?`: the system clears what is left
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let authority = await TokenAuthority(secret: Data(repeating: 7, count: 32), subject: "test")
        let context = HostContext(
            settings: HostSettings(process: "test", dataDirectory: directory, secretFile: directory + "/secret"),
            authority: authority,
            client: JSONClient(connectionsPerHost: 1),
            world: world,
            logger: logger
        )
        let url = "http://127.0.0.1:1"
        let process =
            switch kind {
            case .draft: try DraftService.build(context, coordinatorURL: url)
            case .online: try OnlineService.build(context, coordinatorURL: url)
            }
        let application = Application(responder: process.api.responder(), logger: logger)
        try await application.test(.router) { client in
            try await body(Library(client: client, authority: authority, world: world))
        }
        try process.close()
        try await context.client.shutdown()
    }

    struct Answer {
        let status: Int
        let headers: HTTPFields
        let body: JSONValue

        subscript(name: String) -> JSONValue? {
            guard case .object(let members) = body else { return nil }
            return members[name]
        }

        var code: String? { self["code"]?.string }

        /// A list's items.
        var items: [[String: JSONValue]] {
            guard case .array(let items)? = self["items"] else { return [] }
            return items.compactMap { item in
                guard case .object(let members) = item else { return nil }
                return members
            }
        }
    }

    func send(
        _ method: HTTPRequest.Method,
        _ path: String,
        as subject: String? = "ann",
        role: Role = .author,
        headers: HTTPFields = [:],
        _ body: JSONValue? = nil
    ) async throws -> Answer {
        let bytes = try body.map { Array(try JSONCoding.encode($0).readableBytesView) }
        return try await send(method, path, as: subject, role: role, headers: headers, bytes: bytes)
    }

    func send(
        _ method: HTTPRequest.Method,
        _ path: String,
        as subject: String? = "ann",
        role: Role = .author,
        headers: HTTPFields = [:],
        bytes: [UInt8]?
    ) async throws -> Answer {
        var headers = headers
        if let subject {
            let caller = Caller(subject: subject, role: role)
            headers[.authorization] = "Bearer \(try await authority.issue(for: caller, lifetime: .seconds(60)))"
        }
        let buffer = bytes.map { ByteBuffer(bytes: $0) }
        let response = try await client.execute(uri: path, method: method, headers: headers, body: buffer)
        let json =
            response.body.readableBytes == 0 ? .null : try JSONCoding.decode(JSONValue.self, from: response.body)
        return Answer(status: Int(response.status.code), headers: response.headers, body: json)
    }

    /// A call of the participant protocol.
    func call(
        _ operation: TCC.Operation,
        _ gid: UUIDv7,
        branch: String = "draft",
        _ action: PostAction = .publish,
        _ payload: PostPayload? = nil
    ) async throws -> Answer {
        var members: [String: JSONValue] = [
            "gid": .string(gid.description), "branch": .string(branch), "action": .string(action.rawValue),
        ]
        if operation == .try {
            let deadline = world.wallClock() + .seconds(60)
            members["deadline"] = .string(deadline.description)
            let bytes = try JSONCoding.encode(payload)
            members["payload"] = try JSONCoding.decode(JSONValue.self, from: bytes)
        }
        return try await send(.post, "/tcc/\(operation.rawValue)", as: "orchestrator", role: .service, .object(members))
    }

    /// A whole transaction at this library: try, then confirm; the try's answer if that refused.
    func commit(_ action: PostAction = .publish, _ payload: PostPayload) async throws -> Answer {
        let gid = World.system.makeIdentifier()
        let answer = try await call(.try, gid, action, payload)
        guard answer.status == 200 else { return answer }
        return try await call(.confirm, gid, action)
    }
}

extension JSONValue: ExpressibleByStringLiteral {
    /// A string as it stands.
    public init(stringLiteral value: String) { self = .string(value) }
}

/// A publish of a new post.
func newPost(_ id: UUIDv7, source: String? = nil) -> PostPayload {
    PostPayload(
        postID: id,
        author: "ann",
        baseRevision: 0,
        revision: 1,
        title: "T",
        content: "C",
        source: source
    )
}

/// The body of a save.
func postText(_ title: String, _ content: String = "C", source: String? = nil) -> JSONValue {
    var members: [String: JSONValue] = ["title": .string(title), "content": .string(content)]
    if let source { members["source"] = .string(source) }
    return .object(members)
}
