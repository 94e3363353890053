import Foundation
import HTTPTypes
import Pages
import Posts
import TCC
import TCCHTTP
import Testing

/// Anybody may read a post, and its author has chosen its text: no text may cost more than its length.
///
/// One test at a time: others wait for answers meanwhile.
@Suite("The work of a page grows as its text", .serialized)
struct RenderingWorkTests {
    private static func html(_ text: String) -> String {
        MarkdownHTML.render(text, under: "A title", policy: LinkPolicy())
    }

    #if DEBUG
    private static let (few, many) = (4 << 10, 32 << 10)
    #else
    private static let (few, many) = (16 << 10, 128 << 10)
    #endif

    /// Eight times the text is eight times the work where it is linear, and 64 times where it is a square.
    ///
    /// The processor time of this thread, the least of several runs: what else the machine does has a small part in it.
    private static func expectLinear(_ what: String, _ small: String, _ large: String, _ work: (String) -> Void) {
        var (least, most) = (Double.infinity, Double.infinity)
        for _ in 0..<6 {
            least = min(least, processorSeconds { work(small) })
            most = min(most, processorSeconds { work(large) })
            if most < 24 * least + 0.02 { return }
        }
        Issue.record("\(what.debugDescription): \(least) s, and \(most) s for eight times the text")
    }

    private static func expectLinear(_ piece: String, _ work: (String) -> Void) {
        let texts = [few, many].map { TextCorpus.repeated(piece, bytes: $0) }
        expectLinear(piece, texts[0], texts[1], work)
    }

    @Test(arguments: TextCorpus.all)
    func ofAPost(_ piece: String) { Self.expectLinear(piece) { _ = Self.html($0) } }

    /// A long heading below a title, and many long links.
    @Test(arguments: TextCorpus.scripts)
    func ofHeadingsAndLinks(_ piece: String) {
        let link = "[a](https://a.example/" + TextCorpus.repeated(piece, bytes: 1900).filter { $0 != " " } + ") "
        Self.expectLinear(piece) { text in
            _ = MarkdownHTML.render("# " + text, under: "a" + text, policy: LinkPolicy())
            _ = Self.html(TextCorpus.repeated(link, bytes: text.utf8.count))
        }
    }

    @Test(arguments: 0..<60)
    func ofAPostWhateverIsPutTogether(_ seed: Int) {
        let texts = [Self.few, Self.many].map { TextCorpus.composed(seed: seed, bytes: $0) }
        Self.expectLinear("seed \(seed)", texts[0], texts[1]) { _ = Self.html($0) }
    }

    /// Where copying is the square, it takes many bytes to be seen: half a megabyte of each script.
    @Test(arguments: TextCorpus.scripts)
    func ofEscaping(_ piece: String) {
        let texts = [Self.few, Self.many].map { TextCorpus.repeated(piece + "&", bytes: 4 * $0) }
        Self.expectLinear(piece, texts[0], texts[1]) { _ = HTMLEscaping.escape($0) }
    }

    /// The texts that once stopped publishing: half-width katakana, and half a megabyte of plain Chinese in one paragraph.
    @Test func ofTextsWhoseBytesLookLikeThoseThatNobodyMayHave() {
        func seconds(_ text: String) -> Double {
            (0..<3).map { _ in processorSeconds { _ = Self.html(text) } }.min() ?? 0
        }
        let chinese = "这是一个过程，还要进行下去；必须快快达到目的。"
        let latin = seconds(String(repeating: "a&", count: 250_000))
        for (text, share) in [
            (String(repeating: "\u{FFBE}", count: 8000), 0.05), (String(repeating: "\u{FFBE}", count: 16_000), 0.1),
            (String(repeating: "\u{FFBE}", count: 32_000), 0.2), (String(repeating: "\u{FFBE}", count: 150_000), 1),
            (String(repeating: chinese, count: 500_000 / chinese.utf8.count), 1),
        ] {
            let spent = seconds(text)
            #expect(spent < 6 * share * latin + 0.02, "\(spent) s for \(text.utf8.count) bytes, Latin \(latin) s")
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func readersOfSuchPostsHaveThem() async throws {
        let id = try #require(UUIDv7("01932b1c-0000-7000-8000-000000000001"))
        let time = Timestamp(milliseconds: 1_795_000_000_000)
        for text in ["\u{FFBE}", "这是一个过程，还要进行下去；必须快快达到目的。"] {
            let content = String(repeating: text, count: 450_000 / text.utf8.count)
            let post = Post(
                id: id,
                author: "ann",
                title: text,
                content: content,
                revision: 1,
                publishedAt: time,
                updatedAt: time
            )
            try await PagesUnderTest.open(.init(), ["GET /v1/posts/\(id)": { try .json(post) }]) { pages in
                let page = try await pages.get("/posts/\(id)")
                #expect(page.status == 200 && page.text.contains("<p>" + content + "</p>"))
            }
        }
    }

    /// Whatever is put together, what comes out is a whole tree, and no larger than a few times the text.
    @Test func whateverIsPutTogetherComesOutWhole() {
        for seed in 0..<900 {
            let text = TextCorpus.composed(seed: seed, bytes: 40 << (seed % 5))
            let html = Self.html(text)
            #expect(HTMLTokens(html).isWhole, "seed \(seed): \(text.debugDescription)")
            #expect(html.utf8.count <= 8 * text.utf8.count + (20 << 10), "seed \(seed)")
        }
    }

    @Test func aTextThatIsLongerThanAnyPostIsShownAsItIs() {
        let text = String(repeating: "*a* ", count: PostLimits.longestContent / 4 + 1)
        #expect(Self.html(text) == "<pre tabindex=\"0\"><code>" + text + "</code></pre>\n")
        #expect(Self.html(String(text.dropFirst(4))).hasPrefix("<p><em>a</em> <em>a</em>"))
    }

    /// Two texts that differ at both ends, so that all between is looked at, and shown as far away.
    @Test(arguments: TextCorpus.scripts + ["\n", "a\n", "a\r\n", "<\n"])
    func ofAComparison(_ piece: String) {
        Self.expectLinear(piece) { text in
            let model = DiffModel(old: "x\n" + text + "\nx", new: "y\n" + text + "\ny", Words(.english))
            #expect(model.hasChanges)
            _ = LineDiff.merged(theirs: text + "\nx", mine: text + "\ny", theirsName: "s", mineName: "m")
        }
    }

    @Test(arguments: TextCorpus.scripts + [" ", "\n", "%", "%4", "%41", "+", "&", "=", "a=&", "a&b=", "\r", "/", ":"])
    func ofAForm(_ piece: String) {
        Self.expectLinear(piece) { text in
            let form = FormBody(("title=" + text + "&content=" + text).utf8)
            _ = form.text("content")
            #expect(form["title"] != "publish" && form["content"] != "publish")
            _ = FormBody(text.utf8)
            _ = FormBody((FormBody.encoded(text) + "=1").utf8)
            _ = FormBody.decodedPath(Substring(FormBody.encoded(text))).hashValue
        }
    }

    /// Names, titles and headers, before anybody has looked at how long they are.
    @Test(arguments: TextCorpus.scripts + [" ", "\u{3000}", "a ", "[", "]", ":", "/", ",", ";q=", "en,", "\"", "\\"])
    func ofWhatIsLookedAtBeforeItsLength(_ piece: String) {
        let gate = RequestGuard(publicURL: "https://posts.example")
        let policy = LinkPolicy(imageOrigins: ["https://posts.example"])
        let words = Words(.english)
        Self.expectLinear(piece) { text in
            _ = Words.name(text)
            _ = words.title(text)
            _ = Words.isolated(text)
            _ = words("byAuthor", text)
            _ = Language.negotiated(chosen: text, accepted: text)
            _ = gate.isOwn(host: text)
            _ = gate.isOwn(host: "[" + text)
            _ = gate.isFromOwnPage([.origin: text], host: "localhost")
            _ = RequestGuard.localPath("/" + text)
            _ = RequestGuard.isValid(formToken: text, for: text)
            _ = LinkPolicy.isAllowed("https://" + text)
            _ = LinkPolicy.origin(of: "https://" + text)
            _ = policy.allowsImage("https://posts.example/" + text)
        }
    }
}
