/// Pieces of text whose repetition has once cost, or could cost, more than its length: scripts, punctuation, attacks.
enum TextCorpus {
    /// Scripts, with the bytes and the joins that each of them has.
    static let scripts = [
        "plain words of no meaning ", "a&", "\u{FFBE}", "\u{FFBE}&", "\u{FF0C}", "\u{FFFD}", "\u{FFFE}", "\u{FFFF}",
        "这是一个过程，还要进行下去；必须快快达到目的。", "ひらがなカタカナ、ｶﾞｷﾞ", "한국어 문장입니다 ", "مرحبا بالعالم ", "\u{202E}abc ",
        "हिन्दी क्षत्रिय ", "👩\u{200D}👩\u{200D}👧", "👩\u{200D}", "🇩🇪", "\u{301}", "\u{301}\u{316}", "e\u{301}", "é", "\u{FEFF}",
        "\u{2028}", "\u{0}", "\u{1}",
    ]

    /// Marks of running text, open, closed, crossed, and escaped.
    static let inlines = [
        "[", "*", "_", "~", "`", "``a`", "a `b ", "a ``b ```c ````d ", "<", "![", "]", "](", "[a](", "[a](b) ", "[](a ",
        "![[](", " ![a](http://a/b) ", "[[[a](b)", "![![![a](b)](b)](b)", "http://a ", "https://a.example/(b) ",
        "http://",
        "http://.", "h", "h<", "<http://a>", "<a ", "<!--", "<script>", "\\", "\\*", "\\`", "\\|", "*a", "_*", "*a*",
        "**a ",
        "***a** b* ", "a*b_c~~", "~~a ", "~~a~~ ", "`a\nb` ", "`` ` `` ", "(", ")", "\"", "'", "&", "&amp;", "{{{",
        "a_b*c",
        "*_", "[*",
    ]

    /// What begins blocks, in one another and one after the other.
    static let blocks = [
        ">", "> ", "> a\n", ">>>>>>>> a\n", "> - a\n", "- ", "- a\n", "- a\n  ", "- - - - - - - - a\n", "- > a\n",
        "+ a\n\n",
        "* a\n\n  b\n", "* * *\n", "1. ", "1. a\n", "a|b\n-|-\n", "|a|b|\n|-|-|\n|1|2|\n\n", "|", "|\n", "|-",
        "[a]: http://b\n",
        "#", "# ", "# a\n", "a #", "a\n===\n", "=\n", "-\n", "---\n", "```\n", "```a\nb\n```\n", "~~~\n", "    a\n",
        "\t", "\ta\n",
        "\t- a\n", "\r\n", "\r", "a\r\n", " ", "\n", " \n", "a  \n", "a\\\n", "a\n\n", "---\na: b\n", "a: b\n",
    ]

    static let all = scripts + inlines + blocks

    /// A piece again and again, about so many bytes of it.
    static func repeated(_ piece: String, bytes: Int) -> String {
        String(repeating: piece, count: max(1, bytes / piece.utf8.count))
    }

    /// A text of a few pieces: again and again together, each for itself one after the other, or in any order.
    ///
    /// - Parameters:
    ///   - seed: which text.
    ///   - bytes: how many, about.
    /// - Returns: the text; of one seed, texts of one kind.
    static func composed(seed: Int, bytes: Int) -> String {
        var generator = SplitMix(state: UInt64(seed))
        let count = Int.random(in: 1...5, using: &generator)
        let pieces = (0..<count).map { _ in all.randomElement(using: &generator) ?? "" }
        switch seed % 3 {
        case 0: return repeated(pieces.joined(), bytes: bytes)
        case 1: return pieces.map { repeated($0, bytes: bytes / count) }.joined()
        default:
            var text = ""
            while text.utf8.count < bytes { text += pieces.randomElement(using: &generator) ?? "" }
            return text
        }
    }
}
