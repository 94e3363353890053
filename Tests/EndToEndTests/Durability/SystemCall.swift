/// One system call of a traced process, as strace wrote it down.
struct SystemCall: Hashable, Sendable {
    /// Its name, such as `pwrite64`.
    var name: String
    /// What its first argument, a descriptor, stood for: a path, or a socket such as `socket:[4711]`.
    var file: String
    /// What was read or written: all of its strings, one after the other.
    var bytes: [UInt8]
    /// What it returned; -1 is an error, nil if that is not known.
    var result: Int?
    /// The line on which it was entered.
    ///
    /// strace writes one event after the other, as it lets them happen.
    var entered: Int
    /// The line on which it returned.
    var returned: Int

    /// Whether it reads from a socket, with success.
    var isReceive: Bool {
        isOnSocket && ["read", "readv", "recvfrom", "recvmsg"].contains(name) && (result ?? 0) > 0
    }

    /// Whether it writes to a socket, or tries to: what failed may have been sent in part.
    var isSend: Bool { isOnSocket && ["write", "writev", "sendto", "sendmsg", "sendmmsg"].contains(name) }

    private var isOnSocket: Bool { file.hasPrefix("socket:") || file.hasPrefix("TCP") }

    /// Whether it writes to a database's write-ahead log.
    var isLogWrite: Bool { file.hasSuffix("-wal") && ["write", "pwrite64"].contains(name) }

    /// Whether it brought a database's write-ahead log to the disk.
    var isLogSync: Bool { file.hasSuffix("-wal") && ["fsync", "fdatasync"].contains(name) && result == 0 }
}

extension SystemCall {
    /// Reads what `strace -f -y -o FILE` wrote; the times of `-t` to `-ttt` may be there.
    ///
    /// A call during which another thread did something has two lines, `… <unfinished ...>` and `<... NAME resumed>…`.
    ///
    /// - Parameter trace: the file's text.
    /// - Returns: the calls on a descriptor, by the lines on which they were entered.
    static func read(_ trace: [UInt8]) -> [SystemCall] {
        var calls: [SystemCall] = []
        var unfinished: [Int: (line: Int, text: ArraySlice<UInt8>)] = [:]
        let lines = trace.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (number, line) in lines.enumerated() {
            var scanner = TraceScanner(line)
            guard let thread = scanner.takeNumber() else { continue }
            scanner.skipSpaces()
            if scanner.skipTime() { scanner.skipSpaces() }
            if scanner.rest.ends(with: TraceScanner.unfinished) {
                unfinished[thread] = (number, scanner.rest.dropLast(TraceScanner.unfinished.count))
            } else if let end = scanner.takeResumed() {
                guard let start = unfinished.removeValue(forKey: thread) else { continue }
                var whole = TraceScanner(ArraySlice(Array(start.text) + Array(end)))
                if let call = whole.takeCall(entered: start.line, returned: number) { calls.append(call) }
            } else if let call = scanner.takeCall(entered: number, returned: number) {
                calls.append(call)
            }
        }
        return calls.sorted { $0.entered < $1.entered }
    }
}

/// Reads a line of a trace from left to right.
private struct TraceScanner {
    static let unfinished = Array(" <unfinished ...>".utf8)
    private static let resumed = Array("<... ".utf8)
    private static let resumedEnd = Array(" resumed>".utf8)

    private(set) var rest: ArraySlice<UInt8>

    init(_ text: ArraySlice<UInt8>) { self.rest = text }

    mutating func skipSpaces() { rest = rest.drop { $0 == UInt8(ascii: " ") } }

    mutating func takeNumber() -> Int? {
        let isNegative = rest.first == UInt8(ascii: "-")
        let digits = rest.dropFirst(isNegative ? 1 : 0).prefix { Self.isDigit($0) }
        guard let number = Int(String(decoding: digits, as: UTF8.self)) else { return nil }
        rest = rest[digits.endIndex...]
        return isNegative ? -number : number
    }

    /// A call begins with a letter, the rest of a call with `<`.
    mutating func skipTime() -> Bool {
        guard let first = rest.first, Self.isDigit(first) else { return false }
        rest = rest.drop { $0 != UInt8(ascii: " ") }
        return true
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    /// What follows `<... NAME resumed>`.
    mutating func takeResumed() -> ArraySlice<UInt8>? {
        guard rest.starts(with: Self.resumed) else { return nil }
        let name = rest.dropFirst(Self.resumed.count).prefix { $0 != UInt8(ascii: " ") }
        let end = rest[name.endIndex...]
        guard end.starts(with: Self.resumedEnd) else { return nil }
        return end.dropFirst(Self.resumedEnd.count)
    }

    /// A whole call, `NAME(3<FILE>, "…", …) = 5`; nil if it is not one on a descriptor.
    mutating func takeCall(entered: Int, returned: Int) -> SystemCall? {
        let name = rest.prefix { $0 != UInt8(ascii: "(") }
        rest = rest[name.endIndex...].dropFirst()
        guard takeNumber() != nil, rest.first == UInt8(ascii: "<") else { return nil }
        let file = rest.dropFirst().prefix { $0 != UInt8(ascii: ">") }
        rest = rest[file.endIndex...]
        var bytes: [UInt8] = []
        while let quote = rest.firstIndex(of: UInt8(ascii: "\"")) {
            rest = rest[quote...].dropFirst()
            takeString(into: &bytes)
        }
        return SystemCall(
            name: String(decoding: name, as: UTF8.self),
            file: String(decoding: file, as: UTF8.self),
            bytes: bytes,
            result: takeResult(),
            entered: entered,
            returned: returned
        )
    }

    /// Reads a string as C writes it, after its opening quote and up to its closing one.
    private mutating func takeString(into bytes: inout [UInt8]) {
        var index = rest.startIndex
        defer { rest = rest[index...] }
        while index < rest.endIndex {
            let byte = rest[index]
            index += 1
            if byte == UInt8(ascii: "\"") { return }
            guard byte == UInt8(ascii: "\\"), index < rest.endIndex else {
                bytes.append(byte)
                continue
            }
            let escaped = rest[index]
            index += 1
            switch escaped {
            case UInt8(ascii: "n"): bytes.append(0x0A)
            case UInt8(ascii: "t"): bytes.append(0x09)
            case UInt8(ascii: "r"): bytes.append(0x0D)
            case UInt8(ascii: "v"): bytes.append(0x0B)
            case UInt8(ascii: "f"): bytes.append(0x0C)
            case UInt8(ascii: "0")...UInt8(ascii: "7"):
                // One to three octal digits, as few as are clear.
                var value = Int(escaped - UInt8(ascii: "0"))
                let end = min(index + 2, rest.endIndex)
                while index < end, (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(rest[index]) {
                    value = value * 8 + Int(rest[index] - UInt8(ascii: "0"))
                    index += 1
                }
                bytes.append(UInt8(truncatingIfNeeded: value))
            default: bytes.append(escaped)
            }
        }
    }

    /// What a call returned, after its last string: `…) = 5`, `…)   = -1 EIO (…)`, `…) = ?`.
    private mutating func takeResult() -> Int? {
        while let parenthesis = rest.firstIndex(of: UInt8(ascii: ")")) {
            rest = rest[parenthesis...].dropFirst()
            skipSpaces()
            guard rest.first == UInt8(ascii: "=") else { continue }
            rest = rest.dropFirst()
            skipSpaces()
            return takeNumber()
        }
        return nil
    }
}

extension Sequence where Element: Equatable, Self: BidirectionalCollection {
    /// Whether a collection ends with others' elements.
    fileprivate func ends(with end: some BidirectionalCollection<Element>) -> Bool {
        reversed().starts(with: end.reversed())
    }
}
