/** `rest poll`: asks a system that sends no webhooks, again and again, for what has changed. */
import { hash } from 'node:crypto'
import { Type } from 'typebox'
import type { Config, PolledItem } from '../../runtime/kit/definition.ts'
import { formatCursor, readCursor, sinceOf } from './cursor.ts'
import type { PollCursor } from './cursor.ts'
import { pollHelp } from './help.ts'
import { fetchPage, pagingFields } from './paging.ts'
import { instantOf, readPath, scalarText } from './paths.ts'
import { defineSource, textsOf } from './system.ts'

const fields = {
  every: { type: 'number', label: { en: 'Every', nb: 'Intervall', sv: 'Intervall' }, default: 60, min: 1, max: 86400, unit: 's' },
  path: { type: 'text', label: { en: 'Path', nb: 'Sti', sv: 'Sökväg' }, placeholder: '/orders', required: true },
  query: {
    type: 'json',
    label: { en: 'Query', nb: 'Spørrestreng', sv: 'Frågesträng' },
    hint: { en: '{cursor} is the newest time seen: {"updated_after": "{cursor}", "limit": "100"}', nb: '{cursor} er den nyeste tiden som er sett: {"updated_after": "{cursor}", "limit": "100"}', sv: '{cursor} är den nyaste tiden som har setts: {"updated_after": "{cursor}", "limit": "100"}' },
    default: { updated_after: '{cursor}' },
    schema: Type.Record(Type.String(), Type.String()),
  },
  itemsPath: { type: 'text', label: { en: 'Items', nb: 'Elementer', sv: 'Element' }, hint: { en: 'Where the list stands in the answer. Empty: the answer is the list.', nb: 'Hvor listen står i svaret. Tomt: svaret er listen.', sv: 'Var listan står i svaret. Tomt: svaret är listan.' }, placeholder: 'data' },
  keyPath: { type: 'text', label: { en: 'Key', nb: 'Nøkkel', sv: 'Nyckel' }, hint: { en: 'In the item: what it is about.', nb: 'I elementet: hva det gjelder.', sv: 'I elementet: vad det gäller.' }, placeholder: 'id', required: true },
  timePath: { type: 'text', label: { en: 'Time of change', nb: 'Endringstid', sv: 'Ändringstid' }, hint: { en: 'In the item. Without it an item counts as changed when its content is.', nb: 'I elementet. Uten den regnes et element som endret når innholdet er det.', sv: 'I elementet. Utan den räknas ett element som ändrat när innehållet är det.' }, placeholder: 'updated_at' },
  cursorFormat: {
    type: 'select',
    label: { en: 'Time in the query', nb: 'Tidsformat', sv: 'Tidsformat' },
    options: [
      { value: 'iso', label: { en: '2026-01-31T12:00:00.000Z', nb: '2026-01-31T12:00:00.000Z', sv: '2026-01-31T12:00:00.000Z' } },
      { value: 'iso-seconds', label: { en: '2026-01-31T12:00:00Z', nb: '2026-01-31T12:00:00Z', sv: '2026-01-31T12:00:00Z' } },
      { value: 'date', label: { en: '2026-01-31', nb: '2026-01-31', sv: '2026-01-31' } },
      { value: 'seconds', label: { en: 'seconds since 1970', nb: 'sekunder siden 1970', sv: 'sekunder sedan 1970' } },
      { value: 'milliseconds', label: { en: 'milliseconds since 1970', nb: 'millisekunder siden 1970', sv: 'millisekunder sedan 1970' } },
    ],
    default: 'iso',
  },
  overlap: { type: 'number', label: { en: 'Overlap', nb: 'Overlapp', sv: 'Överlapp' }, hint: { en: 'Asks again for the last while, for what was committed late. What was seen before does nothing.', nb: 'Spør på nytt om den siste tiden, for det som ble lagret sent. Det som er sett før, gjør ingenting.', sv: 'Frågar på nytt om den senaste tiden, för det som sparades sent. Det som setts förut gör ingenting.' }, default: 120, min: 0, max: 86400, unit: 's' },
  start: { type: 'text', label: { en: 'First time', nb: 'Starttid', sv: 'Starttid' }, hint: { en: 'Where the first poll begins.', nb: 'Hvor den første spørringen begynner.', sv: 'Var den första frågan börjar.' }, default: '1970-01-01T00:00:00Z' },
  ...pagingFields,
  topic: { type: 'text', label: { en: 'Topic', nb: 'Emne', sv: 'Ämne' }, default: 'document' },
} as const

type PollConfig = Config<typeof fields>

export const restPoll = defineSource({
  role: 'source',
  type: 'rest poll',
  label: { en: 'rest poll', nb: 'rest poll', sv: 'rest poll' },
  help: pollHelp,
  fields,
  inputs: [],
  outputs: [{ type: 'any', label: { en: 'document', nb: 'dokument', sv: 'dokument' } }],
  poll: {
    everyMs: ({ config }) => config.every * 1000,
    async next(stored, signal, { config, system }) {
      const cursor = readCursor(stored)
      const since = formatCursor(sinceOf(cursor, config), config.cursorFormat)
      const query = Object.fromEntries(Object.entries(textsOf(config.query)).map(([name, text]) => [name, text.replaceAll('{cursor}', since)]))
      const { items: found, next: page } = await fetchPage(system, { ...config, query }, cursor.page, signal)
      const items = found.map(item => itemOf(item, config))
      const newest = [cursor.newest, ...items.map(item => item.sourceTime)].reduce((a, b) => (b !== null && (a === null || b > a) ? b : a), null)
      // The window stays where it is until its last page is read, or its later pages would be another list.
      return page === null
        ? { items, cursor: { since: newest, newest, page: null } satisfies PollCursor, more: false }
        : { items, cursor: { since: cursor.since, newest, page } satisfies PollCursor, more: true }
    },
  },
})

function itemOf(item: unknown, config: PollConfig): PolledItem {
  const body = Buffer.from(JSON.stringify(item))
  const key = scalarText(readPath(item, config.keyPath))
  const sourceTime = config.timePath ? instantOf(readPath(item, config.timePath)) : null
  // Without a key only the content tells one from another, and keeps it from arriving anew with every round.
  const version = (key === null ? null : sourceTime) ?? hash('sha256', body).slice(0, 32)
  return { key, eventId: `${key ?? ''}@${version}`, topic: config.topic, sourceTime, contentType: 'application/json', body }
}
