extension Templates {
    /// An author's drafts.
    static let desk = """
        <header class="page-head split">
        <h1>{{t.desk}}</h1>
        <a class="button primary" href="/write/new">{{t.newDraft}}</a>
        </header>
        {{#notice}}<p class="notice good" role="status">{{.}}</p>{{/notice}}
        <form class="filter" method="get" action="/write" role="search">
        <div><label for="q">{{t.searchWords}}</label>
        <input id="q" name="q" type="search" value="{{words}}" maxlength="200"></div>
        <div><label for="status">{{t.state}}</label>
        <select id="status" name="status">{{#choices}}<option value="{{value}}"{{#isChosen}} selected{{/isChosen}}>{{name}}</option>{{/choices}}</select></div>
        <button>{{t.search}}</button>
        </form>
        {{#isEmpty}}
        <div class="empty">
        {{#isSearch}}<p>{{t.noMatches}}</p><p class="faint">{{t.noMatchesHint}}</p><p><a class="button" href="/write">{{t.clearSearch}}</a></p>{{/isSearch}}
        {{^isSearch}}<p>{{t.noDrafts}}</p><p class="faint">{{t.noDraftsHint}}</p>{{/isSearch}}
        </div>
        {{/isEmpty}}
        {{^isEmpty}}
        <ul class="drafts">
        {{#drafts}}
        <li>
        <h2><a href="{{href}}"><bdi>{{title}}</bdi></a></h2>
        <p><span class="badge {{tone}}">{{status}}</span>
        <span class="faint">{{revision}} · <time datetime="{{machineTime}}">{{time}}</time></span></p>
        </li>
        {{/drafts}}
        </ul>
        {{/isEmpty}}
        {{#hasPages}}
        <nav class="pager" aria-label="{{t.pages}}">
        {{#newestHref}}<a class="button" href="{{.}}">← {{t.newest}}</a>{{/newestHref}}
        {{#olderHref}}<a class="button" href="{{.}}" rel="next">{{t.older}} →</a>{{/olderHref}}
        </nav>
        {{/hasPages}}

        """

    /// Where a draft is written.
    static let editor = """
        <header class="page-head split">
        <h1 id="heading">{{heading}}</h1>
        <p class="state"><span class="badge {{tone}}" id="badge">{{status}}</span>
        <span class="faint" id="revision-shown">{{revisionText}}</span>
        <span class="faint" id="saving" role="status" aria-label="{{t.saveStateIs}}"></span></p>
        </header>
        {{#notice}}<p class="notice {{noticeTone}}" role="status">{{.}}</p>{{/notice}}
        <section id="live" tabindex="-1" aria-live="polite" aria-label="{{t.stepsNow}}" data-progress="{{progressHref}}" hidden></section>
        <form id="editor" class="editor" method="post" action="{{action}}"
         data-preview="/write/preview" data-saved="{{t.saveStateSaved}}" data-saving="{{t.saveStateSaving}}"
         data-unsaved="{{t.saveStateUnsaved}}" data-failed="{{t.saveStateFailed}}" data-conflict="{{t.saveStateConflict}}"
         data-invalid="{{t.saveStateInvalid}}" data-signed-out="{{t.saveStateSignedOut}}"
         data-gone="{{t.draftIsGone}}"{{#isUnsaved}} data-is-unsaved{{/isUnsaved}}>
        <input type="hidden" name="token" value="{{formToken}}">
        <input type="hidden" name="key" value="{{key}}">
        <input type="hidden" name="revision" value="{{revision}}">
        <label for="title">{{t.title}}</label>
        <input id="title" name="title" value="{{title}}" maxlength="200" required autocomplete="off">
        <div class="panes">
        <div class="pane">
        <label for="text">{{t.content}}</label>
        <textarea id="text" name="content" rows="20">
        {{content}}</textarea>
        </div>
        <section class="pane" aria-labelledby="preview-name">
        <h2 id="preview-name" class="label">{{t.preview}}</h2>
        <div id="preview" class="prose preview" tabindex="0" role="region" aria-labelledby="preview-name" data-empty="{{t.previewEmpty}}">{{{html}}}</div>
        </section>
        </div>
        <div class="actions">
        <p class="notice bad" id="conflict" role="alert" hidden><span></span> <button name="do" value="save">{{t.resolve}}</button></p>
        <button name="do" value="save">{{t.save}}</button>
        <button name="do" value="preview" formnovalidate class="without-script">{{t.preview}}</button>
        <button name="do" value="publish" class="primary" id="publish">{{publishName}}</button>
        <span id="links">{{#isSaved}}<a href="{{historyHref}}">{{t.history}}</a>{{/isSaved}}
        {{#readerHref}}<a href="{{.}}">{{t.asReader}}</a>{{/readerHref}}</span>
        </div>
        <p class="hint" id="hint">{{#statusHint}}{{.}}{{/statusHint}}</p>
        </form>
        <div id="panels">
        {{#canWithdraw}}
        <form class="panel" method="post" action="{{action}}/withdraw" data-steps>
        <input type="hidden" name="token" value="{{formToken}}"><input type="hidden" name="key" value="{{key}}">
        <p>{{t.withdrawHint}}</p>
        <button>{{t.withdraw}}</button>
        </form>
        {{/canWithdraw}}
        {{#canDelete}}
        <details class="panel">
        <summary>{{t.deleteTitle}}</summary>
        <form method="post" action="{{action}}/delete" data-steps>
        <input type="hidden" name="token" value="{{formToken}}"><input type="hidden" name="key" value="{{key}}">
        <p>{{t.deleteHint}}</p>
        <button class="danger">{{t.delete}}</button>
        </form>
        </details>
        {{/canDelete}}
        </div>

        """

    /// Two windows have saved.
    static let conflict = """
        <header class="page-head"><h1>{{t.conflict}}</h1><p>{{text}}</p></header>
        <h2>{{t.differences}}</h2>
        <div class="diff-names"><span class="minus">− {{theirsName}}</span> <span class="plus">+ {{t.mine}}</span></div>
        {{#diff}}{{>diff}}{{/diff}}
        <div class="row">
        <form method="post" action="{{action}}">
        <input type="hidden" name="token" value="{{formToken}}"><input type="hidden" name="key" value="{{key}}">
        <input type="hidden" name="revision" value="{{revision}}">
        <input type="hidden" name="title" value="{{title}}">
        <textarea name="content" hidden aria-label="{{t.mine}}">
        {{mine}}</textarea>
        <button name="do" value="save" class="primary">{{t.takeMine}}</button>
        </form>
        <a class="button" href="{{action}}">{{t.takeTheirs}}</a>
        </div>
        <h2>{{t.merge}}</h2>
        <p class="hint" id="merge-hint">{{t.mergeHint}}</p>
        <form class="stack" method="post" action="{{action}}">
        <input type="hidden" name="token" value="{{formToken}}"><input type="hidden" name="key" value="{{key}}">
        <input type="hidden" name="revision" value="{{revision}}">
        <label for="title">{{t.title}}</label>
        <input id="title" name="title" value="{{title}}" maxlength="200" required>
        {{#theirTitle}}<p class="hint">{{theirsName}}: <bdi>{{.}}</bdi></p>{{/theirTitle}}
        <label for="text">{{t.content}}</label>
        <textarea id="text" name="content" rows="18" aria-describedby="merge-hint">
        {{merged}}</textarea>
        <p><button name="do" value="save">{{t.mergeSave}}</button></p>
        </form>

        """

    /// Lines that differ, and some around them.
    static let diff = """
        {{^hasChanges}}<p class="faint">{{t.noDifferences}}</p>{{/hasChanges}}
        {{#hasChanges}}
        <div class="diff" tabindex="0" role="region" aria-label="{{t.differences}}"><table>
        <tbody>
        {{#lines}}<tr class="{{kind}}"><td class="sign" aria-label="{{kindName}}">{{sign}}</td><td><pre>{{text}}</pre></td></tr>
        {{/lines}}
        </tbody></table></div>
        {{/hasChanges}}

        """

    /// A draft's revisions.
    static let history = """
        <header class="page-head">
        <p><a href="{{editorHref}}">← {{t.backToEditor}}</a></p>
        <h1>{{heading}}</h1>
        <p class="faint">{{t.historyHint}}</p>
        </header>
        <form method="get" action="{{compareAction}}">
        <div class="table" tabindex="0" role="region" aria-label="{{t.history}}"><table class="revisions">
        <thead><tr>{{#canCompare}}<th scope="col">{{t.compareFrom}}</th><th scope="col">{{t.compareTo}}</th>{{/canCompare}}<th scope="col">{{t.history}}</th><th scope="col">{{t.edited}}</th></tr></thead>
        <tbody>
        {{#revisions}}
        <tr>
        {{#canCompare}}<td><input type="radio" name="from" value="{{number}}" aria-label="{{t.compareFrom}}: {{name}}"{{#isOld}} checked{{/isOld}}></td>
        <td><input type="radio" name="to" value="{{number}}" aria-label="{{t.compareTo}}: {{name}}"{{#isNew}} checked{{/isNew}}></td>{{/canCompare}}
        <td><a href="{{href}}">{{name}}</a> {{#isHead}}<span class="badge neutral">{{t.head}}</span>{{/isHead}} {{#isPublished}}<span class="badge good">{{t.live}}</span>{{/isPublished}}<br><span class="faint"><bdi>{{title}}</bdi></span></td>
        <td class="faint"><time datetime="{{machineTime}}">{{time}}</time><br>{{size}}</td>
        </tr>
        {{/revisions}}
        </tbody>
        </table></div>
        <p class="row">{{#canCompare}}<button>{{t.comparePick}}</button>{{/canCompare}}
        {{#olderHref}}<a class="button" href="{{.}}" rel="next">{{t.older}} →</a>{{/olderHref}}</p>
        </form>

        """

    /// An old revision.
    static let revision = """
        <header class="page-head">
        <p><a href="{{historyHref}}">← {{t.backToHistory}}</a></p>
        <h1>{{heading}}</h1>
        <p class="faint"><time datetime="{{machineTime}}">{{time}}</time> {{#isHead}}<span class="badge neutral">{{t.head}}</span>{{/isHead}} {{#isPublished}}<span class="badge good">{{t.live}}</span>{{/isPublished}}</p>
        </header>
        {{^isHead}}
        <form class="panel" method="post" action="{{restoreAction}}">
        <input type="hidden" name="token" value="{{formToken}}"><input type="hidden" name="from" value="{{number}}">
        <input type="hidden" name="revision" value="{{headRevision}}">
        <p>{{t.restoreHint}}</p>
        <div class="row"><button>{{t.restore}}</button> <a class="button" href="{{compareHref}}">{{t.compare}}</a></div>
        </form>
        {{/isHead}}
        <div class="prose framed">
        {{{html}}}
        </div>

        """

    /// Two revisions.
    static let compare = """
        <header class="page-head">
        <p><a href="{{historyHref}}">← {{t.backToHistory}}</a></p>
        <h1>{{heading}}</h1>
        </header>
        {{#titles}}<p class="diff-names"><span class="minus">− <bdi>{{old}}</bdi></span> <span class="plus">+ <bdi>{{new}}</bdi></span></p>{{/titles}}
        {{#diff}}{{>diff}}{{/diff}}

        """

    /// A transaction, step by step.
    static let steps = """
        <div class="steps {{tone}}" data-gid="{{gid}}" data-finished="{{isFinished}}">
        <h2 class="result">{{result}}</h2>
        {{#reason}}<p>{{.}}</p>{{/reason}}
        {{#hint}}<p class="faint">{{.}}</p>{{/hint}}
        {{#retry}}{{>retry}}{{/retry}}
        <ul class="branches">
        {{#branches}}<li><span>{{name}}</span> <span class="badge {{tone}}">{{state}}</span></li>{{/branches}}
        </ul>
        <ol class="timeline">
        {{#events}}<li class="{{tone}}"><span>{{text}}</span> <span class="faint">{{after}}</span></li>{{/events}}
        </ol>
        </div>

        """

    /// What was not done, once more.
    static let retry = """
        <form method="post" action="{{action}}" data-progress="{{progressHref}}" data-steps>
        <input type="hidden" name="token" value="{{formToken}}"><input type="hidden" name="key" value="{{key}}">
        <input type="hidden" name="revision" value="{{revision}}">
        <p><button class="primary">{{t.tryAgain}}</button></p>
        </form>

        """

    /// A transaction's page.
    static let transaction = """
        <header class="page-head"><h1>{{heading}}</h1>{{#title}}<p class="faint">{{.}}</p>{{/title}}</header>
        <section id="live" tabindex="-1" aria-live="polite" aria-label="{{t.steps}}" data-progress="{{progressHref}}">
        {{#steps}}{{>steps}}{{/steps}}
        </section>
        {{#retry}}{{>retry}}{{/retry}}
        <p class="row">{{#links}}<a class="button" href="{{href}}">{{name}}</a>{{/links}}</p>

        """
}
