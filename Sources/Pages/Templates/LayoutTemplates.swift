extension Templates {
    /// What stands around every page.
    static let layout = """
        <!DOCTYPE html>
        <html lang="{{language}}">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>{{title}}</title>
        <link rel="stylesheet" href="{{stylesheet}}">
        <link rel="icon" href="{{icon}}" type="image/svg+xml">
        <link rel="alternate" href="/feed.atom" type="application/atom+xml" title="{{t.site}}">
        {{#script}}<script src="{{.}}" defer></script>{{/script}}
        {{#refreshSeconds}}<noscript><meta http-equiv="refresh" content="{{.}}"></noscript>{{/refreshSeconds}}
        </head>
        <body{{#author}} data-author="{{.}}"{{/author}}>
        <a class="skip" href="#content">{{t.skip}}</a>
        <header class="bar"><div class="inside">
        <a class="brand" href="/">{{t.site}}</a>
        <nav aria-label="{{t.navigation}}">
        <a href="/"{{#isLibrary}} aria-current="page"{{/isLibrary}}>{{t.library}}</a>
        <a href="/write"{{#isDesk}} aria-current="page"{{/isDesk}}>{{t.write}}</a>
        </nav>
        {{#author}}
        <form class="account" method="post" action="/sign-out">
        <input type="hidden" name="token" value="{{formToken}}">
        <span class="who" title="{{signedInAs}}"><bdi>{{author}}</bdi></span>
        <button class="quiet">{{t.signOut}}</button>
        </form>
        {{/author}}
        {{^author}}<a class="account" href="/sign-in">{{t.signIn}}</a>{{/author}}
        </div></header>
        <main id="content" tabindex="-1"{{#isWide}} class="wide"{{/isWide}}>
        {{{body}}}
        </main>
        <footer><div class="inside">
        <nav aria-label="{{t.languages}}">
        {{#languages}}<a href="{{href}}" lang="{{tag}}" hreflang="{{tag}}" rel="nofollow"{{#isCurrent}} aria-current="true"{{/isCurrent}}>{{name}}</a>{{/languages}}
        </nav>
        <a href="/feed.atom">{{t.feed}}</a>
        </div></footer>
        </body>
        </html>

        """

    /// Something to be told, and where to go.
    static let message = """
        <div class="message">
        <h1>{{heading}}</h1>
        <p>{{text}}</p>
        <p class="row">{{#links}}<a class="button" href="{{href}}">{{name}}</a>{{/links}}</p>
        </div>

        """

    /// A form that was not taken, whole, to be sent again.
    static let again = """
        <div class="message">
        <h1>{{heading}}</h1>
        <p>{{text}}</p>
        <form method="post" action="{{action}}">
        {{#fields}}
        <textarea name="{{name}}" hidden aria-label="{{name}}">
        {{value}}</textarea>
        {{/fields}}
        <p class="row"><button class="primary">{{t.tryAgain}}</button></p>
        </form>
        </div>

        """
}
