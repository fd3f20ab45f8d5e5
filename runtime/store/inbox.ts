/** The inbox: what systems sent, stored before it is acknowledged. */
import { createBatcher } from './batch.ts'
import { guarded, isDataError, retrying, type Database } from './db.ts'
import { newId } from '../ids.ts'
import { handingOver, insertWork, leasedKeys, type LeasedKey, type Offers } from './hand-over.ts'
import { toJson } from './json.ts'
import type { Message, MessageClaim, NewMessage, ReceivedMessage, Taker } from './types.ts'

/** Bytes a message takes beside its body, roughly. */
const overhead = 500

// The bodies come as one value, because one by itself goes in binary form, an array as text.
// Who stores the event stores the message; another who does so at the same moment waits for the commit and then finds it taken. The
// events are sorted, so that two with the same ones wait in one direction only. The order of the rows is the order of the calls, and so
// of seq. The upsert of the work row changes nothing where the row exists, but locks it: a release of the key at this moment either sees
// the message or lets it make the row anew. Answers the stored messages, and the keys that were leased.
const insertMessages = `
with given as (
  select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::text[], $10::timestamptz[], $11::text[], $12::int[], $13::int[]) with ordinality
    as g (id, lane, system, source, topic, key, event_id, content_type, headers, source_time, error, start, length, ord)
), taken as (
  insert into torg.event (source, event_id, message_id)
  select source, event_id, id from given where event_id is not null order by source, event_id, ord
  on conflict (source, event_id) do nothing
  returning message_id
), stored as (
  insert into torg.message (id, lane, system, source, topic, key, event_id, content_type, headers, body, source_time, state, error, settled_at, dead_at)
  select id, lane, system, source, topic, key, event_id, content_type, headers::jsonb, substr($14::bytea, start, length), source_time,
    case when error is null then 'pending' else 'dead' end, error::jsonb,
    case when error is not null then now() end, case when error is not null then now() end
  from given where event_id is null or id in (select message_id from taken) order by ord
  returning id, lane, key, state
), ${insertWork({ keys: "select distinct lane, key from stored where state = 'pending'", first: 15, dueAt: 'w.due_at' })}
select (select coalesce(json_agg(id), '[]') from stored) as stored, to_json(now()) as at, ${leasedKeys} as leased`

const findStored = `
select g.ord::int as ord, e.message_id as id
from unnest($1::text[], $2::text[]) with ordinality as g (source, event_id, ord)
join torg.event e on e.source = g.source and e.event_id = g.event_id`

interface Arrival { id: string, message: NewMessage }

export interface Inbox {
  receive(message: NewMessage): Promise<ReceivedMessage>
  idle(): Promise<void>
}

/** @param taker gets the keys that had nothing to do, as far as it has places for them */
export function createInbox(db: Database, taker: () => Taker | undefined): Inbox {
  const batcher = createBatcher<Arrival, ReceivedMessage>({
    maxItems: 500,
    maxBytes: 8_000_000,
    sizeOf: ({ message }) => message.body.length + overhead,
    owedToData: isDataError,
    // A batch that lost its connection may have been committed; the sender is told to come again, and its event id
    // keeps that from doubling.
    write: arrivals => retrying(() => store(db, arrivals, taker())),
  })
  return {
    receive: message => guarded(`Storing a message of ${message.system}`, () => batcher.add({ id: newId(), message })),
    idle: batcher.idle,
  }
}

interface Stored { stored: string[], at: string, leased: LeasedKey[] }

async function store(db: Database, arrivals: Arrival[], taker: Taker | undefined): Promise<ReceivedMessage[]> {
  const { stored, taken } = await handingOver(taker, offers => insert(db, arrivals, offers))
  const duplicates = arrivals.filter(({ id }) => !stored.has(id))
  const originals = duplicates.length === 0 ? [] : await db.query<{ ord: number, id: string }>(findStored, [
    duplicates.map(({ message }) => message.source), duplicates.map(({ message }) => message.eventId),
  ])
  const originalOf = new Map(originals.map(({ ord, id }) => [duplicates[ord - 1]?.id, id]))
  return arrivals.map(({ id }) => stored.has(id) ? { id, duplicate: false, ...(taken.has(id) && { taken: true }) } : { id: originalOf.get(id) ?? id, duplicate: true })
}

// Without a key a message is alone, never together with others that have none.
const keyOf = ({ id, message }: Arrival): string => message.key ?? id
const workOf = (arrival: Arrival): string => `${arrival.message.lane} ${keyOf(arrival)}`

async function insert(db: Database, arrivals: Arrival[], offers: Offers): Promise<{ result: { stored: Set<string>, taken: Set<string> }, claims: MessageClaim[] }> {
  const column = <Value>(of: (message: NewMessage) => Value): Value[] => arrivals.map(({ message }) => of(message))
  let next = 1
  const starts = arrivals.map(({ message: { body } }) => (next += body.length) - body.length)
  const lanes = new Map(arrivals.flatMap(arrival => arrival.message.error ? [] : [[workOf(arrival), arrival.message.lane]])).values()
  const [answer] = await db.query<Stored>(insertMessages, [
    arrivals.map(({ id }) => id), column(m => m.lane), column(m => m.system), column(m => m.source), column(m => m.topic), arrivals.map(keyOf),
    column(m => m.eventId), column(m => m.contentType), column(m => JSON.stringify(m.headers)),
    column(m => m.sourceTime), column(m => m.error ? toJson(m.error) : null), starts, column(m => m.body.length), Buffer.concat(column(m => m.body)), ...offers.columns(lanes),
  ])
  if (!answer) throw new Error('The inbox was not answered.')
  const stored = new Set(answer.stored)
  const claims = claimsOf(answer, arrivals.filter(({ id, message }) => stored.has(id) && !message.error), offers.owner)
  return { result: { stored, taken: new Set(claims.flatMap(({ messages }) => messages.map(({ id }) => id))) }, claims }
}

/** The leased keys with their messages: a fresh key has no others. */
function claimsOf({ leased, at }: Stored, arrivals: Arrival[], owner: string): MessageClaim[] {
  if (leased.length === 0) return []
  const receivedAt = new Date(at).toISOString()
  const byKey = Map.groupBy(arrivals, workOf)
  return leased.map(([lane, key, epoch]) => ({
    lease: { lane, key, owner, epoch },
    messages: (byKey.get(`${lane} ${key}`) ?? []).map(arrival => toMessage(arrival, receivedAt)),
  }))
}

function toMessage({ id, message: { lane, system, source, topic, key, eventId, contentType, headers, body, sourceTime } }: Arrival, receivedAt: string): Message {
  return { id, lane, system, source, topic, key: key ?? id, eventId, contentType, headers, body, sourceTime, receivedAt, attempts: 0 }
}
