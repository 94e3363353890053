import Foundation
import Verification

/// A small valid history, line by line as JSON, to be tampered with.
struct SmallHistory {
    static let story = id(0xA1)
    static let hidden = id(0xA2)
    /// Publishes the story, publishes it again, publishes the other post, withdraws that, is refused, spends of the quota.
    static let first = id(1)
    static let second = id(2)
    static let refused = id(5)
    static let spending = id(6)

    private(set) var lines: [String] = []

    static func id(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return "019ab000-0000-7000-8000-\(String(repeating: "0", count: 12 - digits.count))\(digits)"
    }

    init(minimum: String = #"{"confirmed":3,"failpoints":1,"faults":1,"refused":1}"#) {
        let (story, hidden) = (Self.story, Self.hidden)
        add(
            0,
            #""type":"run","version":1,"command":"chaos run --seed 7","durationMilliseconds":5000,"faults":["kill","clock"],"leftOut":{"clock":"libfaketime is not installed"},"minimum":\#(minimum),"revision":null,"seed":7,"startedAt":"2026-11-22T12:00:05.250Z""#
        )
        ask(1, #""intent":"publishNew","text":{"title":"one","content":"c1"}"#, key: "k1", ok: Self.first, post: story)
        saw(1, "online-service", story, 1, "one")
        saw(1, "draft-service", story, 1, "one")
        ask(
            2,
            #""intent":"republish","post":"\#(story)","text":{"title":"two","content":"c2"}"#,
            key: "k2",
            ok: Self.second,
            post: story
        )
        saw(2, "draft-service", story, 2, "two")
        add(2025, #""type":"fault","kind":"kill","party":"orchestrator","detail":"SIGKILL","untilMilliseconds":null"#)
        saw(2.03, "online-service", story, 2, "two")
        ask(
            3,
            #""intent":"publishNew","text":{"title":"three","content":"c3"}"#,
            key: "k3",
            ok: Self.id(3),
            post: hidden
        )
        ask(4, #""intent":"withdraw","post":"\#(hidden)""#, key: "k4", ok: Self.id(4), post: hidden)
        ask(
            5,
            #""intent":"republish","post":"\#(story)","text":{"title":"five","content":"c5"}"#,
            key: "k5",
            refused: Self.refused
        )
        ask(6, #""intent":"other","participants":["quota"]"#, key: "k6", ok: Self.spending, post: nil)
        add(6100, #""type":"save","id":7,"client":0,"post":"\#(story)","text":{"title":"saved","content":"c7"}"#)
        add(6110, #""type":"saved","id":7,"revision":4"#)
        add(6200, #""type":"decision","subject":"\#(Self.second)","decision":"confirm","invariant":1"#)
        add(6300, #""type":"healed""#)
        add(6400, #""type":"ready","party":"orchestrator","milliseconds":120"#)
        add(6450, #""type":"recovered","milliseconds":45,"transactions":1"#)
        add(6500, #""type":"failpoints","party":"orchestrator","hits":{"coordinator.begin.after":2}"#)
        dump()
        add(9001, #""type":"end","verdict":"valid","reason":null"#)
    }

    private mutating func dump() {
        journal(Self.first, "k1", "confirmed", post: Self.story, revision: 1)
        journal(Self.second, "k2", "confirmed", post: Self.story, revision: 2)
        journal(Self.id(3), "k3", "confirmed", post: Self.hidden, revision: 1)
        journal(Self.id(4), "k4", "confirmed", post: Self.hidden, revision: nil)
        journal(Self.refused, nil, "cancelled", post: Self.story, revision: 3)
        journal(
            Self.spending,
            "k6",
            "confirmed",
            post: nil,
            revision: nil,
            branches: ["quota"],
            caller: "operator:operator"
        )
        draft(Self.story, "saved", "c7", revision: 4, next: 5, status: "published", published: "2")
        draft(Self.hidden, "three", "c3", revision: 1, next: 2, status: "private", published: "null")
        add(
            9000,
            #""type":"post","id":"\#(Self.story)","author":"ann","title":"two","content":"c2","revision":2,"publishedAt":"2026-11-22T12:00:06.250Z","updatedAt":"2026-11-22T12:00:07.250Z""#
        )
        add(9000, #""type":"spent","count":1,"authors":{"ann":1}"#)
    }

    private mutating func add(_ at: Double, _ members: String) { lines.append(#"{"at":\#(at),\#(members)}"#) }

    private mutating func ask(_ id: Int, _ request: String, key: String, ok gid: String, post: String?) {
        let at = Double(id) * 1000
        add(at, #""type":"invoke","id":\#(id),"client":0,"request":{"author":"ann","key":"\#(key)",\#(request)}"#)
        let post = post.map { "\"\($0)\"" } ?? "null"
        add(at + 20, #""type":"ok","id":\#(id),"status":200,"gid":"\#(gid)","post":\#(post),"error":null"#)
    }

    private mutating func ask(_ id: Int, _ request: String, key: String, refused gid: String) {
        let at = Double(id) * 1000
        add(at, #""type":"invoke","id":\#(id),"client":0,"request":{"author":"ann","key":"\#(key)",\#(request)}"#)
        add(
            at + 20,
            #""type":"refused","id":\#(id),"status":409,"gid":"\#(gid)","post":null,"error":"publish-in-progress""#
        )
    }

    private mutating func saw(_ second: Double, _ library: String, _ post: String, _ revision: Int, _ title: String) {
        // The draft service shows it 4 ms after the online service, or before it.
        let at = second * 1000 + (library == "draft-service" ? 19 : 15)
        add(at, #""type":"saw","library":"\#(library)","post":"\#(post)","revision":\#(revision),"title":"\#(title)""#)
    }

    private mutating func journal(
        _ gid: String,
        _ key: String?,
        _ state: String,
        post: String?,
        revision: Int?,
        branches: [String] = ["draft", "online"],
        caller: String = "author:ann"
    ) {
        let list = branches.map { #"{"isAcknowledged":true,"name":"\#($0)","state":"\#(state)"}"# }
            .joined(separator: ",")
        add(
            9000,
            #""type":"journal","gid":"\#(gid)","state":"\#(state)","branches":[\#(list)],"decisions":1,"caller":"\#(caller)","liveKey":\#(key.map { "\"\($0)\"" } ?? "null"),"postID":\#(post.map { "\"\($0)\"" } ?? "null"),"revision":\#(revision.map { "\($0)" } ?? "null"),"decidedAt":\#(1000 + lines.count),"isFinished":true"#
        )
        for branch in branches {
            add(
                9000,
                #""type":"barrier","participant":"\#(branch)","gid":"\#(gid)","branch":"\#(branch)","state":"\#(state)""#
            )
        }
    }

    private mutating func draft(
        _ id: String,
        _ title: String,
        _ content: String,
        revision: Int,
        next: Int,
        status: String,
        published: String
    ) {
        add(
            9000,
            #""type":"draft","id":"\#(id)","author":"ann","title":"\#(title)","content":"\#(content)","revision":\#(revision),"nextRevision":\#(next),"status":"\#(status)","publishedRevision":\#(published),"pendingTransaction":null,"createdAt":"2026-11-22T12:00:06.250Z","updatedAt":"2026-11-22T12:00:07.250Z""#
        )
    }

    /// Asks before the final state, and is answered.
    mutating func askLate(_ id: Int, _ request: String, key: String, ok gid: String, post: String) {
        insert(#""type":"invoke","id":\#(id),"client":0,"request":{"author":"ann","key":"\#(key)",\#(request)}"#)
        insert(#""type":"ok","id":\#(id),"status":200,"gid":"\#(gid)","post":"\#(post)","error":null"#)
    }

    /// Asks before the final state, and is refused.
    mutating func askLate(
        _ id: Int,
        _ request: String,
        key: String,
        refused status: Int,
        gid: String? = nil,
        error: String
    ) {
        let gid = gid.map { "\"\($0)\"" } ?? "null"
        insert(#""type":"invoke","id":\#(id),"client":0,"request":{"author":"ann","key":"\#(key)",\#(request)}"#)
        insert(
            #""type":"refused","id":\#(id),"status":\#(status),"gid":\#(gid),"post":null,"error":"\#(error)""#
        )
    }

    /// Adds a committed transaction without a revision to the final state.
    mutating func commit(_ gid: String, _ key: String, post: String, caller: String = "author:ann") {
        let end = lines.removeLast()
        journal(gid, key, "confirmed", post: post, revision: nil, caller: caller)
        lines.append(end)
    }

    /// Has a reader of the drafts see the hidden post as published.
    mutating func showHidden(before piece: String = #""type":"invoke","id":4"#) {
        insert(
            #""type":"saw","library":"draft-service","post":"\#(Self.hidden)","revision":1,"title":"three""#,
            before: piece
        )
    }

    /// Deletes the hidden post, and both libraries forget it.
    mutating func deleteHidden() {
        let request = #""intent":"delete","post":"\#(Self.hidden)""#
        askLate(21, request, key: "k21", ok: Self.id(21), post: Self.hidden)
        commit(Self.id(21), "k21", post: Self.hidden)
        remove(#""type":"draft""#, Self.hidden)
    }

    /// Has a request refused, whatever it was answered.
    mutating func refuse(_ id: Int, status: Int, gid: String?, error: String) {
        let gid = gid.map { "\"\($0)\"" } ?? "null"
        for index in lines.indices
        where lines[index].contains(#""type":"ok","id":\#(id),"#)
            || lines[index].contains(#""type":"refused","id":\#(id),"#)
        {
            let at = lines[index].prefix { $0 != "," }
            lines[index] =
                #"\#(at),"type":"refused","id":\#(id),"status":\#(status),"gid":\#(gid),"post":null,"error":"\#(error)"}"#
        }
    }

    /// Puts a line before the first one that has this piece, at the same time.
    mutating func insert(_ members: String, before piece: String) {
        guard let place = lines.firstIndex(where: { $0.contains(piece) }) else { return }
        lines.insert("\(lines[place].prefix { $0 != "," }),\(members)}", at: place)
    }

    /// Changes each line that has all of these pieces.
    mutating func change(_ pieces: String..., from old: String, to new: String) {
        for index in lines.indices where pieces.allSatisfy(lines[index].contains) {
            lines[index] = lines[index].replacing(old, with: new)
        }
    }

    /// Takes away each line that has all of these pieces.
    mutating func remove(_ pieces: String...) {
        lines.removeAll { line in pieces.allSatisfy(line.contains) }
    }

    /// Puts a line before the final state.
    mutating func insert(_ members: String) {
        let place = lines.firstIndex { $0.contains(#""type":"journal""#) } ?? lines.endIndex
        lines.insert(#"{"at":7000,\#(members)}"#, at: place)
    }

    var data: Data { Data(lines.map { "\($0)\n" }.joined().utf8) }

    func recording() throws -> Recording { try Recording(data) }
}
