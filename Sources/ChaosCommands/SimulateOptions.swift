import ArgumentParser
import Simulation

/// Requests of a world, on the command line: `0.1,2.0`, or `none`.
struct RequestList: ExpressibleByArgument {
    var numbers: Set<Scenario.RequestNumber>

    init(numbers: Set<Scenario.RequestNumber>) { self.numbers = numbers }

    init?(argument: String) {
        self.numbers = []
        if argument == "none" { return }
        for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
            let fields = part.split(separator: ".", omittingEmptySubsequences: false)
            guard fields.count == 2, let client = Int(fields[0]), let number = Int(fields[1]) else { return nil }
            numbers.insert(.init(client: client, number: number))
        }
    }

    var text: String { numbers.isEmpty ? "none" : numbers.sorted().map(\.description).joined(separator: ",") }
}

/// Faults of a world, on the command line: `3,17`, or `none`.
struct FaultList: ExpressibleByArgument {
    var numbers: Set<Int>

    init(numbers: Set<Int>) { self.numbers = numbers }

    init?(argument: String) {
        self.numbers = []
        if argument == "none" { return }
        for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
            guard let number = Int(part) else { return nil }
            numbers.insert(number)
        }
    }

    var text: String { numbers.isEmpty ? "none" : numbers.sorted().map { "\($0)" }.joined(separator: ",") }
}
