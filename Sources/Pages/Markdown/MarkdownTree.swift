/// A post's text as a tree: what the parser makes, and all that the renderer can write.
///
/// There is no case for markup of the author's own, so none can come out.
package enum MarkdownBlock: Hashable, Sendable {
    /// Headings, 1 to 6.
    case heading(level: Int, [MarkdownInline])
    /// Running text.
    case paragraph([MarkdownInline])
    /// Lines as they are; the language is what stands after the fence.
    case code(language: String?, String)
    /// What somebody else said.
    indirect case quote([MarkdownBlock])
    /// Items, counted from a number if they are numbered; tight ones have no space between them.
    indirect case list(start: Int?, isTight: Bool, [[MarkdownBlock]])
    /// Rows of cells, the first is the heading.
    case table([[[MarkdownInline]]])
    /// A line across.
    case rule
}

/// What a line of text is made of.
package enum MarkdownInline: Hashable, Sendable {
    /// Text as it is.
    case text(String)
    /// Code in running text.
    case code(String)
    /// Stressed.
    indirect case emphasis([MarkdownInline])
    /// Stressed more.
    indirect case strong([MarkdownInline])
    /// Struck out.
    indirect case deleted([MarkdownInline])
    /// A link; its destination is not yet judged.
    indirect case link(destination: String, [MarkdownInline])
    /// An image; its source is not yet judged.
    case image(source: String, alternative: String)
    /// A new line that the author wants.
    case lineBreak
}

extension [MarkdownInline] {
    /// The text alone.
    var plainText: String {
        reduce(into: "") { text, inline in
            switch inline {
            case .text(let words), .code(let words): text += words
            case .emphasis(let inner), .strong(let inner), .deleted(let inner), .link(_, let inner):
                text += inner.plainText
            case .image(_, let alternative): text += alternative
            case .lineBreak: text += " "
            }
        }
    }
}
