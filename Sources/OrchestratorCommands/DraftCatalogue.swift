package import Posts
package import TCC
import TCCHTTP

/// An author's drafts by their sources, read before many files are published: a question for every hundred drafts, in
/// place of one for each file.
///
/// It may be out of date by the time that it is used. Then the services say so, and the file's draft is asked for.
package struct DraftCatalogue: Sendable {
    /// Fewer files are asked for one by one.
    private static let fewestFiles = 20

    /// By the bytes of the source: two spellings of an accented letter are two files.
    private let posts: [[UInt8]: UUIDv7]

    /// A catalogue.
    ///
    /// - Parameter drafts: all drafts of an author.
    package init(_ drafts: [Draft]) {
        let named = drafts.compactMap { draft in draft.source.map { (Array($0.utf8), draft.id) } }
        // A source is unique among an author's drafts, but pages are read one after the other.
        posts = Dictionary(named) { first, _ in first }
    }

    /// The draft that comes from somewhere.
    ///
    /// - Parameter source: where from.
    /// - Returns: its id; nil if there is none.
    package func post(from source: String) -> UUIDv7? { posts[Array(source.utf8)] }

    /// Reads an author's catalogue, where that is less work than to ask for each file.
    ///
    /// - Parameters:
    ///   - author: the author.
    ///   - files: how many files are to be published.
    ///   - services: the services.
    /// - Returns: nil if the files are few, or the drafts are many more than they, or cannot be read.
    static func read(of author: Caller, for files: Int, from services: Services) async -> DraftCatalogue? {
        guard files >= fewestFiles else { return nil }
        // `try?`: whatever it is, it is met again with the first file, which says so.
        let drafts = try? await services.list(of: Draft.self, limit: 2 * files) { limit, cursor in
            .get(.draft, "/v1/drafts", query: ["limit": limit, "cursor": cursor], as: author)
        }
        guard let drafts, drafts.nextCursor == nil else { return nil }
        return DraftCatalogue(drafts.items)
    }
}
