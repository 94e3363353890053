extension Problem: FastJSONReadable, FastJSONWritable {
    /// Reads a problem.
    public init(scanning scanner: inout JSONScanner) throws(JSONDoubt) {
        var (code, status, detail) = (JSONMember<String>(), JSONMember<Int>(), JSONMember<String>())
        var (type, title) = (JSONMember<JSONValue>(), JSONMember<JSONValue>())
        var extensions: [String: JSONValue] = [:]
        try scanner.beginObject()
        while let name = try scanner.nextName() {
            switch name {
            case "code": try code.read(&scanner)
            case "status": try status.read(&scanner)
            case "detail": try detail.read(&scanner)
            case "type": try type.read(&scanner)
            case "title": try title.read(&scanner)
            default:
                let value = try JSONValue(scanning: &scanner)
                guard extensions.updateValue(value, forKey: try name.text()) == nil else { throw JSONDoubt() }
            }
        }
        let word = try code.required()
        self.init(status.value ?? 0, word, detail.value ?? word, extensions: extensions)
    }

    /// Writes `application/problem+json`.
    public func write(into writer: inout JSONWriter) {
        var further = FurtherMembers(extensions, except: Self.standardMembers)
        func member(_ name: String, _ value: some FastJSONWritable) {
            further.write(before: name, into: &writer)
            writer.member(name, value)
        }
        writer.beginObject()
        member("code", code)
        member("detail", detail)
        member("status", status)
        member("title", code)
        member("type", "about:blank")
        further.write(into: &writer)
        writer.endObject()
    }
}

extension TransactionRecord: FastJSONWritable {
    /// Writes JSON with null for absent values; the reason is its code.
    public func write(into writer: inout JSONWriter) {
        var further = FurtherMembers(labels, except: Self.ownMembers)
        func member(_ name: String, _ value: (some FastJSONWritable)?) {
            further.write(before: name, into: &writer)
            writer.member(name, value)
        }
        writer.beginObject()
        member("action", action)
        member("branches", branches)
        member("createdAt", createdAt)
        member("decidedAt", decidedAt)
        member("finishedAt", finishedAt)
        member("gid", gid)
        member("reason", reason?.code)
        member("state", state)
        member("stuck", isStuck)
        member("timeline", timeline)
        further.write(into: &writer)
        writer.endObject()
    }
}

extension BranchRecord: FastJSONWritable {
    /// Writes JSON with null for an absent value.
    public func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("attempts", attempts)
        writer.member("lastError", lastError)
        writer.member("name", name)
        writer.member("state", state)
        writer.endObject()
    }
}

extension TimelineEvent: FastJSONWritable {
    /// Writes JSON with null for absent values.
    public func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("at", at)
        writer.member("branch", branch)
        writer.member("detail", detail)
        writer.member("event", event)
        writer.endObject()
    }
}
