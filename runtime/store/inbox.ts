/** The inbox: what systems sent, stored before it is acknowledged. */
import { createBatcher } from './batch.ts'
import { isDataError, retrying, toStoreError, type Database } from './db.ts'
import { newId } from '../ids.ts'
import { toJson } from './json.ts'
import type { NewMessage, ReceivedMessage } from './types.ts'

/** Bytes a message takes beside its body, roughly. */
const overhead = 500

// Who stores the event stores the message; another who does so at the same moment waits for the commit and then finds it taken. The
// events are sorted, so that two with the same ones wait in one direction only. The order of the rows is the order of the calls, and so
// of seq. The upsert of the work row changes nothing where the row exists, but locks it: a release of the key at this moment either sees
// the message or lets it make the row anew.
const insertMessages = `
with given as (
  select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::text[], $10::bytea[], $11::timestamptz[], $12::text[]) with ordinality
    as g (id, lane, system, source, topic, key, event_id, content_type, headers, body, source_time, error, ord)
), taken as (
  insert into torg.event (source, event_id, message_id)
  select source, event_id, id from given where event_id is not null order by source, event_id, ord
  on conflict (source, event_id) do nothing
  returning message_id
), stored as (
  insert into torg.message (id, lane, system, source, topic, key, event_id, content_type, headers, body, source_time, state, error, settled_at, dead_at)
  select id, lane, system, source, topic, key, event_id, content_type, headers::jsonb, body, source_time,
    case when error is null then 'pending' else 'dead' end, error::jsonb,
    case when error is not null then now() end, case when error is not null then now() end
  from given where event_id is null or id in (select message_id from taken) order by ord
  returning id, lane, key, state
), woken as (
  insert into torg.work as w (lane, key, due_at)
  select distinct lane, key, now() from stored where state = 'pending' order by lane, key
  on conflict (lane, key) do update set due_at = w.due_at
)
select id from stored`

const findStored = `
select g.ord::int as ord, e.message_id as id
from unnest($1::text[], $2::text[]) with ordinality as g (source, event_id, ord)
join torg.event e on e.source = g.source and e.event_id = g.event_id`

interface Arrival { id: string, message: NewMessage }

export interface Inbox {
  receive(message: NewMessage): Promise<ReceivedMessage>
  idle(): Promise<void>
}

export function createInbox(db: Database): Inbox {
  const batcher = createBatcher<Arrival, ReceivedMessage>({
    maxItems: 500,
    maxBytes: 8_000_000,
    sizeOf: ({ message }) => message.body.length + overhead,
    owedToData: isDataError,
    // A batch that lost its connection may have been committed; the sender is told to come again, and its event id
    // keeps that from doubling.
    write: arrivals => retrying(() => store(db, arrivals)),
  })
  return {
    receive: async message => {
      try {
        return await batcher.add({ id: newId(), message })
      } catch (error) {
        throw toStoreError(error, `Storing a message of ${message.system}`)
      }
    },
    idle: batcher.idle,
  }
}

async function store(db: Database, arrivals: Arrival[]): Promise<ReceivedMessage[]> {
  const column = <Value>(of: (message: NewMessage, id: string) => Value): Value[] => arrivals.map(({ id, message }) => of(message, id))
  const rows = await db.query<{ id: string }>(insertMessages, [
    column((_, id) => id), column(m => m.lane), column(m => m.system), column(m => m.source), column(m => m.topic),
    // Without a key a message is alone, never together with others that have none.
    column((m, id) => m.key ?? id),
    column(m => m.eventId), column(m => m.contentType), column(m => JSON.stringify(m.headers)), column(m => m.body),
    column(m => m.sourceTime), column(m => m.error ? toJson(m.error) : null),
  ])
  const stored = new Set(rows.map(row => row.id))
  const duplicates = arrivals.filter(({ id }) => !stored.has(id))
  const originals = duplicates.length === 0 ? [] : await db.query<{ ord: number, id: string }>(findStored, [
    duplicates.map(({ message }) => message.source), duplicates.map(({ message }) => message.eventId),
  ])
  const originalOf = new Map(originals.map(({ ord, id }) => [duplicates[ord - 1]?.id, id]))
  return arrivals.map(({ id }) => stored.has(id) ? { id, duplicate: false } : { id: originalOf.get(id) ?? id, duplicate: true })
}
