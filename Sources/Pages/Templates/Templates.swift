import Mustache

/// The pages' templates, read once.
enum Templates {
    /// Every template, by its name.
    static let texts: [String: String] = [
        "layout": layout, "message": message, "again": again, "list": list, "post": post, "signIn": signIn,
        "carried": carried, "desk": desk,
        "editor": editor, "conflict": conflict, "history": history, "revision": revision, "compare": compare,
        "diff": diff, "steps": steps, "retry": retry,
        "transaction": transaction,
    ]

    private static let contentType = "SWIFT-TCC-HTML"

    private static let library: MustacheLibrary = {
        MustacheContentTypes.register(EscapedText(), named: contentType)
        var library = MustacheLibrary()
        for (name, text) in texts {
            do {
                try library.register("{{% CONTENT_TYPE:\(contentType)}}" + text, named: name)
            } catch {
                fatalError("the template \(name) is malformed: \(error)")  // a test reads them all
            }
        }
        return library
    }()

    /// Mustache escapes by `Character`: a quote with a combining mark would end an attribute.
    private struct EscapedText: MustacheContentType {
        func escapeText(_ text: String) -> String { HTMLEscaping.escape(text) }
    }

    /// What a template sees: a model's members, and the words as `t`.
    private struct Root: MustacheParent {
        let model: Any
        let words: Words

        func child(named name: String) -> Any? {
            if name == "t" { return words }
            return Mirror(reflecting: model).children.first { $0.label == name }.flatMap { Self.unwrapped($0.value) }
        }

        private static func unwrapped(_ value: Any) -> Any? {
            let mirror = Mirror(reflecting: value)
            return mirror.displayStyle == .optional ? mirror.children.first?.value : value
        }
    }

    /// Renders a model.
    ///
    /// - Parameters:
    ///   - name: the template's name.
    ///   - model: a value whose members the template names.
    ///   - words: the language.
    /// - Returns: HTML.
    static func render(_ name: String, _ model: Any, _ words: Words) -> String {
        library.render(Root(model: model, words: words), withTemplate: name) ?? ""
    }
}
