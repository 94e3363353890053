/// One order of what was in flight, and how to get to the next.
///
/// Orders are counted by how often they depart from first come, first served: taking the n-th of what waits delays n
/// others. All orders with at most so many delays are searched (Emmi, Qadeer, Rakamarić, "Delay-Bounded Scheduling",
/// POPL 2011): nearly all bugs need few.
package struct Choices: Hashable, Sendable {
    private struct Choice: Hashable {
        var index: Int
        var count: Int
    }

    private let script: [Int]
    private let mostDelays: Int
    private var taken: [Choice] = []
    /// Whether anything is chosen at present.
    package var isOn = false

    /// First come, first served.
    ///
    /// - Parameter mostDelays: how many delays there may be in all.
    package init(mostDelays: Int) { self.init(script: [], mostDelays: mostDelays) }

    private init(script: [Int], mostDelays: Int) {
        self.script = script
        self.mostDelays = mostDelays
    }

    /// Which of so many things comes next.
    ///
    /// - Parameter count: how many there are.
    /// - Returns: its index; nil if there is nothing.
    package mutating func next(of count: Int) -> Int? {
        guard count > 1, isOn else { return count > 0 ? 0 : nil }
        let index = taken.count < script.count ? min(script[taken.count], count - 1) : 0
        taken.append(Choice(index: index, count: count))
        return index
    }

    /// The order to be tried next; nil after the last.
    package var following: Choices? {
        var delays = taken.reduce(0) { $0 + $1.index }
        for position in taken.indices.reversed() {
            let choice = taken[position]
            if choice.index + 1 < choice.count, delays < mostDelays {
                return Choices(script: taken[..<position].map(\.index) + [choice.index + 1], mostDelays: mostDelays)
            }
            delays -= choice.index
        }
        return nil
    }
}
