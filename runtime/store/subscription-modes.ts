/** What waits follows the mode of its subscription: released when it goes live, put aside when it is held, taken for known when it adopts. */
import { guarded, isUnreachable, retrying, toStoreError, type Database } from './db.ts'
import { lockNotes, noteAcknowledged, type Statement } from './typed/acknowledged.ts'
import type { LaneName, ModeChanges, Subscription } from './types.ts'

/** Small, so that a save of the same records hardly waits. */
const batch = 500

const heldOf = 'select record_id, lane, key from torg.delivery where subscription = $1 and held order by key, seq limit $2'

// Walks from one to the next over the index.
const heldSubscriptions = `
with recursive held (subscription) as (
  (select subscription from torg.delivery where held order by subscription limit 1)
  union all
  select (select d.subscription from torg.delivery d where d.held and d.subscription > h.subscription order by d.subscription limit 1) from held h where h.subscription is not null
)
select subscription from held where subscription is not null`

const wakeKeys = `
insert into torg.work as w (lane, key, due_at)
select distinct lane, key, now() from unnest($1::text[], $2::text[]) as g (lane, key) order by lane, key
on conflict (lane, key) do update set due_at = case when w.epoch is null then least(w.due_at, excluded.due_at) else w.due_at end`

const release = `
update torg.delivery set held = false, attempts = 0, due_at = now()
where subscription = $1 and record_id = any ($2::uuid[]) and held returning 1`

// A dead letter stays one: a person decides on it.
const adoptHeld = `
update torg.delivery set held = false, attempts = 0,
  acked = case when dead then acked else desired end, present = case when dead then present else operation = 'upsert' end
where subscription = $1 and record_id = any ($2::uuid[]) and held returning 1`

// The queues are walked whole, since only held deliveries are found by their subscription.
const pageOfLane = `
select subscription, record_id as id, lane, key, seq::text as seq from torg.delivery
where lane = $1 and desired > acked and not dead and not held and (key, seq) > ($2, $3::bigint) order by key, seq limit $4`

const pageOfAll = `
select subscription, record_id as id, lane, key, seq::text as seq from torg.delivery
where (lane, key, seq) > ($1, $2, $3::bigint) and desired > acked and not dead and not held order by lane, key, seq limit $4`

// The order of locks is work before deliveries, as everywhere.
const lockKeys = `
select 1 from unnest($1::text[], $2::text[]) as g (lane, key) join torg.work w on w.lane = g.lane and w.key = g.key
order by w.lane, w.key for update of w`

const hold = `
update torg.delivery set held = true
where subscription = any ($1::text[]) and record_id = any ($2::uuid[]) and desired > acked and not dead and not held returning 1`

const adopt = `
update torg.delivery set acked = desired, present = operation = 'upsert', attempts = 0, error = null
where subscription = any ($1::text[]) and record_id = any ($2::uuid[]) and desired > acked and not dead and not held returning 1`

// What imports raised and is no delivery yet.
const dropRaised = `
with dropped as (delete from torg.raise returning greatest(total - looked, 1) as left_over) select coalesce(sum(left_over), 0)::int as count from dropped`

const dropEmptyKeys = `
delete from torg.work w using unnest($1::text[], $2::text[]) as g (lane, key) where w.lane = g.lane and w.key = g.key and w.owner is null
  and not exists (select 1 from torg.delivery d where d.lane = w.lane and d.key = w.key and d.desired > d.acked and not d.dead and not d.held)`

/** A waiting delivery, as far as its mode concerns it; `id` is the record's. */
export interface Waiting { subscription: string, id: string, lane: LaneName, key: string }

export interface SubscriptionModes {
  /** Puts aside what must not run in the modes in force; answers what may. For keys leased by the caller, or by nobody. */
  sift<Row extends Waiting>(waiting: Row[]): Promise<Row[]>
  applyModes(signal: AbortSignal): Promise<ModeChanges>
  dropWaiting(): Promise<number>
}

/** @param subscriptions those in force */
export function createSubscriptionModes(db: Database, subscriptions: () => readonly Subscription[]): SubscriptionModes {
  const inMode = (mode: Subscription['mode']): Set<string> => new Set(subscriptions().flatMap(one => one.mode === mode ? one.id : []))

  const putAside = async (statement: string, rows: readonly Waiting[]): Promise<number> => {
    if (rows.length === 0) return 0
    const keys = [rows.map(({ lane }) => lane), rows.map(({ key }) => key)]
    const noting = statement === adopt ? rows.map(({ subscription, id }) => ({ subscription, recordId: id })) : []
    const before: Statement[] = [...lockNotes(noting.map(({ recordId }) => recordId)), [lockKeys, keys]]
    const changed = await retrying(() => db.together<object[][]>([
      ...before,
      [statement, [[...new Set(rows.map(row => row.subscription))], rows.map(row => row.id)]],
      [dropEmptyKeys, keys],
      ...noteAcknowledged(noting),
    ]), isUnreachable)
    return changed[before.length]?.length ?? 0
  }

  const sift = async <Row extends Waiting>(waiting: Row[]): Promise<Row[]> => {
    const [held, adopting] = [inMode('held'), inMode('adopt')]
    if (held.size === 0 && adopting.size === 0) return waiting
    await putAside(hold, waiting.filter(({ subscription }) => held.has(subscription)))
    await putAside(adopt, waiting.filter(({ subscription }) => adopting.has(subscription)))
    return waiting.filter(({ subscription }) => !held.has(subscription) && !adopting.has(subscription))
  }

  /** Held deliveries of a subscription that is no longer held. Those of one key in their order, so facts stay in theirs. */
  const letGo = async ({ id, mode }: Pick<Subscription, 'id' | 'mode'>, signal?: AbortSignal): Promise<{ count: number, lanes: LaneName[] }> => {
    const lanes = new Set<LaneName>()
    let count = 0
    while (!signal?.aborted) {
      const found = await retrying(() => db.query<{ record_id: string, lane: LaneName, key: string }>(heldOf, [id, batch]), isUnreachable)
      if (found.length === 0) break
      const records = found.map(row => row.record_id)
      const noting = mode === 'adopt' ? records.map(recordId => ({ subscription: id, recordId })) : []
      const changed = await retrying(() => db.together<object[][]>([
        ...lockNotes(noting.map(({ recordId }) => recordId)),
        ...mode === 'adopt' ? [] : [[wakeKeys, [found.map(row => row.lane), found.map(row => row.key)]] satisfies Statement],
        [mode === 'adopt' ? adoptHeld : release, [id, records]],
        ...noteAcknowledged(noting),
      ]), isUnreachable)
      count += changed.at(mode === 'adopt' ? -2 : -1)?.length ?? 0
      for (const { lane } of found) lanes.add(lane)
    }
    return { count, lanes: [...lanes] }
  }

  /** Queued deliveries of a subscription that is not live. */
  const clearQueue = async ({ id, lane, mode }: Subscription, signal: AbortSignal): Promise<number> => {
    let count = 0
    let after = { key: '', seq: '0' }
    while (!signal.aborted) {
      const page = await retrying(() => db.query<Waiting & { seq: string }>(pageOfLane, [lane, after.key, after.seq, batch]), isUnreachable)
      count += await putAside(mode === 'adopt' ? adopt : hold, page.filter(({ subscription }) => subscription === id))
      const last = page.at(-1)
      if (!last || page.length < batch) break
      after = last
    }
    return count
  }

  return {
    sift,
    applyModes: async signal => {
      const changes: ModeChanges = { released: 0, held: 0, adopted: 0, lanes: [] }
      const lanes = new Set<LaneName>()
      try {
        for (const subscription of subscriptions()) {
          const mode = subscription.mode ?? 'live'
          if (mode !== 'held') {
            const { count, lanes: woken } = await letGo(subscription, signal)
            changes[mode === 'adopt' ? 'adopted' : 'released'] += count
            if (mode === 'live') for (const lane of woken) lanes.add(lane)
          }
          if (mode !== 'live') changes[mode === 'adopt' ? 'adopted' : 'held'] += await clearQueue(subscription, signal)
        }
      } catch (error) {
        throw toStoreError(error, 'Applying the modes of the subscriptions')
      }
      return { ...changes, lanes: [...lanes] }
    },
    dropWaiting: () => guarded('Dropping the deliveries that wait', async () => {
      let count = (await retrying(() => db.query<{ count: number }>(dropRaised), isUnreachable))[0]?.count ?? 0
      for (const { subscription } of await db.query<{ subscription: string }>(heldSubscriptions)) count += (await letGo({ id: subscription, mode: 'adopt' })).count
      let after = { lane: '', key: '', seq: '0' }
      for (;;) {
        const page = await retrying(() => db.query<Waiting & { seq: string }>(pageOfAll, [after.lane, after.key, after.seq, batch]), isUnreachable)
        count += await putAside(adopt, page)
        const last = page.at(-1)
        if (!last || page.length < batch) return count
        after = last
      }
    }),
  }
}
