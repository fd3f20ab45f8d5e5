/// <reference lib="dom" />
/** One record over all flows and systems: what was received, what was saved of it, what was sent where, and how that ended. */
import { make } from '../../forms/resources/elements.ts'
import { askHub, toRefusal } from './hub.ts'
import { layOut, toLines } from './json-text.ts'
import { makeJsonView } from './json-view.ts'
import { makeBusy, makeDisclosure, makeIcon, makeNodeLink, makePending, makeRefusal, openTray, recordTitle } from './parts.ts'
import { counted, formatClock, formatDay, formatDuration, formatTime, text } from './texts.ts'
import type { RecordSummary, Sent, StoredError, Timeline, TimelineEvent } from './types.ts'

/** @param record the record as it was found */
export function openTimeline(record: RecordSummary): void {
  const place = make('div', { className: 'torg-timeline' }, makeBusy())
  openTray(recordTitle(record), { element: place, buttons: [] })
  const path = `/${record.plural ?? record.kind}/${record.id}`
  askHub<Timeline>(`${path}/timeline`).then((timeline) => place.replaceChildren(...draw(timeline, path)), (thrown: unknown) => place.replaceChildren(makeRefusal(toRefusal(thrown))))
}

function draw(timeline: Timeline, path: string): HTMLElement[] {
  const { events, entity, refs, version, createdAt, updatedAt, deletedAt, status } = timeline
  const facts = [text('timeline.version', { version }), text('timeline.created', { time: formatTime(createdAt) }), ...(updatedAt === createdAt ? [] : [text('timeline.updated', { time: formatTime(updatedAt) })]), ...(deletedAt === null ? [] : [text('timeline.deleted', { time: formatTime(deletedAt) })])]
  const list = make('ol', { className: 'torg-events' })
  let day = ''
  for (const event of events) {
    const on = formatDay(event.at)
    if (on !== day) list.append(make('li', { className: 'torg-day', textContent: on }))
    day = on
    list.append(makeEvent(event, path))
  }
  return [
    make('div', { className: 'torg-record' },
      make('div', { className: 'torg-chips' }, ...Object.entries(status ?? {}).map(([machine, state]) => make('span', { className: 'torg-state-chip', textContent: `${machine}: ${state}` })), ...refs.map(({ system, id }) => make('span', { className: 'torg-ref-chip', textContent: `${system} ${id}` }))),
      make('div', { className: 'torg-tab', textContent: facts.join(' · ') })),
    list,
    makeDisclosure(text('timeline.record'), () => makeJsonView(toLines(entity))),
    make('div', { className: 'torg-hint-line', textContent: text('timeline.note') }),
  ]
}

const icons = { received: 'sign-in', saved: 'database', 'not-applied': 'ban', delivery: 'paper-plane-o' } as const

/** How an event ended, as its colour says. */
function toneOf(event: TimelineEvent): 'good' | 'bad' | 'waiting' | 'quiet' {
  if (event.what === 'not-applied') return 'quiet'
  if (event.what === 'saved') return 'good'
  if (event.state === 'dead') return 'bad'
  return event.state === 'pending' || event.state === 'waiting' || event.state === 'held' || event.state === 'retried' ? 'waiting' : event.state === 'closed' ? 'quiet' : 'good'
}

function makeEvent(event: TimelineEvent, path: string): HTMLElement {
  const { what, at, system } = event
  const node = event.what === 'not-applied' ? null : event.node
  const body = make('div', { className: 'torg-event-body' },
    make('div', { className: 'torg-event-head' }, make('span', { className: 'torg-event-title', textContent: titleOf(event) }), make('time', { textContent: formatClock(at), title: formatTime(at), dateTime: at })),
    ...(node ? [make('div', { className: 'torg-tab' }, ...(node.tab === null ? [] : [node.tab, ' · ']), makeNodeLink(node.id, node.name))] : []),
    ...detailsOf(event, path))
  const item = make('li', { className: `torg-event torg-event-${toneOf(event)}` }, make('span', { className: 'torg-event-icon' }, makeIcon(icons[what])), body)
  item.dataset['what'] = what
  item.dataset['system'] = system
  return item
}

function titleOf(event: TimelineEvent): string {
  const { system } = event
  switch (event.what) {
    case 'received': return [text('event.received', { system, topic: event.topic }), ...(event.state === 'done' ? [] : [text(`event.message.${event.state}`)])].join(' ')
    case 'saved': return text('event.saved', { system })
    case 'not-applied': return text('event.notApplied', { system })
    case 'delivery': return text('event.delivery', { system, version: event.version, state: text(`event.${event.operation === 'remove' ? 'removal' : 'state'}.${event.state}`) })
  }
}

function detailsOf(event: TimelineEvent, path: string): HTMLElement[] {
  switch (event.what) {
    case 'received': return [
      ...makeFault(event.error), ...makeAttempts(event.attempts),
      makeDisclosure(text('event.showMessage'), () => makePending(askHub<{ body: string }>(`/messages/${event.message}`).then(({ body }) => makeJsonView(layOut(body).lines)), toRefusal)),
    ]
    case 'saved': return [makeDisclosure(counted('event.fields', event.fields.length), () => make('div', { className: 'torg-fields', textContent: event.fields.map((pointer) => pointer.slice(1)).join(', ') }))]
    case 'not-applied': return [make('ul', { className: 'torg-fields' }, ...event.fields.map(({ pointer, why, master }) => make('li', { textContent: text(`event.why.${why}`, { field: pointer.slice(1), master }) })))]
    case 'delivery': return [
      ...makeFault(event.error),
      ...(event.dueAt !== null && event.attempts.length > 0 ? [make('div', { className: 'torg-tab', textContent: text('event.dueAt', { time: formatTime(event.dueAt) }) })] : []),
      ...makeAttempts(event.attempts),
      ...(event.operation === 'upsert' && event.state !== 'retried' ? [makeDisclosure(text('event.showSent'), () => makePending(askHub<Sent>(`${path}/sent/${encodeURIComponent(event.node.id)}`).then((sent) => makeSent(sent, event.version)), toRefusal))] : []),
    ]
  }
}

const makeFault = (error: StoredError | null): HTMLElement[] => error === null ? [] : [make('div', { className: 'torg-event-fault', textContent: error.detail })]

function makeAttempts(attempts: Extract<TimelineEvent, { what: 'delivery' }>['attempts']): HTMLElement[] {
  const [only] = attempts
  if (!only) return []
  if (attempts.length === 1 && only.outcome === 'done') return [make('div', { className: 'torg-tab', textContent: text('event.took', { time: formatDuration(only.ms) }) })]
  return [makeDisclosure(counted('attempts', attempts.length), () => make('ol', { className: 'torg-fields' }, ...attempts.map(({ at, ms, outcome, error }) =>
    make('li', { textContent: [formatClock(at), formatDuration(ms), text(`event.outcome.${outcome}`), ...(error ? [error.detail] : [])].join(' · ') }))))]
}

/** What the flow gets and what its mappings make of it, which is of the newest version. */
function makeSent({ version, idempotencyKey, document, mapped }: Sent, wanted: number): HTMLElement {
  const documents = mapped.map(({ node, name, document: made, error }) => make('div', {}, make('h5', {}, text('event.mapped'), ' ', makeNodeLink(node, name)), error ? makeRefusal({ message: error.detail, next: error.next, errors: [] }) : makeJsonView(toLines(made))))
  return make('div', { className: 'torg-sent' },
    ...(version === wanted ? [] : [make('div', { className: 'torg-hint-line', textContent: text('event.newest', { version }) })]),
    ...documents, makeDisclosure(text('event.flowGets'), () => makeJsonView(toLines(document))),
    ...(idempotencyKey === null ? [] : [make('div', { className: 'torg-tab', textContent: text('event.key', { key: idempotencyKey }) })]))
}
