import HTTPTypes
import Hummingbird
import NIOCore
import TCC

/// A form that was not taken, to be sent again as it is.
struct AgainModel {
    struct Field {
        var name: String
        var value: String
    }

    var heading: String
    var text: String
    var action: String
    var fields: [Field]
}

extension Pages {
    /// Says that a page was not made; what somebody sent is on it, to be sent again.
    ///
    /// - Parameters:
    ///   - overrun: why.
    ///   - visit: who asked.
    ///   - form: what was sent.
    /// - Returns: a plain page.
    func overrunPage(_ overrun: PageWork.Overrun, _ visit: Visit, _ form: ByteBuffer) -> Response {
        let problem =
            overrun == .tooLarge
            ? Problem(500, overrun.rawValue, "") : Problem(503, overrun.rawValue, "", retryAfterSeconds: 1)
        guard visit.isChange, !visit.isFromScript, overrun != .tooLarge else {
            // What a script does not know it asks for again.
            return failurePage(visit.isChange && overrun == .tooSlow ? .unknown : .problem(problem), visit)
        }
        let words = visit.words
        let model = AgainModel(
            heading: words(overrun == .busy ? "unavailable" : "unknownResult"),
            text: overrun == .busy ? words.refusal(overrun.rawValue) : words("changeTooSlow"),
            action: "/" + visit.path.map(FormBody.encoded).joined(separator: "/"),
            fields: FormBody(form.readableBytesView).all.map { .init(name: $0.name, value: $0.value) }
        )
        var response = page(visit, "again", model, title: model.heading, PageOptions(status: .serviceUnavailable))
        response.headers[.retryAfter] = "1"
        return response
    }
}
