/** Files of prices and stock, thousands of lines at a time: one look says which say something new, and what nobody knows is copied into its table. */
import { newId } from '../ids.ts'
import { createBulkLinks } from './bulk-links.ts'
import type { Bulk, BulkLine, BulkOverlap, BulkRules, BulkStore, PreparedRows } from './bulk-types.ts'
import { insistent, toStoreError, type Database, type Transaction } from './db.ts'
import { writeSettled } from './imports.ts'
import { escapePointer } from './json.ts'
import { extendRaises } from './raises.ts'
import { nextTurn } from './turn-moments.ts'
import { copyColumns, copyText, idsIn } from './typed/copy.ts'
import type { TypedKind } from './typed/definition.ts'
import { typedKind } from './typed/index.ts'
import { overlapping, type Named } from './typed/overlap.ts'

// Whether all of the lines are said already, word for word: of most files nearly every portion. The digests in the order of the ids, $3, against those that stand.
const allUnchangedOf = ({ table }: TypedKind): string => `
with standing as materialized (
  select id, external_id, said from ${table} where system = $1 and external_id = any ($2::text[]) and deleted_at is null
), verdict as materialized (
  select count(*) = cardinality($2) and string_agg(said, '' order by external_id) = $3::bytea as same, array_agg(id) as ids from standing
), noted as (
  insert into torg.import_seen (import_id, line, ids) select $4, $5, ids from verdict where same and $4::uuid is not null
  on conflict (import_id, line) do update set ids = import_seen.ids || excluded.ids
)
select coalesce(same, false) as same from verdict`

// Which of the lines are said already, word for word: nothing of them is to be done. "Offset 0": each line is looked up by itself. Without statistics of a
// table that was empty the planner would compare each line with each row.
const unchangedOf = ({ table }: TypedKind): string => `
with given as materialized (
  select ord, external_id, substr($3::bytea, ((ord - 1) * 16 + 1)::int, 16) as said from unnest($2::text[]) with ordinality as g (external_id, ord)
), same as materialized (
  select g.ord, r.id from given g cross join lateral (select id, said, deleted_at from ${table} where system = $1 and external_id = g.external_id offset 0) r where r.said = g.said and r.deleted_at is null
), noted as (
  insert into torg.import_seen (import_id, line, ids) select $4, $5, array_agg(id) from same where $4::uuid is not null having count(*) > 0
  on conflict (import_id, line) do update set ids = import_seen.ids || excluded.ids
)
select case when count(*) < cardinality($2) then coalesce(json_agg(ord), '[]') end as places from same`

// References under which another system made the record stand in torg.reference: mostly there are none, which costs one look.
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
  on conflict (import_id, line) do update set ids = import_seen.ids || excluded.ids
)
select case when count(*) filter (where same) < cardinality($2) then
  json_build_array(coalesce(json_agg(ord) filter (where same), '[]'), coalesce(json_agg(ord) filter (where same is not true), '[]')) end as places from found`

// A system knows a record by the reference in its row, or by others, which PostgreSQL would not miss when the row is added once more.
const findOthers = 'select exists (select from torg.reference where system = $1 and kind = $2) as others'
const findOverlaps = 'select id, other, torg.price_named(id) as price, torg.price_named(other) as named from torg.overlaps_between($1, $2)'
const takeOut = 'delete from torg.price where id = any ($1::uuid[])'

/** @param rules those in force */
export function createBulk(db: Database, rules: () => BulkRules): BulkStore {
  const open = (typed: TypedKind, system: string): Bulk => {
    const { kind, table } = typed
    const [findAllUnchanged, findUnchanged, findStanding] = [allUnchangedOf(typed), unchangedOf(typed), standingOf(typed)]
    const findSome = `select exists (select from ${table} where system = $1) as some`
    const copy = `copy ${table} (${copyColumns(typed).join(', ')}) from stdin`
    const links = createBulkLinks(db)
    // What comes from a system that is being connected is known to it, also where it says nothing new: that is the ordinary save's to say.
    const isAdopting = (): boolean => rules().subscriptions.some(subscription => subscription.kind === kind && subscription.mode === 'adopt')
    const digestsOf = (lines: readonly BulkLine[]): Buffer => Buffer.from(lines.map(({ said }) => said).join(''), 'hex')
    return {
      takesWhole: document => {
        const roles = rules().roles.of(kind, null, document)
        return !roles || Object.keys(document).every(field => {
          const pointer = `/${escapePointer(field)}`
          return (roles.ruleOf(pointer)?.rankOf(system) ?? 0) >= 0 && !roles.splits(pointer)
        })
      },

      unchanged: (lines, noting) => insistent('Looking for the lines of a file', async () => {
        if (isAdopting()) return lines.map(() => false)
        // In an order that is PostgreSQL's too but for rare letters, for which the others are asked one by one.
        const sorted = lines.toSorted((a, b) => a.id < b.id ? -1 : 1)
        const notes = [noting?.importId ?? null, noting?.line ?? null]
        const [all] = await db.query<{ same: boolean }>(findAllUnchanged, [system, sorted.map(({ id }) => id), digestsOf(sorted), ...notes])
        if (all?.same) return lines.map(() => true)
        const [row] = await db.query<{ places: number[] | null }>(findUnchanged, [system, lines.map(({ id }) => id), digestsOf(lines), ...notes])
        if (!row?.places) return lines.map(() => true)
        const places = new Set(row.places)
        return lines.map((_, index) => places.has(index + 1))
      }),

      standing: (lines, noting) => insistent('Looking for the lines of a file', async () => {
        const ids = [...lines.map(({ id }) => id), ...noting?.others ?? []]
        const [row] = await db.query<{ places: [same: number[], other: number[]] | null }>(findStanding, [system, ids, isAdopting() ? Buffer.alloc(0) : digestsOf(lines), noting?.importId ?? null, noting?.line ?? null])
        if (!row?.places) return lines.map(() => 'same')
        const [same, other] = row.places.map(places => new Set(places))
        return lines.map((_, index) => other?.has(index + 1) ? 'other' : same?.has(index + 1) ? 'same' : 'new')
      }),

      isNew: () => insistent('Looking for records of the system', async () => (await db.query<{ some: boolean }>(findSome, [system]))[0]?.some === false),

      noticesKnown: () => insistent('Looking for references', async () => (await db.query<{ others: boolean }>(findOthers, [system, kind]))[0]?.others === false),

      link: documents => links(documents, rules().kinds.get(kind)?.links ?? []),

      prepare: ({ importId, at, schema, rows }) => {
        const now = new Date().toISOString()
        const kindRules = rules().kinds.get(kind) ?? {}
        const made = rows.map(({ id, said, number, document }) => ({ id: newId(), number, externalId: id, said, turnsAt: nextTurn(kindRules, { document, deletedAt: null }, now), document }))
        return { first: made[0]?.id ?? '', last: made.at(-1)?.id ?? '', lines: rows.map(({ line }) => line), text: copyText(typed, { schema, system, messageId: importId, saidAt: at }, made) }
      },

      // Not tried again here: with its commit's answer lost, all of it may be stored.
      add: async (receiver, holdMs, rows, turn, settled) => {
        try {
          return await db.copying(async tx => {
            await tx.copy(copy, rows.text)
            await turn()
            const overlaps = kind === 'price' ? await leaveOut(tx, rows) : []
            const noted = settled(overlaps)
            await Promise.all([
              extendRaises(tx, { importId: receiver.id, kind, system, first: rows.first, last: rows.last, count: rows.lines.length - overlaps.length, subscriptions: rules().subscriptions }),
              writeSettled(tx, receiver, holdMs, noted),
            ])
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
async function leaveOut(tx: Transaction, { first, last, lines, text }: PreparedRows): Promise<BulkOverlap[]> {
  const pairs = await tx.query<{ id: string, other: string, price: Named, named: Named }>(findOverlaps, [first, last])
  if (pairs.length === 0) return []
  const indexOf = new Map(idsIn(text).map((id, index) => [id, index]))
  const out = new Map<string, BulkOverlap>()
  for (const { id, other, price, named } of pairs) {
    const index = indexOf.get(id)
    // Ids rise in the order of the lines, and pairs come by id: of an earlier line it is known whether it stays.
    const stands = !out.has(other) && (!indexOf.has(other) || other < id)
    if (index !== undefined && stands && !out.has(id)) out.set(id, { index, id: price.ref ?? '', error: overlapping({ price, other: named, arriving: `line ${lines[index]}` }) })
  }
  await tx.query(takeOut, [[...out.keys()]])
  return [...out.values()]
}
