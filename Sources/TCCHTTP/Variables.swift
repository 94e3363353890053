/// A setting that cannot be; one line for people.
public struct RefusedSetting: Error, Hashable, CustomStringConvertible {
    private static let longestShown = 80

    /// The line, which names the setting.
    public let description: String

    /// A setting cannot be.
    ///
    /// - Parameters:
    ///   - names: its flag, its variable, or both.
    ///   - rule: what it must do.
    ///   - text: what it is.
    ///   - reason: why that does not do; nil where the rule says it.
    public init(_ names: String, must rule: String, not text: String, because reason: String? = nil) {
        var shown = String(text.prefix(Self.longestShown))
        if shown.utf8.count < text.utf8.count { shown += "\u{2026}" }
        self.description = "\(names) must \(rule)" + (reason.map { "; '\(shown)' \($0)" } ?? ", not '\(shown)'")
    }
}

/// Settings, each from its flag, else from the environment, else its default; one that cannot be is refused with a line
/// that names both.
public struct Variables: Sendable {
    private static let longestPath = 4096
    private static let longestNumber = 32

    private let environment: [String: String]
    private let hasFlags: Bool

    /// Variables of an environment.
    ///
    /// - Parameters:
    ///   - environment: names and values; an empty value counts as absent.
    ///   - hasFlags: whether each has a flag, too: `--draft-url` for `DRAFT_URL`.
    public init(_ environment: [String: String], hasFlags: Bool = true) {
        self.environment = environment.filter { !$0.value.isEmpty }
        self.hasFlags = hasFlags
    }

    /// A text.
    ///
    /// - Parameters:
    ///   - flag: what the command line says.
    ///   - name: the variable.
    ///   - fallback: the default.
    /// - Returns: the flag's value, else the variable's, else the default.
    /// - Throws: ``RefusedSetting`` if it is more than one line, has other control characters, or was not UTF-8.
    public func resolve(_ flag: String?, _ name: String, default fallback: String) throws -> String {
        let text = flag ?? environment[name] ?? fallback
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw RefusedSetting(names(name), must: "be one line without control characters", not: text)
        }
        // Swift mends arguments and variables so: a path would become another one.
        guard !text.unicodeScalars.contains("\u{FFFD}") else {
            throw RefusedSetting(names(name), must: "be UTF-8", not: text)
        }
        return text
    }

    /// A whole number.
    ///
    /// - Parameters:
    ///   - flag: what the command line says.
    ///   - name: the variable; the flag is its name in lower case with dashes.
    ///   - fallback: the default.
    ///   - range: what it may be.
    /// - Returns: the setting.
    /// - Throws: ``RefusedSetting`` if it is out of range or cannot be read.
    public func integer(
        _ flag: String?,
        _ name: String,
        default fallback: Int,
        in range: ClosedRange<Int>
    ) throws -> Int {
        guard let text = flag ?? environment[name] else { return fallback }
        guard Self.isDecimal(text, point: false), let number = Int(text), range.contains(number) else {
            let rule = "be a whole number from \(range.lowerBound) to \(range.upperBound)"
            throw RefusedSetting(names(name), must: rule, not: text)
        }
        return number
    }

    /// A setting in decimal seconds.
    ///
    /// - Parameters:
    ///   - flag: what the command line says.
    ///   - name: the variable; the flag is its name in lower case with dashes.
    ///   - fallback: the default.
    ///   - range: what it may be, in seconds.
    /// - Returns: the setting, rounded to whole milliseconds.
    /// - Throws: ``RefusedSetting`` if it is out of range or cannot be read.
    public func duration(
        _ flag: String?,
        _ name: String,
        default fallback: Double,
        in range: ClosedRange<Double>
    ) throws -> Duration {
        let text = flag ?? environment[name]
        let seconds = text.map { Self.isDecimal($0, point: true) ? Double($0) : nil } ?? fallback
        guard let seconds, range.contains(seconds) else {
            let (least, most) = (Self.decimal(range.lowerBound), Self.decimal(range.upperBound))
            throw RefusedSetting(names(name), must: "be \(least) to \(most) seconds", not: text ?? "")
        }
        return .milliseconds(Int64((seconds * 1000).rounded()))
    }

    /// Whether something is turned on.
    ///
    /// - Parameters:
    ///   - flag: whether the command line does.
    ///   - name: the variable, 1 for on and 0 for off; the flag is its name in lower case with dashes.
    /// - Returns: whether one of the two does.
    /// - Throws: ``RefusedSetting`` if the variable is neither 1 nor 0.
    public func isOn(_ flag: Bool, _ name: String) throws -> Bool {
        let text = environment[name] ?? "0"
        guard text == "1" || text == "0" else { throw RefusedSetting(names(name), must: "be 1 or 0", not: text) }
        return flag || text == "1"
    }

    /// Where another process is.
    ///
    /// - Parameters:
    ///   - flag: what the command line says.
    ///   - name: the variable.
    ///   - flagName: the flag; nil for the variable's name in lower case with dashes.
    ///   - fallback: the default.
    /// - Returns: the URL.
    /// - Throws: ``RefusedSetting`` if it is none that can be called.
    public func url(
        _ flag: String?,
        _ name: String,
        flagName: String? = nil,
        default fallback: String
    ) throws -> BaseURL {
        try Self.url(try resolve(flag, name, default: fallback), names(name, flagName))
    }

    /// The address to listen on.
    ///
    /// - Parameter flag: what the command line says.
    /// - Returns: a name or an address.
    /// - Throws: ``RefusedSetting`` if it can be neither.
    public func host(_ flag: String?) throws -> String {
        let host = try resolve(flag, "HOST", default: "127.0.0.1")
        guard BaseURL.isHost(host) else {
            throw RefusedSetting(names("HOST"), must: "be a name or an address, such as 127.0.0.1 or ::1", not: host)
        }
        return host
    }

    /// A file's or a folder's path.
    ///
    /// - Parameters:
    ///   - flag: what the command line says.
    ///   - name: the variable; the flag is its name in lower case with dashes.
    ///   - fallback: the default.
    /// - Returns: the path.
    /// - Throws: ``RefusedSetting`` if it can be none: empty, too long, or with control characters.
    public func path(_ flag: String?, _ name: String, default fallback: String) throws -> String {
        let path = try resolve(flag, name, default: fallback)
        guard (1...Self.longestPath).contains(path.utf8.count) else {
            throw RefusedSetting(names(name), must: "be a path of 1 to \(Self.longestPath) bytes", not: path)
        }
        return path
    }

    /// Checks where another process is.
    ///
    /// - Parameters:
    ///   - text: the URL.
    ///   - names: what gave it, for the error.
    /// - Returns: the URL.
    /// - Throws: ``RefusedSetting`` with the reason.
    public static func url(_ text: String, _ names: String) throws -> BaseURL {
        do {
            return try BaseURL(text)
        } catch {
            throw RefusedSetting(
                names,
                must: "be a URL such as http://127.0.0.1:8080",
                not: text,
                because: error.description
            )
        }
    }

    private func names(_ variable: String, _ flag: String? = nil) -> String {
        guard hasFlags else { return variable }
        let flag = flag ?? "--" + String(variable.lowercased().map { $0 == "_" ? "-" : $0 })
        return "\(flag) (or \(variable))"
    }

    /// Neither a sign nor an exponent, and none of the words that Swift takes for numbers.
    private static func isDecimal(_ text: String, point: Bool) -> Bool {
        (1...longestNumber).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || (point && $0 == UInt8(ascii: "."))
            }
    }

    private static func decimal(_ number: Double) -> String {
        number == number.rounded() ? String(Int(number)) : String(number)
    }
}
