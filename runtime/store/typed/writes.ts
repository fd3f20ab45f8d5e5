/** Writes records of typed kinds, and the references and deliveries that stand with them. */
import type { Transaction } from '../db.ts'
import type { PlannedReference } from '../save-plan.ts'
import type { Draft, OwnReference } from '../save-step.ts'
import { columnsOf, type TypedKind } from './definition.ts'
import { typedKind, typedKinds } from './index.ts'
import { toTypedRow } from './rows.ts'

/** What a row has for good. */
const kept = ['id', 'system', 'external_id', 'created_at']

// Sorted, so that two who store the same new references wait for each other in one direction only.
function upsertOf(typed: TypedKind): string {
  const columns = columnsOf(typed)
  const names = columns.map(({ name }) => name)
  return `
insert into ${typed.table} (${names.join(', ')}) select ${names.join(', ')}
from json_to_recordset($1::json) as g (${columns.map(({ name, type }) => `${name} ${type}`).join(', ')}) order by system, external_id
on conflict (id) do update set ${names.filter(name => !kept.includes(name)).map(name => `${name} = excluded.${name}`).join(', ')}`
}
const upserts = new Map(typedKinds.map(typed => [typed.kind, upsertOf(typed)]))

// Where its source says the same again at a later time, the origin stays what it was.
const newerTimes = ({ kind, table }: TypedKind): string => `
update ${table} p set source_time = g.source_time, provenance = coalesce(p.provenance, torg.origins(torg.document(p), p.system, p.message_id, p.said_at, p.source_time))
from unnest($1::text[], $2::text[], $3::text[], $4::uuid[], $5::timestamptz[]) as g (system, kind, external_id, record_id, source_time)
where g.kind = '${kind}' and p.id = g.record_id and p.system = g.system and p.external_id = g.external_id and p.source_time is distinct from g.source_time`
const timesOf = new Map(typedKinds.map(typed => [typed.kind, newerTimes(typed)]))

// Those that stand in no row of a typed record. What belongs to another record breaks the constraint on record_id, like any reference that is taken.
const upsertReferences = `
insert into torg.reference as f (system, kind, external_id, record_id, source_time)
select g.system, g.kind, g.external_id, case when not exists (
    select from torg.any_reference o where o.system = g.system and o.kind = g.kind and o.external_id = g.external_id and o.record_id <> g.record_id) then g.record_id end, g.source_time
from unnest($1::text[], $2::text[], $3::text[], $4::uuid[], $5::timestamptz[]) as g (system, kind, external_id, record_id, source_time)
where not exists (select from (${typedKinds.map(({ kind, table }) => `select '${kind}' as kind, system, external_id from ${table} where id = g.record_id`).join(' union all ')}) p
  where p.kind = g.kind and p.system = g.system and p.external_id = g.external_id)
order by g.system, g.kind, g.external_id
on conflict (system, kind, external_id) do update set source_time = excluded.source_time, record_id = case when f.record_id = excluded.record_id then f.record_id end`

export const isTyped = ({ kind }: { kind: string }): boolean => typedKind(kind) !== undefined

/** The records of typed kinds among these. @param references those of the same write: a new record takes the first of its own kind */
export function writeTyped(tx: Transaction, drafts: readonly Draft[], references: readonly PlannedReference[]): Promise<unknown>[] {
  return typedKinds.flatMap(typed => {
    const ofKind = drafts.filter(({ kind }) => kind === typed.kind)
    if (ofKind.length === 0) return []
    const planned = Map.groupBy(references.filter(({ reference }) => reference.kind === typed.kind), ({ recordId }) => recordId)
    const rows = ofKind.map(draft => toTypedRow(typed, draft, ownOf(draft, planned.get(draft.id) ?? [])))
    return [tx.query(upserts.get(typed.kind) ?? '', [JSON.stringify(rows)])]
  })
}

function ownOf(draft: Draft, planned: readonly PlannedReference[]): OwnReference | null {
  const own = draft.own === undefined ? draft.refs.find(({ kind }) => kind === draft.kind) : draft.own
  if (!own) return null
  const newest = planned.find(({ reference }) => reference.system === own.system && reference.id === own.id)
  return { system: own.system, id: own.id, sourceTime: newest ? newest.sourceTime : draft.own?.sourceTime ?? null }
}

/** References of typed kinds, after the records. */
export function writeTypedReferences(tx: Transaction, references: readonly PlannedReference[]): Promise<unknown>[] {
  if (references.length === 0) return []
  const columns = [
    references.map(r => r.reference.system), references.map(r => r.reference.kind), references.map(r => r.reference.id),
    references.map(r => r.recordId), references.map(r => r.sourceTime),
  ]
  const kinds = new Set(references.map(({ reference }) => reference.kind))
  return [...[...timesOf].filter(([kind]) => kinds.has(kind)).map(([, text]) => tx.query(text, columns)), tx.query(upsertReferences, columns)]
}
