import Foundation
import NIOCore
import TCC
import TCCHTTP

/// What each client does again and again: one or more rounds of calls, those of a round at once.
struct Script: Sendable {
    /// A call whose bytes are ready to be sent.
    struct Call: Sendable {
        /// Which of the ports it goes to.
        var target: Int
        /// The whole request.
        var bytes: ByteBuffer
    }

    /// Where each client has a connection to.
    var ports: [Int]
    /// The rounds of one transaction; the next begins when every call of the one before was answered with 2xx.
    var next: @Sendable () -> [[Call]]

    /// The same calls each time.
    ///
    /// - Parameters:
    ///   - ports: where each client has a connection to.
    ///   - calls: the one round.
    init(ports: [Int], always calls: [Call]) {
        self.ports = ports
        self.next = { [calls] }
    }

    /// Calls that are made anew each time.
    ///
    /// - Parameters:
    ///   - ports: where each client has a connection to.
    ///   - next: makes the rounds of one transaction.
    init(ports: [Int], next: @escaping @Sendable () -> [[Call]]) {
        self.ports = ports
        self.next = next
    }

    /// A request's bytes.
    ///
    /// - Parameters:
    ///   - method: the method.
    ///   - path: the path.
    ///   - token: the bearer token, if one is needed.
    ///   - body: the body, JSON.
    /// - Returns: head and body.
    static func request(_ method: String, _ path: String, token: String? = nil, body: String = "") -> ByteBuffer {
        let authorization = token.map { "authorization: Bearer \($0)\r\n" } ?? ""
        let content = body.isEmpty ? "" : "content-type: application/json\r\ncontent-length: \(body.utf8.count)\r\n"
        return ByteBuffer(
            string: "\(method) \(path) HTTP/1.1\r\nhost: 127.0.0.1\r\n\(authorization)\(content)\r\n\(body)"
        )
    }
}

extension Script {
    /// What is published: a title, and a content of 300 bytes.
    static let title = "A post of the benchmark"
    /// 300 bytes.
    static let content = String(repeating: "Nothing that is read. ", count: 14).prefix(300).description

    /// Publishes a new post each time.
    ///
    /// - Parameters:
    ///   - port: the orchestrator's.
    ///   - token: an author's.
    /// - Returns: one call a transaction.
    static func publish(port: Int, token: String) -> Script {
        let body = #"{"title":"\#(title)","content":"\#(content)"}"#
        let bytes = request("POST", "/v1/posts", token: token, body: body)
        return Script(ports: [port], always: [Call(target: 0, bytes: bytes)])
    }

    /// Reads posts, any of them each time.
    ///
    /// - Parameters:
    ///   - port: the online service's.
    ///   - posts: the posts' ids; at least one.
    /// - Returns: one call a read.
    static func read(port: Int, posts: [String]) -> Script {
        let requests = posts.map { [[Call(target: 0, bytes: request("GET", "/v1/posts/\($0)"))]] }
        return Script(ports: [port]) { requests[Int.random(in: requests.indices)] }
    }

    /// One call to a server of the floors.
    ///
    /// - Parameter port: its port.
    /// - Returns: one call an insert.
    static func insert(port: Int) -> Script {
        let body = #"{"title":"\#(title)","content":"\#(content)"}"#
        return Script(ports: [port], always: [Call(target: 0, bytes: request("POST", "/insert", body: body))])
    }

    /// The four calls of a client without a coordinator, to two services without a library.
    ///
    /// - Parameter ports: the two services'.
    /// - Returns: two tries, then two confirms.
    static func plainWrites(ports: [Int]) -> Script {
        Script(ports: ports) {
            let id = World.system.makeIdentifier()
            let reserve = request(
                "POST",
                "/try",
                body: #"{"gid":"\#(id)","title":"\#(title)","content":"\#(content)"}"#
            )
            let confirm = request("POST", "/confirm", body: #"{"gid":"\#(id)"}"#)
            return [reserve, confirm].map { bytes in ports.indices.map { Call(target: $0, bytes: bytes) } }
        }
    }

    /// The same four calls to the two participants, with their barriers and group commits.
    ///
    /// - Parameters:
    ///   - ports: the draft service's and the online service's.
    ///   - token: a service's.
    ///   - author: the author of what is published.
    /// - Returns: two tries, then two confirms.
    static func participantCalls(ports: [Int], token: String, author: String) -> Script {
        Script(ports: ports) {
            let (gid, post) = (World.system.makeIdentifier(), World.system.makeIdentifier())
            let deadline = World.system.wallClock() + .seconds(60)
            return [Operation.try, .confirm]
                .map { operation in
                    zip(ports.indices, ["draft", "online"])
                        .map { target, branch in
                            let base = branch == "draft" ? #""baseRevision":0,"source":null,"# : ""
                            let payload = """
                                {"postID":"\(post)","author":"\(author)",\(base)"revision":1,"title":"\(title)",\
                                "content":"\(content)"}
                                """
                            let extra = operation == .try ? #","deadline":"\#(deadline)","payload":\#(payload)"# : ""
                            let body = #"{"gid":"\#(gid)","branch":"\#(branch)","action":"publish"\#(extra)}"#
                            return Call(
                                target: target,
                                bytes: request("POST", "/tcc/\(operation.rawValue)", token: token, body: body)
                            )
                        }
                }
        }
    }
}
