import NIOCore
import OrchestratorCommands
import TCC
import Testing

@Suite("Command line: what an error tells to do next")
struct CommandErrorTests {
    private func answer(_ status: Int, _ body: String) -> ServiceAnswer {
        ServiceAnswer(status: status, body: ByteBuffer(string: body))
    }

    @Test("Another secret, a post that is held, a service that is down: the command line knows what to do")
    func advice() {
        let token = CommandFailure.refused(Problem(401, "invalid-token", "The token is forged."))
        #expect(token.description.hasPrefix("invalid-token: The token is forged. The service has another secret"))
        #expect(token.description.contains("--secret-file PATH") && token.exitCode == 1)
        #expect(
            Problem(409, "publish-in-progress", "Held.").detailWithAdvice.contains("orchestrator transactions list")
        )
        #expect(Problem(503, "participant-unavailable", "No.").detailWithAdvice.contains("running?"))
        #expect(Problem(502, "participant-rejected", "No.").detailWithAdvice.contains("--draft-url"))
        let cursor = Problem.invalid("cursor", "must be the nextCursor of a page of this list")
        #expect(
            cursor.detailWithAdvice.hasSuffix(
                "of this list. Take the cursor from the end of the list before, as it is."
            )
        )
        #expect(Problem(422, "invalid-field", "title is missing").detailWithAdvice == "title is missing")
    }

    @Test("No terminal obeys a refusal")
    func printable() {
        #expect(CommandFailure.refused(Problem(409, "no", "a\u{1B}[2J\nb")).description == "no: a [2J b")
    }

    @Test("An answer that only another service gives is told from a refusal")
    func anotherService() {
        #expect(answer(404, "<html>").isAnotherServices)
        #expect(answer(400, "").isAnotherServices)
        #expect(answer(405, #"{"code":"method-not-allowed"}"#).isAnotherServices)
        #expect(answer(404, #"{"code":"not-found","path":"/v1/transactions"}"#).isAnotherServices)
        #expect(!answer(404, #"{"code":"not-found"}"#).isAnotherServices)
        #expect(!answer(401, #"{"code":"invalid-token"}"#).isAnotherServices)
        #expect(!answer(429, "slow down").isAnotherServices)
        #expect(!answer(503, "").isAnotherServices)
        #expect(!answer(200, "[]").isAnotherServices)
        let error = Unreachable(service: .draft, url: "http://host:1", cause: .anotherService)
        #expect(error.exitCode == 3)
        #expect(error.description.contains("http://host:1 is not the draft service"))
        #expect(error.description.contains("--draft-url URL (or DRAFT_URL)"))
    }
}
