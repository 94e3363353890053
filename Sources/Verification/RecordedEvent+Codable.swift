import TCC

/// The names in a line of JSON.
private enum Name: String, CodingKey {
    case at
    case type
    case version
    case command
    case seed
    case revision
    case faults
    case leftOut
    case durationMilliseconds
    case startedAt
    case minimum
    case lookMilliseconds
    case participants
    case id
    case client
    case request
    case status
    case gid
    case post
    case error
    case text
    case library
    case title
    case subject
    case decision
    case invariant
    case kind
    case party
    case detail
    case untilMilliseconds
    case milliseconds
    case transactions
    case hits
    case found
    case count
    case authors
    case verdict
    case reason
}

/// The types of lines; each answer has the type of its conclusion.
private enum LineType: String, Codable {
    case run
    case invoke
    case ok
    case refused
    case unknown
    case save
    case saved
    case maybeSaved
    case notSaved
    case saw
    case gone
    case decision
    case fault
    case healed
    case ready
    case recovered
    case failpoints
    case contradiction
    case journal
    case barrier
    case draft
    case post
    case spent
    case end
}

private typealias Reading = KeyedDecodingContainer<Name>
private typealias Writing = KeyedEncodingContainer<Name>

extension RecordedLine: Codable {
    /// Reads a line's object.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Name.self)
        at = try values.decode(Double.self, forKey: .at)
        event =
            switch try values.decode(LineType.self, forKey: .type) {
            case .run: .run(try RecordedRun(values))
            case .ok, .refused, .unknown: .answer(try RecordedAnswer(values))
            case .fault: .fault(try RecordedFault(values))
            case .journal: .journal(try JournalEntry(from: decoder))
            case .barrier: .barrier(try BarrierRow(from: decoder))
            case .draft: .draft(try DraftView(from: decoder))
            case .post: .post(try PostView(from: decoder))
            case let type: try RecordedEvent(type, values)
            }
    }

    /// Writes a line's object.
    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Name.self)
        try values.encode(at, forKey: .at)
        try values.encode(event.type, forKey: .type)
        switch event {
        case .run(let run): try run.encode(to: &values)
        case .answer(let answer): try answer.encode(to: &values)
        case .fault(let fault): try fault.encode(to: &values)
        case .journal(let entry): try entry.encode(to: encoder)
        case .barrier(let row): try row.encode(to: encoder)
        case .draft(let draft): try draft.encode(to: encoder)
        case .post(let post): try post.encode(to: encoder)
        default: try event.encode(to: &values)
        }
    }
}

extension RecordedEvent {
    /// The type of its line.
    package var typeName: String { type.rawValue }

    fileprivate var type: LineType {
        switch self {
        case .run: .run
        case .invoke: .invoke
        case .answer(let answer):
            switch answer.conclusion {
            case .ok: .ok
            case .refused: .refused
            case .unknown: .unknown
            }
        case .save: .save
        case .saved: .saved
        case .maybeSaved: .maybeSaved
        case .notSaved: .notSaved
        case .saw: .saw
        case .gone: .gone
        case .decision: .decision
        case .fault: .fault
        case .healed: .healed
        case .ready: .ready
        case .recovered: .recovered
        case .failpoints: .failpoints
        case .contradiction: .contradiction
        case .journal: .journal
        case .barrier: .barrier
        case .draft: .draft
        case .post: .post
        case .spent: .spent
        case .end: .end
        }
    }

    /// Reads what has no type of its own.
    fileprivate init(_ type: LineType, _ values: Reading) throws {
        func integer(_ name: Name) throws -> Int { try values.decode(Int.self, forKey: name) }
        func string(_ name: Name) throws -> String { try values.decode(String.self, forKey: name) }
        func post() throws -> UUIDv7 { try values.decode(UUIDv7.self, forKey: .post) }
        func library() throws -> History.Library { try values.decode(History.Library.self, forKey: .library) }
        switch type {
        case .invoke:
            let request = try values.decode(Request.self, forKey: .request)
            self = .invoke(id: try integer(.id), client: try integer(.client), request)
        case .save:
            let text = try values.decode(RevisionText.self, forKey: .text)
            self = .save(id: try integer(.id), client: try integer(.client), post: try post(), text)
        case .saved: self = .saved(id: try integer(.id), revision: try integer(.revision))
        case .maybeSaved: self = .maybeSaved(id: try integer(.id))
        case .notSaved: self = .notSaved(id: try integer(.id))
        case .saw:
            let revision = try integer(.revision)
            self = .saw(
                .init(library: try library(), post: try post(), revision: revision, title: try string(.title))
            )
        case .gone: self = .gone(try library(), post: try post())
        case .decision:
            self = .decision(try string(.decision), of: try string(.subject), invariant: try integer(.invariant))
        case .ready:
            let milliseconds = try values.decode(Double.self, forKey: .milliseconds)
            self = .ready(party: try string(.party), milliseconds: milliseconds)
        case .recovered:
            let milliseconds = try values.decode(Double.self, forKey: .milliseconds)
            self = .recovered(milliseconds: milliseconds, transactions: try integer(.transactions))
        case .failpoints:
            let hits = try values.decode([String: Int].self, forKey: .hits)
            self = .failpoints(party: try string(.party), hits: hits)
        case .contradiction: self = .contradiction(Violation(try integer(.invariant), try string(.found)))
        case .spent:
            let authors = try values.decodeIfPresent([String: Int].self, forKey: .authors)
            self = .spent(try integer(.count), authors: authors)
        case .end:
            let verdict = try values.decode(RunVerdict.self, forKey: .verdict)
            self = .end(verdict, reason: try values.decodeIfPresent(String.self, forKey: .reason))
        case .healed: self = .healed
        case .run, .ok, .refused, .unknown, .fault, .journal, .barrier, .draft, .post:
            preconditionFailure("a line of the type \(type.rawValue) is read by a type of its own")
        }
    }

    /// Writes what has no type of its own.
    fileprivate func encode(to values: inout Writing) throws {
        switch self {
        case .invoke(let id, let client, let request):
            try values.encode(id, forKey: .id)
            try values.encode(client, forKey: .client)
            try values.encode(request, forKey: .request)
        case .save(let id, let client, let post, let text):
            try values.encode(id, forKey: .id)
            try values.encode(client, forKey: .client)
            try values.encode(post, forKey: .post)
            try values.encode(text, forKey: .text)
        case .saved(let id, let revision):
            try values.encode(id, forKey: .id)
            try values.encode(revision, forKey: .revision)
        case .maybeSaved(let id), .notSaved(let id): try values.encode(id, forKey: .id)
        case .saw(let sighting):
            try values.encode(sighting.library, forKey: .library)
            try values.encode(sighting.post, forKey: .post)
            try values.encode(sighting.revision, forKey: .revision)
            try values.encode(sighting.title, forKey: .title)
        case .gone(let library, let post):
            try values.encode(library, forKey: .library)
            try values.encode(post, forKey: .post)
        case .decision(let decision, let subject, let invariant):
            try values.encode(decision, forKey: .decision)
            try values.encode(subject, forKey: .subject)
            try values.encode(invariant, forKey: .invariant)
        case .ready(let party, let milliseconds):
            try values.encode(party, forKey: .party)
            try values.encode(milliseconds, forKey: .milliseconds)
        case .recovered(let milliseconds, let transactions):
            try values.encode(milliseconds, forKey: .milliseconds)
            try values.encode(transactions, forKey: .transactions)
        case .failpoints(let party, let hits):
            try values.encode(party, forKey: .party)
            try values.encode(hits, forKey: .hits)
        case .contradiction(let violation):
            try values.encode(violation.invariant, forKey: .invariant)
            try values.encode(violation.found, forKey: .found)
        case .spent(let count, let authors):
            try values.encode(count, forKey: .count)
            try values.encodeIfPresent(authors, forKey: .authors)
        case .end(let verdict, let reason):
            try values.encode(verdict, forKey: .verdict)
            try values.encode(reason, forKey: .reason)
        // Written by their own types, or with nothing to write.
        case .run, .answer, .fault, .journal, .barrier, .draft, .post, .healed: break
        }
    }
}

extension RecordedRun {
    fileprivate init(_ values: Reading) throws {
        let version = try values.decode(Int.self, forKey: .version)
        guard version == Self.version else {
            throw DecodingError.dataCorruptedError(
                forKey: .version,
                in: values,
                debugDescription: "is \(version), and this program reads version \(Self.version)"
            )
        }
        self.init(
            command: try values.decode(String.self, forKey: .command),
            seed: try values.decode(UInt64.self, forKey: .seed),
            revision: try values.decodeIfPresent(String.self, forKey: .revision),
            faults: try values.decode([FaultKind].self, forKey: .faults),
            leftOut: try values.decodeIfPresent([FaultKind: String].self, forKey: .leftOut) ?? [:],
            durationMilliseconds: try values.decode(Int.self, forKey: .durationMilliseconds),
            startedAt: try values.decode(Timestamp.self, forKey: .startedAt),
            minimum: try values.decode(Minimum.self, forKey: .minimum),
            lookMilliseconds: try values.decodeIfPresent(Double.self, forKey: .lookMilliseconds),
            participants: try values.decodeIfPresent([String].self, forKey: .participants)
        )
    }

    fileprivate func encode(to values: inout Writing) throws {
        try values.encode(Self.version, forKey: .version)
        try values.encode(command, forKey: .command)
        try values.encode(seed, forKey: .seed)
        try values.encode(revision, forKey: .revision)
        try values.encode(faults, forKey: .faults)
        try values.encode(leftOut, forKey: .leftOut)
        try values.encode(durationMilliseconds, forKey: .durationMilliseconds)
        try values.encode(startedAt, forKey: .startedAt)
        try values.encode(minimum, forKey: .minimum)
        try values.encodeIfPresent(lookMilliseconds, forKey: .lookMilliseconds)
        try values.encodeIfPresent(participants, forKey: .participants)
    }
}

extension RecordedAnswer {
    fileprivate init(_ values: Reading) throws {
        self.init(
            id: try values.decode(Int.self, forKey: .id),
            status: try values.decodeIfPresent(Int.self, forKey: .status),
            gid: try values.decodeIfPresent(GlobalTransactionID.self, forKey: .gid),
            post: try values.decodeIfPresent(UUIDv7.self, forKey: .post),
            error: try values.decodeIfPresent(String.self, forKey: .error)
        )
        let type = try values.decode(String.self, forKey: .type)
        guard type == conclusion.rawValue else {
            throw DecodingError.dataCorruptedError(
                forKey: .type,
                in: values,
                debugDescription: "is \(type), but the status lets a caller conclude \(conclusion.rawValue)"
            )
        }
    }

    fileprivate func encode(to values: inout Writing) throws {
        try values.encode(id, forKey: .id)
        try values.encode(status, forKey: .status)
        try values.encode(gid, forKey: .gid)
        try values.encode(post, forKey: .post)
        try values.encode(error, forKey: .error)
    }
}

extension RecordedFault {
    fileprivate init(_ values: Reading) throws {
        self.init(
            try values.decode(FaultKind.self, forKey: .kind),
            party: try values.decode(String.self, forKey: .party),
            detail: try values.decodeIfPresent(String.self, forKey: .detail),
            untilMilliseconds: try values.decodeIfPresent(Double.self, forKey: .untilMilliseconds)
        )
    }

    fileprivate func encode(to values: inout Writing) throws {
        try values.encode(kind, forKey: .kind)
        try values.encode(party, forKey: .party)
        try values.encode(detail, forKey: .detail)
        try values.encode(untilMilliseconds, forKey: .untilMilliseconds)
    }
}
