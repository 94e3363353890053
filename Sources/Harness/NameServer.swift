package import Foundation
package import NIOCore
import NIOPosix
import Supervision
import Synchronization

/// What a name service does wrong.
package enum NameFault: String, Hashable, Sendable, CaseIterable {
    /// It says that there is no such name.
    case unknown
    /// It says nothing.
    case silent
    /// It answers late.
    case late
}

/// Resolves the names by which the processes call each other, for them alone.
///
/// Each process runs in a mount namespace of its own, in which the system's resolver is configured to ask this server;
/// so it is the system's resolver that finds no answer, and nothing in the process knows of it.
package final class NameServer: Sendable {
    private struct State {
        var faults: [Int: (kind: NameFault, names: Set<String>, whenFelt: (@Sendable () -> Void)?)] = [:]
    }

    private static let port = 53
    private static let lateness = TimeAmount.milliseconds(800)
    /// The resolver asks again after this many seconds: less than the contract leaves for healing.
    private static let resolverTimeoutSeconds = 2
    private static let script = """
        mount --bind "$1" /etc/resolv.conf && mount --bind "$2" /etc/nsswitch.conf && shift 2 && exec "$@"
        """

    private let channel: any Channel
    private let inbox: Inbox
    private let state = Mutex(State())

    /// What a process is started by, so that it asks this server.
    package let wrapper: [String]

    /// Starts to serve at an address of this machine of its own.
    ///
    /// - Parameter folder: where the configuration of the resolver is written.
    /// - Throws: what keeps it from being done here: no right to that port, or to namespaces.
    package init(in folder: URL) async throws {
        let inbox = Inbox()
        // Any address of the loopback network will do; a number of its own keeps two runs apart.
        let address = "127.\(Int.random(in: 1...254)).\(Int.random(in: 0...255)).\(Int.random(in: 1...254))"
        self.channel = try await DatagramBootstrap(group: NIOSingletons.posixEventLoopGroup)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Handler(inbox)) }
            }
            .bind(host: address, port: Self.port).get()
        self.inbox = inbox
        let (resolver, order) = (folder.appending(path: "resolv.conf"), folder.appending(path: "nsswitch.conf"))
        self.wrapper =
            ["unshare", "-m", "/bin/sh", "-c", Self.script, "sh"]
            + [resolver, order].map { $0.path(percentEncoded: false) }
        do {
            try Data("nameserver \(address)\noptions timeout:\(Self.resolverTimeoutSeconds) attempts:3\n".utf8)
                .write(to: resolver)
            try Data("hosts: files dns\n".utf8).write(to: order)
            try await tryOut()
        } catch {
            try await channel.close()
            throw error
        }
        inbox.server.withLock { $0 = self }
    }

    /// Namespaces are not for every user, nor on every machine.
    private func tryOut() async throws {
        let command = ChildCommand(name: "unshare", program: wrapper[0], arguments: wrapper.dropFirst() + ["true"])
        let ended = await command.runToItsEnd()
        guard ended.death == .exited(0) else {
            throw HarnessFailure(HarnessFailure.unknown, "no mount namespace can be made by this user")
        }
    }

    /// Stops to serve.
    package func stop() async {
        inbox.server.withLock { $0 = nil }
        // `try?`: it is closed then.
        try? await channel.close()
    }

    // MARK: Faults

    /// A fault begins.
    ///
    /// - Parameters:
    ///   - fault: its number.
    ///   - kind: what becomes of questions.
    ///   - names: of questions for which names.
    ///   - whenFelt: called once, when somebody has asked.
    package func begin(
        _ fault: Int,
        _ kind: NameFault,
        _ names: Set<String>,
        whenFelt: @escaping @Sendable () -> Void = {}
    ) {
        state.withLock { $0.faults[fault] = (kind, names, whenFelt) }
    }

    /// A fault is taken back.
    ///
    /// - Parameter fault: its number.
    package func end(_ fault: Int) { state.withLock { $0.faults[fault] = nil } }

    /// What is to become of a question.
    private func fate(of name: String) -> NameFault? {
        let (kind, told) = state.withLock { state -> (NameFault?, [@Sendable () -> Void]) in
            var told: [@Sendable () -> Void] = []
            var kinds: [NameFault] = []
            for (number, fault) in state.faults where fault.names.contains(name) {
                kinds.append(fault.kind)
                if let whenFelt = fault.whenFelt { told.append(whenFelt) }
                state.faults[number]?.whenFelt = nil
            }
            return (NameFault.allCases.first(where: kinds.contains), told)
        }
        for whenFelt in told { whenFelt() }
        return kind
    }

    /// Where questions go once the server is there.
    private final class Inbox: Sendable {
        let server = Mutex<NameServer?>(nil)
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = AddressedEnvelope<ByteBuffer>
        typealias OutboundOut = AddressedEnvelope<ByteBuffer>

        private let inbox: Inbox

        init(_ inbox: Inbox) { self.inbox = inbox }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let envelope = unwrapInboundIn(data)
            guard let question = NameQuestion(envelope.data) else { return }
            let fate = inbox.server.withLock { $0 }?.fate(of: question.name)
            let address: [UInt8]? = fate == .unknown ? nil : [127, 0, 0, 1]
            let answer = AddressedEnvelope(remoteAddress: envelope.remoteAddress, data: question.answer(address))
            let channel = context.channel
            switch fate {
            case .silent: return
            case .late:
                channel.eventLoop.scheduleTask(in: NameServer.lateness) { channel.writeAndFlush(answer, promise: nil) }
            case .unknown, nil: channel.writeAndFlush(answer, promise: nil)
            }
        }
    }
}

/// A question to a name server (RFC 1035, section 4).
package struct NameQuestion: Hashable, Sendable {
    private static let headerLength = 12
    private static let addressType: UInt16 = 1
    private static let timeToLiveSeconds: UInt32 = 0

    /// The name.
    package let name: String
    private let id: UInt16
    private let type: UInt16
    /// The question's own bytes, which the answer repeats.
    private let section: ByteBuffer

    /// Reads a message.
    ///
    /// - Parameter message: its bytes; nil comes of what is no question of one name.
    package init?(_ message: ByteBuffer) {
        var rest = message
        guard let id = rest.readInteger(as: UInt16.self), let flags = rest.readInteger(as: UInt16.self),
            flags & 0x8000 == 0, rest.readInteger(as: UInt16.self) == 1, message.readableBytes > Self.headerLength
        else { return nil }
        rest = message
        rest.moveReaderIndex(forwardBy: Self.headerLength)
        let start = rest
        var labels: [String] = []
        while let length = rest.readInteger(as: UInt8.self), length > 0 {
            guard length < 64, let label = rest.readString(length: Int(length)) else { return nil }
            labels.append(label.lowercased())
        }
        guard let type = rest.readInteger(as: UInt16.self), rest.readInteger(as: UInt16.self) != nil else { return nil }
        self.name = labels.joined(separator: ".")
        self.id = id
        self.type = type
        self.section = start.getSlice(at: start.readerIndex, length: start.readableBytes - rest.readableBytes) ?? start
    }

    /// The answer.
    ///
    /// - Parameter address: an IPv4 address; nil if there is no such name.
    /// - Returns: its bytes; it has no record where another kind of address was asked for.
    package func answer(_ address: [UInt8]?) -> ByteBuffer {
        let record = type == Self.addressType ? address : nil
        var answer = ByteBuffer()
        // An authoritative response; recursion was asked for and is available; no such name is code 3.
        answer.writeMultipleIntegers(id, UInt16(0x8580 | (address == nil ? 3 : 0)))
        answer.writeMultipleIntegers(UInt16(1), UInt16(record == nil ? 0 : 1), UInt16(0), UInt16(0))
        answer.writeImmutableBuffer(section)
        if let record {
            // The name is that of the question.
            answer.writeMultipleIntegers(UInt16(0xC00C), Self.addressType, UInt16(1), Self.timeToLiveSeconds)
            answer.writeInteger(UInt16(record.count))
            answer.writeBytes(record)
        }
        return answer
    }
}
