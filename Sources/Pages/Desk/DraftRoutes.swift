import HTTPTypes
import Hummingbird
import Posts
import TCC

extension Pages {
    /// What an author does with their drafts.
    var draftRoutes: [PageRoute] {
        [
            PageRoute(.post, "/write/preview") { visit in
                _ = try visit.author()
                return fragment(MarkdownHTML.render(visit.form.text("content"), policy: policy))
            },
            PageRoute(.post, "/write/new", keepingText(create)),
            PageRoute(.post, "/write/:", keepingText(save)),
            PageRoute(.post, "/write/:/restore", restore),
            PageRoute(.post, "/write/:/publish") { visit in
                let revision = visit.form["revision"].flatMap { Int($0) }
                return try await perform(.publish, visit, revision: revision)
            },
            PageRoute(.post, "/write/:/withdraw") { try await perform(.withdraw, $0, revision: nil) },
            PageRoute(.post, "/write/:/delete") { try await perform(.delete, $0, revision: nil) },
        ]
    }

    /// What a save came to.
    private enum Saved {
        case draft(Draft, isNew: Bool)
        case conflict(with: Draft)
    }

    static func text(of visit: Visit) -> PostText {
        let title = visit.form.text("title").unicodeScalars.map { $0 == "\n" ? " " : $0 }
        return PostText(title: String(String.UnicodeScalarView(title)), content: visit.form.text("content"))
    }

    static func isSame(_ draft: Draft, _ text: PostText) -> Bool {
        Array(draft.title.utf8) == Array(text.title.utf8)
            && Array(FormBody.normalized(draft.content ?? "").utf8) == Array(text.content.utf8)
    }

    /// A form's key, which makes what it does happen once; a form without one gets another each time.
    func key(of visit: Visit) -> String {
        UUIDv7(visit.form["key"] ?? "").map(\.description) ?? world.makeIdentifier().description
    }

    // MARK: Saving

    private func create(_ visit: Visit) async throws -> Response {
        let token = try visit.author().token
        var text = Self.text(of: visit)
        if visit.form["do"] == "preview" { return editor(visit, nil, with: text) }
        try text.check()
        // The second of two copies of the form finds the draft that the first has made.
        text.source = "browser:" + key(of: visit)
        do {
            let isKept = Self.isKept(visit)
            let draft = try await gatherer.save(text, to: nil, ifRevision: nil, isKept: isKept, token: token)
            return try await saved(.draft(draft, isNew: true), text, visit)
        } catch PageFailure.problem(let problem) where problem.code == "source-exists" {
            guard case .string(let id)? = problem.extensions["id"], let id = UUIDv7(id) else { throw problem }
            return try await saved(try await save(text, to: id, ifRevision: 0, visit, token: token), text, visit)
        }
    }

    private func save(_ visit: Visit) async throws -> Response {
        let (id, token) = (try visit.identifier(1), try visit.author().token)
        let text = Self.text(of: visit)
        if visit.form["do"] == "preview" {
            return editor(visit, try await gatherer.draft(id, token: token), with: text)
        }
        try text.check()
        let revision = visit.form["revision"].flatMap { Int($0) } ?? 0
        return try await saved(try await save(text, to: id, ifRevision: revision, visit, token: token), text, visit)
    }

    /// Whether the author saves, and not the page's script by itself.
    private static func isKept(_ visit: Visit) -> Bool { visit.form["do"] != "autosave" }

    /// Saves a text, unless it is what is saved already: by another copy of the form, or because nothing has changed.
    private func save(
        _ text: PostText,
        to id: UUIDv7,
        ifRevision revision: Int,
        _ visit: Visit,
        token: String
    ) async throws -> Saved {
        let isKept = Self.isKept(visit)
        let head = try await gatherer.draft(id, token: token)
        let isSame = Self.isSame(head, text)
        if isSame, !isKept { return .draft(head, isNew: false) }
        guard isSame || head.revision == revision else { return .conflict(with: head) }
        // What was saved by itself is now wanted: the service keeps it, if it gets it as it has it.
        let text = isSame ? PostText(title: head.title, content: head.content ?? "") : text
        do {
            let saved = try await gatherer.save(
                text,
                to: id,
                ifRevision: head.revision,
                isKept: isKept,
                token: token
            )
            return .draft(saved, isNew: !isSame)
        } catch PageFailure.problem(let problem) where problem.status == 412 {
            let head = try await gatherer.draft(id, token: token)
            return Self.isSame(head, text) ? .draft(head, isNew: false) : .conflict(with: head)
        }
    }

    private func saved(_ outcome: Saved, _ text: PostText, _ visit: Visit) async throws -> Response {
        switch outcome {
        case .conflict(let theirs):
            if visit.isFromScript { return json(["code": "conflict"], status: .conflict) }
            return conflict(visit, text, theirs)
        case .draft(let draft, let isNew):
            if visit.form["do"] == "publish" {
                return try await perform(.publish, visit, post: draft.id, revision: draft.revision)
            }
            let state = DraftState(draft)
            if visit.isFromScript {
                return json([
                    "revision": String(draft.revision), "revisionText": visit.words("revision", String(draft.revision)),
                    "status": state.name(visit.words), "tone": state.tone, "action": "/write/\(draft.id)",
                ])
            }
            return redirect("/write/\(draft.id)?\(isNew ? "saved" : "same")=\(draft.revision)")
        }
    }

    private func conflict(_ visit: Visit, _ mine: PostText, _ theirs: Draft) -> Response {
        let model = ConflictModel(
            mine: mine,
            theirs: theirs,
            key: world.makeIdentifier().description,
            token: visit.formToken,
            visit.words
        )
        let options = PageOptions(status: .conflict, isWide: true)
        return page(visit, "conflict", model, title: visit.words("conflict"), options)
    }

    /// An old revision's text becomes a new revision.
    private func restore(_ visit: Visit) async throws -> Response {
        let (id, token) = (try visit.identifier(1), try visit.author().token)
        guard let from = visit.form["from"].flatMap({ Int($0) }) else {
            throw PageFailure.problem(Problem(404, "not-found", ""))
        }
        let old = try await gatherer.revision(from, of: id, token: token)
        let text = PostText(title: old.title, content: FormBody.normalized(old.content))
        let revision = visit.form["revision"].flatMap { Int($0) } ?? 0
        switch try await save(text, to: id, ifRevision: revision, visit, token: token) {
        case .conflict(let theirs): return conflict(visit, text, theirs)
        case .draft(let draft, _): return redirect("/write/\(id)?restored=\(draft.revision)")
        }
    }

    // MARK: Transactions

    private enum Action: String {
        case publish
        case withdraw
        case delete
    }

    private func perform(
        _ action: Action,
        _ visit: Visit,
        post: UUIDv7? = nil,
        revision: Int?
    ) async throws -> Response {
        let (id, token) = (try post ?? visit.identifier(1), try visit.author().token)
        let key = key(of: visit)
        let place = "/write/\(id)/transactions/"
        let retry = Retry(
            action.rawValue,
            post: id,
            formToken: visit.formToken,
            key: key,
            revision: revision.map(String.init) ?? ""
        )
        do {
            let record = try await gatherer.run(
                action == .delete ? .delete : .post,
                "/v1/posts/\(id)" + (action == .delete ? "" : "/\(action.rawValue)"),
                // A form that is sent again with another text is another wish.
                key: "\(key)-\(action.rawValue)-\(revision ?? 0)",
                ifRevision: revision,
                token: token
            )
            return done(visit, place + record.gid.description)
        } catch PageFailure.problem(let problem) {
            if case .string(let gid)? = problem.extensions["gid"], let gid = UUIDv7(gid) {
                return done(visit, place + gid.description)
            }
            // The editor has its own word for it, and its own button.
            guard post == nil, !visit.isFromScript, Retry.mayHelp(against: problem.code) else {
                throw PageFailure.problem(problem)
            }
            let model = TransactionModel(refused: problem.code, retry, post: id, visit.words)
            return notDone(visit, model, .init(code: problem.status))
        } catch PageFailure.unknown where !visit.isFromScript {
            return notDone(visit, TransactionModel(unanswered: retry, post: id, visit.words), .internalServerError)
        }
    }

    private func notDone(_ visit: Visit, _ model: TransactionModel, _ status: HTTPResponse.Status) -> Response {
        page(visit, "transaction", model, title: model.heading, PageOptions(status: status, hasScript: true))
    }

    private func done(_ visit: Visit, _ location: String) -> Response {
        visit.isFromScript ? json(["location": location]) : redirect(location)
    }
}
