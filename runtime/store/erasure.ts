/** Erasing a customer: personal data leaves every record, systems are told and waited for, and the hub's own copies go. And its counterpart, handing it all out. */
import { TorgError } from '../errors.ts'
import { isId } from '../ids.ts'
import { guarded, type Database, type Transaction } from './db.ts'
import { raiseByHand, type DeliveryState } from './deliveries.ts'
import { eraseReferences, identifierPattern, sweep } from './erasure-sweep.ts'
import type { CustomerExport, ErasedSystem, Erasure, Erasures } from './erasure-types.ts'
import { handingOver } from './hand-over.ts'
import { isObject, sameJson } from './json.ts'
import { keyChanges } from './key-plan.ts'
import type { Provenance } from './provenance.ts'
import { writeChanges } from './record-writes.ts'
import { recordColumns, toRecord, upToDate, type RecordRow } from './rows.ts'
import type { Rules } from './save-plan.ts'
import type { Draft } from './save-step.ts'
import { nextTurn } from './turn-moments.ts'
import { typedKind, typedKinds } from './typed/index.ts'
import { lockAny, locking } from './typed/load.ts'
import type { Closing, Origin, StoredRecord } from './types.ts'

// Rare, so no index is kept for them: a kind is read through for each of its links.
const linkedTo = `select id from torg.any_record where kind = $1 and version > 0 and jsonb_path_exists(document, $2::jsonpath, jsonb_build_object('id', $3::text))`

// What is a part of one of these, with the customers it names itself.
const partsOfThese = (field: string): string => `select id, document from torg.record where kind = $1 and version > 0 and document #>> '{${field},id}' = any ($2::text[])`

// Records that became part of the customer are the customer; placeholders among them are only linked to.
const partsOf = `select m.id, r.version > 0 as known from torg.merged_with($1) m (id) join torg.record r on r.id = m.id`

const forgetMerges = `update torg.merge set kept = '{}' where into_id = any ($1::uuid[]) or from_id = any ($1::uuid[])`

const lockRecords = locking(`${recordColumns}, r.erased, r.own_system, r.own_id, r.source_time`, 'r.id = any ($1::uuid[])')

const deliveriesOf = `select subscription, record_id as "recordId", operation, desired > acked as pending from unnest($1::uuid[]) as g (id) cross join lateral torg.deliveries_of(g.id)`

const insertErasure = 'insert into torg.erasure (customer, by, why, records, identifiers) values ($1, $2, $3, $4, $5) returning id'

const erasureColumns = (facts: readonly string[]): string => `
select e.id, e.customer, r.number, e.by, e.why, e.at, cardinality(e.records) as records, e.swept_at, e.ended_at, e.by_hand as "byHand",
  -- A system that is told of the customer follows by itself; of one that only gave a reference a person has to say so.
  coalesce((select json_agg(s) from (
    select system, bool_or(refers) and not bool_or(customer) as "byHand", sum(waiting)::int as waiting, sum(dead)::int as dead, sum(held)::int as held from (
      select d.system, false as refers, d.record_id = e.customer as customer, (d.desired > d.acked and not d.dead and not d.held)::int as waiting, d.dead::int as dead, (d.held and d.desired > d.acked)::int as held
      from unnest(e.records) as g (id) cross join lateral torg.deliveries_of(g.id) d
      union all select f.system, true, false, 0, 0, 0 from torg.any_reference f where f.record_id in (select torg.merged_with(e.customer))
      -- Whose order it is, such as a mailbox, and who is told of neither the customer nor the order. Facts stay where they are.
      union all select f.system, true, false, 0, 0, 0 from torg.reference f join torg.record o on o.id = f.record_id
      where f.record_id = any (e.records) and o.kind <> all (array['customer'${facts.map(kind => `, '${kind}'`).join('')}]) and not exists (select from torg.delivery d where d.record_id = f.record_id and d.system = f.system)
    ) one group by system order by system
  ) s), '[]') as systems
from torg.erasure e join torg.record r on r.id = e.customer`

interface ErasureRow {
  id: number, customer: string, number: string | null, by: string, why: string, at: Date, records: number, swept_at: Date | null, ended_at: Date | null, byHand: Record<string, Closing>
  systems: { system: string, byHand: boolean, waiting: number, dead: number, held: number }[]
}

/** `own_system`, `own_id`: the reference in the row of a typed record. */
type Locked = RecordRow & { erased: boolean, own_system: string | null, own_id: string | null, source_time: Date | null }

interface OpenErasure { id: number, customer: string, records: string[], identifiers: string[], swept_at: Date | null }

export function createErasures(db: Database, rules: () => Rules): Erasures {
  const find = async (condition: string, values: unknown[]): Promise<Erasure[]> => (await db.query<ErasureRow>(`${erasureColumns([...rules().kinds].flatMap(([kind, { fact }]) => fact ? [kind] : []))} ${condition}`, values)).map(toErasure)
  const one = async (id: number): Promise<Erasure | null> => (await find('where e.id = $1', [id]))[0] ?? null

  const advance = async (open: OpenErasure, signal: AbortSignal): Promise<Erasure | null> => {
    const pattern = identifierPattern(open.identifiers)
    if (open.swept_at === null) {
      if (!await sweep(db, { records: open.records, pattern }, signal)) return null
      await db.query('update torg.erasure set swept_at = now() where id = $1', [open.id])
    }
    const found = await one(open.id)
    if (!found?.systems.every(({ state }) => state === 'confirmed')) return null
    // What came in between, such as the answers of systems; then nobody needs the words any more.
    if (!await sweep(db, { records: open.records, pattern }, signal)) return null
    await db.transaction(async tx => {
      if (pattern !== null) await eraseReferences(tx, { records: open.records, pattern })
      await tx.query(`update torg.erasure set ended_at = now(), identifiers = '{}' where id = $1`, [open.id])
    })
    return one(open.id)
  }

  return {
    exportCustomer: id => guarded('Collecting what is known of a customer', () => db.transaction(async tx => {
      const customer = isId(id) ? await customerOf(tx, id) : null
      if (!customer) return null
      const { ids } = await recordsAbout(tx, rules(), customer.id)
      const rows = await tx.query<RecordRow>(`select ${recordColumns} from torg.any_record r where r.id = any ($1::uuid[]) order by r.kind, r.id`, [ids.filter(other => other !== customer.id)])
      const records: Record<string, StoredRecord[]> = {}
      for (const row of rows) (records[row.kind] ??= []).push(toRecord(upToDate(row, rules().kinds)))
      return { customer: upToDate(customer, rules().kinds), records, ...await tracesOf(tx, ids) }
    })),

    erase: (id, { by, why }) => guarded('Erasing a customer', async () => {
      const erased = await handingOver(undefined, async offers => {
        const result = await db.transaction(async tx => {
          const customer = isId(id) ? await customerOf(tx, id) : null
          if (!customer) throw new TorgError('request.not-found', { detail: `There is no customer ${id}.`, value: id, next: 'Name the hub\'s own id of the customer; GET /api/v1/customers finds it by number or reference.' })
          const { ids, parts } = await recordsAbout(tx, rules(), customer.id)
          const rows = (await lockAny<Locked>(tx, lockRecords, [ids])).map(row => upToDate(row, rules().kinds))
          const self = rows.find(row => row.id === customer.id)
          if (!self || self.erased) throw new TorgError('request.conflict', { detail: `Customer ${id} is erased already.`, next: 'See how far it is: torg erasures.' })
          const states = await tx.query<DeliveryState>(deliveriesOf, [ids])
          const { drafts, identifiers } = withoutPersonalData(rows, parts, rules())
          const [row] = await tx.query<{ id: number }>(insertErasure, [customer.id, by, why, ids, identifiers])
          // What systems still say of them is taken without personal data.
          await tx.query(`update torg.record set erased = true where id = any ($1::uuid[]) and (id = any ($2::uuid[]) or kind <> 'customer')`, [ids, [...parts]])
          await Promise.all(typedKinds.map(({ table }) => tx.query(`update ${table} set erased = true where id = any ($1::uuid[])`, [ids])))
          await tx.query(forgetMerges, [[...parts]])
          const raises = drafts.filter(({ told }) => told).flatMap(({ draft }) => raiseByHand(draft, states, rules()).map(raise => raise.reason === 'deleted' ? { ...raise, reason: 'erased' as const } : raise))
          // What was said and never applied is of nobody's use any more.
          await tx.query('delete from torg.contender where record_id = any ($1::uuid[])', [ids])
          const records = drafts.map(({ draft }) => draft)
          const before = new Map(rows.map(row => [row.id, toRecord(row)]))
          const keys = keyChanges({ changed: records, before: record => before.get(record), kinds: rules().kinds, looked: new Map() })
          await writeChanges(tx, { records, references: [], raises, keys, isNew: () => false }, offers)
          return row?.id ?? 0
        })
        return { result, claims: [] }
      })
      const found = await one(erased)
      if (!found) throw new Error(`Erasure ${erased} is not there.`)
      return found
    }),

    erasures: () => guarded('Listing erasures', () => find('order by e.id desc', [])),
    erasure: id => guarded('Reading an erasure', () => one(id)),

    confirmErasure: (id, { system, by, note }) => guarded('Confirming an erasure', async () => {
      if (!(await one(id))?.systems.some(one => one.system === system && one.state === 'by-hand')) return null
      const closing: Closing = { by, note, at: new Date().toISOString() }
      await db.query('update torg.erasure set by_hand = by_hand || jsonb_build_object($2::text, $3::jsonb) where id = $1', [id, system, JSON.stringify(closing)])
      return one(id)
    }),

    continueErasures: signal => guarded('Going on with erasures', async () => {
      const open = await db.query<OpenErasure>('select id, customer, records, identifiers, swept_at from torg.erasure where ended_at is null order by id')
      const ended: Erasure[] = []
      for (const erasure of open) {
        if (signal.aborted) break
        const done = await advance(erasure, signal)
        if (done) ended.push(done)
      }
      return ended
    }),
  }
}

async function customerOf(tx: Transaction, id: string): Promise<StoredRecord | null> {
  const [row] = await tx.query<RecordRow>(`select ${recordColumns} from torg.any_record r where r.id = (select torg.surviving($1)) and r.kind = 'customer' and r.version > 0`, [id])
  return row ? toRecord(row) : null
}

/**
 * The customer with all that became part of it, every record that links to one of these as the one it is about, and what is a part of such a record:
 * the fulfilment of an order names who collects it, and no customer.
 */
async function recordsAbout(tx: Transaction, { kinds }: Rules, customer: string): Promise<{ ids: string[], parts: Set<string> }> {
  const family = await tx.query<{ id: string, known: boolean }>(partsOf, [customer])
  await tx.script('set local enable_seqscan = on')
  const parts = new Set(family.map(({ id }) => id))
  const ids = new Set(family.flatMap(({ id, known }) => known ? id : []))
  for (const [kind, { personal }] of kinds) {
    for (const pointer of personal?.customers ?? []) {
      for (const { id } of family) {
        const typed = typedKind(kind)
        const column = typed?.columnOf[`${pointer}/id`]
        const rows = typed && column !== undefined
          ? await tx.query<{ id: string }>(`select id from ${typed.view} where ${column} = $1`, [id])
          : await tx.query<{ id: string }>(linkedTo, [kind, `${jsonPath(pointer)} ? (@.id == $id)`, id])
        for (const row of rows) ids.add(row.id)
      }
    }
  }
  let fresh = [...ids].filter(id => !parts.has(id))
  while (fresh.length > 0) {
    const found = new Set<string>()
    for (const [kind, { personal }] of kinds) {
      if (kind === 'customer' || !personal) continue
      for (const { pointer, kind: whole } of personal.partOf) {
        if (!kinds.get(whole)?.personal?.customers.length) continue
        const rows = await tx.query<{ id: string, document: Record<string, unknown> }>(partsOfThese(pointer.slice(1)), [kind, fresh])
        for (const { id, document } of rows) if (!ids.has(id) && !isOfAnother(document, personal.customers, parts)) found.add(id)
      }
    }
    for (const id of found) ids.add(id)
    fresh = [...found]
  }
  return { ids: [...ids].sort(), parts }
}

/** Goods that another customer brings back are that one's return, whoever bought them. */
const isOfAnother = (document: Record<string, unknown>, customers: readonly string[], parts: ReadonlySet<string>): boolean => customers.some(pointer => {
  const link = document[pointer.slice(1)]
  return isObject(link) && typeof link['id'] === 'string' && !parts.has(link['id'])
})

const jsonPath = (pointer: string): string => pointer.split('/').slice(1).reduce((path, step) => step === '*' ? `${path}[*]` : `${path}.${JSON.stringify(step)}`, '$')

/** What the records are afterwards. A fact keeps its version and is not told again: systems took it as it was, and keep it for the law. */
function withoutPersonalData(rows: readonly Locked[], parts: ReadonlySet<string>, { kinds }: Rules): { drafts: { draft: Draft, told: boolean }[], identifiers: string[] } {
  const identifiers = new Set<string>()
  const now = new Date().toISOString()
  const drafts = rows.flatMap(row => {
    const { fact = false, personal } = kinds.get(row.kind) ?? {}
    if (!personal) return []
    const before = toRecord(row)
    const isSelf = parts.has(row.id)
    const document = isSelf ? personal.bare(before.document)
      // Another customer is its own person; only what it says of this one goes.
      : row.kind === 'customer' ? personal.customers.reduce((left, pointer) => withoutLinked(left, pointer, parts), before.document)
        : personal.without(before.document)
    if (isSelf || row.kind !== 'customer') for (const word of personal.identifiers(before.document)) identifiers.add(word)
    if (!isSelf && sameJson(document, before.document)) return []
    const told = !fact
    const version = told ? before.version + 1 : before.version
    const draft = { ...before, document, provenance: originsOf(before.provenance, document), version, updatedAt: now, deletedAt: isSelf ? before.deletedAt ?? now : before.deletedAt }
    const own = row.own_system === null || row.own_id === null ? null : { system: row.own_system, id: row.own_id, sourceTime: row.source_time?.toISOString() ?? null }
    return [{ told, draft: { ...draft, own, turnsAt: nextTurn(kinds.get(row.kind) ?? {}, draft, now) } }]
  })
  return { drafts, identifiers: [...identifiers] }
}

/** Origins of what still stands: those of elements of lists stand under a digest of what they were. */
function originsOf(provenance: Provenance, document: Record<string, unknown>): Record<string, Origin> {
  return Object.fromEntries(Object.entries(provenance).filter(([pointer]) => ['/number', '/deletedAt'].includes(pointer) || Object.hasOwn(document, pointer.split('/')[1] ?? '')))
}

/** The document without the elements of lists that link to the customer. A link that stands alone stays: whom it points to is erased. */
function withoutLinked(document: Record<string, unknown>, pointer: string, parts: ReadonlySet<string>): Record<string, unknown> {
  const [list = '', ...rest] = pointer.split('/').slice(1)
  const value = document[list]
  if (rest[0] !== '*' || !Array.isArray(value)) return document
  const field = rest[1]
  const links = (item: unknown): boolean => {
    const link = field === undefined || !isObject(item) ? item : item[field]
    return isObject(link) && typeof link['id'] === 'string' && parts.has(link['id'])
  }
  return { ...document, [list]: value.filter(item => !links(item)) }
}

async function tracesOf(tx: Transaction, records: string[]): Promise<Pick<CustomerExport, 'messages' | 'deliveries'>> {
  const messages = await tx.query<{ id: string, system: string, topic: string, receivedAt: Date, contentType: string, body: Buffer }>(
    'select id, system, topic, received_at as "receivedAt", content_type as "contentType", body from torg.message where records && $1::uuid[] order by id', [records])
  const deliveries = await tx.query<{ system: string, kind: string, record: string, operation: 'upsert' | 'remove', acknowledgedAt: Date | null }>(
    'select d.system, d.kind, g.id as record, d.operation, d.acked_at as "acknowledgedAt" from unnest($1::uuid[]) as g (id) cross join lateral torg.deliveries_of(g.id) d order by g.id, d.subscription', [records])
  return {
    messages: messages.map(({ body, receivedAt, ...message }) => ({ ...message, receivedAt: receivedAt.toISOString(), body: body.toString('utf8') })),
    deliveries: deliveries.map(({ acknowledgedAt, ...delivery }) => ({ ...delivery, acknowledgedAt: acknowledgedAt?.toISOString() ?? null })),
  }
}

function toErasure({ id, customer, number, by, why, at, records, swept_at: sweptAt, ended_at: endedAt, byHand, systems }: ErasureRow): Erasure {
  const stateOf = ({ system, byHand: needsPerson, waiting, dead, held }: ErasureRow['systems'][number]): ErasedSystem['state'] =>
    dead > 0 ? 'dead' : waiting > 0 ? 'waiting' : held > 0 ? 'held' : needsPerson && !byHand[system] ? 'by-hand' : 'confirmed'
  return {
    id, customer, number, by, why, at: at.toISOString(), records, state: endedAt !== null ? 'done' : sweptAt === null ? 'sweeping' : 'waiting',
    systems: systems.map(system => ({ system: system.system, state: stateOf(system), confirmed: byHand[system.system] ?? null })), endedAt: endedAt?.toISOString() ?? null,
  }
}
