import ChaosCommands

@main
enum EntryPoint {
    static func main() async { await ChaosCommand.runAsProcess() }
}
