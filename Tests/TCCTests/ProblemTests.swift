import TCC
import Testing

@Suite("Problems")
struct ProblemTests {
    @Test func aProblemIsWrittenAsProblemDetails() throws {
        let problem = Problem(
            409,
            "revision-conflict",
            "Read it again.",
            extensions: ["field": .string("a/b"), "n": .integer(7)]
        )
        #expect(
            try jsonText(problem) == """
                {"code":"revision-conflict","detail":"Read it again.","field":"a/b","n":7,"status":409,\
                "title":"revision-conflict","type":"about:blank"}
                """
        )
    }

    @Test func whatIsWrittenIsReadAgainButForRetryAfterWhichIsAHeader() throws {
        let problem = Problem(503, "storage-full", "Wait.", extensions: ["gid": .null], retryAfterSeconds: 3)
        var expected = problem
        expected.retryAfterSeconds = nil
        #expect(try value(Problem.self, from: jsonText(problem)) == expected)
    }

    @Test func onlyTheCodeIsRequired() throws {
        #expect(try value(Problem.self, from: #"{"code":"strange"}"#) == Problem(0, "strange", "strange"))
        #expect(throws: DecodingError.self) { try value(Problem.self, from: #"{"status":409,"detail":"no code"}"#) }
        #expect(throws: DecodingError.self) { try value(Problem.self, from: #"{"code":409}"#) }
        #expect(throws: DecodingError.self) { try value(Problem.self, from: #"["code"]"#) }
    }

    @Test func anExtensionCannotReplaceAStandardMember() throws {
        let problem = Problem(409, "code", "Detail.", extensions: ["status": .integer(200), "type": .string("x")])
        let read = try value(Problem.self, from: jsonText(problem))
        #expect(read == Problem(409, "code", "Detail."))
    }

    @Test func anInvalidValueNamesItsField() {
        let problem = Problem.invalid("title", "must have 1 to 200 characters")
        #expect((problem.status, problem.code) == (422, "invalid-field"))
        #expect(problem.extensions["field"] == .string("title"))
        #expect(problem.detail == "title must have 1 to 200 characters")
    }

    @Test func oneMoreMemberLeavesTheOthers() {
        let problem = Problem(404, "not-found", "Gone.", extensions: ["id": .string("1")]).with("gid", .string("2"))
        #expect(problem.extensions == ["id": .string("1"), "gid": .string("2")])
    }
}

@Suite("JSON that is passed on")
struct JSONValueTests {
    @Test(arguments: [
        "null", "true", "false", "0", "-7", "9223372036854775807", "0.5", #""""#, #""a/b é \n""#, "[]", "{}",
        #"[1,"1",true,null,[0.25]]"#, #"{"a":{"b":[{}]},"c":null}"#,
    ])
    func everyValueIsWrittenAsItWasRead(text: String) throws {
        #expect(try jsonText(value(JSONValue.self, from: text)) == text)
    }

    @Test func kindsAreNotMixedUp() throws {
        #expect(try value(JSONValue.self, from: "1") == .integer(1))
        #expect(try value(JSONValue.self, from: "true") == .bool(true))
        #expect(try value(JSONValue.self, from: #""1""#) == .string("1"))
        #expect(JSONValue.string("1").string == "1" && JSONValue.string("1").integer == nil)
        #expect(JSONValue.integer(1).integer == 1 && JSONValue.integer(1).string == nil)
    }
}
