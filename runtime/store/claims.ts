/** Leases: who works on which key of a lane, and what there is to do. */
import { createBatcher } from './batch.ts'
import { guarded, isDataError, isUnreachable, retrying, type Database } from './db.ts'
import { isActive } from './deployments.ts'
import { isFree, isWorthAsking, leaseUnderLimits } from './lanes.ts'
import { deliveryColumns, freed, toDelivery, type DeliveryRow } from './rows.ts'
import type { SubscriptionModes } from './subscription-modes.ts'
import type { DeliveryClaim, LaneLimits, LaneName, Lease, LimitedClaims, Message, MessageClaim } from './types.ts'

export interface Want { lane: LaneName, owner: string, deployment: number, keys: number, perKey: number, leaseMs: number }

// Two claims at once skip each other's rows. What a key holds is read by a second statement: its snapshot is taken when the key is
// ours already, so it cannot show work that somebody settled in between. For the same reason it decides whether our deployment is
// the active one: if it is while we have the key, newer flows cannot have worked on it before. A key read in vain is given back.
const leaseKeys = `
update torg.work w set owner = $2, epoch = nextval('torg.epoch'), due_at = now() + $4 * interval '1 millisecond'
from (select lane, key from torg.work where lane = $1 and due_at <= now() and ${isActive('$5')} and ${isFree('$1')} order by due_at limit $3 for update skip locked) due
where w.lane = due.lane and w.key = due.key
returning w.key, w.epoch`

const readMessages = `
select m.id, m.lane, m.system, m.source, m.topic, m.key, m.event_id, m.content_type, m.headers, m.body, m.source_time, m.received_at, m.attempts,
  m.due_at <= now() as due
from unnest($2::text[]) with ordinality as k (key, ord)
cross join lateral (
  select * from torg.message where lane = $1 and key = k.key and state = 'pending' and ${isActive('$4')} order by seq limit $3
) m
order by k.ord, m.seq`

const readDeliveries = `
select d.due_at <= now() as due, d.key, ${deliveryColumns}
from unnest($2::text[]) with ordinality as k (key, ord)
cross join lateral (
  select * from torg.delivery where lane = $1 and key = k.key and desired > acked and not dead and not held and ${isActive('$4')} order by seq limit $3
) d
join torg.any_record r on r.id = d.record_id
order by k.ord, d.seq`

// After a key is given back it is due when its first item is; without any item its row goes. The lock comes first and by
// itself, so that the second statement sees what was committed by those it waited for.
const lockLeases = `
select 1 from unnest($1::text[], $2::text[], $3::bigint[]) as g (lane, key, epoch)
join torg.work w on w.lane = g.lane and w.key = g.key and w.epoch = g.epoch
order by w.lane, w.key for update of w`

/** For keys whose rows the transaction has locked by an earlier statement. Takes lanes, keys, epochs; answers those that are due again at once. */
export const giveBack = `
with head as (
  select w.lane, w.key, g.epoch, case when w.lane like '%.in'
    then (select m.due_at from torg.message m where m.lane = w.lane and m.key = w.key and m.state = 'pending' order by m.seq limit 1)
    else (select d.due_at from torg.delivery d where d.lane = w.lane and d.key = w.key and d.desired > d.acked and not d.dead and not d.held order by d.seq limit 1) end as due_at
  from unnest($1::text[], $2::text[], $3::bigint[]) as g (lane, key, epoch)
  join torg.work w on w.lane = g.lane and w.key = g.key and w.epoch = g.epoch
), gone as (
  delete from torg.work w using head h where w.lane = h.lane and w.key = h.key and h.due_at is null
)
update torg.work w set owner = null, epoch = null, due_at = h.due_at
from head h where w.lane = h.lane and w.key = h.key and h.due_at is not null
returning h.epoch, h.due_at <= now() as due`

const prolong = `
with held as (
  select w.lane, w.key, w.epoch from unnest($1::text[], $2::text[], $3::bigint[]) as g (lane, key, epoch)
  join torg.work w on w.lane = g.lane and w.key = g.key and w.epoch = g.epoch
  order by w.lane, w.key for update of w
)
update torg.work w set due_at = now() + $4 * interval '1 millisecond'
from held h where w.lane = h.lane and w.key = h.key and w.epoch = h.epoch
returning w.lane, w.key, w.epoch`

const endLeases = `update torg.work set ${freed} where owner = $1 returning 1`
const endLeasesOfLane = `update torg.work set ${freed} where owner = $1 and lane = $2 and epoch <> all ($3::bigint[]) returning 1`

// Walks from lane to lane over the index instead of reading every row.
const lanesDue = `
with recursive lane (name) as (
  (select lane from torg.work order by lane limit 1)
  union all
  select (select w.lane from torg.work w where w.lane > l.name order by w.lane limit 1) from lane l where l.name is not null
)
select name from lane where name is not null and exists (select 1 from torg.work w where w.lane = name and w.due_at <= now()) and ${isWorthAsking('name')}`

interface MessageRow {
  id: string, lane: LaneName, system: string, source: string, topic: string, key: string, event_id: string | null
  content_type: string, headers: Record<string, string>, body: Buffer, source_time: Date | null, received_at: Date, attempts: number, due: boolean
}

export interface Claims {
  claimMessages(want: Want): Promise<MessageClaim[]>
  claimDeliveries(want: Want): Promise<DeliveryClaim[]>
  claimLimited(want: Want & { limits: LaneLimits }): Promise<LimitedClaims>
  release(leases: Lease[]): Promise<void>
  renew(leases: Lease[], leaseMs: number): Promise<Lease[]>
  endLeasesOf(owner: string, among?: { lane: LaneName, except: Lease[] }): Promise<number>
  dueLanes(): Promise<LaneName[]>
  idle(): Promise<void>
}

export function createClaims(db: Database, { sift }: Pick<SubscriptionModes, 'sift'>): Claims {
  const columns = (leases: Lease[]): unknown[] => [leases.map(l => l.lane), leases.map(l => l.key), leases.map(l => l.epoch)]

  const releases = createBatcher<Lease, null>({
    maxItems: 500,
    maxBytes: 1_000_000,
    sizeOf: lease => lease.key.length + 100,
    owedToData: isDataError,
    write: leases => retrying(async () => {
      await db.together([[lockLeases, columns(leases)], [giveBack, columns(leases)]])
      return leases.map(() => null)
    }, isUnreachable),
  })


  const release = (leases: Lease[]): Promise<void> => guarded('Giving keys back', async () => {
    await Promise.all(leases.map(lease => releases.add(lease)))
  })

  type Leased = { key: string, epoch: string }[]
  interface Item { key: string, due: boolean }

  /** Reads the items of leased keys, and gives back at once the keys that turn out to have none. */
  const withItems = async <Row extends Item>(want: Want, read: (keys: string[]) => Promise<Row[]>, leased: Leased): Promise<{ lease: Lease, rows: Row[] }[]> => {
    if (leased.length === 0) return []
    const rows = await read(leased.map(row => row.key))
    const byKey = Map.groupBy(rows, row => row.key)
    const claims = leased.map(({ key, epoch }) => {
      const ofKey = byKey.get(key) ?? []
      // An item that is not due yet holds up those behind it.
      const firstLater = ofKey.findIndex(row => !row.due)
      return { lease: { lane: want.lane, owner: want.owner, key, epoch }, rows: firstLater < 0 ? ofKey : ofKey.slice(0, firstLater) }
    })
    const empty = claims.filter(({ rows: [first] }) => !first)
    if (empty.length > 0) await release(empty.map(({ lease }) => lease))
    return claims.filter(({ rows: [first] }) => first)
  }

  const messagesOf = async (want: Want, leased: Leased): Promise<MessageClaim[]> =>
    (await withItems(want, keys => db.query<MessageRow>(readMessages, [want.lane, keys, want.perKey, want.deployment]), leased)).map(({ lease, rows }) => ({ lease, messages: rows.map(toMessage) }))

  const deliveriesOf = async (want: Want, leased: Leased): Promise<DeliveryClaim[]> =>
    // What a process that did not know the newest modes has queued is put aside here.
    (await withItems(want, async keys => sift(await db.query<DeliveryRow & Item>(readDeliveries, [want.lane, keys, want.perKey, want.deployment])), leased)).map(({ lease, rows }) => ({ lease, deliveries: rows.map(toDelivery) }))

  const claim = async <Claim>(want: Want, read: (leased: Leased) => Promise<Claim[]>): Promise<Claim[]> => {
    for (;;) {
      const leased = await retrying(() => db.query<Leased[number]>(leaseKeys, [want.lane, want.owner, want.keys, want.leaseMs, want.deployment]))
      const claims = await read(leased)
      if (claims.length > 0 || leased.length < want.keys) return claims
    }
  }

  return {
    claimMessages: want => guarded(`Claiming work of ${want.lane}`, async () => await claim(want, leased => messagesOf(want, leased))),
    claimDeliveries: want => guarded(`Claiming work of ${want.lane}`, async () => await claim(want, leased => deliveriesOf(want, leased))),
    claimLimited: want => guarded(`Claiming work of ${want.lane}`, async () => {
      for (;;) {
        const { leased, probe, againInMs } = await leaseUnderLimits(db, want)
        const claims = await (want.lane.endsWith('.in') ? messagesOf(want, leased) : deliveriesOf(want, leased))
        if (claims.length > 0 || leased.length === 0) return { claims, probe, againInMs }
      }
    }),
    release,
    renew: (leases, leaseMs) => guarded('Prolonging leases', async () => {
      const kept = await retrying(() => db.query<{ lane: string, key: string, epoch: string }>(prolong, [...columns(leases), leaseMs]), isUnreachable)
      const epochs = new Set(kept.map(row => row.epoch))
      return leases.filter(lease => !epochs.has(lease.epoch))
    }),
    endLeasesOf: (owner, among) => guarded(`Ending the leases of ${owner}`, async () => (await retrying(() => among
      ? db.query(endLeasesOfLane, [owner, among.lane, among.except.map(({ epoch }) => epoch)])
      : db.query(endLeases, [owner]), isUnreachable)).length),
    dueLanes: () => guarded('Looking for due lanes', async () => (await db.query<{ name: LaneName }>(lanesDue)).map(row => row.name)),
    idle: releases.idle,
  }
}

function toMessage(row: MessageRow): Message {
  return {
    id: row.id, lane: row.lane, system: row.system, source: row.source, topic: row.topic, key: row.key, eventId: row.event_id,
    contentType: row.content_type, headers: row.headers, body: row.body, sourceTime: row.source_time?.toISOString() ?? null,
    receivedAt: row.received_at.toISOString(), attempts: row.attempts,
  }
}
