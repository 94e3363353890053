/// Finds a Markdown text's headings, line by line: those of the document itself, not those in a quote or a list (CommonMark
/// 0.31.2, the appendix on parsing).
struct MarkdownHeadings {
    typealias Line = ArraySlice<UInt8>

    /// A heading.
    struct Heading {
        /// As it is written between its marks.
        let text: [UInt8]
        /// How many lines it takes; the last is the one that was looked at.
        let lineCount: Int
    }

    private enum Container {
        case quote
        /// A list's item, and how far its text is indented.
        case item(width: Int, isEmpty: Bool)
    }

    private enum Leaf {
        case none
        case paragraph([Line])
        case fence(mark: UInt8, length: Int)
        case code
        case html(HTMLBlock)
    }

    /// More in one another are text: each line is compared with all of them.
    private static let deepest = 32
    /// A paragraph that is longer is no heading.
    private static let mostLines = 100

    private var containers: [Container] = []
    private var leaf = Leaf.none

    /// Looks at the next line.
    ///
    /// - Parameter line: the line, without its end.
    /// - Returns: the heading that it is or ends.
    mutating func next(_ line: Line) -> Heading? {
        var rest = Self.withoutTabs(line)
        let matched = match(&rest)
        let isWhole = matched == containers.count
        if isWhole, goesOn(rest) { return nil }
        let isBlank = rest.allSatisfy { $0 == 0x20 }
        guard !isBlank else {
            close(from: matched)
            if case .paragraph = leaf { leaf = .none }
            return nil
        }
        return open(rest, matched: matched)
    }

    /// Structure is made of spaces: a tab goes to the next multiple of four columns (section 2.2).
    private static func withoutTabs(_ line: Line) -> Line {
        guard line.contains(0x09) else { return line }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(line.count + 16)
        for byte in line {
            if byte == 0x09 {
                repeat { bytes.append(0x20) } while bytes.count % 4 != 0
            } else {
                bytes.append(byte)
            }
        }
        return bytes[...]
    }

    /// Takes off the marks of the containers that go on in this line.
    ///
    /// - Returns: how many do.
    private mutating func match(_ rest: inout Line) -> Int {
        for index in containers.indices {
            let indent = rest.prefix { $0 == 0x20 }.count
            let isBlank = indent == rest.count
            switch containers[index] {
            case .quote:
                guard indent <= 3, let inner = Self.quoted(rest.dropFirst(indent)) else { return index }
                rest = inner
            case .item(let width, let isEmpty):
                guard isBlank ? !isEmpty : indent >= width else { return index }
                rest = rest.dropFirst(min(width, indent))
                if !isBlank { containers[index] = .item(width: width, isEmpty: false) }
            }
        }
        return containers.count
    }

    /// Whether the line belongs to the code or HTML that is open.
    private mutating func goesOn(_ rest: Line) -> Bool {
        let indent = rest.prefix { $0 == 0x20 }.count
        switch leaf {
        case .fence(let mark, let length):
            let content = Self.trimmed(rest)
            if indent <= 3, content.count >= length, content.allSatisfy({ $0 == mark }) { leaf = .none }
            return true
        case .html(let block):
            if block.ends(with: rest) { leaf = .none }
            return true
        case .code:
            if indent >= 4 || indent == rest.count { return true }
            leaf = .none
            return false
        case .none, .paragraph: return false
        }
    }

    /// Opens what begins in a line that is not blank.
    private mutating func open(_ line: Line, matched: Int) -> Heading? {
        var (rest, matched) = (line, matched)
        var isNew = false
        while true {
            let indent = rest.prefix { $0 == 0x20 }.count
            let content = Self.trimmed(rest)
            var paragraph: [Line]?
            if !isNew, case .paragraph(let lines) = leaf { paragraph = lines }
            let isOwn = matched == containers.count
            if content.isEmpty { return nil }
            if indent >= 4 {
                if paragraph != nil { break }
                close(from: matched)
                leaf = .code
                return nil
            }
            if let inner = Self.quoted(content), containers.count < Self.deepest {
                open(.quote, above: matched)
                rest = inner
            } else if let heading = Self.heading(content) {
                close(from: matched)
                leaf = .none
                return containers.isEmpty ? Heading(text: Array(heading), lineCount: 1) : nil
            } else if let fence = Self.fence(content) {
                close(from: matched)
                leaf = fence
                return nil
            } else if let block = HTMLBlock(content, isInParagraph: paragraph != nil) {
                close(from: matched)
                leaf = block.ends(with: content) ? .none : .html(block)
                return nil
            } else if isOwn, let lines = paragraph, Self.isUnderline(content), let heading = Self.setext(lines) {
                leaf = .none
                return containers.isEmpty ? heading : nil
            } else if Self.isRule(content) {
                close(from: matched)
                leaf = .none
                return nil
            } else if let (width, mayInterrupt) = Self.item(rest, indent: indent), containers.count < Self.deepest,
                mayInterrupt || paragraph == nil || !isOwn
            {
                open(.item(width: width, isEmpty: rest.count <= width), above: matched)
                rest = rest.dropFirst(width)
            } else {
                break
            }
            matched = containers.count
            isNew = true
        }
        text(rest, matched: matched, isNew: isNew)
        return nil
    }

    private mutating func text(_ rest: Line, matched: Int, isNew: Bool) {
        if !isNew, case .paragraph(var lines) = leaf {
            // Where a quote or a list was open, a paragraph goes on without its marks.
            if lines.count < Self.mostLines { lines.append(rest) }
            leaf = .paragraph(lines)
        } else {
            close(from: matched)
            leaf = .paragraph([rest])
        }
    }

    private mutating func open(_ container: Container, above matched: Int) {
        close(from: matched)
        leaf = .none
        containers.append(container)
    }

    private mutating func close(from matched: Int) {
        guard matched < containers.count else { return }
        containers.removeLast(containers.count - matched)
        leaf = .none
    }

    // MARK: Lines

    private static func trimmed(_ line: Line) -> Line {
        var line = line.drop { $0 == 0x20 }
        while line.last == 0x20 { line.removeLast() }
        return line
    }

    private static func quoted(_ content: Line) -> Line? {
        guard content.first == UInt8(ascii: ">") else { return nil }
        let inner = content.dropFirst()
        return inner.first == 0x20 ? inner.dropFirst() : inner
    }

    /// Section 4.2.
    private static func heading(_ content: Line) -> Line? {
        let hash = UInt8(ascii: "#")
        let level = content.prefix { $0 == hash }.count
        let rest = content.dropFirst(level)
        guard (1...6).contains(level), rest.isEmpty || rest.first == 0x20 else { return nil }
        let text = trimmed(rest)
        // Hashes at the end belong to the heading's mark, unless they touch a word: `# Title ##`, but `# About C#`.
        var bare = text
        while bare.last == hash { bare.removeLast() }
        return bare.isEmpty || bare.last == 0x20 ? trimmed(bare) : text
    }

    /// Section 4.5.
    private static func fence(_ content: Line) -> Leaf? {
        guard let mark = content.first, mark == UInt8(ascii: "`") || mark == UInt8(ascii: "~") else { return nil }
        let length = content.prefix { $0 == mark }.count
        // Backticks further on in the line: code within a paragraph.
        guard length >= 3, mark != UInt8(ascii: "`") || !content.dropFirst(length).contains(mark) else { return nil }
        return .fence(mark: mark, length: length)
    }

    /// Section 4.3.
    private static func isUnderline(_ content: Line) -> Bool {
        guard let mark = content.first, mark == UInt8(ascii: "=") || mark == UInt8(ascii: "-") else { return false }
        return content.allSatisfy { $0 == mark }
    }

    /// A paragraph's lines as a heading; nil if they only say what links lead to.
    private static func setext(_ lines: [Line]) -> Heading? {
        let text = lines.drop { MarkdownPlainText.definedLabel($0) != nil }
        guard !text.isEmpty, lines.count < mostLines else { return nil }
        let joined = Array(text.map(trimmed).joined(separator: [UInt8(ascii: "\n")]))
        return Heading(text: joined, lineCount: text.count + 1)
    }

    /// Section 4.1.
    private static func isRule(_ content: Line) -> Bool {
        guard let mark = content.first, "*-_".utf8.contains(mark) else { return false }
        return content.allSatisfy { $0 == mark || $0 == 0x20 } && content.count { $0 == mark } >= 3
    }

    /// Section 5.2: how far an item's text is indented, and whether it may stand right below a paragraph.
    private static func item(_ line: Line, indent: Int) -> (width: Int, mayInterrupt: Bool)? {
        let content = line.dropFirst(indent)
        let digits = content.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard let mark = content.dropFirst(digits.count).first,
            (digits.isEmpty ? "-*+" : ".)").utf8.contains(mark), digits.count <= 9
        else { return nil }
        let length = digits.count + 1
        let after = content.dropFirst(length)
        let spaces = after.prefix { $0 == 0x20 }.count
        let isEmpty = spaces == after.count
        guard spaces > 0 || isEmpty else { return nil }
        let width = indent + length + (isEmpty || spaces > 4 ? 1 : spaces)
        let isFirst = digits.isEmpty || Int(String(decoding: digits, as: UTF8.self)) == 1
        return (width, !isEmpty && isFirst)
    }
}
