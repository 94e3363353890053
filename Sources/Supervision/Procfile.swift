/// What to run: a line a process, `name: command`, as runners of Procfiles know it.
///
/// A command is one program with its arguments, quoted as for a shell, and perhaps variables before it (`LEVEL=debug
/// program`). What only a shell can do, such as `a && b`, is refused: whoever supervises must know which process it is.
package struct Procfile: Hashable, Sendable {
    /// A line.
    package struct Entry: Hashable, Sendable {
        /// What the process is called.
        package var name: String
        /// The command, in a shell's words.
        package var command: String
    }

    /// Why a text is no Procfile.
    package struct Malformed: Error, Hashable, CustomStringConvertible {
        /// What is wrong, and in which line.
        package let description: String

        /// Makes an error.
        ///
        /// - Parameter description: what is wrong, and in which line.
        package init(_ description: String) { self.description = description }
    }

    /// The processes, in the order of the lines.
    package let entries: [Entry]

    /// Reads a Procfile.
    ///
    /// - Parameter text: the file's content.
    /// - Throws: ``Malformed``.
    package init(_ text: String) throws {
        var entries: [Entry] = []
        // Some editors put a byte order mark first, and a carriage return at each line's end.
        let text = text.drop { $0 == "\u{FEFF}" }
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let line = Self.trimmed(line)
            guard !line.isEmpty, !line.hasPrefix("#") else { continue }
            entries.append(try Self.entry(line, number: index + 1))
        }
        guard !entries.isEmpty else { throw Malformed("it names no process") }
        if let twice = entries.first(where: { entry in entries.count { $0.name == entry.name } > 1 }) {
            throw Malformed("it names '\(twice.name)' twice")
        }
        self.entries = entries
    }

    private static func entry(_ line: String, number: Int) throws -> Entry {
        let sides = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(Self.trimmed)
        guard sides.count == 2, !sides[1].isEmpty, !sides[0].isEmpty, sides[0].allSatisfy(Self.isInName) else {
            throw Malformed("line \(number) is not 'name: command': \(line)")
        }
        if let character = unquoted(sides[1]).first(where: { "|&;<>()`".contains($0) }) {
            let advice = "a command is one program; put what needs a shell into a script of its own"
            throw Malformed("line \(number) has a '\(character)' in its command; \(advice)")
        }
        // As runners that hand the line to a shell want it; here the program takes the shell's place anyway.
        let words = sides[1].split(separator: " ", maxSplits: 1)
        let command = words.count == 2 && words[0] == "exec" ? trimmed(words[1]) : sides[1]
        return Entry(name: sides[0], command: command)
    }

    /// A command without what a shell takes as it stands.
    private static func unquoted(_ command: String) -> String {
        var rest = ""
        var quote: Character?
        var isEscaped = false
        for character in command {
            if isEscaped {
                isEscaped = false
            } else if character == "\\", quote != "'" {
                isEscaped = true
            } else if let open = quote {
                if character == open { quote = nil }
            } else if character == "'" || character == "\"" {
                quote = character
            } else {
                rest.append(character)
            }
        }
        return rest
    }

    private static func isInName(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || character == "-" || character == "_")
    }

    private static func trimmed(_ text: Substring) -> String {
        let isSpace = { (character: Character) in character.isWhitespace }
        return String(text.drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }
}

extension Procfile.Entry {
    /// How to start it.
    ///
    /// The shell splits the words and then becomes the program, by way of `env`, which sets the variables before it: the
    /// child is the program itself.
    ///
    /// - Parameters:
    ///   - environment: what its environment has otherwise than this process's.
    ///   - folder: the Procfile's folder, to which its paths are relative.
    /// - Returns: the command.
    package func child(environment: [String: String?], folder: String?) -> ChildCommand {
        ChildCommand(
            name: name,
            program: "sh",
            arguments: ["-c", "exec env \(command)"],
            environment: environment,
            folder: folder
        )
    }
}
