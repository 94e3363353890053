import Posts

/// Writes a post's tree as HTML, from fixed tags and attributes; every text of the author's is escaped.
package struct MarkdownHTML {
    /// The elements that come out.
    package static let elements: Set<String> = [
        "h2", "h3", "h4", "h5", "h6", "p", "pre", "code", "blockquote", "ul", "ol", "li", "hr", "br", "em", "strong",
        "del", "a", "img", "div", "table", "thead", "tbody", "tr", "th", "td",
    ]

    /// The attributes that come out.
    package static let attributes: Set<String> = [
        "class", "tabindex", "start", "href", "rel", "src", "alt", "loading",
    ]

    private let policy: LinkPolicy
    private let mostBytes: Int
    private var html = ""

    private init(_ policy: LinkPolicy, mostBytes: Int) {
        self.policy = policy
        self.mostBytes = mostBytes
    }

    /// More than anything that somebody would write comes to.
    ///
    /// Nested quotes without words, say, become twenty times as large; escaping alone makes a text six times as large.
    private static func mostBytes(for markdown: String) -> Int { 8 * markdown.utf8.count + (16 << 10) }

    private var isFull: Bool { html.utf8.count > mostBytes }

    /// A text as HTML.
    ///
    /// - Parameters:
    ///   - markdown: the text; anything is one.
    ///   - title: what the page's own heading says: the text's first heading is left out if it says the same.
    ///   - policy: which images are shown.
    /// - Returns: HTML that is safe to stand in a page; the text as it is, if it is longer than a post may be, or would
    ///   become many times as large.
    package static func render(_ markdown: String, under title: String? = nil, policy: LinkPolicy) -> String {
        var writer = MarkdownHTML(policy, mostBytes: mostBytes(for: markdown))
        if markdown.utf8.count <= PostLimits.longestContent {
            let repeated = title.flatMap { MarkdownTitle.heading(saying: $0, in: markdown) }
            for block in MarkdownParser.blocks(markdown, omitting: repeated) { writer.write(block) }
            guard writer.isFull else { return writer.html }
            writer.html = ""
        }
        writer.write(code: markdown, nil)
        return writer.html
    }

    private mutating func write(_ block: MarkdownBlock) {
        if isFull { return }
        switch block {
        // The page's own title is the first heading.
        case .heading(let level, let inlines): wrap("h\(min(6, level + 1))", inlines)
        case .paragraph(let inlines): wrap("p", inlines)
        case .code(let language, let text): write(code: text, language)
        case .quote(let blocks):
            html += "<blockquote>\n"
            for block in blocks { write(block) }
            html += "</blockquote>\n"
        case .list(let start, let isTight, let items): write(items, start: start, isTight: isTight)
        case .table(let rows): write(table: rows)
        case .rule: html += "<hr>\n"
        }
    }

    private mutating func wrap(_ tag: String, _ inlines: [MarkdownInline], end: String = "\n") {
        html += "<\(tag)>"
        for inline in inlines { write(inline) }
        html += "</\(tag)>\(end)"
    }

    private mutating func write(code text: String, _ language: String?) {
        // A person without a mouse must be able to scroll it.
        html += "<pre tabindex=\"0\"><code"
        if let language { html += " class=\"language-\(HTMLEscaping.escape(language))\"" }
        html += ">\(HTMLEscaping.escape(text))</code></pre>\n"
    }

    private mutating func write(_ items: [[MarkdownBlock]], start: Int?, isTight: Bool) {
        let tag = start == nil ? "ul" : "ol"
        html += "<\(tag)"
        if let start, start != 1 { html += " start=\"\(start)\"" }
        html += ">\n"
        for item in items {
            html += "<li>"
            for block in item {
                if isTight, case .paragraph(let inlines) = block {
                    for inline in inlines { write(inline) }
                } else {
                    write(block)
                }
            }
            html += "</li>\n"
        }
        html += "</\(tag)>\n"
    }

    private mutating func write(table rows: [[[MarkdownInline]]]) {
        html += "<div class=\"table\" tabindex=\"0\"><table>\n"
        for (number, row) in rows.enumerated() {
            if number == 0 { html += "<thead>" }
            if number == 1 { html += "<tbody>" }
            html += "<tr>"
            if isFull { return }
            for cell in row { wrap(number == 0 ? "th" : "td", cell, end: "") }
            html += number == 0 ? "</tr></thead>\n" : "</tr>\n"
        }
        html += rows.count > 1 ? "</tbody></table></div>\n" : "</table></div>\n"
    }

    private mutating func write(_ inline: MarkdownInline) {
        switch inline {
        case .text(let text): html += HTMLEscaping.escape(text)
        case .code(let text): html += "<code>\(HTMLEscaping.escape(text))</code>"
        case .emphasis(let inner): wrap("em", inner, end: "")
        case .strong(let inner): wrap("strong", inner, end: "")
        case .deleted(let inner): wrap("del", inner, end: "")
        case .link(let destination, let inner): write(link: destination, inner)
        case .image(let source, let alternative): write(image: source, alternative)
        case .lineBreak: html += "<br>\n"
        }
    }

    private mutating func write(link destination: String, _ inner: [MarkdownInline]) {
        guard LinkPolicy.isAllowed(destination) else {
            for inline in inner { write(inline) }
            return
        }
        html += "<a href=\"\(HTMLEscaping.escape(destination))\" rel=\"nofollow noopener noreferrer\">"
        for inline in inner { write(inline) }
        html += "</a>"
    }

    /// An image from elsewhere would tell that elsewhere who reads.
    private mutating func write(image source: String, _ alternative: String) {
        if policy.allowsImage(source) {
            html += "<img src=\"\(HTMLEscaping.escape(source))\" alt=\"\(HTMLEscaping.escape(alternative))\""
            html += " loading=\"lazy\">"
        } else {
            write(link: source, [.text(alternative.isEmpty ? source : alternative)])
        }
    }
}
