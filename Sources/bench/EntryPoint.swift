import Benchmark

@main
enum EntryPoint {
    static func main() async { await BenchCommand.runAsProcess() }
}
