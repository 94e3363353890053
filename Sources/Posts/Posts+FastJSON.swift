public import TCC

extension PostText: FastJSONReadable, FastJSONWritable {
    /// Reads a text.
    public init(scanning scanner: inout JSONScanner) throws(JSONDoubt) {
        var (title, content, source) = (JSONMember<String>(), JSONMember<String>(), JSONMember<String>())
        try scanner.beginObject()
        while let name = try scanner.nextName() {
            switch name {
            case "title": try title.read(&scanner)
            case "content": try content.read(&scanner)
            case "source": try source.read(&scanner)
            default: throw JSONDoubt()
            }
        }
        self.init(title: try title.required(), content: try content.required(), source: source.value)
    }

    /// Writes a text, without a source that it does not have.
    public func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("content", content)
        writer.member("source", ifPresent: source)
        writer.member("title", title)
        writer.endObject()
    }
}

extension PostPayload: FastJSONReadable, FastJSONWritable {
    /// Reads a payload.
    public init(scanning scanner: inout JSONScanner) throws(JSONDoubt) {
        var (postID, author) = (JSONMember<UUIDv7>(), JSONMember<String>())
        var (baseRevision, revision) = (JSONMember<Int>(), JSONMember<Int>())
        var (title, content, source) = (JSONMember<String>(), JSONMember<String>(), JSONMember<String>())
        try scanner.beginObject()
        while let name = try scanner.nextName() {
            switch name {
            case "postID": try postID.read(&scanner)
            case "author": try author.read(&scanner)
            case "baseRevision": try baseRevision.read(&scanner)
            case "revision": try revision.read(&scanner)
            case "title": try title.read(&scanner)
            case "content": try content.read(&scanner)
            case "source": try source.read(&scanner)
            default: throw JSONDoubt()
            }
        }
        self.init(
            postID: try postID.required(),
            author: try author.required(),
            baseRevision: baseRevision.value,
            revision: revision.value,
            title: title.value,
            content: content.value,
            source: source.value
        )
    }

    /// Writes what the receiver needs, as `encode(to:)` does.
    public func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("author", author)
        writer.member("baseRevision", ifPresent: baseRevision)
        if revision != nil { writer.member("content", content) }
        writer.member("postID", postID)
        if let revision {
            writer.member("revision", revision)
            writer.member("source", ifPresent: source)
            writer.member("title", title)
        }
        writer.endObject()
    }
}

extension Post: FastJSONWritable {
    /// Writes a post, without `content` in lists.
    public func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("author", author)
        writer.member("content", ifPresent: content)
        writer.member("id", id)
        writer.member("publishedAt", publishedAt)
        writer.member("revision", revision)
        writer.member("title", title)
        writer.member("updatedAt", updatedAt)
        writer.endObject()
    }
}

extension DraftStatus: FastJSONReadable, FastJSONWritable {}

extension Draft: FastJSONReadable, FastJSONWritable {
    /// Reads a draft.
    public init(scanning scanner: inout JSONScanner) throws(JSONDoubt) {
        var (id, pendingTransaction) = (JSONMember<UUIDv7>(), JSONMember<UUIDv7>())
        var (author, title) = (JSONMember<String>(), JSONMember<String>())
        var (content, source) = (JSONMember<String>(), JSONMember<String>())
        var (revision, nextRevision, publishedRevision) = (JSONMember<Int>(), JSONMember<Int>(), JSONMember<Int>())
        var status = JSONMember<DraftStatus>()
        var (createdAt, updatedAt) = (JSONMember<Timestamp>(), JSONMember<Timestamp>())
        try scanner.beginObject()
        while let name = try scanner.nextName() {
            switch name {
            case "id": try id.read(&scanner)
            case "author": try author.read(&scanner)
            case "title": try title.read(&scanner)
            case "content": try content.read(&scanner)
            case "source": try source.read(&scanner)
            case "revision": try revision.read(&scanner)
            case "nextRevision": try nextRevision.read(&scanner)
            case "status": try status.read(&scanner)
            case "publishedRevision": try publishedRevision.read(&scanner)
            case "pendingTransaction": try pendingTransaction.read(&scanner)
            case "createdAt": try createdAt.read(&scanner)
            case "updatedAt": try updatedAt.read(&scanner)
            default: throw JSONDoubt()
            }
        }
        self.init(
            id: try id.required(),
            author: try author.required(),
            title: try title.required(),
            content: content.value,
            source: source.value,
            revision: try revision.required(),
            nextRevision: try nextRevision.required(),
            status: try status.required(),
            publishedRevision: publishedRevision.value,
            pendingTransaction: pendingTransaction.value,
            createdAt: try createdAt.required(),
            updatedAt: try updatedAt.required()
        )
    }

    /// Writes JSON with null for absent values, but without `content` in lists.
    public func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("author", author)
        writer.member("content", ifPresent: content)
        writer.member("createdAt", createdAt)
        writer.member("id", id)
        writer.member("nextRevision", nextRevision)
        writer.member("pendingTransaction", pendingTransaction)
        writer.member("publishedRevision", publishedRevision)
        writer.member("revision", revision)
        writer.member("source", source)
        writer.member("status", status)
        writer.member("title", title)
        writer.member("updatedAt", updatedAt)
        writer.endObject()
    }
}
