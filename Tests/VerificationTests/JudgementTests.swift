import Foundation
import Testing
import Verification

@Suite("What a recorded history comes to")
struct JudgementTests {
    /// A way to tamper with a valid history, and the invariant that notices.
    struct Tampering: Sendable, CustomTestStringConvertible {
        var invariant: Int
        var testDescription: String
        var tamper: @Sendable (inout SmallHistory) -> Void

        init(_ invariant: Int, _ description: String, _ tamper: @escaping @Sendable (inout SmallHistory) -> Void) {
            self.invariant = invariant
            self.testDescription = description
            self.tamper = tamper
        }

        static let all = [
            Tampering(1, "a transaction is decided twice") {
                $0.change(#""type":"journal""#, SmallHistory.first, from: #""decisions":1"#, to: #""decisions":2"#)
            },
            Tampering(1, "the journal was seen with another decision") {
                $0.insert(#""type":"decision","subject":"\#(SmallHistory.second)","decision":"cancel","invariant":1"#)
            },
            Tampering(1, "an answer says the opposite of the journal") {
                $0.change(#""type":"ok","id":6"#, from: SmallHistory.spending, to: SmallHistory.refused)
            },
            Tampering(1, "a refusal by a participant does not name the transaction") {
                $0.change(#""type":"refused","id":5"#, from: "\"\(SmallHistory.refused)\"", to: "null")
            },
            Tampering(1, "a committed publish was answered as if nothing had begun") {
                $0.refuse(2, status: 503, gid: nil, error: "overloaded")
            },
            Tampering(1, "a committed publish was answered as invalid, and may have come twice") {
                $0.insert(JudgementTests.doubling, before: #""type":"invoke","id":2"#)
                $0.refuse(2, status: 422, gid: nil, error: "invalid-field")
            },
            Tampering(1, "a new post's participant was out of reach, and the transaction is not named") {
                $0.refuse(3, status: 503, gid: nil, error: "participant-unavailable")
            },
            Tampering(2, "a branch is confirmed in the journal and cancelled at its participant") {
                $0.change(
                    #""type":"barrier""#,
                    #""branch":"draft""#,
                    SmallHistory.first,
                    from: "confirmed",
                    to: "cancelled"
                )
            },
            Tampering(3, "an effect happened twice") {
                $0.change(#""type":"spent""#, from: #""count":1"#, to: #""count":2"#)
            },
            Tampering(3, "an effect happened to another author") {
                $0.change(#""type":"spent""#, from: "ann", to: "bob")
            },
            Tampering(4, "an answer names another post") {
                $0.change(#""type":"ok","id":4"#, from: SmallHistory.hidden, to: SmallHistory.story)
            },
            Tampering(1, "a decided transaction was never decided") {
                let end = #","isFinished":true}"#
                for index in 0..<100 {
                    $0.change(
                        SmallHistory.first,
                        #""type":"journal""#,
                        from: #""decidedAt":\#(1000 + index)\#(end)"#,
                        to: #""decidedAt":null\#(end)"#
                    )
                }
            },
            Tampering(3, "another text is live") {
                $0.change(#""type":"post""#, from: #""content":"c2""#, to: #""content":"c1""#)
            },
            Tampering(1, "an answer that tells of a commit names no transaction") {
                $0.change(#""type":"ok","id":4"#, from: "\"\(SmallHistory.id(4))\"", to: "null")
            },
            Tampering(3, "a committed transaction that nobody asked for") {
                $0.change(#""type":"ok","id":4"#, from: SmallHistory.id(4), to: SmallHistory.id(3))
                $0.change(#""type":"journal""#, SmallHistory.id(4), from: #""k4""#, to: "null")
            },
            Tampering(3, "two requests are told of one transaction") {
                $0.change(#""type":"ok","id":4"#, from: SmallHistory.id(4), to: SmallHistory.id(3))
            },
            Tampering(3, "a request is carried out twice") {
                $0.change(#""key":"k2""#, from: "k2", to: "k1")
                $0.change(#""type":"journal""#, from: #""k2""#, to: #""k1""#)
            },
            Tampering(3, "a publish replaced an edit that its author had not read") {
                let post = SmallHistory.story
                $0.askLate(
                    11,
                    #""intent":"chargedPublish","post":"\#(post)","base":2,"revision":5,"text":{"title":"x","content":"y"}"#,
                    key: "k11",
                    ok: SmallHistory.id(11),
                    post: post
                )
                $0.commit(SmallHistory.id(11), "k11", post: post, caller: "operator:operator")
            },
            Tampering(3, "a publish replaced what its If-Match excludes") {
                $0.change(#""type":"invoke","id":2"#, from: #""key":"k2""#, to: #""ifMatch":"\"2\"","key":"k2""#)
            },
            Tampering(3, "a publish of what is saved was not of the revision that its If-Match names") {
                let text =
                    #""intent":"republish","post":"\#(SmallHistory.story)","text":{"title":"two","content":"c2"}"#
                let saved = #""ifMatch":"\"1\"","intent":"publishSaved","post":"\#(SmallHistory.story)""#
                $0.change(#""type":"invoke","id":2"#, from: text, to: saved)
            },
            Tampering(3, "a key gives the cancelled transaction again") {
                $0.askLate(15, JudgementTests.five, key: "k5", refused: 409, gid: SmallHistory.refused, error: "x")
            },
            Tampering(3, "a committed request's key is another's, too") {
                $0.askLate(12, JudgementTests.five, key: "k2", refused: 409, gid: SmallHistory.refused, error: "x")
            },
            Tampering(3, "a key that nobody used is refused as used") {
                $0.askLate(18, JudgementTests.five, key: "k18", refused: 422, error: "idempotency-key-reused")
            },
            Tampering(4, "a revision is published after a later one, with a withdraw between that hides it") {
                let story = SmallHistory.story
                $0.change(#""type":"journal""#, SmallHistory.first, from: #""revision":1"#, to: #""revision":3"#)
                $0.remove(#""type":"saw""#, story)
                $0.remove(#""type":"ok","id":2"#)
                $0.remove(#""type":"invoke","id":2"#)
                $0.askLate(
                    11,
                    #""intent":"withdraw","post":"\#(story)""#,
                    key: "k11",
                    ok: SmallHistory.id(11),
                    post: story
                )
                $0.askLate(
                    12,
                    #""intent":"republish","post":"\#(story)","text":{"title":"two","content":"c2"}"#,
                    key: "k2",
                    ok: SmallHistory.second,
                    post: story
                )
                $0.commit(SmallHistory.id(11), "k11", post: story)
            },
            Tampering(4, "an answered publish is not there") { $0.remove(#""type":"post""#) },
            Tampering(4, "a live revision fell before a reader") {
                $0.insert(
                    #""type":"saw","library":"online-service","post":"\#(SmallHistory.story)","revision":1,"title":"one""#
                )
            },
            Tampering(3, "a deleted post has a draft") {
                let draft = $0.lines.first { $0.contains(#""type":"draft""#) && $0.contains(SmallHistory.hidden) } ?? ""
                $0.deleteHidden()
                $0.insert(String(draft.drop { $0 != "," }.dropFirst().dropLast()))
            },
            Tampering(3, "a post is deleted twice") {
                $0.deleteHidden()
                let request = #""intent":"delete","post":"\#(SmallHistory.hidden)""#
                $0.askLate(22, request, key: "k22", ok: SmallHistory.id(22), post: SmallHistory.hidden)
                $0.commit(SmallHistory.id(22), "k22", post: SmallHistory.hidden)
            },
            Tampering(3, "a deleted post comes back") {
                $0.deleteHidden()
                let request =
                    #""intent":"republish","post":"\#(SmallHistory.hidden)","text":{"title":"x","content":"y"}"#
                $0.askLate(22, request, key: "k22", ok: SmallHistory.id(22), post: SmallHistory.hidden)
                $0.commit(SmallHistory.id(22), "k22", post: SmallHistory.hidden)
            },
            Tampering(4, "a post is deleted that readers see") {
                $0.deleteHidden()
                for line in [#""type":"ok","id":4"#, #""type":"invoke","id":4"#] { $0.remove(line) }
            },
            Tampering(5, "a post is gone that nothing deleted") {
                $0.remove(#""type":"draft""#, SmallHistory.hidden)
            },
            Tampering(5, "the libraries have different revisions") {
                $0.change(#""type":"draft""#, from: #""publishedRevision":2"#, to: #""publishedRevision":1"#)
            },
            Tampering(5, "a post is visible whose draft is private") {
                $0.change(#""type":"draft""#, SmallHistory.story, from: "published\"", to: "private\"")
            },
            Tampering(5, "a saved edit is lost") {
                $0.change(#""type":"draft""#, SmallHistory.story, from: #""revision":4"#, to: #""revision":3"#)
            },
            Tampering(5, "a saved edit has another's text") {
                $0.change(#""type":"draft""#, SmallHistory.story, from: #""content":"c7""#, to: #""content":"c5""#)
            },
            Tampering(5, "an edit took the number of a publish") {
                $0.change(#""type":"saved""#, from: #""revision":4"#, to: #""revision":2"#)
            },
            Tampering(6, "a reservation is left at a barrier") {
                $0.change(#""type":"barrier""#, SmallHistory.refused, from: "cancelled", to: "reserved")
            },
            Tampering(6, "a draft is still held") {
                $0.change(
                    #""type":"draft""#,
                    SmallHistory.story,
                    from: #""pendingTransaction":null"#,
                    to: #""pendingTransaction":"\#(SmallHistory.refused)""#
                )
            },
            Tampering(7, "a barrier has no row for a finished branch") {
                $0.remove(#""type":"barrier""#, #""branch":"online""#, SmallHistory.second)
            },
            Tampering(7, "a barrier has a row that the journal does not know") {
                $0.insert(
                    #""type":"barrier","participant":"draft","gid":"\#(SmallHistory.id(99))","branch":"draft","state":"confirmed""#
                )
            },
            Tampering(8, "a transaction has not ended") {
                $0.change(
                    #""type":"journal""#,
                    SmallHistory.second,
                    from: #""isFinished":true"#,
                    to: #""isFinished":false"#
                )
            },
            Tampering(9, "a try took effect after its cancel") {
                let subject = "\(SmallHistory.refused) draft"
                $0.insert(#""type":"decision","subject":"\#(subject)","decision":"cancelled","invariant":9"#)
                $0.insert(#""type":"decision","subject":"\#(subject)","decision":"reserved","invariant":9"#)
            },
            Tampering(10, "a reader saw what was refused") {
                $0.insert(
                    #""type":"saw","library":"online-service","post":"\#(SmallHistory.story)","revision":3,"title":"five""#
                )
            },
            Tampering(10, "a post disappeared before a reader and nothing withdrew it") {
                $0.insert(#""type":"gone","library":"online-service","post":"\#(SmallHistory.story)""#)
            },
            Tampering(10, "a post disappeared from the drafts before anybody asked for that") {
                $0.showHidden()
                $0.insert(JudgementTests.hiddenGone, before: #""type":"invoke","id":4"#)
            },
            Tampering(10, "a withdrawn post was shown again and nothing published it again") {
                $0.showHidden()
                $0.insert(JudgementTests.hiddenGone)
                $0.showHidden(before: #""type":"journal""#)
            },
            Tampering(4, "a draft's published revision fell before a reader") {
                $0.insert(
                    #""type":"saw","library":"draft-service","post":"\#(SmallHistory.story)","revision":1,"title":"one""#
                )
            },
            Tampering(10, "a reader saw a revision with the title of another") {
                $0.change(#""type":"saw""#, #""online-service""#, #""revision":2"#, from: "two", to: "one")
            },
            Tampering(10, "a reader saw another post's title") {
                $0.change(#""type":"saw""#, #""online-service""#, #""revision":2"#, from: "two", to: "three")
            },
            Tampering(10, "what was refused is live at the end") {
                $0.change(#""type":"post""#, from: #""title":"two""#, to: #""title":"five""#)
            },
        ]
    }

    private static let hiddenGone = #""type":"gone","library":"draft-service","post":"\#(SmallHistory.hidden)""#

    @Test("A post that is withdrawn disappears once")
    func withdrawn() throws {
        var history = SmallHistory()
        history.showHidden()
        history.insert(JudgementTests.hiddenGone, before: #""type":"ok","id":4"#)
        #expect(try history.recording().judgement().violations == [])
    }

    private static let five =
        #""intent":"republish","post":"\#(SmallHistory.story)","text":{"title":"five","content":"c5"}"#

    @Test("A key that is free begins anew, and one that is another request's is refused")
    func keys() throws {
        var history = SmallHistory()
        history.askLate(12, Self.five, key: "k2", refused: 422, error: "idempotency-key-reused")
        history.askLate(15, Self.five, key: "k5", refused: 404, error: "not-found")
        #expect(try history.recording().judgement().violations == [])
    }

    @Test("A publish at the head that its If-Match names is valid")
    func condition() throws {
        var history = SmallHistory()
        history.change(#""type":"invoke","id":2"#, from: #""key":"k2""#, to: #""ifMatch":"\"1\"","key":"k2""#)
        #expect(try history.recording().judgement().violations == [])
    }

    private static let doubling =
        #""type":"fault","kind":"duplicate","party":"clients→orchestrator","detail":null,"untilMilliseconds":9000"#

    @Test("What one copy of a request was told says nothing of another copy")
    func doubled() throws {
        var history = SmallHistory()
        history.insert(JudgementTests.doubling, before: #""type":"invoke","id":2"#)
        history.refuse(2, status: 503, gid: nil, error: "overloaded")
        #expect(try history.recording().judgement().violations == [])
    }

    @Test("A draft that cannot be read is refused before anything is begun", arguments: [404, 503])
    func unreadDraft(status: Int) throws {
        var history = SmallHistory()
        history.refuse(5, status: status, gid: nil, error: status == 404 ? "not-found" : "participant-unavailable")
        #expect(try history.recording().judgement().violations == [])
    }

    @Test("A valid one is valid")
    func valid() throws {
        let judgement = try SmallHistory().recording().judgement()
        #expect(judgement.violations == [])
        #expect(judgement.reasons == [])
        #expect(judgement.verdict == .valid)
        #expect(judgement.verdict.exitCode == 0)
        #expect(judgement.differing == nil)
        #expect(judgement.amounts.map(\.count) == [5, 1, 1, 2])
    }

    @Test("A post that is deleted, and of which nothing is left, is valid")
    func deleted() throws {
        var history = SmallHistory()
        history.deleteHidden()
        let judgement = try history.recording().judgement()
        #expect(judgement.violations == [])
        #expect(judgement.verdict == .valid)
    }

    @Test("Whatever is tampered with, the invariant that it breaks notices", arguments: Tampering.all)
    func tampered(tampering: Tampering) throws {
        var history = SmallHistory()
        tampering.tamper(&history)
        #expect(history.lines != SmallHistory().lines)
        let judgement = try history.recording().judgement()
        #expect(judgement.violations.contains { $0.invariant == tampering.invariant }, "\(judgement.violations)")
        #expect(judgement.verdict == .invalid)
        #expect(judgement.verdict.exitCode == 1)
        #expect(judgement.differing == .valid)
    }

    @Test("Each of the ten invariants has a history that breaks it")
    func allTen() {
        #expect(Set(Tampering.all.map(\.invariant)) == Set(1...10))
    }

    @Test(
        "Less than the stated minimum proves nothing, and says what is missing",
        arguments: ["confirmed", "refused", "faults", "failpoints"]
    )
    func minimum(name: String) throws {
        let history = SmallHistory(
            minimum: #"{"confirmed":0,"failpoints":0,"faults":0,"refused":0}"#
                .replacing(#""\#(name)":0"#, with: #""\#(name)":9"#)
        )
        let judgement = try history.recording().judgement()
        #expect(judgement.verdict == .unknown)
        #expect(judgement.verdict.exitCode == 3)
        #expect(judgement.reasons.count == 1)
        #expect(judgement.reasons.first?.contains("9 or more") ?? false)
    }

    @Test(
        "A run in which a kind of fault that was asked for did not happen proves nothing",
        arguments: FaultKind.allCases.filter { $0 != .kill }
    )
    func missingFault(kind: FaultKind) throws {
        var history = SmallHistory()
        history.change(
            #""type":"run""#,
            from: #""faults":["kill","clock"]"#,
            to: #""faults":["kill","\#(kind.rawValue)"]"#
        )
        history.change(#""type":"run""#, from: #"{"clock":"libfaketime is not installed"}"#, to: "{}")
        let judgement = try history.recording().judgement()
        #expect(judgement.verdict == .unknown)
        #expect(judgement.reasons == ["It proves too little: no \(kind.rawValue) happened, and it was asked for."])
        history.insert(#""type":"fault","kind":"\#(kind.rawValue)","party":"x","detail":"","untilMilliseconds":null"#)
        #expect(try history.recording().judgement().verdict == .valid)
    }

    @Test("Failpoints that nobody died at are no faults")
    func missingDeath() throws {
        var history = SmallHistory(minimum: #"{"confirmed":3,"failpoints":0,"faults":1,"refused":1}"#)
        history.change(#""type":"run""#, from: #""faults":["kill","#, to: #""faults":["failpoint","#)
        history.change(#""type":"fault""#, from: #""kind":"kill""#, to: #""kind":"failpoint""#)
        #expect(try history.recording().judgement().verdict == .valid)
        history.remove(#""type":"failpoints""#)
        let judgement = try history.recording().judgement()
        #expect(judgement.verdict == .unknown)
        #expect(judgement.reasons.first?.contains("no process died at a failpoint") ?? false)
    }

    @Test(
        "A history without what every run has is unknown",
        arguments: [
            (#""type":"saw","library":"online-service""#, "No reader saw anything in the online-service."),
            (#""type":"saw","library":"draft-service""#, "No reader saw anything in the draft-service."),
            (#""type":"healed""#, "Nobody took the faults back."),
            (#""type":"decision""#, "Nobody saw a decision."),
        ]
    )
    func missingEvidence(line: String, reason: String) throws {
        var history = SmallHistory()
        history.remove(line)
        let judgement = try history.recording().judgement()
        #expect(judgement.verdict == .unknown)
        #expect(judgement.reasons == [reason])
    }

    @Test("A history that is cut off anywhere is unknown, never invalid and never valid")
    func cutOff() throws {
        let whole = SmallHistory()
        for count in 0..<whole.lines.count {
            let data = Data(whole.lines.prefix(count).map { "\($0)\n" }.joined().utf8)
            let judgement = try Recording(data).judgement()
            #expect(judgement.verdict == .unknown, "after \(count) lines: \(judgement.violations)")
            #expect(!judgement.reasons.isEmpty)
        }
    }

    @Test("What was found while it ran is wrong, however it ends")
    func cutOffAndInvalid() throws {
        var history = SmallHistory()
        history.insert(#""type":"contradiction","invariant":8,"found":"it did not end""#)
        history.remove(#""type":"end""#)
        let judgement = try history.recording().judgement()
        #expect(judgement.verdict == .invalid)
        #expect(judgement.violations.map(\.invariant) == [8])
        #expect(!judgement.isFinalStateJudged)
    }

    @Test("A run that ended without a final state is unknown, and its own reason is told")
    func noDump() throws {
        var history = SmallHistory()
        for type in ["journal", "barrier", "draft", "post", "spent"] { history.remove(#""type":"\#(type)""#) }
        history.change(#""type":"end""#, from: #""verdict":"valid""#, to: #""verdict":"unknown""#)
        history.change(#""type":"end""#, from: #""reason":null"#, to: #""reason":"it was stuck""#)
        let judgement = try history.recording().judgement()
        #expect(judgement.verdict == .unknown)
        #expect(judgement.violations == [])
        #expect(judgement.reasons.first?.contains("it was stuck") ?? false)
    }

    @Test("A request whose outcome is unknown may have committed")
    func unknownAnswer() throws {
        var history = SmallHistory()
        history.change(
            #""type":"ok","id":2"#,
            from:
                #""type":"ok","id":2,"status":200,"gid":"\#(SmallHistory.second)","post":"\#(SmallHistory.story)","error":null"#,
            to: #""type":"unknown","id":2,"status":null,"gid":null,"post":null,"error":"timeout""#
        )
        #expect(try history.recording().judgement().verdict == .valid)
    }

    @Test("A branch that was seen reserved may become anything")
    func reservedFirst() throws {
        var history = SmallHistory()
        for decision in ["reserved", "confirmed"] {
            history.insert(
                #""type":"decision","subject":"\#(SmallHistory.first) draft","decision":"\#(decision)","invariant":9"#
            )
        }
        #expect(try history.recording().judgement().verdict == .valid)
    }

    @Test("The timeline of a violation has what names it, the faults near to that, and the final state")
    func timeline() throws {
        var history = SmallHistory()
        history.remove(#""type":"barrier""#, #""branch":"online""#, SmallHistory.second)
        let recording = try history.recording()
        let violation = try #require(recording.judgement().violations.first)
        let timeline = recording.timeline(of: violation)
        #expect(
            timeline.lines.map(\.event.typeName) == [
                "invoke", "ok", "fault", "decision", "healed", "ready", "recovered", "journal", "barrier",
            ]
        )
        #expect(timeline.leftOut == 0)
        #expect(timeline.lines.first?.event.summary.contains("'two'") ?? false)
    }
}
