/// What somebody wants done to a process of `orchestrator up`, as one line.
package enum UpOrder: Hashable, Sendable {
    /// It dies, as by `kill -9`.
    case kill(String)
    /// It stands still for so long.
    case pause(String, milliseconds: Int64)

    /// The longest time that a process can be held up for.
    package static let longestPauseMilliseconds: Int64 = 300_000

    /// Reads an order.
    ///
    /// - Parameter line: the line, without its end.
    package init?(_ line: some StringProtocol) {
        let words = String(line).split(separator: " ").map { String($0) }
        switch (words.first, words.count) {
        case ("kill", 2): self = .kill(words[1])
        case ("pause", 3):
            guard let time = Int64(words[2]), (1...Self.longestPauseMilliseconds).contains(time) else { return nil }
            self = .pause(words[1], milliseconds: time)
        default: return nil
        }
    }

    /// The order as a line, without its end.
    package var line: String {
        switch self {
        case .kill(let name): "kill \(name)"
        case .pause(let name, let time): "pause \(name) \(time)"
        }
    }

    /// The process's name, as it was written.
    package var name: String {
        switch self {
        case .kill(let name), .pause(let name, _): name
        }
    }

    /// The process that is meant.
    ///
    /// - Parameter names: all there are.
    /// - Returns: the one of this name, or else the only one whose name begins so.
    package func process(among names: [String]) -> String? {
        if names.contains(name) { return name }
        let close = names.filter { $0.hasPrefix(name) }
        return close.count == 1 ? close[0] : nil
    }
}
