import HTTPTypes
import Hummingbird
import Pages
import Posts
import Synchronization
import TCC
import TCCHTTP
import Testing

@Suite("The work on pages has its limits")
struct PageWorkTests {
    private static func limits(_ change: (inout PageWork.Limits) -> Void) -> PageWork.Limits {
        var limits = PageWork.Limits()
        limits.threads = 1
        change(&limits)
        return limits
    }

    private func withWork(
        _ limits: PageWork.Limits,
        _ body: (PageWork) async throws -> Void
    ) async throws {
        let work = PageWork(limits: limits, world: .system)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await work.run() }
            try await body(work)
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    @Test("what computes too long is given up by who waits, and holds a place until it has ended")
    func tooSlow() async throws {
        let isToEnd = Atomic(false)
        try await withWork(Self.limits { $0.pages = 2 }) { work in
            await #expect(throws: PageWork.Overrun.tooSlow) {
                try await work.perform(within: .milliseconds(20)) {
                    // As a text that takes for ever: it computes, and looks for no cancellation.
                    while !isToEnd.load(ordering: .relaxed) {}
                }
            }
            // Its thread is the only one: the next is not begun in time, and one more has no place.
            await #expect(throws: PageWork.Overrun.tooSlow) { try await work.perform(within: .milliseconds(20)) {} }
            await #expect(throws: PageWork.Overrun.busy) { try await work.perform(within: .seconds(20)) {} }
            isToEnd.store(true, ordering: .relaxed)
            let answer = try await Self.sooner(work) { 42 }
            #expect(answer == 42)
        }
    }

    /// Tries until there is a place again.
    private static func sooner(_ work: PageWork, _ body: @escaping @Sendable () -> Int) async throws -> Int {
        while true {
            do { return try await work.perform(within: .seconds(20)) { body() } } catch PageWork.Overrun.busy {
                try await Task.sleep(for: .milliseconds(1))
            }
        }
    }

    @Test("what waits is cancelled when nobody waits for it any more")
    func cancelled() async throws {
        try await withWork(Self.limits { $0.pages = 1 }) { work in
            let end = Promise<Bool>()
            await #expect(throws: PageWork.Overrun.tooSlow) {
                try await work.perform(within: .milliseconds(20)) {
                    do { try await Task.sleep(for: .seconds(3600)) } catch {
                        end.fulfil(true)
                        throw error
                    }
                }
            }
            let wasCancelled = try await end.value(within: .seconds(20)) { try await Task.sleep(for: $0) }
            #expect(wasCancelled == true)
            let answer = try await Self.sooner(work) { 1 }
            #expect(answer == 1)
        }
    }

    @Test("its errors are those of the work")
    func errors() async throws {
        try await withWork(Self.limits { _ in }) { work in
            await #expect(throws: Problem.self) {
                try await work.perform(within: .seconds(20)) { throw Problem(409, "no", "") }
            }
        }
    }

    // MARK: As pages

    private static let id = UUIDv7("01932b1c-0000-7000-8000-000000000001")!

    @Test("a page that is not made in time says so, and the others go on")
    func slowPage() async throws {
        let gate = Promise<Void>()
        let script: PagesUnderTest.Script = [
            "GET /v1/posts": { throw Problem(500, "unused", "") },
            "GET /v1/posts/\(Self.id)": {
                try await Self.wait(for: gate)
                return try .json(["x": "y"])
            },
        ]
        let limits = Self.limits { $0.reading = .milliseconds(50) }
        try await PagesUnderTest.open(PageSettings(), script, limits: limits) { pages in
            let slow = try await pages.get("/posts/\(Self.id)")
            #expect(slow.status == 503 && slow.headers[.retryAfter] == "1")
            #expect(slow.text.contains("<h1>Not now</h1>") && slow.text.contains("takes too long to make"))
            let health = try await pages.get("/healthz")
            #expect(health.status == 200)
            gate.fulfil(())
        }
    }

    @Test("a form that was not taken is on the page, to be sent again as it is")
    func busyForm() async throws {
        try await PagesUnderTest.open(.init(), limits: Self.limits { $0.pages = 0 }) { pages in
            let read = try await pages.get("/")
            #expect(read.status == 503 && read.text.contains("Too many pages are asked for"))
            let form = "title=T&content=mine+%3Cb%3E%0D%0Atwo&revision=3&do=publish"
            let page = try await pages.post("/write/\(Self.id)", form)
            #expect(page.status == 503 && page.headers[.retryAfter] == "1")
            for part in [
                "<form method=\"post\" action=\"/write/\(Self.id)\">", "<textarea name=\"content\" hidden",
                "\nmine &lt;b&gt;\r\ntwo</textarea>", "<textarea name=\"do\" hidden", "\npublish</textarea>",
                RequestGuard.formToken(for: pages.token), "Try again",
            ] {
                #expect(page.text.contains(part), "\(part)")
            }
            let script = try await pages.post("/write/\(Self.id)", form, [.accept: "application/json"])
            #expect(script.status == 503 && script.text.contains("\"code\":\"page-busy\""))
        }
    }

    @Test("of a change that takes too long nobody knows, and it can be sent again")
    func slowForm() async throws {
        let gate = Promise<Void>()
        let script: PagesUnderTest.Script = [
            "POST /v1/posts/\(Self.id)/withdraw": {
                try await Self.wait(for: gate)
                throw Problem(503, "not-ready", "")
            }
        ]
        let limits = Self.limits { $0.changing = .milliseconds(50) }
        try await PagesUnderTest.open(.init(), script, limits: limits) { pages in
            let page = try await pages.post("/write/\(Self.id)/withdraw", "key=\(Self.id)")
            #expect(page.status == 503 && page.text.contains("not known whether it was done"))
            #expect(page.text.contains("action=\"/write/\(Self.id)/withdraw\"") && page.text.contains("\n\(Self.id)<"))
            let json = try await pages.post("/write/\(Self.id)/withdraw", "key=", [.accept: "application/json"])
            #expect(json.status == 500 && json.text == "{\"code\":\"unknown\"}")
            gate.fulfil(())
        }
    }

    @Test("a page that became too large is not sent")
    func largePage() async throws {
        let post = Post(
            id: Self.id,
            author: "ann",
            title: "T",
            content: String(repeating: "&", count: 5000),
            revision: 1,
            publishedAt: .init(milliseconds: 0),
            updatedAt: .init(milliseconds: 0)
        )
        let script: PagesUnderTest.Script = ["GET /v1/posts/\(Self.id)": { try .json(post) }]
        for (limit, status) in [(20_000, 500), (40_000, 200)] {
            let limits = Self.limits { $0.pageBytes = limit }
            try await PagesUnderTest.open(PageSettings(), script, limits: limits) { pages in
                let page = try await pages.get("/posts/\(Self.id)")
                #expect(page.status == status)
                #expect(page.text.contains("too large to be shown") == (status == 500))
            }
        }
    }

    /// Holds a service's answer back until the gate is opened, for some seconds at most, and holds no thread.
    private static func wait(for gate: Promise<Void>) async throws {
        _ = try await gate.value(within: .seconds(20)) { try await Task.sleep(for: $0) }
    }
}
