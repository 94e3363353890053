import OrchestratorCommands

@main
enum EntryPoint {
    static func main() async {
        await OrchestratorCommand.runAsProcess()
    }
}
