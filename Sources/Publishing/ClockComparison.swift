import HTTPTypes
package import Hosting
import Logging
import ServiceLifecycle
package import TCC
package import TCCCoordinator
import TCCHTTP

/// How far the clock of whoever begins a transaction may be from a participant's, so that the participant takes its tries.
package struct ClockBounds: Hashable, Sendable {
    /// Dates of answers have no parts of a second.
    private static let precision = Duration.seconds(1)

    private let earliest: Duration
    private let latest: Duration

    /// Bounds.
    ///
    /// - Parameter untilDeadline: from a begin to the deadline that its tries have.
    package init(untilDeadline: Duration) {
        self.earliest = .zero - untilDeadline - Self.precision
        self.latest = ProtocolLimits.longestDeadline - untilDeadline + Self.precision
    }

    /// What is wrong with a clock.
    ///
    /// - Parameters:
    ///   - lead: how far it is ahead; below zero, behind.
    ///   - name: whose clock it is compared with.
    /// - Returns: the end of a sentence that begins with the clock; nil if tries are taken.
    package func trouble(lead: Duration, of name: ParticipantName) -> String? {
        guard lead < earliest || lead > latest else { return nil }
        let seconds = abs(lead.components.seconds)
        return "is \(seconds) s \(lead > .zero ? "ahead of" : "behind") that of \(name), which takes no try therefore"
    }
}

/// Compares the wall clock with those of the participants that every publish needs, by the dates of their answers, and
/// reports it where nothing can be begun because of them.
package struct ClockComparison: Service {
    private static let interval = Duration.seconds(1)
    private static let timeout = Duration.seconds(1)

    private let participants: [Participant]
    private let bounds: ClockBounds
    private let context: HostContext

    /// A comparison.
    ///
    /// - Parameters:
    ///   - participants: with whom.
    ///   - settings: what the deadlines of tries come from.
    ///   - context: the process.
    package init(_ participants: [Participant], _ settings: Coordinator.Settings, _ context: HostContext) {
        self.participants = participants
        self.bounds = ClockBounds(untilDeadline: settings.tryTimeout + settings.deadlineMargin)
        self.context = context
    }

    /// Compares until the service group stops it.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await compare()
                try? await context.world.sleep(Self.interval)  // `try?`: a cancelled sleep ends the loop
            }
        }
    }

    private func compare() async {
        let leads = await withTaskGroup(of: (ParticipantName, Duration)?.self) { group in
            for participant in participants {
                group.addTask { await lead(over: participant).map { (participant.name, $0) } }
            }
            var leads: [ParticipantName: Duration] = [:]
            for await lead in group { if let (name, lead) = lead { leads[name] = lead } }
            return leads
        }
        // Who does not answer says nothing of its clock.
        if leads.isEmpty { return }
        let troubles = participants.compactMap { participant in
            leads[participant.name].flatMap { bounds.trouble(lead: $0, of: participant.name) }
        }
        guard context.readiness.report("clock", troubles.first), !Task.isCancelled else { return }
        if let trouble = troubles.first {
            context.logger.warning(
                "Nothing can be begun; the clocks are too far apart",
                metadata: ["tcc.clock.trouble": "\(trouble)"]
            )
        } else {
            context.logger.notice("The clock agrees with the participants' again")
        }
    }

    private func lead(over participant: Participant) async -> Duration? {
        let own = context.world.wallClock()
        // `try?`: whether it answers is its lane's concern.
        let answer = try? await context.client.call(
            .get,
            participant.url + "/healthz",
            token: nil,
            timeout: Self.timeout
        )
        guard let date = answer?.headers["date"].flatMap(HTTPDate.timestamp) else { return nil }
        return .milliseconds(own.milliseconds - date.milliseconds)
    }
}
