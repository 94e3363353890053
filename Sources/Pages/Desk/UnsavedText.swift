import HTTPTypes
import Hummingbird
import Posts
import TCC

/// What somebody wrote is never answered by an error alone: it is in the editor again, with the reason.
extension Pages {
    /// A save that leaves its text in the editor where it fails.
    func keepingText(
        _ save: @escaping @Sendable (Visit) async throws -> Response
    ) -> @Sendable (Visit) async throws -> Response {
        { visit in
            let problem: Problem
            do { return try await save(visit) } catch PageFailure.problem(let cause) where !visit.isFromScript {
                problem = cause
            } catch let cause as Problem where !visit.isFromScript {
                problem = cause
            }
            let notice = visit.words.refusal(problem.code)
            return await unsavedEditor(visit, notice: notice, status: .init(code: problem.status), explains: true)
        }
    }

    /// The editor with a text that was sent, and not saved.
    ///
    /// - Parameters:
    ///   - visit: what was sent, and by whom.
    ///   - notice: why it is not saved.
    ///   - status: of the answer.
    ///   - explains: whether what there is to do is to be said behind the notice.
    /// - Returns: the page.
    func unsavedEditor(
        _ visit: Visit,
        notice: String,
        status: HTTPResponse.Status,
        explains: Bool = false
    ) async -> Response {
        let text = Self.text(of: visit)
        var draft: Draft?
        var isGone = false
        // `try?`: a new draft has no identifier.
        let id = try? visit.identifier(1)
        if let id, let session = visit.session {
            do { draft = try await gatherer.draft(id, token: session.token) } catch PageFailure.problem(let problem) {
                isGone = problem.status == 404
            } catch {}  // how it stands is not shown; the text is
        }
        var model = editorModel(visit, draft, text: text, key: key(of: visit))
        fill(&model, visit, draft, text)
        if let id, draft == nil, !isGone {
            model.heading = visit.words("editing")
            model.action = "/write/\(id)"
            model.revision = visit.form["revision"] ?? ""
        }
        let advice = visit.words(isGone ? "draftIsGone" : "textIsHere")
        model.notice =
            isGone && !explains
            ? visit.words.refusal("not-found") + " " + advice
            : explains && model.isUnsaved ? notice + " " + advice : notice
        model.noticeTone = status == .ok ? "good" : "bad"
        return editorPage(visit, model, status: status)
    }

    /// The editor with a text that was sent to be looked at.
    func editor(_ visit: Visit, _ draft: Draft?, with text: PostText) -> Response {
        var model = editorModel(visit, draft, text: text, key: key(of: visit))
        fill(&model, visit, draft, text)
        return editorPage(visit, model)
    }

    /// A text that is not the saved one is based on the revision that its form was made for, whatever is saved by now.
    private func fill(_ model: inout EditorModel, _ visit: Visit, _ draft: Draft?, _ text: PostText) {
        model.isUnsaved = draft.map { !Self.isSame($0, text) } ?? true
        if model.isUnsaved, draft != nil, let revision = visit.form["revision"] { model.revision = revision }
    }
}
