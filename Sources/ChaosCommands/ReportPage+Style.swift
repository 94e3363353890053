import Hosting

extension ReportPage {
    /// How the page looks, by day and by night, and on a telephone.
    static let style: Markup = """
        :root {
          --paper: #fdfdfb; --ink: #1d2024; --soft: #5d636b; --line: #dcdfe3; --wash: #f3f4f2;
          --bar: #3d6a97; --fault: #b3531b; --good: #17744a; --bad: #b3261e; --open: #8a5a00;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --paper: #14171b; --ink: #e5e7ea; --soft: #9ba2ab; --line: #2e343b; --wash: #1c2026;
            --bar: #7ba7d2; --fault: #e39255; --good: #62c995; --bad: #ff8077; --open: #e2b354;
          }
        }
        * { box-sizing: border-box; }
        html { -webkit-text-size-adjust: 100%; }
        body {
          margin: 0; background: var(--paper); color: var(--ink);
          font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
          font-variant-numeric: tabular-nums; overflow-wrap: break-word;
        }
        main { max-width: 56rem; margin: 0 auto; padding: 2.5rem 1.5rem 4rem; }
        section { margin-top: 3rem; }
        h1, h2, h3, p, dl, ol, ul { margin: 0; }
        h1 { margin-top: .25rem; font-size: clamp(2.5rem, 9vw, 4rem); line-height: 1.1; letter-spacing: -.02em; font-weight: 700; }
        h2 { font-size: 1.25rem; font-weight: 650; letter-spacing: -.005em; }
        h3 { font-size: 1rem; font-weight: 600; }
        code, .timeline time { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
        code { font-size: .875em; overflow-wrap: anywhere; }
        abbr { text-decoration: none; white-space: nowrap; border-bottom: 1px dotted var(--soft); cursor: help; }
        .kind, .note, .rule { color: var(--soft); }
        .kind { font-size: .875rem; }
        .note { font-size: .9375rem; margin-top: .375rem; max-width: 44rem; }
        .lead { font-size: 1.25rem; line-height: 1.4; margin-top: .5rem; max-width: 36rem; }
        .reasons { margin: .75rem 0 0; padding-left: 1.125rem; }
        .valid h1, .good b { color: var(--good); }
        .invalid h1, .bad b { color: var(--bad); }
        .unknown h1 { color: var(--open); }
        .mark { font-weight: 400; }

        .tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: 1px; margin-top: 2rem; background: var(--line);
          border: 1px solid var(--line); border-radius: .5rem; overflow: hidden; }
        .tiles div { background: var(--paper); padding: .75rem 1rem; }
        .tiles dt { font-size: .875rem; color: var(--soft); }
        .tiles dd { margin: 0; font-size: 1.75rem; font-weight: 600; line-height: 1.25; }
        .tiles small { display: block; font-size: .8125rem; font-weight: 400; color: var(--soft); }
        .tiles .short dd, .tiles .short small { color: var(--open); }

        .chart { --side: 8.5rem; display: grid; grid-template-columns: var(--side) 1fr; column-gap: .75rem; margin-top: 1rem; }
        .y { display: flex; flex-direction: column; justify-content: space-between; text-align: right; }
        .y, .x { font-size: .8125rem; color: var(--soft); line-height: 1; }
        .plot { width: 100%; height: 11rem; display: block; overflow: visible; }
        .chart line { vector-effect: non-scaling-stroke; }
        .grid line, .axis line { stroke: var(--line); stroke-width: 1; }
        .axis line { stroke: var(--soft); }
        .bars rect { fill: var(--bar); }
        .kills line { stroke: var(--fault); stroke-width: 1; opacity: .55; }
        .lane { font-size: .875rem; line-height: 1.25rem; text-align: right; margin-top: .375rem; white-space: nowrap; }
        .lane b { font-weight: 600; }
        .strip { width: 100%; height: 1.25rem; display: block; margin-top: .375rem; background: var(--wash); border-radius: 2px; }
        .strip rect { fill: var(--fault); opacity: .35; }
        .strip line { stroke: var(--fault); stroke-width: 2; }
        .back line { stroke: var(--bar); }
        .x { grid-column: 2; position: relative; height: 1rem; margin-top: .5rem; }
        .x span { position: absolute; transform: translateX(-50%); white-space: nowrap; }
        .x span:first-child { transform: none; }
        .x .last { transform: translateX(-100%); }

        table { border-collapse: collapse; margin-top: 1rem; font-size: .9375rem; }
        th, td { text-align: left; font-weight: 400; padding: .25rem 1rem .25rem 0; vertical-align: baseline; }
        thead th { color: var(--soft); font-size: .875rem; }
        .n { text-align: right; white-space: nowrap; }
        tbody tr + tr > * { border-top: 1px solid var(--line); }
        .wide { overflow-x: auto; }
        .histogram { width: 100%; max-width: 40rem; }
        .histogram tr + tr > * { border: 0; }
        .histogram th { width: 7.5rem; text-align: right; white-space: nowrap; color: var(--soft); padding: .125rem .75rem .125rem 0; }
        .histogram td { padding: .125rem 0; }
        .histogram .n { width: 3rem; padding-right: .75rem; }
        .histogram svg { display: block; width: 100%; height: .875rem; }
        .histogram rect { fill: var(--bar); }
        .percentiles th[scope] { white-space: nowrap; }
        details { margin-top: 1rem; }
        summary { cursor: pointer; color: var(--soft); font-size: .9375rem; }

        .rules { margin-top: .75rem; padding: 0; list-style: none; counter-reset: rule; }
        .rules li { counter-increment: rule; display: flex; gap: .75rem; padding: .375rem 0; border-top: 1px solid var(--line); }
        .rules li:first-child { border-top: 0; }
        .rules li::before { content: counter(rule); color: var(--soft); min-width: 1.5rem; text-align: right; }
        .rules span { flex: 1; }
        .rules b { font-weight: 600; white-space: nowrap; }
        .rules .none b { color: var(--soft); font-weight: 400; }
        .facts { margin-top: .75rem; }
        .facts div { display: grid; grid-template-columns: 8.5rem 1fr; gap: .75rem; padding: .25rem 0; }
        .facts dt { color: var(--soft); }
        .facts dd { margin: 0; min-width: 0; }

        .violation { margin-top: 1.25rem; border: 1px solid var(--line); border-left: 4px solid var(--bad); border-radius: .375rem;
          padding: 1rem 1.25rem; }
        .violation h3 span { color: var(--bad); margin-right: .25rem; }
        .rule { font-size: .9375rem; }
        .timeline { list-style: none; padding: 0; margin-top: .75rem; font-size: .9375rem; }
        .timeline li { display: grid; grid-template-columns: 4.75rem 1fr; gap: .75rem; padding: .1875rem 0; }
        .timeline li > span { min-width: 0; overflow-wrap: anywhere; }
        .timeline time { color: var(--soft); text-align: right; font-size: .8125rem; line-height: 1.75; }
        .timeline .weather { color: var(--fault); }
        .timeline .found { color: var(--bad); font-weight: 600; }
        .timeline .final { background: var(--wash); }

        @media (max-width: 40rem) {
          main { padding: 1.5rem 1rem 3rem; }
          section { margin-top: 2.25rem; }
          .tiles { grid-template-columns: repeat(2, 1fr); }
          .chart { --side: 1.75rem; column-gap: .5rem; }
          .plot { height: 9rem; }
          .lane { grid-column: 1 / -1; text-align: left; margin-top: .5rem; }
          .strip { grid-column: 2; margin-top: 0; height: 1rem; }
          .histogram th { width: 5.75rem; }
          .percentiles { width: 100%; }
          .percentiles th, .percentiles td { padding-right: .5rem; font-size: .8125rem; }
          .percentiles td:last-child, .percentiles th:last-child { padding-right: 0; }
          .facts div { grid-template-columns: 1fr; gap: 0; }
          .violation { padding: .75rem; }
          .timeline li { grid-template-columns: 3.25rem 1fr; gap: .5rem; }
        }
        @media print { main { max-width: none; } .violation { break-inside: avoid; } }
        """
}
