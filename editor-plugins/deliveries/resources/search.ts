/// <reference lib="dom" />
/** "Where is order 1042": records by number or reference, and messages that are no record yet. */
import { make } from '../../forms/resources/elements.ts'
import { askHub, toRefusal } from './hub.ts'
import { openLetter } from './letter.ts'
import { makeBusy, makeEmpty, makeNodeLink, makeRefusal, recordTitle } from './parts.ts'
import { formatAgo, formatTime, text } from './texts.ts'
import { openTimeline } from './timeline.ts'
import type { Found, RecordSummary, TracedMessage } from './types.ts'

/** What was found for a text; asked at once. */
export function createSearch(sought: string, changed: () => Promise<void>): HTMLElement {
  const element = make('div', { className: 'torg-found' }, makeBusy())
  const search = async (): Promise<void> => {
    const { records, messages } = await askHub<Found>(`/search?${new URLSearchParams({ q: sought }).toString()}`)
    // Of one record nobody has to choose.
    const [only] = records
    if (only && records.length === 1 && messages.length === 0) openTimeline(only)
    element.replaceChildren(
      ...records.length > 0 ? [make('ul', { className: 'torg-letters' }, ...records.map(makeRecord))] : [],
      ...messages.length > 0 ? [make('h4', { textContent: text('search.messages') }), make('ul', { className: 'torg-letters' }, ...messages.map((message) => makeMessage(message, changed)))] : [],
      ...records.length + messages.length === 0 ? [makeEmpty(text('search.none', { sought }), 'search')] : [],
    )
  }
  search().catch((thrown: unknown) => element.replaceChildren(makeRefusal(toRefusal(thrown))))
  return element
}

function makeRecord(record: RecordSummary): HTMLElement {
  const { updatedAt, refs, deletedAt, status } = record
  const open = make('button', { type: 'button', className: 'torg-letter' },
    make('div', { className: 'torg-letter-head' }, make('span', { className: 'torg-letter-name', textContent: recordTitle(record) }), make('time', { textContent: formatAgo(updatedAt), title: formatTime(updatedAt), dateTime: updatedAt })),
    make('div', { className: 'torg-tab', textContent: [...(deletedAt === null ? [] : [text('search.deleted')]), ...Object.values(status ?? {})].join(' · ') }),
    make('div', { className: 'torg-tab', textContent: refs.map(({ system, id }) => `${system}: ${id}`).join(' · ') }))
  open.addEventListener('click', () => openTimeline(record))
  return make('li', {}, make('div', { className: 'torg-letter-body' }, open))
}

function makeMessage({ id, state, system, key, source, receivedAt, error }: TracedMessage, changed: () => Promise<void>): HTMLElement {
  const head = [make('div', { className: 'torg-letter-head' }, make('span', { className: 'torg-letter-name', textContent: text('letters.message', { system, key }) }), make('time', { textContent: formatAgo(receivedAt), title: formatTime(receivedAt), dateTime: receivedAt }))]
  const detail = make('div', { className: state === 'dead' ? 'torg-letter-detail' : 'torg-tab', textContent: error?.detail ?? text('search.waits') })
  if (state !== 'dead') return make('li', {}, make('div', { className: 'torg-letter-body' }, ...head, detail, makeNodeLink(source)))
  const open = make('button', { type: 'button', className: 'torg-letter' }, ...head, detail)
  open.addEventListener('click', () => openLetter(`m-${id}`, text('letters.message', { system, key }), changed))
  return make('li', {}, make('div', { className: 'torg-letter-body' }, open, make('div', { className: 'torg-tab' }, makeNodeLink(source))))
}
