public import ArgumentParser
package import TCC
package import TCCHTTP

extension TransactionState: ExpressibleByArgument {}

extension Role: ExpressibleByArgument {}

extension UUIDv7: ExpressibleByArgument {
    /// Reads an id from the command line.
    ///
    /// - Parameter argument: a UUID of version 7.
    package init?(argument: String) { self.init(argument) }
}

/// An author's name on the command line, or any other subject of a token: 1 to 64 characters.
package struct SubjectName: ExpressibleByArgument, Hashable, Sendable {
    /// The name.
    package let text: String

    /// Checks a name.
    ///
    /// - Parameter argument: the name.
    package init?(argument: String) {
        let scalars = argument.unicodeScalars
        guard (1...64).contains(scalars.count), !scalars.contains("\0") else { return nil }
        self.text = argument
    }

    /// The author of this name.
    var author: Caller { Caller(subject: text, role: .author) }
}

/// How many items of a list: a whole number from 1 on.
package struct ItemLimit: ExpressibleByArgument, Hashable, Sendable {
    /// The number.
    package let count: Int

    /// Makes a limit.
    ///
    /// - Parameter count: the number, from 1 on.
    package init(_ count: Int) { self.count = count }

    /// Checks a number.
    ///
    /// - Parameter argument: the number.
    package init?(argument: String) {
        guard let count = Int(argument), count >= 1 else { return nil }
        self.count = count
    }

    /// For the help.
    package var defaultValueDescription: String { String(count) }
}
