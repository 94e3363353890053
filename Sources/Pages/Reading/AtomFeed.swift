package import Posts
import TCC

/// The newest posts as an Atom feed (RFC 4287).
package enum AtomFeed {
    /// Writes a feed.
    ///
    /// - Parameters:
    ///   - posts: the posts, newest first.
    ///   - publicURL: where the public finds this server, without a slash at the end.
    ///   - words: the language of its title.
    /// - Returns: XML in UTF-8.
    package static func write(_ posts: [Post], publicURL: String, _ words: Words) -> String {
        let base = HTMLEscaping.escape(publicURL)
        // An empty feed must have a time as well; this one never changes.
        let updated = posts.map(\.updatedAt).max() ?? Timestamp(milliseconds: 0)
        var xml = """
            <?xml version="1.0" encoding="utf-8"?>
            <feed xmlns="http://www.w3.org/2005/Atom" xml:lang="\(words.language.tag)">
            <id>\(base)/</id>
            <title>\(HTMLEscaping.escape(words("site")))</title>
            <updated>\(updated)</updated>
            <link rel="self" type="application/atom+xml" href="\(base)/feed.atom"/>
            <link rel="alternate" type="text/html" href="\(base)/"/>

            """
        for post in posts {
            xml += """
                <entry>
                <id>urn:uuid:\(post.id)</id>
                <title>\(HTMLEscaping.escape(words.title(post.title)))</title>
                <published>\(post.publishedAt)</published>
                <updated>\(post.updatedAt)</updated>
                <author><name>\(HTMLEscaping.escape(post.author))</name></author>
                <link rel="alternate" type="text/html" href="\(base)/posts/\(post.id)"/>
                </entry>

                """
        }
        return xml + "</feed>\n"
    }
}
