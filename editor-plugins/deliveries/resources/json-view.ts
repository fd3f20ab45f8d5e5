/// <reference lib="dom" />
/** A document to read, with what is wrong in it marked. */
import { make } from '../../forms/resources/elements.ts'
import { findLines, type JsonLine } from './json-text.ts'
import { text } from './texts.ts'

export interface Mark { pointer: string, detail: string }

/** @param marks what is wrong, and where; what stands nowhere in the document is not shown */
export function makeJsonView(lines: readonly JsonLine[], marks: readonly Mark[] = []): HTMLElement {
  const rows = lines.map((line) => make('div', { className: 'torg-line', textContent: line.text }))
  for (const { pointer, detail } of marks) {
    const found = findLines(lines, pointer)
    if (!found) continue
    const last = found.exact ? found.last : found.first
    for (const row of rows.slice(found.first, last + 1)) row.classList.add('torg-line-faulty')
    rows[last]?.append(make('div', { className: 'torg-line-fault', textContent: found.exact ? detail : `${pointer}: ${detail}` }))
  }
  return make('div', { className: 'torg-json-view', tabIndex: 0, role: 'document', ariaLabel: text('document') }, ...rows)
}

/** Brings the first mark into sight, within the view alone. */
export function showFirstMark(view: HTMLElement): void {
  const row = view.querySelector('.torg-line-faulty')
  if (row instanceof HTMLElement) view.scrollTop = Math.max(0, row.offsetTop - view.clientHeight / 3)
}
