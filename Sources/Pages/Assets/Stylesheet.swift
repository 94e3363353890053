extension Assets {
    static let stylesheetText = """
        :root {
          --paper: #fbfaf7; --card: #ffffff; --ink: #22262b; --faint: #5c636b; --line: #dedbd3; --accent: #1f5f5b;
          --on-accent: #ffffff; --soft: #f1efe9; --good: #1d6638; --good-bg: #e4f2e7; --caution: #7a4d00;
          --caution-bg: #fbefd5; --bad: #a1231d; --bad-bg: #fbe7e5; --busy: #1f5480; --busy-bg: #e3eef8;
          --serif: "Iowan Old Style", "Palatino Linotype", Palatino, "Noto Serif", "Songti SC", "Noto Serif CJK SC", Georgia, serif;
          --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "PingFang SC", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif;
          --mono: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --paper: #15181b; --card: #1c2024; --ink: #e7e4dd; --faint: #a2a8ae; --line: #343a40; --accent: #84cfc8;
            --on-accent: #0d2422; --soft: #22272c; --good: #8fd8a4; --good-bg: #17321f; --caution: #f0c674;
            --caution-bg: #38290d; --bad: #ff9d96; --bad-bg: #401a18; --busy: #94c7f2; --busy-bg: #16304a;
          }
        }
        * { box-sizing: border-box; }
        [hidden] { display: none !important; }
        html { -webkit-text-size-adjust: 100%; }
        body { margin: 0; min-height: 100vh; display: flex; flex-direction: column; background: var(--paper);
          color: var(--ink); font: 1rem/1.55 var(--sans); overflow-wrap: break-word; }
        a { color: var(--accent); text-underline-offset: .18em; text-decoration-thickness: .06em; }
        a:hover { text-decoration-thickness: .12em; }
        :focus-visible { outline: .2rem solid var(--accent); outline-offset: .15rem; border-radius: .2rem; }
        main:focus { outline: none; }
        h1, h2, h3 { line-height: 1.25; text-wrap: balance; }
        h1 { font: 600 clamp(1.6rem, 5vw, 2.1rem)/1.2 var(--serif); margin: 0 0 .5rem; letter-spacing: -.01em; }
        h2 { font-size: 1.15rem; margin: 2rem 0 .6rem; }
        p { margin: 0 0 1rem; }
        .faint, .hint { color: var(--faint); }
        .hint { font-size: .9rem; }
        .skip { position: absolute; left: -999rem; top: .5rem; background: var(--card); padding: .6rem 1rem; z-index: 2; }
        .skip:focus { left: .5rem; }
        .inside { width: 100%; max-width: 72rem; margin: 0 auto; padding: 0 1.25rem; display: flex; flex-wrap: wrap;
          align-items: center; gap: .4rem 1.4rem; }
        .bar { border-bottom: 1px solid var(--line); padding: .8rem 0; background: var(--card); }
        .bar a { text-decoration: none; padding: .25rem 0; }
        .bar nav { display: flex; gap: 1.2rem; }
        .bar nav a { color: var(--faint); }
        .bar nav a[aria-current] { color: var(--ink); box-shadow: 0 .12rem 0 var(--accent); }
        .brand { font: 600 1.15rem var(--serif); color: var(--ink); }
        .account { margin-left: auto; display: flex; align-items: center; gap: .8rem; }
        .who { max-width: 12rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; color: var(--faint); }
        main { flex: 1; width: 100%; max-width: 44rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
        main.wide { max-width: 72rem; }
        footer { border-top: 1px solid var(--line); padding: 1.2rem 0; font-size: .9rem; }
        footer .inside { justify-content: space-between; }
        footer nav { display: flex; gap: 1rem; }
        footer a[aria-current] { color: var(--ink); text-decoration: none; font-weight: 600; }
        .page-head { margin-bottom: 2rem; }
        .page-head.split { display: flex; flex-wrap: wrap; gap: .6rem 1.2rem; align-items: baseline; justify-content: space-between; }
        .page-head.split h1, .page-head p:last-child { margin-bottom: 0; }
        .posts, .drafts { list-style: none; margin: 0; padding: 0; }
        .posts li, .drafts li { padding: 1.2rem 0; border-top: 1px solid var(--line); }
        .posts li:last-child, .drafts li:last-child { border-bottom: 1px solid var(--line); }
        .posts h2, .drafts h2 { font: 600 1.25rem/1.35 var(--serif); margin: 0 0 .25rem; }
        .posts h2 a, .drafts h2 a { color: var(--ink); text-decoration: none; }
        .posts h2 a:hover, .drafts h2 a:hover { color: var(--accent); text-decoration: underline; }
        .posts p, .drafts p { margin: 0; font-size: .92rem; }
        .drafts p { display: flex; flex-wrap: wrap; gap: .3rem .8rem; align-items: center; }
        .post header { margin-bottom: 2.2rem; }
        .post header p { font-size: .95rem; }
        .post h1 { font-size: clamp(1.8rem, 6vw, 2.5rem); }
        .prose { font: 1.125rem/1.7 var(--serif); }
        .prose > :first-child { margin-top: 0; }
        .prose h2 { font: 600 1.5rem/1.3 var(--serif); margin: 2.2rem 0 .7rem; }
        .prose h3 { font: 600 1.25rem/1.35 var(--serif); margin: 1.8rem 0 .6rem; }
        .prose h4, .prose h5, .prose h6 { font: 600 1.05rem/1.4 var(--sans); margin: 1.6rem 0 .5rem; }
        .prose blockquote { margin: 1.4rem 0; padding: .1rem 0 .1rem 1.2rem; border-left: .2rem solid var(--accent); color: var(--faint); }
        .prose li { margin: .25rem 0; }
        .prose ul, .prose ol { padding-left: 1.5rem; }
        .prose img { max-width: 100%; height: auto; }
        .prose hr { border: 0; border-top: 1px solid var(--line); margin: 2.4rem auto; width: 40%; }
        code, pre, .code { font-family: var(--mono); font-size: .875em; }
        .prose :not(pre) > code { background: var(--soft); padding: .1em .35em; border-radius: .25em; }
        .prose pre { background: var(--soft); border: 1px solid var(--line); border-radius: .5rem; padding: 1rem 1.1rem; overflow-x: auto; line-height: 1.5; }
        .prose pre code { font-size: .85rem; }
        .table { overflow-x: auto; margin: 1.2rem 0; }
        table { border-collapse: collapse; width: 100%; font-family: var(--sans); font-size: .95rem; }
        th, td { text-align: left; vertical-align: top; padding: .55rem .7rem; border-bottom: 1px solid var(--line); }
        th { color: var(--faint); font-weight: 600; font-size: .88rem; }
        label, .label { display: block; font: 600 .9rem var(--sans); margin: 0 0 .35rem; }
        input:not([type=hidden], [type=radio]), textarea, select { width: 100%; font: inherit; color: inherit; background: var(--card);
          border: 1px solid var(--faint); border-radius: .45rem; padding: .6rem .75rem; }
        textarea { resize: vertical; line-height: 1.6; }
        input[type=radio] { width: 1.15rem; height: 1.15rem; accent-color: var(--accent); margin: .2rem 0; }
        button, .button { display: inline-block; font: 600 .95rem/1.3 var(--sans); cursor: pointer; text-decoration: none;
          color: var(--ink); background: var(--card); border: 1px solid var(--faint); border-radius: .45rem; padding: .6rem 1rem; }
        button:hover, .button:hover { border-color: var(--accent); color: var(--accent); }
        .primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
        .primary:hover { color: var(--on-accent); filter: brightness(1.1); }
        .danger { color: var(--bad); border-color: var(--bad); }
        .danger:hover { background: var(--bad-bg); color: var(--bad); border-color: var(--bad); }
        .quiet { border-color: transparent; background: none; color: var(--faint); padding: .3rem .5rem; font-weight: 400; }
        button[disabled] { opacity: .6; cursor: default; }
        .badge { display: inline-block; font: 600 .8rem/1.5 var(--sans); padding: .1rem .6rem; border-radius: 1rem; background: var(--soft); color: var(--faint); }
        .badge.good { background: var(--good-bg); color: var(--good); }
        .badge.caution { background: var(--caution-bg); color: var(--caution); }
        .badge.bad { background: var(--bad-bg); color: var(--bad); }
        .badge.busy { background: var(--busy-bg); color: var(--busy); }
        .notice { padding: .7rem 1rem; border-radius: .45rem; background: var(--soft); }
        .notice.good { background: var(--good-bg); color: var(--good); }
        .notice.bad { background: var(--bad-bg); color: var(--bad); }
        .filter { display: grid; grid-template-columns: 1fr auto auto; gap: .8rem; align-items: end; margin-bottom: 1.6rem; }
        .empty, .message { text-align: center; padding: 3.5rem 1rem; }
        .empty { border: 1px dashed var(--line); border-radius: .7rem; font: 1.15rem var(--serif); }
        .empty .faint { font: 1rem var(--sans); }
        .pager, .row, .actions { display: flex; flex-wrap: wrap; gap: .7rem 1rem; align-items: center; }
        .message .row { justify-content: center; }
        .pager { margin-top: 1.6rem; justify-content: space-between; }
        .row { margin: 1.4rem 0; }
        .narrow { max-width: 26rem; margin: 2rem auto; }
        .stack { margin: 1.5rem 0; }
        .stack .hint { margin: .4rem 0 1rem; }
        .stack input + label, .stack p + label { margin-top: 1rem; }
        details { margin-top: 1.5rem; }
        summary { cursor: pointer; padding: .3rem 0; color: var(--faint); }
        .state { display: flex; flex-wrap: wrap; gap: .4rem .9rem; align-items: center; font-size: .92rem; }
        #title { font: 600 1.25rem var(--serif); margin-bottom: 1.2rem; }
        .panes { display: grid; grid-template-columns: 1fr; gap: 1.4rem; }
        @media (min-width: 60rem) { .panes { grid-template-columns: 1fr 1fr; } }
        .pane { min-width: 0; display: flex; flex-direction: column; }
        .pane textarea, .pane .preview { flex: 1; min-height: 26rem; }
        #text { font: .95rem/1.65 var(--mono); }
        .preview { font-size: 1.03rem; background: var(--card); border: 1px solid var(--line); border-radius: .45rem; padding: 1rem 1.2rem; max-height: 42rem; overflow: auto; }
        .preview:empty::before { content: attr(data-empty); color: var(--faint); font: 1rem var(--sans); }
        .framed { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: 1.5rem 1.6rem; }
        .actions { position: sticky; bottom: 0; background: var(--paper); padding: .9rem 0; margin-top: .6rem; }
        .actions .notice { flex: 1 0 100%; margin: 0; }
        #links { display: contents; }
        .with-script .without-script { display: none; }
        .panel { border-top: 1px solid var(--line); padding-top: 1.2rem; margin-top: 1.8rem; }
        .panel p { max-width: 44rem; }
        .diff { overflow-x: auto; border: 1px solid var(--line); border-radius: .5rem; background: var(--card); }
        .diff td { padding: .05rem .6rem; border: 0; font-size: .9rem; }
        .diff pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
        .diff .sign { width: 1.4rem; font-family: var(--mono); color: inherit; text-align: center; user-select: none; }
        .diff .added { background: var(--good-bg); color: var(--good); }
        .diff .removed { background: var(--bad-bg); color: var(--bad); }
        .diff .gap { color: var(--faint); background: var(--soft); }
        .diff-names { display: flex; flex-wrap: wrap; gap: .3rem 1.4rem; margin: 0 0 .7rem; font-size: .92rem; }
        .plus { color: var(--good); } .minus { color: var(--bad); }
        #live { scroll-margin-top: 1rem; }
        #live:focus { outline: none; }
        .editor { margin-top: 1.4rem; }
        .steps form p { margin: 0 0 1.2rem; }
        .steps { border: 1px solid var(--line); border-left: .3rem solid var(--faint); border-radius: .6rem; background: var(--card); padding: 1.3rem 1.5rem; }
        .steps.good { border-left-color: var(--good); } .steps.bad { border-left-color: var(--bad); } .steps.busy { border-left-color: var(--busy); }
        .steps .result { margin: 0 0 .8rem; font: 600 1.25rem/1.35 var(--serif); }
        .branches { list-style: none; margin: 0 0 1rem; padding: 0; display: flex; flex-wrap: wrap; gap: .5rem 2rem; }
        .timeline { list-style: none; margin: 0; padding: 0; font-size: .95rem; }
        .timeline li { display: flex; justify-content: space-between; gap: 1rem; padding: .4rem 0 .4rem 1.4rem; position: relative; border-left: .12rem solid var(--line); margin-left: .35rem; }
        .timeline li::before { content: ""; position: absolute; left: -.42rem; top: .85rem; width: .7rem; height: .7rem; border-radius: 50%; background: var(--faint); }
        .timeline .good::before { background: var(--good); } .timeline .bad::before { background: var(--bad); } .timeline .caution::before { background: var(--caution); }
        .timeline .faint { white-space: nowrap; font-variant-numeric: tabular-nums; }
        @media (max-width: 34rem) {
          main { padding-top: 1.6rem; }
          .filter { grid-template-columns: 1fr; }
          .account { margin-left: 0; }
          .framed { padding: 1.1rem; }
        }
        @media (prefers-reduced-motion: no-preference) { button, .button { transition: border-color .12s, color .12s; } }
        @media print { .bar, footer, .skip { display: none; } }

        """
}
