package import TCC

/// How long one library showed a revision before the other.
package struct TornRead: Hashable, Sendable {
    /// The post.
    package var post: UUIDv7
    /// The revision.
    package var revision: Int
    /// Who showed it first.
    package var first: History.Library
    /// For how long, in milliseconds.
    package var milliseconds: Double
}

extension Recording {
    /// The time of the last line, in milliseconds.
    package var lastMilliseconds: Double { lines.map(\.at).max() ?? 0 }

    /// When publishes were answered that they are done or will be, in milliseconds.
    package var publishTimes: [Double] {
        var publishes: Set<Int> = []
        var times: [Double] = []
        for line in lines {
            switch line.event {
            case .invoke(let id, _, let request):
                if request.isPublish { publishes.insert(id) }
            case .answer(let answer):
                if answer.conclusion == .ok, publishes.contains(answer.id) { times.append(line.at) }
            default: break
            }
        }
        return times
    }

    /// How long it took from a process's readiness until what its death had left unfinished had ended.
    package var recoveries: Distribution {
        Distribution(
            lines.compactMap { line in
                guard case .recovered(let milliseconds, _) = line.event else { return nil }
                return milliseconds
            }
        )
    }

    /// How long processes took from their start until they were ready.
    package var starts: Distribution {
        Distribution(
            lines.compactMap { line in
                guard case .ready(_, let milliseconds) = line.event else { return nil }
                return milliseconds
            }
        )
    }

    /// The revisions that readers saw in both libraries, and how long in one of them only.
    package var tornReads: [TornRead] {
        struct Published: Hashable {
            var post: UUIDv7
            var revision: Int
        }
        var first: [Published: (library: History.Library, at: Double)] = [:]
        var isInBoth: Set<Published> = []
        var reads: [TornRead] = []
        for line in lines {
            guard case .saw(let sighting) = line.event else { continue }
            let published = Published(post: sighting.post, revision: sighting.revision)
            guard let before = first[published] else {
                first[published] = (sighting.library, line.at)
                continue
            }
            guard before.library != sighting.library, isInBoth.insert(published).inserted else { continue }
            reads.append(
                TornRead(
                    post: sighting.post,
                    revision: sighting.revision,
                    first: before.library,
                    milliseconds: line.at - before.at
                )
            )
        }
        return reads
    }
}
