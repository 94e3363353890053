import Crypto

/// A file that pages load: it is a part of the program, and its name changes with it.
struct Asset: Sendable {
    let path: String
    let contentType: String
    let text: String

    init(_ name: String, _ suffix: String, _ contentType: String, _ text: String) {
        let digest = SHA256.hash(data: Array(text.utf8)).prefix(8)
        let hash = digest.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
        self.path = "/assets/\(name)-\(hash).\(suffix)"
        self.contentType = contentType
        self.text = text
    }
}

/// All of them.
enum Assets {
    static let stylesheet = Asset("style", "css", "text/css; charset=utf-8", stylesheetText)
    static let script = Asset("app", "js", "text/javascript; charset=utf-8", scriptText)
    static let icon = Asset("icon", "svg", "image/svg+xml", iconText)

    static let all = [stylesheet, script, icon]

    private static let iconText = """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1f5f5b"/>
        <path d="M8 9.5c3-1.2 5.500-1 8 .8 2.500-1.800 5-2 8-.8v13c-3-1.200-5.500-1-8 .8-2.500-1.800-5-2-8-.8z" fill="none" stroke="#fff" stroke-width="2" stroke-linejoin="round"/><path d="M16 10.300v13" stroke="#fff" stroke-width="2"/></svg>

        """
}
