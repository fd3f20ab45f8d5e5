/** Files of prices and stock, thousands of lines at a time: one look says which say something new, and what nobody knows is copied into its table. */
import { newId } from '../ids.ts'
import { createBulkLinks } from './bulk-links.ts'
import type { Bulk, BulkOverlap, BulkRow, BulkRules, BulkStore } from './bulk-types.ts'
import { insistent, toStoreError, type Database, type Transaction } from './db.ts'
import { writeSettled } from './imports.ts'
import { escapePointer } from './json.ts'
import { extendRaises } from './raises.ts'
import { nextTurn } from './turn-moments.ts'
import { copyText } from './typed/copy.ts'
import type { TypedKind } from './typed/definition.ts'
import { typedKind } from './typed/index.ts'
import { overlapping, type Named } from './typed/overlap.ts'

// References under which another system made the record stand in torg.reference: mostly there are none, which costs one look. "Offset 0": each line is
// looked up by itself. Without statistics of a table that was empty the planner would compare each line with each row.
const standingOf = ({ table, kind }: TypedKind): string => `
with given as materialized (
  select ord, external_id, substr($3::bytea, ((ord - 1) * 16 + 1)::int, 16) as said from unnest($2::text[]) with ordinality as g (external_id, ord)
), found as materialized (
  select g.ord, r.id, r.said = g.said and r.deleted_at is null as same
  from given g cross join lateral (select id, said, deleted_at from ${table} where system = $1 and external_id = g.external_id offset 0) r
  union all
  select g.ord, f.record_id, false
  from given g cross join lateral (select record_id from torg.reference where system = $1 and kind = '${kind}' and external_id = g.external_id offset 0) f
  where (select exists (select from torg.reference where system = $1 and kind = '${kind}'))
), noted as (
  insert into torg.import_seen (import_id, line, ids) select $4, $5, array_agg(id) from found where $4::uuid is not null having count(*) > 0
  on conflict (import_id, line) do update set ids = excluded.ids
)
select case when count(*) filter (where same) < cardinality($2) then
  json_build_array(coalesce(json_agg(ord) filter (where same), '[]'), coalesce(json_agg(ord) filter (where same is not true), '[]')) end as places from found`

// Whoever writes prices of the same variants waits, and then sees these.
const lockScopes = 'select torg.lock_scopes($1::uuid[])'
const findOverlaps = 'select id, other, torg.price_named(id) as price, torg.price_named(other) as named from torg.overlaps($1::uuid[]) order by id'
const takeOut = 'delete from torg.price where id = any ($1::uuid[])'

/** @param rules those in force */
export function createBulk(db: Database, rules: () => BulkRules): BulkStore {
  const open = (typed: TypedKind, system: string): Bulk => {
    const { kind } = typed
    const findStanding = standingOf(typed)
    const links = createBulkLinks(db)
    return {
      takesWhole: document => {
        const roles = rules().roles.of(kind, null, document)
        return !roles || Object.keys(document).every(field => {
          const pointer = `/${escapePointer(field)}`
          return (roles.ruleOf(pointer)?.rankOf(system) ?? 0) >= 0 && !roles.splits(pointer)
        })
      },

      standing: (lines, noting) => insistent('Looking for the lines of a file', async () => {
        const ids = [...lines.map(({ id }) => id), ...noting?.others ?? []]
        // What comes from a system that is being connected is known to it, also where it says nothing new: that is the ordinary save's to say.
        const adopting = rules().subscriptions.some(subscription => subscription.kind === kind && subscription.mode === 'adopt')
        const said = adopting ? Buffer.alloc(0) : Buffer.from(lines.map(line => line.said).join(''), 'hex')
        const [row] = await db.query<{ places: [same: number[], other: number[]] | null }>(findStanding, [system, ids, said, noting?.importId ?? null, noting?.line ?? null])
        if (!row?.places) return lines.map(() => 'same')
        const [same, other] = row.places.map(places => new Set(places))
        return lines.map((_, index) => other?.has(index + 1) ? 'other' : same?.has(index + 1) ? 'same' : 'new')
      }),

      link: documents => insistent('Looking for what lines link to', () => links(documents, rules().kinds.get(kind)?.links ?? [])),

      // Not tried again here: with its commit's answer lost, all of it may be stored.
      add: async (receiver, holdMs, { at, rows }, settled) => {
        try {
          return await db.copying(async tx => {
            const { importId, made } = { importId: receiver.id, made: rows.map(row => ({ row, recordId: newId() })) }
            const now = new Date().toISOString()
            const kindRules = rules().kinds.get(kind) ?? {}
            const { columns, text } = copyText(typed, made.map(({ row, recordId }) => ({
              id: recordId, schema: row.schema, number: row.number, system, externalId: row.id, messageId: importId, saidAt: at, said: row.said, now,
              turnsAt: nextTurn(kindRules, { document: row.document, deletedAt: null }, now), document: row.document,
            })))
            await tx.copy(`copy ${typed.table} (${columns.join(', ')}) from stdin`, text)
            const overlaps = kind === 'price' ? await leaveOut(tx, made) : []
            const left = new Set(overlaps.map(({ row }) => row))
            await extendRaises(tx, { importId, kind, system, ids: made.flatMap(({ row, recordId }) => left.has(row) ? [] : recordId), subscriptions: rules().subscriptions })
            const noted = settled(overlaps)
            await writeSettled(tx, receiver, holdMs, noted)
            return noted
          })
        } catch (error) {
          throw toStoreError(error, 'Adding the lines of a file')
        }
      },
    }
  }
  return {
    openBulk: ({ kind, system }) => {
      const typed = typedKind(kind)
      return typed ? open(typed, system) : null
    },
  }
}

/** Takes out again what would hold at the same time as another price; of two lines of the file the later one. */
async function leaveOut(tx: Transaction, made: readonly { row: BulkRow, recordId: string }[]): Promise<BulkOverlap[]> {
  const ids = made.map(({ recordId }) => recordId)
  await tx.query(lockScopes, [ids])
  const pairs = await tx.query<{ id: string, other: string, price: Named, named: Named }>(findOverlaps, [ids])
  if (pairs.length === 0) return []
  const rowOf = new Map(made.map(({ row, recordId }) => [recordId, row]))
  const out = new Map<string, BulkOverlap>()
  for (const { id, other, price, named } of pairs) {
    const row = rowOf.get(id)
    // Ids rise in the order of the lines, and pairs come by id: of an earlier line it is known whether it stays.
    const stands = !out.has(other) && (!rowOf.has(other) || other < id)
    if (row && stands && !out.has(id)) out.set(id, { row, error: overlapping({ price, other: named, arriving: `line ${row.line}` }) })
  }
  await tx.query(takeOut, [[...out.keys()]])
  return [...out.values()]
}
