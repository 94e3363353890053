/// What a command's exit code says to a script; of two, the higher one says more.
package enum ExitStatus: Int32, Hashable, Comparable, Sendable {
    /// Everything was done.
    case done = 0
    /// A service said no, to some or all of it.
    case refused = 1
    /// The command line, or what it names on this machine, is wrong; nothing was sent.
    case usage = 2
    /// A service did not answer.
    case unreachable = 3

    /// Orders by code.
    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
