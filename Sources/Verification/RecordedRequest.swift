import TCC

extension Request: Codable {
    private enum Name: String, CodingKey {
        case intent
        case author
        case key
        case ifMatch
        case post
        case base
        case revision
        case text
        case participants
    }

    private enum IntentName: String, Codable {
        case publishNew
        case republish
        case publishSaved
        case withdraw
        case delete
        case chargedPublish
        case chargedWithdraw
        case other
    }

    /// Reads a request as histories have it.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Name.self)
        func post() throws -> UUIDv7 { try values.decode(UUIDv7.self, forKey: .post) }
        func text() throws -> RevisionText { try values.decode(RevisionText.self, forKey: .text) }
        let intent: Intent =
            switch try values.decode(IntentName.self, forKey: .intent) {
            case .publishNew: .publishNew(try text())
            case .republish: .republish(try post(), try text())
            case .publishSaved: .publishSaved(try post())
            case .withdraw: .withdraw(try post())
            case .delete: .delete(try post())
            case .chargedPublish:
                .chargedPublish(
                    try post(),
                    base: try values.decode(Int.self, forKey: .base),
                    revision: try values.decode(Int.self, forKey: .revision),
                    try text()
                )
            case .chargedWithdraw: .chargedWithdraw(try post())
            case .other: .other(participants: try values.decode([String].self, forKey: .participants))
            }
        self.init(
            intent,
            author: try values.decode(String.self, forKey: .author),
            key: try values.decode(String.self, forKey: .key),
            ifMatch: try values.decodeIfPresent(String.self, forKey: .ifMatch)
        )
    }

    /// Writes a request; what its intent does not have is left out.
    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Name.self)
        try values.encode(intentName, forKey: .intent)
        try values.encode(author, forKey: .author)
        try values.encode(key, forKey: .key)
        try values.encodeIfPresent(ifMatch, forKey: .ifMatch)
        try values.encodeIfPresent(postID, forKey: .post)
        try values.encodeIfPresent(text, forKey: .text)
        switch intent {
        case .chargedPublish(_, let base, let revision, _):
            try values.encode(base, forKey: .base)
            try values.encode(revision, forKey: .revision)
        case .other(let participants): try values.encode(participants, forKey: .participants)
        case .publishNew, .republish, .publishSaved, .withdraw, .delete, .chargedWithdraw: break
        }
    }

    private var intentName: IntentName {
        switch intent {
        case .publishNew: .publishNew
        case .republish: .republish
        case .publishSaved: .publishSaved
        case .withdraw: .withdraw
        case .delete: .delete
        case .chargedPublish: .chargedPublish
        case .chargedWithdraw: .chargedWithdraw
        case .other: .other
        }
    }
}
