import TCC

/// Values of settings, most of which cannot be; the same ones for the same seed.
struct SettingsFuzz {
    private var generator: SplitMix64

    init(seed: UInt64) { generator = SplitMix64(seed: seed) }

    static let numbers = [
        "0", "1", "-1", "+1", "7", "1.5", ".5", "5.", ".", "..", "", " 3", "3 ", "1,2", "1,2,", ",", "0x10", "1e3",
        "1e300",
        "1e-300", "1e400", "nan", "NaN", "inf", "-inf", "infinity", "0.0009", "0.001", "3600", "3600.0001", "65535",
        "65536",
        "80833", "1000000", "1000001", "2147483647", "2147483648", "4294967296", "9223372036854775807",
        "9223372036854775808", "18446744073709551615", "18446744073709551616", "99999999999999999999999999", "٣", "三",
        "1_000",
        "9223372036854775.807", "315360000", "315360001", String(repeating: "9", count: 400),
        "0." + String(repeating: "0", count: 400),
        "1h", "0s", "1ms", "1e30h", "99999999999999m", "ms", "h", "-1s", "nans", "infs", "0.1,0.2",
        "1.2,9223372036854775808.1",
    ]

    static let texts = [
        "", " ", "x", "a=b", "=", "a=", "=http://h", "draft=http://h", "online=http://h",
        "quota=http://127.0.0.1:80833",
        "quota=http://127.0.0.1:8083", "QUOTA=http://h", "a b=http://h", "../..", "/", ".", "/dev/null", "/dev/null/x",
        "\n",
        "a\nb", "a\u{1B}[2Jb", "\u{202E}x", "info", "INFO", "loud", "none", "kill,none", "kill", "confirmed", "author",
        "é",
        "0192f3c4-5d6e-7f80-9123-456789abcdef", "0192f3c4", "coordinator.decide.after=crash", "::1", "::", "[::1]",
        "0.0.0.0",
        "-x", "--", "-", "256.256.256.256", "localhost", "example", String(repeating: "a", count: 300),
        String(repeating: "a/", count: 3000), "https://images.example", "HTTPS://Images.example",
        "https://i.example:99999",
    ]

    static let failpoints = [
        "coordinator.decide.after=crash", "coordinator.decide.after=crash@2", "coordinator.decide.after=pause(10)",
        "coordinator.decide.after", "=", "=crash", "x=crash", "coordinator.decide.after=",
        "coordinator.decide.after=pause",
        "coordinator.decide.after=pause(", "coordinator.decide.after=pause()", "coordinator.decide.after=pause(-1)",
        "coordinator.decide.after=pause(99999999999999999999)", "coordinator.decide.after=crash@",
        "coordinator.decide.after=crash@0",
        "coordinator.decide.after=crash@-1", "coordinator.decide.after=crash@99999999999999999999",
        "coordinator.decide.after=crash@1@2",
        ";", ";;", " ; ", "coordinator.decide.after=crash;", "coordinator.decide.after=error;x",
        " coordinator.decide.after = error ", "coordinator.decide.after=crash\nx",
    ]

    private static let pieces = [
        "http", "https", "ftp", "://", ":/", "/", "//", ":", "::", "[", "]", "@", "?", "#", "%", "%41", ".", "..", "-",
        "_", "h",
        "127.0.0.1", "::1", "localhost", "0", "1", "80", "65535", "65536", "80833", "\n", "\u{0}", " ", "ü", "\\", "a",
        "\u{7F}",
    ]

    mutating func below(_ count: Int) -> Int { Int.random(in: 0..<count, using: &generator) }

    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

    /// Something like a URL.
    mutating func url() -> String {
        var text = below(3) > 0 ? "http://" : ""
        for _ in 0..<below(7) { text += pick(Self.pieces) }
        return text
    }

    /// Something that a setting might be.
    mutating func value() -> String {
        switch below(10) {
        case 0...4: pick(Self.numbers)
        case 5...6: pick(Self.texts)
        case 7: url()
        case 8: mangled(pick(Self.texts + Self.numbers))
        default: pick(Self.failpoints)
        }
    }

    private mutating func mangled(_ text: String) -> String {
        var scalars = Array(text.unicodeScalars.prefix(60))
        for _ in 0..<(1 + below(3)) {
            let scalar = pick(Array("0123456789.-+eE:=/@[]% \u{0}\n\u{7F}\u{FFFD}\u{10FFFF}aZ".unicodeScalars))
            if scalars.isEmpty || below(2) == 0 {
                scalars.insert(scalar, at: below(scalars.count + 1))
            } else {
                scalars[below(scalars.count)] = scalar
            }
        }
        return String(String.UnicodeScalarView(scalars))
    }
}
