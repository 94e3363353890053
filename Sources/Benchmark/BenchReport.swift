import Foundation

/// All that one run measured.
package struct BenchReport: Hashable, Sendable, Codable {
    /// The command, without the program's path.
    package var command: String
    /// When it began, RFC 3339.
    package var startedAt: String
    /// `release` or `debug`.
    package var build: String
    /// How many processors the machine has.
    package var processors: Int
    /// The load averages at the beginning, where the system says.
    package var loadBefore: String?
    /// The load averages at the end.
    package var loadAfter: String?
    /// What the disk can do.
    package var disk: DiskFloor?
    /// What could be done with less, at the same time on the same machine.
    package var floors: [Figure] = []
    /// What was to be measured.
    package var figures: [Figure] = []
    /// What a reader has to know of all this.
    package var notes: [String] = []

    /// A report without figures.
    ///
    /// - Parameters:
    ///   - command: the command.
    ///   - startedAt: when it began.
    ///   - build: `release` or `debug`.
    ///   - processors: how many the machine has.
    ///   - loadBefore: the load averages at the beginning.
    package init(command: String, startedAt: String, build: String, processors: Int, loadBefore: String? = nil) {
        self.command = command
        self.startedAt = startedAt
        self.build = build
        self.processors = processors
        self.loadBefore = loadBefore
    }

    /// How this program was built.
    package static var ownBuild: String {
        #if DEBUG
        "debug"
        #else
        "release"
        #endif
    }

    /// States each figure in terms of the floors with the same number of clients, and of the disk.
    package mutating func relate() {
        for index in figures.indices {
            let figure = figures[index]
            if let disk, let p50 = figure.latency?.p50, disk.sync.p50 > 0 {
                figures[index].ratios[Self.syncRatio] = p50 / disk.sync.p50
            }
            for floor in floors where floor.clients == figure.clients {
                guard let rate = figure.perSecond, let best = floor.perSecond, best > 0 else { continue }
                figures[index].ratios[floor.name] = rate / best
            }
        }
    }

    /// The median latency in median syncs.
    package static let syncRatio = "p50 in syncs"
}
