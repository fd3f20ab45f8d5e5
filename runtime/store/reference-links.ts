/** Links ids that a system has already to records, before anything is delivered to it. */
import { TorgError } from '../errors.ts'
import { guarded, isUnreachable, retrying, type Database, type Transaction } from './db.ts'
import { raiseDeliveries, type Raise } from './deliveries.ts'
import { handingOver } from './hand-over.ts'
import type { JsonObject } from './merge.ts'
import { isReferenceTaken, writeChanges } from './record-writes.ts'
import type { LinkOutcome, ReferenceLink, ReferenceStore } from './reference-types.ts'
import { referenceKey, type PlannedReference, type Rules } from './save-plan.ts'
import { lockAny, locking } from './typed/load.ts'
import type { Reference } from './types.ts'

const byNumber = 'select number, id from torg.any_record where kind = $1 and number = any ($2::text[]) and version > 0 and deleted_at is null'
const byReference = `
select f.system, f.kind, f.external_id as id, f.record_id from unnest($1::text[], $2::text[], $3::text[]) as g (system, kind, external_id)
join torg.any_reference f on f.system = g.system and f.kind = g.kind and f.external_id = g.external_id`
// In the order in which a save locks them.
const lockRecords = locking('r.id, r.kind, r.version, r.number, r.document', 'r.id = any ($1::uuid[]) and r.version > 0 and r.deleted_at is null')
const ownReferences = `
select external_id as id, record_id from torg.any_reference where system = $1 and kind = $2 and external_id = any ($3::text[])
union select external_id, record_id from torg.any_reference where record_id = any ($4::uuid[]) and system = $1 and kind = $2`
const ownDeliveries = 'select g.id as record_id, d.subscription from unnest($1::uuid[]) as g (id) cross join lateral torg.deliveries_of(g.id) d where d.subscription = any ($2::text[])'

interface LinkedRecord { id: string, kind: string, version: number, number: string | null, document: JsonObject | null }

/** @param rules those in force: subscriptions that adopt count a linked record as known */
export function createReferenceLinks(db: Database, rules: () => Rules): ReferenceStore {
  return {
    linkReferences: ({ kind, system, dryRun }, links) => guarded(`Linking references of ${system}`, async () => {
      return await retrying(() => db.transaction(async tx => {
        const { outcomes, references, records } = await decide(tx, { kind, system, links })
        if (dryRun || references.length === 0) return outcomes
        const raises = await adopt(tx, { kind, system, references, records, rules: rules() })
        await handingOver(undefined, async offers => ({ result: undefined, claims: await writeChanges(tx, { records: [], references, raises, isNew: () => true }, offers) }))
        return outcomes
      }), error => isUnreachable(error) || isReferenceTaken(error))
    }),
  }
}

interface Decided { outcomes: LinkOutcome[], references: PlannedReference[], records: Map<string, LinkedRecord> }

async function decide(tx: Transaction, { kind, system, links }: { kind: string, system: string, links: readonly ReferenceLink[] }): Promise<Decided> {
  const candidates = await findCandidates(tx, kind, links)
  const ids = [...new Set(candidates.flat())]
  const locked = await lockAny<LinkedRecord>(tx, lockRecords, [ids])
  const own = await tx.query<{ id: string, record_id: string }>(ownReferences, [system, kind, links.map(({ id }) => id), ids])
  const records = new Map(locked.map(record => [record.id, record]))
  const recordOf = new Map(own.map(row => [row.id, row.record_id]))
  const idOf = new Map(own.map(row => [row.record_id, row.id]))
  const references: PlannedReference[] = []
  const outcomes = links.map(({ id, to }, index): LinkOutcome => {
    const found = (candidates[index] ?? []).flatMap(candidate => records.get(candidate) ?? []).filter(record => record.kind === kind)
    const [record] = found
    if (!record) return new TorgError('request.not-found', { detail: `There is no ${kind} ${describe(to)}.`, pointer: '/id', value: id, next: 'Have it saved first, or correct what the line says of it.' })
    if (found.length > 1) return conflict(id, `${found.length} records of ${kind} ${describe(to)} exist.`, 'Name the one that is meant by its id in the hub (record), or by a reference.')
    const holder = recordOf.get(id)
    if (holder === record.id) return { outcome: 'known', record: record.id }
    if (holder !== undefined) return conflict(id, `${system} has the ${kind} ${id} for record ${holder} already, not for ${record.id}.`, 'Find out which of the two is meant.')
    const other = idOf.get(record.id)
    if (other !== undefined) return conflict(id, `${system} knows the ${kind} ${describe(to)} as ${other} already.`, 'See whether the system has it twice.')
    recordOf.set(id, record.id)
    idOf.set(record.id, id)
    references.push({ reference: { system, kind, id }, recordId: record.id, sourceTime: null })
    return { outcome: 'linked', record: record.id }
  })
  return { outcomes, references, records }
}

/** Ids of the records each link may mean; several where a number is not unique. */
async function findCandidates(tx: Transaction, kind: string, links: readonly ReferenceLink[]): Promise<string[][]> {
  const numbers = links.flatMap(({ to }) => 'number' in to ? to.number : [])
  const refs = links.flatMap(({ to }) => 'ref' in to ? to.ref : [])
  const [numbered, referred] = await Promise.all([
    tx.query<{ number: string, id: string }>(byNumber, [kind, numbers]),
    tx.query<Reference & { record_id: string }>(byReference, [refs.map(ref => ref.system), refs.map(ref => ref.kind), refs.map(ref => ref.id)]),
  ])
  const ofNumber = Map.groupBy(numbered, row => row.number)
  const ofReference = new Map(referred.map(row => [referenceKey(row), row.record_id]))
  return links.map(({ to }) => {
    if ('record' in to) return [to.record]
    if ('number' in to) return (ofNumber.get(to.number) ?? []).map(row => row.id)
    const id = ofReference.get(referenceKey(to.ref))
    return id === undefined ? [] : [id]
  })
}

/** What the system has already is noted as known to its subscriptions that adopt, like a save of its own would be. */
async function adopt(tx: Transaction, { kind, system, references, records, rules }: { kind: string, system: string, references: readonly PlannedReference[], records: ReadonlyMap<string, LinkedRecord>, rules: Rules }): Promise<Raise[]> {
  const subscriptions = rules.subscriptions.filter(one => one.mode === 'adopt' && one.kind === kind && one.system === system)
  if (subscriptions.length === 0) return []
  const present = await tx.query<{ record_id: string, subscription: string }>(ownDeliveries, [references.map(({ recordId }) => recordId), subscriptions.map(({ id }) => id)])
  const has = new Set(present.map(row => `${row.record_id} ${row.subscription}`))
  const at = new Date().toISOString()
  return references.flatMap(({ recordId }) => {
    const record = records.get(recordId)
    return record ? raiseDeliveries({
      record: { ...record, document: record.document ?? {}, deleted: false }, at, origin: { system, message: null, at }, equalsOrigin: false,
      rules: rules.kinds.get(kind) ?? { fact: false, links: [] }, subscriptions: subscriptions.filter(({ id }) => !has.has(`${recordId} ${id}`)), stateOf: () => undefined,
    }) : []
  })
}

const conflict = (id: string, detail: string, next: string): TorgError => new TorgError('request.conflict', { detail, pointer: '/id', value: id, next })

function describe(to: ReferenceLink['to']): string {
  return 'number' in to ? `with the number ${to.number}` : 'record' in to ? to.record : `${to.ref.id} of ${to.ref.system}`
}
