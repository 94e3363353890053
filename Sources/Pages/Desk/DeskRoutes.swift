import HTTPTypes
import Hummingbird
import Posts
import TCC
import TCCHTTP

extension Pages {
    /// What an author sees of their drafts.
    var deskRoutes: [PageRoute] {
        [
            PageRoute(.get, "/write", desk),
            PageRoute(.get, "/write/new") { visit in
                _ = try visit.author()
                return editor(visit, nil)
            },
            PageRoute(.get, "/write/:", existing),
            PageRoute(.get, "/write/:/history", history),
            PageRoute(.get, "/write/:/revisions/:", revision),
            PageRoute(.get, "/write/:/compare", compare),
            PageRoute(.get, "/write/:/transactions/:", transaction),
            PageRoute(.get, "/write/:/transactions/:/steps", transactionSteps),
            PageRoute(.get, "/write/:/progress", progress),
        ]
    }

    private func desk(_ visit: Visit) async throws -> Response {
        let session = try visit.author()
        func given(_ name: String) -> String? { visit.query[name].flatMap { $0.isEmpty ? nil : $0 } }
        let search = DraftSearch(
            words: given("q").map { String(String.UnicodeScalarView($0.unicodeScalars.prefix(200))) },
            status: given("status").flatMap { DeskModel.searchable.contains($0) ? $0 : nil },
            cursor: given("cursor")
        )
        let found = try await gatherer.drafts(search, token: session.token)
        let model = DeskModel(found.items, nextCursor: found.nextCursor, search, notice: nil, visit.words)
        return page(visit, "desk", model, title: visit.words("desk"))
    }

    private func existing(_ visit: Visit) async throws -> Response {
        let draft = try await gatherer.draft(visit.identifier(1), token: visit.author().token)
        let number = String(draft.revision)
        var notice: String?
        if visit.query["saved"] == number { notice = visit.words("saved", number) }
        if visit.query["restored"] == number { notice = visit.words("restored", number) }
        if visit.query["same"] == number { notice = visit.words("savedNothing") }
        return editor(visit, draft, notice: notice)
    }

    /// The editor, of a draft or of a new one.
    private func editor(_ visit: Visit, _ draft: Draft?, notice: String? = nil) -> Response {
        var model = editorModel(visit, draft, key: world.makeIdentifier().description)
        model.notice = notice
        return editorPage(visit, model)
    }

    func editorModel(_ visit: Visit, _ draft: Draft?, text: PostText? = nil, key: String) -> EditorModel {
        EditorModel(draft, text: text, key: key, token: visit.formToken, policy: policy, visit.words)
    }

    func editorPage(_ visit: Visit, _ model: EditorModel, status: HTTPResponse.Status = .ok) -> Response {
        let title = model.title.isEmpty ? model.heading : model.title
        return page(visit, "editor", model, title: title, PageOptions(status: status, hasScript: true, isWide: true))
    }

    private func history(_ visit: Visit) async throws -> Response {
        let (id, token) = (try visit.identifier(1), try visit.author().token)
        let draft = try await gatherer.draft(id, token: token)
        let found = try await gatherer.revisions(of: id, cursor: visit.query["cursor"], token: token)
        let model = HistoryModel(found.items, nextCursor: found.nextCursor, of: draft, visit.words)
        return page(visit, "history", model, title: model.heading)
    }

    private func number(_ text: String?) throws -> Int {
        guard let number = text.flatMap({ Int($0) }), number > 0 else {
            throw PageFailure.problem(Problem(404, "not-found", ""))
        }
        return number
    }

    private func revision(_ visit: Visit) async throws -> Response {
        let (id, token) = (try visit.identifier(1), try visit.author().token)
        let draft = try await gatherer.draft(id, token: token)
        let revision = try await gatherer.revision(number(visit.path[3]), of: id, token: token)
        let model = RevisionModel(revision, of: draft, token: visit.formToken, policy: policy, visit.words)
        return page(visit, "revision", model, title: model.heading)
    }

    private func compare(_ visit: Visit) async throws -> Response {
        let (id, token) = (try visit.identifier(1), try visit.author().token)
        let (from, to) = (try number(visit.query["from"]), try number(visit.query["to"]))
        let old = try await gatherer.revision(min(from, to), of: id, token: token)
        let new = try await gatherer.revision(max(from, to), of: id, token: token)
        let model = CompareModel(old, new, of: id, visit.words)
        return page(visit, "compare", model, title: model.heading, PageOptions(isWide: true))
    }

    private func transaction(_ visit: Visit) async throws -> Response {
        let (id, token) = (try visit.identifier(1), try visit.author().token)
        let record = try await gatherer.transaction(visit.identifier(3), token: token)
        let model = TransactionModel(record, post: id, token: visit.formToken, visit.words)
        let options = PageOptions(hasScript: true, refreshes: !record.state.isFinished)
        return page(visit, "transaction", model, title: model.heading, options)
    }

    private func transactionSteps(_ visit: Visit) async throws -> Response {
        let (id, token) = (try visit.identifier(1), try visit.author().token)
        let record = try await gatherer.transaction(visit.identifier(3), token: token)
        let retry = Retry(of: record, post: id, token: visit.formToken)
        return fragment(Templates.render("steps", StepsModel(record, retry: retry, visit.words), visit.words))
    }

    /// The newest transaction of a post, for a script that has just begun one and does not know its name yet.
    private func progress(_ visit: Visit) async throws -> Response {
        let record = try await gatherer.latestTransaction(of: visit.identifier(1), token: visit.author().token)
        return fragment(record.map { Templates.render("steps", StepsModel($0, visit.words), visit.words) } ?? "")
    }
}
