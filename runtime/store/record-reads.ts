/** Records read for the hub API: listed by time, found by what they link to. What is asked is one index scan each. */
import { guarded, type Database } from './db.ts'
import { isId } from '../ids.ts'
import type { RecordPage, RecordPosition, RecordQuery, RecordReads, ScopedPrices } from './record-read-types.ts'
import { textAt } from './field-indexes.ts'
import { deliveredColumns, recordColumns, sourceOf, survivor, toDelivered, toRecord, type DeliveredRow, type RecordRow } from './rows.ts'
import { typedKind } from './typed/index.ts'

type PageRow = RecordRow & { position: string }

/** JavaScript's dates would cut microseconds off, and the next page begin with what ended this one. */
const position = `to_char(r.updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as position`

/** Before and behind everything. */
const ends = { asc: ['-infinity', '00000000-0000-0000-0000-000000000000'], desc: ['infinity', 'ffffffff-ffff-ffff-ffff-ffffffffffff'] } as const

/** A condition that names rows by an index. Pointers stand in the text, as in the index. */
function conditionOf({ kind, number, ref, where }: RecordQuery, parts: readonly string[], { from, ofKind }: ReturnType<typeof sourceOf>): { sql: string, values: unknown[], few: boolean } {
  if (ref) {
    return { sql: `r.id = (select ${survivor('g.record_id')} from torg.any_reference g where g.system = $6 and g.kind = $7 and g.external_id = $8)`, values: [ref.system, ref.kind, ref.id], few: true }
  }
  // Also by the number of what became part of it.
  if (number !== undefined) return { sql: `r.id = any (array(select ${survivor('n.id')} from (select r.id from ${from} r where ${ofKind} and r.number = $6) n))`, values: [number], few: true }
  const column = where && typedKind(kind)?.columnOf[where.pointer]
  // Of a variant or customer there are few.
  if (where && column !== undefined) return { sql: `r.${column} = any ($6::uuid[])`, values: [parts.length > 1 ? parts : isId(where.value) ? [where.value] : []], few: true }
  if (where && typedKind(kind)) return { sql: `${textAt(where.pointer, 'r', 'rest')} = $6`, values: [where.value], few: false }
  if (where && parts.length > 1) return { sql: `${textAt(where.pointer, 'r')} = any ($6)`, values: [parts], few: true }
  if (where) return { sql: `${textAt(where.pointer, 'r')} = $6`, values: [where.value], few: false }
  return { sql: 'true', values: [], few: false }
}

// None where there are no others, as with nearly all records.
const partsOf = `select m.id::text as id from torg.record r cross join lateral torg.merged_with(r.id) m (id)
  where r.id = $1 and (r.merged_into is not null or exists (select from torg.record o where o.merged_into = r.id))`

/** @param parts the record that `where` is about, with those that became part of it */
function listing(query: RecordQuery, parts: readonly string[] = []): { text: string, values: unknown[] } {
  const { kind, descending = false, deleted = false, updatedSince = '-infinity', after, limit } = query
  const { from, ofKind } = sourceOf(kind)
  const direction = descending ? 'desc' : 'asc'
  const { sql, values, few } = conditionOf(query, parts, { from, ofKind })
  const [at, id] = after ? [after.at, after.id] : ends[direction]
  // Few rows are sorted: an order the planner could take from an index would have it read all of the kind in that order.
  const source = few ? `(select * from ${from} r where ${ofKind} and ${sql} offset 0) r where` : `${from} r where ${ofKind} and ${sql} and`
  return {
    text: `select ${recordColumns}, ${position} from ${source} r.version > 0 and (r.deleted_at is null or $1)
      and r.updated_at >= $2 and (r.updated_at, r.id) ${descending ? '<' : '>'} ($3::timestamptz, $4::uuid) order by r.updated_at ${direction}, r.id ${direction} limit $5`,
    values: [deleted, updatedSince, at, id, limit + 1, ...values],
  }
}

// Prices for others are left out here already: a variant may have one for each of thousands of customers. Where their fields came from is not asked, it would take longer than the rest.
const pricesOf = `
select v.document ->> 'sku' as sku, v.id as variant_id, p.* from unnest($1::text[]) as g (sku)
join torg.record v on v.kind = 'variant' and v.document ->> 'sku' = g.sku and v.version > 0 and v.deleted_at is null
left join lateral (
  select ${deliveredColumns} from (
    select * from torg.price_record where variant_id = v.id and customer_id is null
    union all select * from torg.price_record where variant_id = v.id and customer_id = $3::uuid
  ) r
  where r.deleted_at is null and r.currency = $2
    and (r.store is null or r.store = $4) and (r.channel is null or r.channel = $5) and (r.customer_group is null or r.customer_group = any ($6))
) p on true`

export function createRecordReads(db: Database): RecordReads {
  return {
    list: query => guarded(`Listing records of the kind ${query.kind}`, async (): Promise<RecordPage> => {
      const read = ({ text, values }: ReturnType<typeof listing>): Promise<PageRow[]> => db.query<PageRow>(text, values)
      const { where } = query
      // Mostly there are no others, so it is not waited for.
      const [parts, alone] = await Promise.all([where?.pointer.endsWith('/id') && isId(where.value) ? db.query<{ id: string }>(partsOf, [where.value]) : [], read(listing(query))])
      const rows = parts.length > 1 ? await read(listing(query, parts.map(({ id }) => id))) : alone
      const shown = rows.slice(0, query.limit)
      const last = shown.at(-1)
      return { records: shown.map(toRecord), next: rows.length > query.limit && last ? { at: last.position, id: last.id } satisfies RecordPosition : null }
    }),
    pricesOf: ({ skus, currency, customer = null, store = null, channel = null, customerGroups = [] }) => guarded('Reading prices', async () => {
      const rows = await db.query<DeliveredRow & { sku: string, variant_id: string } | { id: null, sku: string, variant_id: string }>(pricesOf, [skus, currency, customer !== null && isId(customer) ? customer : null, store, channel, customerGroups])
      const found = new Map<string, ScopedPrices>()
      for (const row of rows) {
        const entry = found.get(row.variant_id) ?? { sku: row.sku, variant: row.variant_id, prices: [] }
        found.set(row.variant_id, entry)
        if (row.id !== null) entry.prices.push(toDelivered(row))
      }
      return [...found.values()]
    }),
  }
}
