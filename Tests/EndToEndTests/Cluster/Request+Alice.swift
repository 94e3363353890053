import Verification

extension RevisionText {
    /// A text whose title no other has.
    static func unique(_ words: String = "A post") -> RevisionText {
        let number = UInt32.random(in: .min ... .max)
        let content = "Content of #\(number): café, 漢字, \"quotes\" / slashes."
        return RevisionText(title: "\(words) #\(number)", content: content)
    }
}

extension Request {
    /// A request of alice's, under a key of its own.
    init(_ intent: Intent, author: String = "alice", ifMatch: String? = nil) {
        self.init(intent, author: author, key: "key-\(UInt64.random(in: .min ... .max))", ifMatch: ifMatch)
    }

    /// A request of alice's.
    init(_ intent: Intent, key: String, ifMatch: String? = nil) {
        self.init(intent, author: "alice", key: key, ifMatch: ifMatch)
    }
}
