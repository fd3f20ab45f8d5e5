/** Makes due again what had ended: the one way in which anything is done a second time, one by one or in a repair. */
import type { Transaction } from './db.ts'
import { lockNotes, takeNotes } from './typed/acknowledged.ts'
import type { LaneName } from './types.ts'

/** `dead`: dead letters only. `settled`: also what succeeded. What still waits is never touched. */
export type Among = 'dead' | 'settled'

// Keys are locked before what they hold, as everywhere.
const onWake = `on conflict (lane, key) do update set due_at = case when w.epoch is null then least(w.due_at, excluded.due_at) else w.due_at end`

/** Makes one key of a lane due. */
export const wakeKey = `insert into torg.work as w (lane, key, due_at) values ($1, $2, now()) ${onWake}`

const wakeMessages = `
insert into torg.work as w (lane, key, due_at)
select distinct lane, key, now() from torg.message where id = any ($1::uuid[]) and state = any ($2::text[]) order by lane, key
${onWake}`

const reopenMessages = `
update torg.message set state = 'pending', attempts = 0, due_at = now(), settled_at = null, closed = null
where id = any ($1::uuid[]) and state = any ($2::text[]) returning lane`

const givenDeliveries = `unnest($1::text[], $2::uuid[]) as g (subscription, record_id) join torg.delivery d on d.subscription = g.subscription and d.record_id = g.record_id`
const isOver = '(d.dead or ($3 and d.desired <= d.acked))'

const wakeDeliveries = `
insert into torg.work as w (lane, key, due_at)
select distinct d.lane, d.key, now() from ${givenDeliveries} where ${isOver} order by d.lane, d.key
${onWake}`

// A system that refused for good may remember its answer under the idempotency key, and one that took the record knows it by that key:
// both are asked under another. After a failure whose end is not known the key stays the same.
const reopenDeliveries = `
update torg.delivery d set
  generation = d.generation + case when d.dead and d.error->>'class' = 'transient' then 0 else 1 end,
  acked = least(d.acked, d.desired - 1),
  wanted_at = case when d.dead then d.wanted_at else now() end,
  dead = false, closed = null, attempts = 0, due_at = now()
from unnest($1::text[], $2::uuid[]) as g (subscription, record_id)
where d.subscription = g.subscription and d.record_id = g.record_id and ${isOver} returning d.lane`

/** Puts messages back; answers the lane of each that was. They run through the flows deployed then. */
export async function putMessagesBack(tx: Transaction, ids: readonly string[], among: Among): Promise<LaneName[]> {
  const values = [ids, among === 'dead' ? ['dead'] : ['done', 'dead']]
  const [, rows] = await Promise.all([tx.query(wakeMessages, values), tx.query<{ lane: LaneName }>(reopenMessages, values)])
  return rows.map(({ lane }) => lane)
}

/** Wants records delivered again, at their newest version; answers the lane of each that will be. */
export async function putDeliveriesBack(tx: Transaction, deliveries: readonly { subscription: string, recordId: string }[], among: Among): Promise<LaneName[]> {
  const values = [deliveries.map(({ subscription }) => subscription), deliveries.map(({ recordId }) => recordId), among === 'settled']
  // A dead letter is a row already.
  const noted = among === 'settled' ? [...lockNotes(deliveries.map(({ recordId }) => recordId)), ...takeNotes(deliveries)] : []
  const taken = noted.map(([text, pairs]) => tx.query(text, pairs))
  const [, rows] = await Promise.all([tx.query(wakeDeliveries, values), tx.query<{ lane: LaneName }>(reopenDeliveries, values), ...taken])
  return rows.map(({ lane }) => lane)
}
