/** The page a twin shows: what it holds, kept fresh without a reload. */

export interface TwinPage {
  title: string
  /** One line under the title. */
  subtitle: string
  /** `#rrggbb`. */
  color: string
  /** Trusted HTML of the page's body; use {@link escapeHtml} and {@link renderTable}. */
  body: string
}

const style = `
:root { color-scheme: light dark; --line: #8884; --soft: #8882; }
* { box-sizing: border-box; }
body { margin: 0; font: 15px/1.45 system-ui, sans-serif; }
header { background: var(--color); color: #fff; padding: 1.1rem 2rem; display: flex; flex-wrap: wrap; gap: .5rem 2rem; align-items: center; }
header h1 { font-size: 1.35rem; margin: 0; font-weight: 650; }
header p { margin: 0; opacity: .9; flex: 1; }
main { padding: 1.2rem 2rem 3rem; max-width: 100rem; }
h2 { font-size: 1.05rem; margin: 1.6rem 0 .5rem; }
h2 small { font-weight: 400; opacity: .7; margin-left: .5rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .45rem .8rem .45rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-size: .78rem; text-transform: uppercase; letter-spacing: .04em; opacity: .65; font-weight: 600; }
td.number, th.number { text-align: right; }
tr.new td { animation: fresh 3s ease-out; }
@keyframes fresh { from { background: color-mix(in srgb, var(--color) 35%, transparent); } }
pre { font-size: .78rem; background: var(--soft); padding: .7rem; border-radius: 6px; overflow: auto; max-height: 24rem; }
summary { cursor: pointer; }
button { font: inherit; padding: .3rem .8rem; border-radius: 6px; border: 1px solid var(--line); background: var(--soft); cursor: pointer; }
td button { font-size: .85rem; padding: .1rem .55rem; }
header button { background: #fff; color: #222; border: 0; padding: .5rem 1.1rem; font-weight: 600; }
form { display: inline; }
.empty { opacity: .65; padding: 1rem 0; }
.tag { background: var(--soft); border-radius: 99px; padding: .05rem .6rem; font-size: .85rem; white-space: nowrap; }
`

const script = `
setInterval(async () => {
  if (document.hidden || document.querySelector('details[open]')) return
  try {
    const fresh = new DOMParser().parseFromString(await (await fetch(location.href, { headers: { accept: 'text/html' } })).text(), 'text/html').querySelector('main')
    if (fresh) document.querySelector('main').replaceWith(fresh)
  } catch { /* The twin is restarting. */ }
}, 2000)
`

/** The whole page. `action` is trusted HTML for the right end of the head. */
export function renderPage(page: TwinPage & { action?: string }): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(page.title)}</title><link rel="icon" href="data:,"><style>:root { --color: ${escapeHtml(page.color)} }${style}</style></head>
<body><header><h1>${escapeHtml(page.title)}</h1><p>${escapeHtml(page.subtitle)}</p>${page.action ?? ''}</header><main>${page.body}</main><script>${script}</script></body></html>`
}

export interface TableColumn { label: string, number?: boolean }
export interface TableRow { /** Trusted HTML, one per column. */ cells: string[], fresh: boolean }

/** A table, or a sentence where there is nothing yet. */
export function renderTable({ title, note, columns, rows, empty }: { title: string, note: string, columns: TableColumn[], rows: TableRow[], empty: string }): string {
  const kind = (column: TableColumn | undefined): string => (column?.number ? ' class="number"' : '')
  const head = columns.map(column => `<th${kind(column)}>${escapeHtml(column.label)}</th>`).join('')
  const body = rows.map(row => `<tr${row.fresh ? ' class="new"' : ''}>${row.cells.map((cell, index) => `<td${kind(columns[index])}>${cell}</td>`).join('')}</tr>`).join('')
  return `<h2>${escapeHtml(title)}<small>${escapeHtml(note)}</small></h2>${rows.length === 0 ? `<p class="empty">${escapeHtml(empty)}</p>` : `<table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`}`
}

/** A text made safe for HTML. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
}
