import Crypto
import HTTPTypes
import Hummingbird
import NIOCore

extension Pages {
    /// A page that everybody may read: whoever is not signed in may keep it, and ask whether it is still the same.
    func publicPage(_ visit: Visit, _ template: String, _ model: Any, title: String) -> Response {
        // With somebody's name and form token on it, it is theirs.
        guard visit.session == nil else { return page(visit, template, model, title: title) }
        let text = pageText(visit, template, model, title: title, PageOptions())
        return publicAnswer(visit, text, type: "text/html; charset=utf-8")
    }

    /// A text that anybody may keep, with a tag to ask again by (RFC 9110, section 8.8.3).
    func publicAnswer(_ visit: Visit, _ text: String, type: String) -> Response {
        let digits = SHA256.hash(data: Array(text.utf8)).prefix(16)
            .map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
        let tag = "\"" + digits.joined() + "\""
        var headers = securityHeaders
        headers[.cacheControl] = "no-cache"
        headers[.vary] = "Cookie, Accept-Language"
        headers[.eTag] = tag
        // A tag with its quotes is in no other one.
        if let known = visit.ifNoneMatch, known == "*" || known.contains(tag) {
            return Response(status: .notModified, headers: headers)
        }
        headers[.contentType] = type
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
