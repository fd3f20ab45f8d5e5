/** What imports raised is a range of ids: deliveries are made of it in portions, as of records that a subscription has never had. */
import { raiseMissing } from './back-fill.ts'
import type { BulkRules } from './bulk-types.ts'
import { guarded, isUnreachable, retrying, type Database, type Transaction } from './db.ts'
import { isActive } from './deployments.ts'
import { createPacing } from './pacing.ts'
import type { Advanced } from './repair-types.ts'
import type { Rules } from './save-plan.ts'
import { typedKind } from './typed/index.ts'
import type { LaneName, Taker } from './types.ts'

const extend = `
insert into torg.raise as r (import_id, subscription, lane, kind, system, first_id, last_id, total)
select $1, subscription, lane, $4, $5, $6, $7, $8 from unnest($2::text[], $3::text[]) as g (subscription, lane) order by subscription
on conflict (import_id, subscription) do update set last_id = excluded.last_id, total = r.total + excluded.total, lane = excluded.lane`

const list = 'select import_id as "importId", subscription from torg.raise order by at, import_id, subscription'
// Only by whom knows the flows in force.
const dropUndeployed = `delete from torg.raise where subscription <> all ($1::text[]) and ${isActive('$2')}`
const listPaused = 'select name from torg.lane where paused_at is not null'
// Two processes at once: one of them does it.
const lock = `
select kind, system, lane, first_id as first, last_id as last, cursor, before, at from torg.raise where import_id = $1 and subscription = $2 for update skip locked`
// What the system itself said beside the import has a delivery, or needs none.
const page = (table: string): string => `
select id from ${table} where id >= $1 and id > $2 and id <= $3 and system = $4 order by id limit $5`
const inFront = `
select count(*) from torg.delivery d
where d.subscription = $1 and d.record_id > $2 and d.record_id <= $3 and d.desired > d.acked and not d.dead and not d.held and d.due_at <= now()`
const moveCursor = 'update torg.raise set before = cursor, cursor = $3, looked = looked + $4 where import_id = $1 and subscription = $2'
const end = 'delete from torg.raise where import_id = $1 and subscription = $2'

const least = '00000000-0000-0000-0000-000000000000'

/** Adds the newest records of an import, whose ids rise from `first` to `last`, to what is raised. The system itself has said them: it is told nothing. */
export async function extendRaises(tx: Transaction, { importId, kind, system, first, last, count, subscriptions }: { importId: string, kind: string, system: string, first: string, last: string, count: number, subscriptions: BulkRules['subscriptions'] }): Promise<void> {
  const wanting = subscriptions.filter(subscription => subscription.kind === kind && subscription.system !== system)
  if (count === 0 || wanting.length === 0) return
  await tx.query(extend, [importId, wanting.map(({ id }) => id), wanting.map(({ lane }) => lane), kind, system, first, last, count])
}

export interface RaiseStore {
  /**
   * Makes deliveries of the next portion of each range that a subscription in force waits for, `most` at most, if most of its last one is through.
   * Of a subscription that is held, or whose lane is paused, nothing is made: its ranges wait.
   */
  advanceRaises(most: number): Promise<Advanced>
}

interface RaiseRow { kind: string, system: string, first: string, last: string, cursor: string | null, before: string | null, at: Date }

export function createRaises(db: Database, rules: () => Rules, taker: () => Taker | undefined): RaiseStore {
  const pacing = createPacing<string>()

  /** The lanes that have work now; null: not yet. */
  const advance = async (tx: Transaction, { importId, subscription }: { importId: string, subscription: string }, most: number): Promise<LaneName[] | null> => {
    const [row] = await tx.query<RaiseRow>(lock, [importId, subscription])
    const typed = row && typedKind(row.kind)
    if (!row || !typed) return null
    const { system, first, last, cursor, before, at } = row
    const key = keyOf({ importId, subscription })
    const size = await pacing.next(key, most, async () => Number((await tx.query<{ count: string }>(inFront, [subscription, before ?? least, cursor ?? least]))[0]?.count))
    if (size === 0) return null
    const ids = (await tx.query<{ id: string }>(page(typed.table), [first, cursor ?? least, last, system, size])).map(({ id }) => id)
    pacing.handed(key, size)
    const origin = { system, message: importId, at: at.toISOString() }
    const move = (): Promise<unknown> => ids.length < size ? tx.query(end, [importId, subscription]) : tx.query(moveCursor, [importId, subscription, ids.at(-1), ids.length])
    if (ids.length === 0) {
      await move()
      return []
    }
    return raiseMissing(tx, ids.map(recordId => ({ recordId, subscription })), rules(), move, origin)
  }

  return {
    advanceRaises: most => guarded('Making deliveries of what imports raised', async (): Promise<Advanced> => {
      const { subscriptions } = rules()
      const found = await retrying(() => db.query<{ importId: string, subscription: string }>(list), isUnreachable)
      if (found.length === 0) return { running: 0, moved: false, lanes: [] }
      const known = new Map(subscriptions.map(subscription => [subscription.id, subscription]))
      if (found.some(({ subscription }) => !known.has(subscription))) await retrying(() => db.query(dropUndeployed, [[...known.keys()], taker()?.deployment ?? 0]), isUnreachable)
      const paused = new Set((await retrying(() => db.query<{ name: string }>(listPaused), isUnreachable)).map(({ name }) => name))
      // What is made for a lane that a person has paused would only lie there, in front of what comes when it runs again.
      const running = found.filter(({ subscription: id }) => {
        const subscription = known.get(id)
        return subscription && subscription.mode !== 'held' && !paused.has(subscription.lane)
      })
      pacing.keep(new Set(running.map(keyOf)))
      const handed: LaneName[][] = []
      for (const one of running) {
        const lanes = await retrying(() => db.transaction(tx => advance(tx, one, most)), isUnreachable)
        if (lanes) handed.push(lanes)
      }
      return { running: running.length, moved: handed.length > 0, lanes: [...new Set(handed.flat())] }
    }),
  }
}

const keyOf = ({ importId, subscription }: { importId: string, subscription: string }): string => `${importId} ${subscription}`
