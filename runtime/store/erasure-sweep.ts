/**
 * The hub's own copies of what a customer's records said: messages as they came, dead letters, errors, whatever a table keeps. Tables are found in the
 * catalogue, so that none which comes later is forgotten.
 */
import { retrying, type Database, type Transaction } from './db.ts'
import { typedKinds } from './typed/index.ts'

export interface Swept {
  /** The records that the erasure concerns. */
  records: readonly string[]
  /** What else finds the person, see {@link identifierPattern}; null where there is nothing. */
  pattern: string | null
}

/** Records, messages and references have statements of their own. Deployments and erasures keep what a person wrote, and keys of work last as long as it waits. */
const notSwept = ['record', 'price', 'stock', 'subscription', 'message', 'reference', 'deployment', 'erasure', 'migration', 'process', 'lane', 'work']
const batch = 1_000
const erased = 'erased'
/** Where two rows must not become the same. */
const erasedOnce = `'${erased}-' || substr(md5(random()::text), 1, 12)`

const columnsToSweep = `
select c.relname as table, a.attname as column, t.typname as type,
  exists (select 1 from pg_attribute o where o.attrelid = c.oid and o.attname = 'record_id' and not o.attisdropped) as of_record,
  exists (select 1 from pg_index i where i.indrelid = c.oid and i.indisunique and a.attnum = any (i.indkey)) as unique
from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' join pg_type t on t.oid = a.atttypid
where c.relnamespace = 'torg'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and t.typname in ('text', 'json', 'jsonb') and c.relname <> all ($1::text[])
  -- By it the delivery is found in its queue; it says nothing of persons.
  and not (c.relname = 'delivery' and a.attname = 'key')
order by 1, 2`

// What a message said that one of the records came from goes as a whole: it has names and addresses in the words of its system.
const emptyMessages = `
with batch as materialized (select id, records from torg.message where id > $1 order by id limit $2),
emptied as (
  update torg.message m set body = '', headers = '{}', error = null, event_id = null, key = case when m.state = 'pending' then m.key else m.id::text end
  from batch b where m.id = b.id and b.records && $3::uuid[] and m.body <> ''
)
select max(id::text) as last from batch`

// In Latin 1 every byte is a character, whatever the body is written in.
const maskMessages = `
with batch as materialized (select id, records, body from torg.message where id > $1 order by id limit $2),
masked as (
  update torg.message m set
    body = convert_to(regexp_replace(convert_from(b.body, 'LATIN1'), $3, '${erased}', 'gi'), 'LATIN1'),
    key = case when m.state <> 'pending' and m.key ~* $3 then m.id::text else m.key end, event_id = case when m.event_id ~* $3 then null else m.event_id end,
    headers = torg.erased_in(m.headers, $3, '${erased}'), error = torg.erased_in(m.error, $3, '${erased}')
  from batch b where m.id = b.id and (b.records is null or b.records = '{}') and position('\\x00'::bytea in b.body) = 0
    and (convert_from(b.body, 'LATIN1') ~* $3 or m.key ~* $3 or m.event_id ~* $3 or m.headers::text ~* $3 or m.error::text ~* $3)
)
select max(id::text) as last from batch`

// Kept for a day, in case a request comes again: it would then be told what is gone.
const dropAnswers = `
delete from torg.answer a where exists (select from unnest($1::uuid[]) as g (id) where position(g.id::text in a.body) > 0)`

const referencesWith = [{ table: 'torg.reference', id: 'record_id' }, ...typedKinds.map(({ table }) => ({ table, id: 'id' }))].map(({ table, id }) => `
update ${table} set external_id = regexp_replace(external_id, $2, ${erasedOnce}, 'gi')
where ${id} = any ($1::uuid[]) and external_id ~* $2`)

const between = '[ ()/-]{0,2}'
/**
 * What may not stand around a number in national writing, which is short enough to be many things: it is no part of a word, an order number or a decimal, belongs to no other country, and is no
 * number in JSON.
 */
const aroundNational = ['(?<![0-9A-Za-z_/-])(?<![0-9][.])(?<!([+]|00)[0-9]{1,3}[ -]?)(?<!"[ ]?:[ ]?)(?<!\\[[ ]?)', '(?![0-9A-Za-z_]|[./-][0-9])'] as const

/**
 * An expression of PostgreSQL that finds these e-mail addresses and phone numbers, a phone also with spaces, hyphens or brackets, with 00 for the plus and
 * without. Null where there are none.
 */
export function identifierPattern(identifiers: readonly string[]): string | null {
  const patterns = identifiers.map(identifier => {
    const [, plus = '', digits] = /^(\+?)(\d+)$/.exec(identifier) ?? []
    if (digits === undefined) return identifier.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
    if (plus === '') return `${aroundNational[0]}${digits.split('').join(between)}${aroundNational[1]}`
    return `(?<![0-9])(\\+|00)?${digits.split('').join(`${between}([(]0[)]${between})?`)}(?![0-9])`
  })
  return patterns.length === 0 ? null : patterns.join('|')
}

/** Answers whether it came to the end. May be repeated. */
export async function sweep(db: Database, { records, pattern }: Swept, signal: AbortSignal): Promise<boolean> {
  const inTransaction = <Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result> => retrying(() => db.transaction(async tx => {
    await tx.script('set local enable_seqscan = on')
    return work(tx)
  }))
  const throughMessages = async (statement: string, what: unknown): Promise<void> => {
    let last: string | null = '00000000-0000-0000-0000-000000000000'
    while (last !== null && !signal.aborted) {
      const [row]: { last: string | null }[] = await inTransaction(tx => tx.query(statement, [last, batch, what]))
      last = row?.last ?? null
    }
  }
  await throughMessages(emptyMessages, records)
  await inTransaction(tx => tx.query(dropAnswers, [records]))
  if (pattern === null) return !signal.aborted
  await throughMessages(maskMessages, pattern)
  const columns = await db.query<{ table: string, column: string, type: string, of_record: boolean, unique: boolean }>(columnsToSweep, [notSwept])
  for (const { table, column, type, of_record: ofRecord, unique } of columns) {
    if (signal.aborted) return false
    const replaced = type === 'text' ? `regexp_replace("${column}", $1, ${unique ? erasedOnce : `'${erased}'`}, 'gi')` : `torg.erased_in("${column}"::jsonb, $1, '${erased}')::${type}`
    await inTransaction(tx => tx.query(
      `update torg."${table}" set "${column}" = ${replaced} where "${column}"::text ~* $1${ofRecord ? ' and record_id = any ($2::uuid[])' : ''}`,
      ofRecord ? [pattern, records] : [pattern]))
  }
  return !signal.aborted
}

/** Ids of systems that are an e-mail address or phone: only once the systems have been told under them. */
export async function eraseReferences(tx: Transaction, { records, pattern }: { records: readonly string[], pattern: string }): Promise<void> {
  for (const text of referencesWith) await tx.query(text, [records, pattern])
}
