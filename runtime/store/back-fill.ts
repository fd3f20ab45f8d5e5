/** Back-fill: records are raised for subscriptions that have never had them, as if they had just been saved. */
import type { Transaction } from './db.ts'
import { raiseDeliveries } from './deliveries.ts'
import { handingOver } from './hand-over.ts'
import type { JsonObject } from './merge.ts'
import { needing, othersOf } from './needs.ts'
import { writeChanges } from './record-writes.ts'
import { upToDate } from './rows.ts'
import type { Rules } from './save-plan.ts'
import { lockAny, locking } from './typed/load.ts'
import type { LaneName, Origin } from './types.ts'

// Locked like by a save, so that none of another version is raised meanwhile; sorted like there.
const lockRecords = locking('r.id, r.kind, r.version, r.schema, r.document', 'r.id = any ($1::uuid[]) and r.version > 0 and r.deleted_at is null')
const presentDeliveries = `
select d.record_id, d.subscription from unnest($1::uuid[], $2::text[]) as g (record_id, subscription)
cross join lateral torg.deliveries_of(g.record_id) d where d.subscription = g.subscription`

export interface MissingDelivery { recordId: string, subscription: string }

/**
 * Raises and commits, with what `before` asks for in the same transaction. What the subscription's filter does not want, what is gone, and what
 * has a delivery by now is left alone.
 *
 * @param before told how many are raised
 * @param origin who said what the records are, where it was one system and nobody else
 * @returns the lane of each that waits in one
 */
export async function raiseMissing(tx: Transaction, missing: readonly MissingDelivery[], rules: Rules, before: (raised: number) => Promise<unknown>, origin?: Origin): Promise<LaneName[]> {
  const ids = [...new Set(missing.map(({ recordId }) => recordId))]
  const records = (await lockAny<{ id: string, kind: string, version: number, schema: string, document: JsonObject | null }>(tx, lockRecords, [ids])).map(row => upToDate(row, rules.kinds))
  const present = await tx.query<{ record_id: string, subscription: string }>(presentDeliveries, [missing.map(one => one.recordId), missing.map(one => one.subscription)])
  const recordOf = new Map(records.map(record => [record.id, record]))
  const has = new Set(present.map(row => `${row.record_id} ${row.subscription}`))
  const subscriptions = new Map(rules.subscriptions.map(subscription => [subscription.id, subscription]))
  const at = new Date().toISOString()
  // The records are locked: whoever changes the others meanwhile has them looked at again.
  const others = new Map<string, Awaited<ReturnType<typeof othersOf>>>()
  for (const { id, kind, needs } of needing([...subscriptions.values()].filter(({ id }) => missing.some(({ subscription }) => subscription === id)))) {
    others.set(id, await othersOf(tx, needs, records.filter(record => record.kind === kind), rules.kinds))
  }
  const raises = missing.flatMap(({ recordId, subscription: id }) => {
    const [record, subscription] = [recordOf.get(recordId), subscriptions.get(id)]
    if (!record || !subscription || has.has(`${recordId} ${id}`)) return []
    return raiseDeliveries({
      record: { ...record, document: record.document ?? {}, deleted: false }, at, origin: origin ?? { system: '', message: null, at }, equalsOrigin: origin !== undefined,
      rules: rules.kinds.get(record.kind) ?? { fact: false, links: [] }, subscriptions: [subscription], stateOf: () => undefined,
      needsMet: ({ needs }) => needs?.met(others.get(id)?.(recordId) ?? [], at) ?? true,
    })
  })
  // Sent before, it is committed with the rest.
  await Promise.all([
    before(raises.length),
    handingOver(undefined, async offers => ({ result: undefined, claims: await writeChanges(tx, { records: [], references: [], raises, isNew: () => true }, offers) })),
  ])
  return raises.flatMap(({ lane, settled, held }) => settled || held ? [] : lane)
}
