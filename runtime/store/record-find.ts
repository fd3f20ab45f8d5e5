/** One record, by whatever is known of it. */
import { isId } from '../ids.ts'
import type { Database } from './db.ts'
import { recognise } from './identity.ts'
import { keyText } from './key-plan.ts'
import { findHolders, type HolderRow } from './key-writes.ts'
import { sourceOf, survivor, toRecord, upToDate, type RecordRow } from './rows.ts'
import type { Rules } from './save-plan.ts'
import type { RecordSought, StoredRecord } from './types.ts'

/** A record that became part of another one is found there, by whichever id, reference or number it is asked for. */
export async function findRecord(db: Database, { kind, by, rules }: { kind: string, by: RecordSought, rules: Rules }): Promise<StoredRecord | null> {
  if ('like' in by) return findLike(db, { kind, ...by.like, rules })
  const { from, ofKind, references } = sourceOf(kind)
  const select = `${recordsOf(kind)} and r.id =`
  const rows = 'id' in by
    ? isId(by.id) ? await db.query<RecordRow>(`${select} ${survivor('$1::uuid')}`, [by.id]) : []
    : 'ref' in by
      ? await db.query<RecordRow>(`${select} (select ${survivor('g.record_id')} from ${references} g where g.system = $1 and g.kind = $2 and g.external_id = $3)`, [by.ref.system, by.ref.kind, by.ref.id])
      // A number may have been used again: the living and newest record wins.
      : await db.query<RecordRow>(`${select} (
          select ${survivor('n.id')} from (
            select r.id from ${from} r where ${ofKind} and r.number = $1 and r.version > 0
            order by r.deleted_at is not null and r.merged_into is null, r.merged_into is not null, r.updated_at desc limit 1
          ) n)`, [by.number])
  return rows[0] ? toRecord(upToDate(rows[0], rules.kinds)) : null
}

function recordsOf(kind: string): string {
  const { from, ofKind, columns } = sourceOf(kind)
  return `select ${columns}, r.provenance from ${from} r where ${ofKind} and r.version > 0`
}

/** By match keys, as a save recognises it. Where several may be meant it is none of them. */
async function findLike(db: Database, { kind, document, number, rules }: { kind: string, document: Record<string, unknown>, number: string | null, rules: Rules }): Promise<StoredRecord | null> {
  const kindRules = rules.kinds.get(kind)
  const keys = kindRules?.match?.keys(document, number) ?? []
  if (!kindRules || keys.length === 0) return null
  const holders = await db.query<HolderRow>(findHolders, [keys.map(() => kind), keys.map(({ rule }) => rule), keys.map(({ value }) => value)])
  if (holders.length === 0) return null
  const living = await db.query<RecordRow>(`${recordsOf(kind)} and r.id = any ($1::uuid[]) and r.deleted_at is null and r.merged_into is null`, [[...new Set(holders.map(row => row.record_id))]])
  const records = new Map(living.map(row => [row.id, toRecord(upToDate(row, rules.kinds))]))
  const holdersOf = Map.groupBy(holders, keyText)
  const { record } = recognise({ refs: [], document, number }, kindRules, key => (holdersOf.get(keyText({ kind, ...key })) ?? []).flatMap(row => records.get(row.record_id) ?? []))
  return record ? records.get(record.id) ?? null : null
}
