/** Records read for the hub API: listed by time, found by what they link to. What is asked is one index scan each. */
import { guarded, type Database } from './db.ts'
import { isId } from '../ids.ts'
import type { RecordPage, RecordQuery, RecordReads, ScopedPrices } from './record-read-types.ts'
import { textAt } from './field-indexes.ts'
import { deliveredColumns, sourceOf, survivor, toDelivered, upToDate, type DeliveredRow, type Source } from './rows.ts'
import type { Rules } from './save-plan.ts'
import type { DeliveredRecord } from './types.ts'
import { typedKind } from './typed/index.ts'

type Statement = [text: string, values: unknown[]]
type PageRow = DeliveredRow & { position: string }

/** JavaScript's dates would cut microseconds off, and the next page begin with what ended this one. */
const position = `to_char(r.updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as position`

/** Before and behind everything. */
const ends = { asc: ['-infinity', '00000000-0000-0000-0000-000000000000'], desc: ['infinity', 'ffffffff-ffff-ffff-ffff-ffffffffffff'] } as const

/** A condition that names rows by an index. Pointers stand in the text, as in the index. */
function conditionOf({ kind, number, ref, where, key }: RecordQuery, parts: readonly string[], { from, ofKind, references }: Source): { sql: string, values: unknown[], few: boolean } {
  if (ref) {
    return { sql: `r.id = (select ${survivor('g.record_id')} from ${references} g where g.system = $6 and g.kind = $7 and g.external_id = $8)`, values: [ref.system, ref.kind, ref.id], few: true }
  }
  // Also by the number of what became part of it.
  if (number !== undefined) return { sql: `r.id = any (array(select ${survivor('n.id')} from (select r.id from ${from} r where ${ofKind} and r.number = $6) n))`, values: [number], few: true }
  if (key) return { sql: `r.id = any (array(select m.record_id from torg.match_key m where m.kind = '${kind}' and m.rule = $6 and m.value = any ($7::text[])))`, values: [key.rule, key.values], few: true }
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
function listing(query: RecordQuery, parts: readonly string[] = []): Statement {
  const { kind, descending = false, deleted = false, updatedSince = '-infinity', after, limit } = query
  const source = sourceOf(kind)
  const { from, ofKind, columns } = source
  const direction = descending ? 'desc' : 'asc'
  const { sql, values, few } = conditionOf(query, parts, source)
  const [at, id] = after ? [after.at, after.id] : ends[direction]
  // Few rows are sorted: an order the planner could take from an index would have it read all of the kind in that order.
  const rows = few ? `(select * from ${from} r where ${ofKind} and ${sql} offset 0) r where` : `${from} r where ${ofKind} and ${sql} and`
  return [
    `select ${columns}, ${position} from ${rows} r.version > 0 and (r.deleted_at is null or $1)
      and r.updated_at >= $2 and (r.updated_at, r.id) ${descending ? '<' : '>'} ($3::timestamptz, $4::uuid) order by r.updated_at ${direction}, r.id ${direction} limit $5`,
    [deleted, updatedSince, at, id, limit + 1, ...values],
  ]
}

function byId(kind: string, id: string): Statement {
  const { from, ofKind, columns } = sourceOf(kind)
  return [`select ${columns} from ${from} r where ${ofKind} and r.version > 0 and r.id = ${survivor('$1::uuid')}`, [id]]
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

export function createRecordReads(db: Database, rules: () => Pick<Rules, 'kinds'>): RecordReads {
  const read = (row: DeliveredRow): DeliveredRecord => toDelivered(upToDate(row, rules().kinds))

  const toPage = ({ limit }: RecordQuery, rows: readonly PageRow[]): RecordPage => {
    const shown = rows.slice(0, limit)
    const last = shown.at(-1)
    return { records: shown.map(read), next: rows.length > limit && last ? { at: last.position, id: last.id } : null }
  }

  /** Lists of what links to a record or to what became part of it. Mostly there is nothing of the kind, so the lists do not wait for the answer. */
  const linkedTo = async (id: string, queries: readonly RecordQuery[]): Promise<RecordPage[]> => {
    const [parts, ...alone] = await db.asked<[{ id: string }[], ...PageRow[][]]>([[partsOf, [id]], ...queries.map(query => listing(query))])
    const lists = parts.length > 1 ? await db.asked<PageRow[][]>(queries.map(query => listing(query, parts.map(part => part.id)))) : alone
    return queries.map((query, index) => toPage(query, lists[index] ?? []))
  }

  return {
    read: ({ kind, id, linked }) => guarded(`Reading a ${kind}`, async () => {
      if (!isId(id)) return null
      const queries = linked.map(({ pointer, ...wanted }): RecordQuery => ({ ...wanted, where: { pointer, value: id }, descending: true }))
      const [[row], pages] = await Promise.all([db.query<DeliveredRow>(...byId(kind, id)), queries.length === 0 ? [] : linkedTo(id, queries)])
      return row ? { record: read(row), linked: pages } : null
    }),
    list: query => guarded(`Listing records of the kind ${query.kind}`, async () => {
      const { where } = query
      if (!where?.pointer.endsWith('/id') || !isId(where.value)) return toPage(query, await db.query<PageRow>(...listing(query)))
      const [page = toPage(query, [])] = await linkedTo(where.value, [query])
      return page
    }),
    pricesOf: ({ skus, currency, customer = null, store = null, channel = null, customerGroups = [] }) => guarded('Reading prices', async () => {
      const rows = await db.query<DeliveredRow & { sku: string, variant_id: string } | { id: null, sku: string, variant_id: string }>(pricesOf, [skus, currency, customer !== null && isId(customer) ? customer : null, store, channel, customerGroups])
      const found = new Map<string, ScopedPrices>()
      for (const row of rows) {
        const entry = found.get(row.variant_id) ?? { sku: row.sku, variant: row.variant_id, prices: [] }
        found.set(row.variant_id, entry)
        if (row.id !== null) entry.prices.push(read(row))
      }
      return [...found.values()]
    }),
  }
}
