package import ArgumentParser

/// A command that is not there, which the argument parser would call an unexpected argument.
package struct UnknownCommand: Hashable, Sendable, CustomStringConvertible {
    /// What was written.
    package var name: String
    /// The command that has no such subcommand, such as `orchestrator transactions`.
    package var parent: String
    /// The commands that there are.
    package var known: [String]

    private static let mostTypos = 2

    /// Looks for one in a command line.
    ///
    /// - Parameters:
    ///   - root: the root command.
    ///   - arguments: the command line, without the executable.
    package init?(_ root: any ParsableCommand.Type, _ arguments: [String]) {
        var command = root
        var path = [root._commandName]
        for argument in arguments {
            let subcommands = command.configuration.subcommands.filter { $0.configuration.shouldDisplay }
            guard !subcommands.isEmpty, !argument.hasPrefix("-") else { return nil }
            if argument == "help" { continue }
            let next = command.configuration.subcommands.first {
                $0._commandName == argument || $0.configuration.aliases.contains(argument)
            }
            guard let next else {
                self.name = argument
                self.parent = path.joined(separator: " ")
                self.known = subcommands.map { $0._commandName }
                return
            }
            command = next
            path.append(next._commandName)
        }
        return nil
    }

    /// What is wrong and what to do next.
    package var description: String {
        let what = "there is no command '\(parent) \(name)'"
        let all = "the commands are \(known.joined(separator: ", "))"
        guard let nearest else { return "\(what); \(all)." }
        return "\(what); did you mean '\(parent) \(nearest)'?"
    }

    /// The one that was meant, most likely.
    package var nearest: String? {
        let close = known.map { (name: $0, distance: Self.distance(name.lowercased(), $0)) }
            .filter { $0.distance <= min(Self.mostTypos, $0.name.count / 2) || $0.name.hasPrefix(name.lowercased()) }
        return close.min { $0.distance < $1.distance }?.name
    }

    /// How many letters have to be added, taken away or changed (Levenshtein).
    private static func distance(_ left: String, _ right: String) -> Int {
        var row = Array(0...right.count)
        for (number, letter) in left.enumerated() {
            var diagonal = row[0]
            row[0] = number + 1
            for (index, other) in right.enumerated() {
                let change = diagonal + (letter == other ? 0 : 1)
                diagonal = row[index + 1]
                row[index + 1] = min(change, row[index] + 1, row[index + 1] + 1)
            }
        }
        return row[right.count]
    }
}
