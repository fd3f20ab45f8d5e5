/** The page that shows what has arrived. */
import { escapeHtml, renderPage, renderTable } from '../../../runtime/twins/page.ts'
import { readPath, scalarText } from '../paths.ts'
import type { TwinCounts } from './api.ts'
import type { Collections, StoredDocument } from './collections.ts'
import type { CollectionView, TwinSettings } from './settings.ts'

const shownRows = 50
const freshMs = 2500

/** The whole page: a table per collection, newest first. */
export function renderCollections({ settings, collections, counts }: { settings: TwinSettings, collections: Collections, counts: TwinCounts }): string {
  const names = [...new Set([...Object.keys(settings.collections), ...collections.names()])]
  const tables = names.map(name => renderCollection(name, collections.list(name), settings.collections[name]))
  const counted = `<p><span class="tag">${counts.writes} writes</span> <span class="tag">${counts.repeats} repeats recognised</span> <span class="tag">${counts.failures} failures on purpose</span></p>`
  return renderPage({ title: settings.title, subtitle: settings.subtitle, color: settings.color, body: counted + (tables.join('') || '<p class="empty">Nothing has arrived yet.</p>') })
}

function renderCollection(name: string, documents: StoredDocument[], view: CollectionView | undefined): string {
  const { columns = [], actions = [] } = view ?? {}
  const newest = documents.toReversed().slice(0, shownRows)
  const numbers = columns.map(({ path }) => formatOf(newest.map(({ document }) => readPath(document, path))))
  return renderTable({
    title: view?.title ?? name,
    note: documents.length > shownRows ? `the newest ${shownRows} of ${documents.length}` : String(documents.length),
    columns: [{ label: 'Id' }, ...columns.map(({ label }, index) => ({ label, number: numbers[index] !== undefined })), { label: 'Arrived' }, { label: 'Writes', number: true }, { label: 'Document' }, ...(actions.length > 0 ? [{ label: '' }] : [])],
    rows: newest.map(entry => ({
      fresh: Date.now() - Date.parse(entry.updatedAt) < freshMs,
      cells: [
        escapeHtml(entry.id),
        ...columns.map(({ path }, index) => escapeHtml(textOf(readPath(entry.document, path), numbers[index]))),
        escapeHtml(new Date(entry.updatedAt).toTimeString().slice(0, 8)),
        String(entry.writes),
        `<details><summary>JSON</summary><pre>${escapeHtml(JSON.stringify(entry.document, null, 2))}</pre></details>`,
        ...(actions.length > 0 ? [actions.map(({ label }) => buttonOf(entry, label)).join(' ')] : []),
      ],
    })),
    empty: 'Nothing has arrived yet.',
  })
}

const buttonOf = ({ collection, id }: StoredDocument, label: string): string =>
  `<form method="post" action="${escapeHtml(`/_twin/edit/${[collection, id, label].map(encodeURIComponent).join('/')}`)}"><button>${escapeHtml(label)}</button></form>`

/** How many decimals a column of numbers needs; undefined where it holds something else. */
function formatOf(values: unknown[]): number | undefined {
  const shown = values.filter(value => value !== undefined && value !== null)
  if (shown.length === 0 || !shown.every(value => typeof value === 'number' || Array.isArray(value))) return undefined
  return shown.every(value => Array.isArray(value) || Number.isInteger(value)) ? 0 : 2
}

function textOf(value: unknown, decimals: number | undefined): string {
  if (Array.isArray(value)) return String(value.length)
  if (typeof value === 'number' && decimals !== undefined) return value.toFixed(decimals)
  return scalarText(value) ?? (value === null || value === undefined ? '' : JSON.stringify(value))
}
