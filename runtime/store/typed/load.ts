/** Reads and locks records of typed kinds, for saves. */
import type { Transaction } from '../db.ts'
import type { RecordRow } from '../rows.ts'
import type { Reference } from '../types.ts'
import { typedKind, typedKinds } from './index.ts'

/** As `[version, generation, present, acknowledged at]`, see migration 0018. */
type Acked = Record<string, [version: number, generation: number, present: boolean, at: number | null]>

export interface TypedLockRow extends Omit<RecordRow, 'refs'> {
  erased: boolean, turns_at: Date | null, merged_into: null, own_system: string | null, own_id: string | null, source_time: Date | null, acked: Acked | null
}

interface OwnRow { system: string, kind: string, external_id: string, record_id: string, source_time: Date | null }

const findOwn = new Map(typedKinds.map(({ kind, table }) => [kind, `
select g.system, '${kind}' as kind, g.external_id, p.id as record_id, p.source_time
from unnest($1::text[], $2::text[]) as g (system, external_id) join ${table} p on p.system = g.system and p.external_id = g.external_id`]))

const lockOf = typedKinds.map(({ view }) => `
select id, kind, version, schema, number, document, provenance, created_at, updated_at, deleted_at, erased, turns_at, merged_into, own_system, own_id, source_time, acked
from ${view} where id = any ($1::uuid[]) order by id for no key update`)

/** Which of these references stand in the rows of their records; no statement where none is of a typed kind. */
export async function findOwnReferences(tx: Transaction, references: readonly Reference[]): Promise<OwnRow[]> {
  const ofKinds = [...Map.groupBy(references, ({ kind }) => kind)].filter(([kind]) => typedKind(kind))
  return (await Promise.all(ofKinds.map(([kind, some]) => tx.query<OwnRow>(findOwn.get(kind) ?? '', [some.map(({ system }) => system), some.map(({ id }) => id)])))).flat()
}

/**
 * Statements that lock records of whatever kind, under the alias `r`, with the columns of `torg.any_record` and `source_time`: of `torg.record` first, then of the typed kinds in
 * their order, as saves do. A view over all of them cannot be locked.
 */
export function locking(columns: string, condition: string): string[] {
  const untyped = '(select *, null::text as own_system, null::text as own_id, null::text as author, null::timestamptz as source_time from torg.record)'
  return [untyped, ...typedKinds.map(({ view }) => view)].map(source => `select ${columns} from ${source} r where ${condition} order by r.id for no key update of r`)
}

/** Asks all of {@link locking}. */
export async function lockAny<Row extends object>(tx: Transaction, statements: readonly string[], values: unknown[]): Promise<Row[]> {
  return (await Promise.all(statements.map(text => tx.query<Row>(text, values)))).flat()
}

/** In the order of the kinds, each in that of the ids; no statement where there are none. */
export async function lockTyped(tx: Transaction, ids: readonly string[]): Promise<TypedLockRow[]> {
  if (ids.length === 0) return []
  return (await Promise.all(lockOf.map(text => tx.query<TypedLockRow>(text, [ids])))).flat()
}
