/** Reads and locks what a batch of saves may change. */
import type { Transaction } from './db.ts'
import { keysOfWrites, keyText } from './key-plan.ts'
import { findHolders, type HolderRow } from './key-writes.ts'
import { findLinks } from './links.ts'
import { toRecord, upToDate, type RecordRow } from './rows.ts'
import { referenceKey, type Rules, type SavePlan } from './save-plan.ts'
import { findOwnReferences, lockTyped } from './typed/load.ts'
import { typedKind } from './typed/index.ts'
import type { EntityWrite } from './types.ts'

const findReferences = `
select f.system, f.kind, f.external_id, f.record_id, f.source_time
from unnest($1::text[], $2::text[], $3::text[]) as g (system, kind, external_id)
join torg.reference f on f.system = g.system and f.kind = g.kind and f.external_id = g.external_id`

// In the order of the ids: transactions that share records queue up instead of blocking each other in a circle. "No key": so that
// a reference may be added to a locked record, which a settled delivery does.
const lockRecords = `
select id, kind, version, schema, number, document, provenance, created_at, updated_at, deleted_at, erased, turns_at, merged_into
from torg.record where id = any ($1::uuid[]) order by id for no key update`

const referencesOf = 'select system, kind, external_id, record_id, source_time from torg.reference where record_id = any ($1::uuid[]) order by system, kind, external_id'

const survivorsOf = 'select id, torg.surviving(id) as survivor from unnest($1::uuid[]) as g (id)'

const deliveriesOf = 'select subscription, record_id, operation, desired > acked as pending from torg.delivery where record_id = any ($1::uuid[])'

interface ReferenceRow { system: string, kind: string, external_id: string, record_id: string, source_time: Date | null }

/** Tells the plan of references, match keys, records and deliveries, in two round trips. Kinds without match rules cost no look at keys. */
export async function load(tx: Transaction, plan: SavePlan, writes: EntityWrite[], rules: Rules): Promise<void> {
  const references = new Map([
    ...writes.flatMap(write => write.refs),
    ...writes.flatMap(write => findLinks(write.document, rules.kinds.get(write.kind)?.links ?? [])),
  ].map(reference => [referenceKey(reference), reference]))
  const know = (rows: ReferenceRow[]): void => {
    for (const row of rows) {
      plan.knowReference({ reference: { system: row.system, kind: row.kind, id: row.external_id }, recordId: row.record_id, sourceTime: row.source_time?.toISOString() ?? null })
    }
  }

  const given = [...references.values()]
  const keys = keysOfWrites(writes, rules.kinds)
  const [found, own, holders] = await Promise.all([
    tx.query<ReferenceRow>(findReferences, [given.map(ref => ref.system), given.map(ref => ref.kind), given.map(ref => ref.id)]),
    findOwnReferences(tx, given),
    keys.length === 0 ? [] : tx.query<HolderRow>(findHolders, [keys.map(key => key.kind), keys.map(key => key.rule), keys.map(key => key.value)]),
  ])
  found.push(...own)
  know(found)
  const holdersOf = Map.groupBy(holders, keyText)
  plan.knowHolders(new Map(keys.map(key => [keyText(key), (holdersOf.get(keyText(key)) ?? []).map(row => row.record_id)])))

  const recordOf = new Map(found.map(row => [referenceKey({ system: row.system, kind: row.kind, id: row.external_id }), row.record_id]))
  const recordsOf = ({ refs }: EntityWrite): string[] => refs.flatMap(ref => recordOf.get(referenceKey(ref)) ?? [])
  const candidatesOf = (about: EntityWrite[]): string[] => holders.length === 0 ? [] : keysOfWrites(about, rules.kinds).flatMap(key => (holdersOf.get(keyText(key)) ?? []).map(row => row.record_id))

  const locked = new Set<string>()
  const typed = writes.some(write => typedKind(write.kind))
  const placeholders = new Set<string>()
  const lock = async (wanted: string[]): Promise<void> => {
    const ids = [...new Set(wanted)].filter(id => !locked.has(id))
    if (ids.length === 0) return
    for (const id of ids) locked.add(id)
    // Everything else is read once the rows are ours: before, it may still change.
    const [records, ofTyped, ofRecords, deliveries] = await Promise.all([
      tx.query<Omit<RecordRow, 'refs'> & { erased: boolean, turns_at: Date | null, merged_into: string | null }>(lockRecords, [ids]),
      lockTyped(tx, typed ? ids : []),
      tx.query<ReferenceRow>(referencesOf, [ids]),
      tx.query<{ subscription: string, record_id: string, operation: 'upsert' | 'remove', pending: boolean }>(deliveriesOf, [ids]),
    ])
    // What no write made one expect: a reference of a kind of its own belongs to a typed record.
    if (!typed && records.length < ids.length) ofTyped.push(...await lockTyped(tx, ids))
    know(ofRecords)
    const refsOf = Map.groupBy(ofRecords, row => row.record_id)
    for (const stored of records) {
      const row = upToDate(stored, rules.kinds)
      if (row.merged_into !== null) continue
      if (row.version === 0) placeholders.add(row.id)
      const refs = (refsOf.get(row.id) ?? []).map(ref => ({ system: ref.system, kind: ref.kind, id: ref.external_id }))
      plan.knowRecord({ ...toRecord({ ...row, refs }), document: row.document, erased: row.erased, turnsAt: row.turns_at?.toISOString() ?? null })
    }
    for (const { own_system: system, own_id: id, source_time: time, acked, ...row } of ofTyped.map(stored => upToDate(stored, rules.kinds))) {
      const own = system === null || id === null ? null : { system, id, sourceTime: time?.toISOString() ?? null }
      const reference = own && { system: own.system, kind: row.kind, id: own.id }
      if (own && reference) plan.knowReference({ reference, recordId: row.id, sourceTime: own.sourceTime })
      const refs = [...reference ? [reference] : [], ...(refsOf.get(row.id) ?? []).map(ref => ({ system: ref.system, kind: ref.kind, id: ref.external_id }))]
      plan.knowRecord({ ...toRecord({ ...row, refs }), document: row.document, erased: row.erased, turnsAt: row.turns_at?.toISOString() ?? null, own })
      for (const [subscription, [, , present]] of Object.entries(acked ?? {})) plan.knowDelivery({ subscription, recordId: row.id, operation: present ? 'upsert' : 'remove', pending: false })
    }
    for (const row of deliveries) {
      plan.knowDelivery({ subscription: row.subscription, recordId: row.record_id, operation: row.operation, pending: row.pending })
    }
    const merged = records.filter(row => row.merged_into !== null).map(row => row.id)
    if (merged.length === 0) return
    const survivors = await tx.query<{ id: string, survivor: string }>(survivorsOf, [merged])
    for (const { id, survivor } of survivors) plan.knowMerged(id, survivor)
    await lock(survivors.map(({ survivor }) => survivor))
  }
  await lock([...writes.flatMap(recordsOf), ...candidatesOf(writes.filter(write => recordsOf(write).length === 0))])
  // What only links knew so far may be a record that is known by other references.
  if (holders.length > 0 && placeholders.size > 0) await lock(candidatesOf(writes.filter(write => recordsOf(write).some(id => placeholders.has(id)))))
}
