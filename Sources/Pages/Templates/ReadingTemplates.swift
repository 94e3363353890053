extension Templates {
    /// The library, or one author's part of it.
    static let list = """
        <header class="page-head">
        <h1>{{heading}}</h1>
        {{#tagline}}<p class="faint">{{.}}</p>{{/tagline}}
        </header>
        {{^hasPosts}}
        <div class="empty"><p>{{t.noPosts}}</p><p class="faint">{{t.noPostsHint}}</p>
        <p><a class="button" href="/write">{{t.write}}</a></p></div>
        {{/hasPosts}}
        {{#hasPosts}}
        <ol class="posts">
        {{#posts}}
        <li>
        <h2><a href="{{href}}"><bdi>{{title}}</bdi></a></h2>
        <p class="faint"><a href="{{authorHref}}"><bdi>{{author}}</bdi></a> · <time datetime="{{machineTime}}">{{time}}</time></p>
        </li>
        {{/posts}}
        </ol>
        {{/hasPosts}}
        {{#hasPages}}
        <nav class="pager" aria-label="{{t.pages}}">
        {{#newestHref}}<a class="button" href="{{.}}">← {{t.newest}}</a>{{/newestHref}}
        {{#olderHref}}<a class="button" href="{{.}}" rel="next">{{t.older}} →</a>{{/olderHref}}
        </nav>
        {{/hasPages}}

        """

    /// A post, as readers see it.
    static let post = """
        <article class="post">
        <header>
        <h1><bdi>{{title}}</bdi></h1>
        <p class="faint"><a rel="author" href="{{authorHref}}"><bdi>{{author}}</bdi></a>
        · <time datetime="{{machinePublished}}">{{published}}</time>
        {{#updated}}· {{t.updated}} <time datetime="{{machineUpdated}}">{{.}}</time>{{/updated}}
        · {{revision}}
        {{#editHref}}· <a href="{{.}}">{{t.editThis}}</a>{{/editHref}}</p>
        </header>
        <div class="prose">
        {{{html}}}
        </div>
        </article>

        """

    /// A text that goes along with another form.
    static let carried = """
        <input type="hidden" name="title" value="{{title}}"><input type="hidden" name="key" value="{{key}}">
        <input type="hidden" name="revision" value="{{revision}}">
        <textarea name="content" hidden aria-label="{{t.content}}">
        {{content}}</textarea>

        """

    /// Who somebody is.
    static let signIn = """
        <div class="narrow">
        <h1>{{t.signInTitle}}</h1>
        {{#problem}}<p class="notice bad" role="alert">{{.}}</p>{{/problem}}
        {{#text}}<p class="notice">{{t.signInKeepsText}}</p>{{/text}}
        {{#continueHref}}<p>{{t.signedInAlready}} <a href="{{.}}">{{t.signInContinue}}</a></p>{{/continueHref}}
        {{#isByName}}
        <form method="post" action="/sign-in" class="stack">
        <input type="hidden" name="next" value="{{next}}">
        {{#text}}{{>carried}}{{/text}}
        <label for="name">{{t.signInName}}</label>
        <input id="name" name="name" value="{{name}}" autocomplete="username" required maxlength="64" aria-describedby="name-hint">
        <p class="hint" id="name-hint">{{t.signInNameHint}}</p>
        <button class="primary">{{t.signIn}}</button>
        </form>
        <details{{#isTokenOpen}} open{{/isTokenOpen}}>
        <summary>{{t.signInTokenSummary}}</summary>
        {{/isByName}}
        <form method="post" action="/sign-in" class="stack">
        <input type="hidden" name="next" value="{{next}}">
        {{#text}}{{>carried}}{{/text}}
        <label for="pasted">{{t.signInToken}}</label>
        <textarea id="pasted" name="pasted" rows="4" autocomplete="off" spellcheck="false" required aria-describedby="pasted-hint" class="code"></textarea>
        <p class="hint" id="pasted-hint">{{t.signInTokenHint}}</p>
        <button class="primary">{{t.signIn}}</button>
        </form>
        {{#isByName}}</details>{{/isByName}}
        </div>

        """
}
