import OrchestratorCommands
import Testing

@Suite("Command line: where the services are")
struct CommandLineAddressTests {
    private func addresses(_ flag: String? = nil, secret: String? = nil, _ environment: [String: String] = [:]) throws
        -> ServiceAddresses
    {
        var flags: [ServiceName: String] = [:]
        flags[.draft] = flag
        return try ServiceAddresses(flags: flags, secretFile: secret, environment: environment)
    }

    @Test("A flag beats the environment, which beats the default")
    func precedence() throws {
        let environment = ["DRAFT_URL": "http://env:1", "SECRET_FILE": "env"]
        #expect(try addresses()[.draft] == "http://127.0.0.1:8081")
        #expect(try addresses()[.orchestrator] == "http://127.0.0.1:8080")
        #expect(try addresses()[.online] == "http://127.0.0.1:8082")
        #expect(try addresses().secretFile == "./data/secret")
        #expect(try addresses(nil, environment)[.draft] == "http://env:1")
        #expect(try addresses(nil, environment).secretFile == "env")
        #expect(try addresses("http://flag:2/", secret: "flag", environment)[.draft] == "http://flag:2")
        #expect(try addresses("http://flag:2", secret: "flag", environment).secretFile == "flag")
        #expect(try addresses(nil, ["DRAFT_URL": ""])[.draft] == "http://127.0.0.1:8081")
    }

    @Test("What is no URL is refused", arguments: ["", "localhost:8081", "ftp://host", "http://", "http://host?x=1"])
    func refusesOthers(text: String) {
        #expect(throws: (any Error).self) { try addresses(text) }
    }

    @Test("Somebody who cannot be reached is named, with what to do about it")
    func unreachable() {
        let error = Unreachable(service: .online, url: "http://host:1")
        #expect(error.exitCode == 3)
        #expect(error.description.contains("the online service at http://host:1"))
        #expect(error.description.contains("'online-service'"))
        #expect(error.description.contains("--online-url"))
    }
}
