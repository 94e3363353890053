import NIOCore
import NIOPosix
import TCC

/// The clients' state.
///
/// `@unchecked Sendable`: all of it is touched on one event loop only.
final class LoadDriver: @unchecked Sendable {
    private struct Client {
        var channels: [any Channel] = []
        /// The rounds of calls that it is making.
        var rounds: [[Script.Call]] = []
        var round = 0
        var unanswered = 0
        /// The worst answer of this transaction so far.
        var worst = BenchResponse(status: 200)
        var begunAt = NIODeadline.uptimeNanoseconds(0)
        var isBusy = false
        /// Answers to requests before this count for nothing: the connection was given up.
        var life = 0
    }

    private struct Run {
        var tally = Tally()
        var start: NIODeadline
        var end: NIODeadline
        var ended: @Sendable (Tally) -> Void
    }

    private static let sweepInterval = TimeAmount.milliseconds(250)
    private static let pauseAfterLoss = TimeAmount.milliseconds(20)

    private let loop: any EventLoop
    private let script: Script
    private let manners: LoadClients.Manners
    private var clients: [Client] = []
    private var run: Run?
    private var isClosed = false

    init(_ loop: any EventLoop, _ script: Script, _ manners: LoadClients.Manners) {
        self.loop = loop
        self.script = script
        self.manners = manners
    }

    // MARK: Connections

    /// Connects a client, or connects it again.
    func connect(_ client: Int) -> EventLoopFuture<Void> {
        loop.flatSubmit { [self] in
            while clients.count <= client { clients.append(Client()) }
            clients[client].life += 1
            let life = clients[client].life
            let connected = script.ports.enumerated()
                .map { target, port in
                    ClientBootstrap(group: loop)
                        .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                        .channelInitializer { channel in
                            channel.eventLoop.makeCompletedFuture {
                                let handler = ResponseHandler(self, client: client, life: life)
                                try channel.pipeline.syncOperations.addHandler(handler)
                            }
                        }
                        .connect(host: "127.0.0.1", port: port)
                }
            return EventLoopFuture.whenAllSucceed(connected, on: loop)
                .map { [self] channels in clients[client].channels = channels }
        }
    }

    private func reconnect(_ client: Int) {
        guard !isClosed else { return }
        connect(client)
            .whenComplete { [self] result in
                switch result {
                case .success: begin(client)
                case .failure: loop.scheduleTask(in: Self.pauseAfterLoss) { [self] in reconnect(client) }
                }
            }
    }

    func close() -> EventLoopFuture<Void> {
        loop.submit { [self] in
            isClosed = true
            for client in clients.indices { abandon(client) }
        }
    }

    /// Its connections are closed, and whatever they bring is nobody's.
    private func abandon(_ client: Int) {
        clients[client].life += 1
        for channel in clients[client].channels { channel.close(promise: nil) }
        clients[client].channels = []
    }

    // MARK: Rounds

    func start(for duration: Duration, ended: @escaping @Sendable (Tally) -> Void) {
        loop.execute { [self] in
            let (now, length) = (NIODeadline.now(), TimeAmount(duration))
            run = Run(start: now, end: now + length, ended: ended)
            for client in clients.indices { begin(client) }
            sweep()
        }
    }

    func fire() {
        loop.execute { [self] in for client in clients.indices { send(first: script.next(), of: client) } }
    }

    private var isRunning: Bool { run.map { NIODeadline.now() < $0.end } ?? false }

    /// Gives up what takes too long, and ends the run when nothing is left of it.
    private func sweep() {
        guard let run else { return }
        let now = NIODeadline.now()
        for client in clients.indices where clients[client].isBusy {
            guard now - clients[client].begunAt > TimeAmount(manners.timeout) else { continue }
            self.run?.tally.timeouts += 1
            drop(client)
        }
        if now >= run.end, !clients.contains(where: \.isBusy) {
            var tally = self.run?.tally ?? Tally()
            tally.seconds = Double((run.end - run.start).nanoseconds) / 1e9
            self.run = nil
            return run.ended(tally)
        }
        let next = now < run.end ? min(run.end, now + Self.sweepInterval) : now + .milliseconds(5)
        loop.scheduleTask(deadline: next) { [self] in sweep() }
    }

    private func begin(_ client: Int) {
        guard isRunning, !clients[client].isBusy, !clients[client].channels.isEmpty else { return }
        send(first: script.next(), of: client)
    }

    private func send(first rounds: [[Script.Call]], of client: Int) {
        clients[client].rounds = rounds
        clients[client].round = 0
        clients[client].worst = BenchResponse(status: 200)
        clients[client].begunAt = .now()
        clients[client].isBusy = true
        sendRound(client)
    }

    private func sendRound(_ client: Int) {
        let calls = clients[client].rounds[clients[client].round]
        clients[client].unanswered = calls.count
        for call in calls {
            clients[client].channels[call.target].writeAndFlush(call.bytes, promise: nil)
        }
    }

    // MARK: What connections bring

    func answered(_ response: BenchResponse, to client: Int, life: Int) {
        guard clients[client].life == life, clients[client].isBusy else { return }
        if response.status >= clients[client].worst.status { clients[client].worst = response }
        clients[client].unanswered -= 1
        guard clients[client].unanswered == 0 else { return }
        clients[client].round += 1
        if clients[client].worst.status < 300, clients[client].round < clients[client].rounds.count {
            return sendRound(client)
        }
        end(client, with: clients[client].worst)
    }

    private func end(_ client: Int, with response: BenchResponse) {
        clients[client].isBusy = false
        let now = NIODeadline.now()
        if let run, now <= run.end {
            let taken = now - clients[client].begunAt
            self.run?.tally.count(response.status, microseconds: Int(taken.nanoseconds / 1000))
        }
        guard manners.heedsRetryAfter, let seconds = response.retryAfterSeconds else { return begin(client) }
        loop.scheduleTask(in: .seconds(Int64(seconds))) { [self] in begin(client) }
    }

    func lost(_ client: Int, life: Int) {
        guard clients[client].life == life, !isClosed else { return }
        if clients[client].isBusy { run?.tally.lost += 1 }
        drop(client)
    }

    private func drop(_ client: Int) {
        clients[client].isBusy = false
        abandon(client)
        // As a server that is gone would be asked without a pause otherwise.
        loop.scheduleTask(in: Self.pauseAfterLoss) { [self] in reconnect(client) }
    }
}

/// Reads answers off one connection.
private final class ResponseHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let driver: LoadDriver
    private let client: Int
    private let life: Int
    private var reader = ResponseReader()

    init(_ driver: LoadDriver, client: Int, life: Int) {
        self.driver = driver
        self.client = client
        self.life = life
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        reader.append(&bytes)
        do {
            while let response = try reader.next() { driver.answered(response, to: client, life: life) }
        } catch {
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) { driver.lost(client, life: life) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
