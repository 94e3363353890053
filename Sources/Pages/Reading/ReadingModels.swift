import Posts
import TCC

/// The page `/`, and `/authors/{name}`.
struct ListModel {
    struct Item {
        var href: String
        var title: String
        var author: String
        var authorHref: String
        var time: String
        var machineTime: String

        init(_ post: Post, _ words: Words) {
            self.href = "/posts/\(post.id)"
            self.title = words.title(post.title)
            self.author = post.author
            self.authorHref = "/authors/\(FormBody.encoded(post.author))"
            self.time = words.time(post.publishedAt)
            self.machineTime = post.publishedAt.description
        }
    }

    var heading: String
    var tagline: String?
    var hasPosts: Bool
    var posts: [Item]
    var hasPages: Bool
    var newestHref: String?
    var olderHref: String?

    init(_ posts: [Post], nextCursor: String?, author: String?, cursor: String?, _ words: Words) {
        let path = author.map { "/authors/\(FormBody.encoded($0))" } ?? "/"
        self.heading = author.map { words("byAuthor", Words.isolated($0)) } ?? words("site")
        self.tagline = author == nil ? words("tagline") : nil
        self.hasPosts = !posts.isEmpty
        self.posts = posts.map { Item($0, words) }
        self.hasPages = nextCursor != nil || cursor != nil
        self.newestHref = cursor == nil ? nil : path
        self.olderHref = nextCursor.map { "\(path)?cursor=\(FormBody.encoded($0))" }
    }
}

/// The page `/posts/{id}`.
struct PostModel {
    var title: String
    var author: String
    var authorHref: String
    var published: String
    var machinePublished: String
    var updated: String?
    var machineUpdated: String
    var revision: String
    var editHref: String?
    var html: String

    init(_ post: Post, reader: String?, policy: LinkPolicy, _ words: Words) {
        self.title = words.title(post.title)
        self.author = post.author
        self.authorHref = "/authors/\(FormBody.encoded(post.author))"
        self.published = words.time(post.publishedAt)
        self.machinePublished = post.publishedAt.description
        self.updated = post.updatedAt == post.publishedAt ? nil : words.time(post.updatedAt)
        self.machineUpdated = post.updatedAt.description
        self.revision = words("revision", String(post.revision))
        self.editHref = reader == post.author ? "/write/\(post.id)" : nil
        self.html = MarkdownHTML.render(post.content ?? "", under: post.title, policy: policy)
    }
}

/// The page `/sign-in`.
struct SignInModel {
    var isByName: Bool
    var isTokenOpen: Bool
    var name: String
    var next: String
    var problem: String?
    var continueHref: String?
    var text: Text?

    /// What was written before the session ended: it is sent along, and not lost.
    struct Text {
        var title: String
        var content: String
        var revision: String
        var key: String

        init?(_ form: FormBody) {
            guard form.has("content"), form.has("title") else { return nil }
            self.title = form.text("title")
            self.content = form.text("content")
            self.revision = form["revision"] ?? ""
            self.key = form["key"] ?? ""
        }
    }
}

/// A page with little on it.
struct MessageModel {
    struct Link {
        var href: String
        var name: String
    }

    var heading: String
    var text: String
    var links: [Link]
}
