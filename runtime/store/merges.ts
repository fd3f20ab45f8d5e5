/** Records that become one, and two again. In one transaction each, both rows locked in the order of their ids. */
import { TorgError } from '../errors.ts'
import { isId } from '../ids.ts'
import { guarded, isUnreachable, retrying, type Database, type Transaction } from './db.ts'
import { raiseByHand, waitingLanes, type DeliveryState, type Raise } from './deliveries.ts'
import { looksAround, looksAt } from './look-plan.ts'
import { handingOver } from './hand-over.ts'
import type { IdentityStore, Merge } from './identity-types.ts'
import { keyChanges } from './key-plan.ts'
import { isKeyTaken } from './key-writes.ts'
import { joinDocuments, partDocuments, type Sourced } from './record-merge.ts'
import { unpackProvenance, type PackedProvenance } from './provenance.ts'
import { writeChanges } from './record-writes.ts'
import { upToDate } from './rows.ts'
import type { Rules } from './save-plan.ts'
import type { Draft } from './save-step.ts'
import { nextTurn } from './turn-moments.ts'
import { typedKind } from './typed/index.ts'
import type { LaneName, Reference } from './types.ts'

const lockBoth = `
select id, kind, version, schema, number, document, provenance, created_at, updated_at, deleted_at, merged_into
from torg.record where id = any ($1::uuid[]) order by id for no key update`

const referencesOf = 'select record_id, system, kind, external_id as id from torg.reference where record_id = any ($1::uuid[])'
const deliveriesOf = 'select subscription, record_id, system, operation, desired > acked as pending, present from torg.delivery where record_id = any ($1::uuid[])'

// A system that has both keeps both ids apart until it has removed one of them: that reference stays, and is followed.
const moveReferences = `
update torg.reference f set record_id = $1 where f.record_id = $2
  and not exists (select 1 from torg.reference o where o.record_id = $1 and o.system = f.system and o.kind = f.kind)
returning system, kind, external_id as id`
const moveBack = `
update torg.reference f set record_id = $2 from unnest($3::text[], $4::text[], $5::text[]) as g (system, kind, external_id)
where f.system = g.system and f.kind = g.kind and f.external_id = g.external_id and f.record_id = $1`
// What a system has under an id that moves is the other record's from now on: a system that can only create must not get it again.
const setPresent = 'update torg.delivery set present = $3 where record_id = $1 and subscription = any ($2::text[])'
const setMerged = 'update torg.record set merged_into = $2 where id = $1'

const addMerge = `
insert into torg.merge (kind, into_id, from_id, by, why, kept) values ($1, $2, $3, $4, $5, $6::json) returning id, at`
const lockMerge = `
select id, at, by, why, into_id, kept from torg.merge where from_id = $1 and undone_at is null for update`
const undoMerge = 'update torg.merge set undone_at = now(), undone_by = $2, undone_why = $3 where id = $1 returning undone_at'
// Those that ask about one of the two: where both are only what a third may be the same as, that one is still to be decided.
const endReviews = `
update torg.review set state = 'merged', decided_at = now(), decided_by = $3, note = $4
where state = 'open' and records @> array[$1, $2]::uuid[] and records[1] in ($1, $2)`

interface Row {
  id: string, kind: string, version: number, schema: string, number: string | null, document: Record<string, unknown> | null, provenance: PackedProvenance
  created_at: Date, updated_at: Date, deleted_at: Date | null, merged_into: string | null
}
interface State extends DeliveryState { system: string, present: boolean }

/** What a merge keeps to be taken back: both as they were, the winner as it became, the references that moved, and the subscriptions whose systems had the loser only. */
interface Kept { winner: Sourced & { number: string | null }, joined: Sourced & { number: string | null }, loser: Sourced & { number: string | null }, moved: Reference[], handed: string[] }

type Merging = Pick<IdentityStore, 'merge' | 'unmerge'>

export function createMerges(db: Database, rules: () => Rules): Merging {
  const inTransaction = (doing: string, work: (tx: Transaction) => Promise<Merge>): Promise<Merge> =>
    guarded(doing, () => retrying(() => db.transaction(work), error => isUnreachable(error) || isKeyTaken(error)))
  return {
    merge: want => inTransaction(`Merging ${want.kind} ${want.from} into ${want.into}`, tx => merge(tx, want, rules())),
    unmerge: want => inTransaction(`Taking the merge of ${want.kind} ${want.from} back`, tx => unmerge(tx, want, rules())),
  }
}

async function merge(tx: Transaction, { kind, into, from, by, why }: Parameters<Merging['merge']>[0], rules: Rules): Promise<Merge> {
  if (into === from) throw conflict(`The ${kind} ${into} cannot be merged into itself.`)
  if (typedKind(kind)) throw conflict(`A ${kind} is what one system says under one reference, and cannot be merged.`)
  if (rules.kinds.get(kind)?.fact) throw conflict(`A ${kind} never changes and cannot be merged.`)
  const both = await lock(tx, [into, from])
  const winner = upToDate(living(both, kind, into), rules.kinds), loser = upToDate(living(both, kind, from), rules.kinds)
  const states = await statesOf(tx, [into, from])
  const moved = await tx.query<Reference>(moveReferences, [into, from])
  await tx.query(setMerged, [from, into])
  const refs = await refsOf(tx, [into, from])

  const at = new Date().toISOString()
  const joined = joinDocuments(kind, sourced(winner), sourced(loser), rules.roles)
  const after: Draft = { ...winner, ...joined, refs: refs(into), number: winner.number ?? loser.number, version: winner.version + 1, updatedAt: at }
  const gone: Draft = { ...loser, refs: refs(from), version: loser.version + 1, updatedAt: at, deletedAt: at }
  // Where a system knew the loser only, its record there is the winner's from now on.
  const ofWinner = new Set([...refs(into).filter(ref => !moved.some(other => sameReference(ref, other))).map(({ system }) => system), ...states.filter(({ recordId, present }) => recordId === into && present).map(({ system }) => system)])
  const handed = states.filter(({ recordId, present, system }) => recordId === from && present && !ofWinner.has(system)).map(({ subscription }) => subscription)
  if (handed.length > 0) await tx.query(setPresent, [into, handed, true])
  const raises = [
    ...raiseByHand(after, states, rules),
    ...raiseByHand(gone, states, rules).map((raise): Raise => ({ ...raise, reason: 'merged', settled: raise.settled || !ofWinner.has(raise.system) })),
  ]
  const kept: Kept = { winner: { ...sourced(winner), number: winner.number }, joined: { ...joined, number: after.number }, loser: { ...sourced(loser), number: loser.number }, moved, handed }
  const [added] = await tx.query<{ id: number, at: Date }>(addMerge, [kind, into, from, by, why, JSON.stringify(kept)])
  if (!added) throw new Error('A merge was not stored.')
  await tx.query(endReviews, [into, from, by, why])
  const lanes = await write(tx, [winner, loser], [after, gone], raises, rules)
  return { id: added.id, kind, into, from, by, why, at: added.at.toISOString(), undone: null, lanes }
}

async function unmerge(tx: Transaction, { kind, from, by, why }: Parameters<Merging['unmerge']>[0], rules: Rules): Promise<Merge> {
  if (!isId(from)) throw missing(kind, from)
  const [done] = await tx.query<{ id: number, at: Date, by: string, why: string, into_id: string, kept: Kept | Record<string, never> }>(lockMerge, [from])
  if (!done) throw conflict(`The ${kind} ${from} is not merged, or was a placeholder.`)
  const into = done.into_id
  const both = await lock(tx, [into, from])
  const loser = both.get(from), winner = both.get(into)
  if (!loser || !winner || loser.kind !== kind) throw missing(kind, from)
  if (winner.mergedInto !== null) throw conflict(`The ${kind} ${into}, which ${from} was merged into, was itself merged into ${winner.mergedInto}. Take that back first.`)
  const { kept } = done
  if (!isKept(kept)) throw conflict(`What the ${kind} ${from} was before it was merged has been erased.`)
  const states = await statesOf(tx, [into, from])
  await tx.query(moveBack, [into, from, kept.moved.map(ref => ref.system), kept.moved.map(ref => ref.kind), kept.moved.map(ref => ref.id)])
  await tx.query(setMerged, [from, null])
  await tx.query(setPresent, [into, kept.handed, false])
  await tx.query(setPresent, [from, kept.handed, true])
  const refs = await refsOf(tx, [into, from])

  const at = new Date().toISOString()
  const parted = partDocuments(sourced(winner), kept.winner, kept.joined)
  const stays: Draft = { ...winner, ...parted, refs: refs(into), number: winner.number === kept.joined.number ? kept.winner.number : winner.number, version: winner.version + 1, updatedAt: at }
  const back: Draft = { ...loser, ...kept.loser, refs: refs(from), version: loser.version + 1, updatedAt: at, deletedAt: null }
  const [undone] = await tx.query<{ undone_at: Date }>(undoMerge, [done.id, by, why])
  if (!undone) throw new Error('The end of a merge was not stored.')
  const lanes = await write(tx, [winner, loser], [stays, back], [...raiseByHand(stays, states, rules), ...raiseByHand(back, states, rules)], rules)
  return { id: done.id, kind, into, from, by: done.by, why: done.why, at: done.at.toISOString(), undone: { by, why, at: undone.undone_at.toISOString() }, lanes }
}

type Locked = Draft & { mergedInto: string | null }

async function lock(tx: Transaction, ids: string[]): Promise<Map<string, Locked>> {
  const rows = await tx.query<Row>(lockBoth, [ids.filter(isId)])
  return new Map(rows.map(({ created_at, updated_at, deleted_at, merged_into, ...row }) => [row.id, {
    ...row, provenance: unpackProvenance(row.provenance), refs: [], createdAt: created_at.toISOString(), updatedAt: updated_at.toISOString(), deletedAt: deleted_at?.toISOString() ?? null, mergedInto: merged_into,
  }]))
}

function living(both: Map<string, Locked>, kind: string, id: string): Draft {
  const found = both.get(id)
  if (!found || found.kind !== kind || found.version === 0) throw missing(kind, id)
  const { mergedInto, ...draft } = found
  if (mergedInto !== null) throw conflict(`The ${kind} ${id} is part of ${mergedInto} already.`)
  if (draft.deletedAt !== null) throw conflict(`The ${kind} ${id} is deleted.`)
  return draft
}

async function statesOf(tx: Transaction, ids: string[]): Promise<State[]> {
  const rows = await tx.query<{ subscription: string, record_id: string, system: string, operation: 'upsert' | 'remove', pending: boolean, present: boolean }>(deliveriesOf, [ids])
  return rows.map(({ record_id: recordId, ...state }) => ({ ...state, recordId }))
}

async function refsOf(tx: Transaction, ids: string[]): Promise<(id: string) => Reference[]> {
  const rows = Map.groupBy(await tx.query<Reference & { record_id: string }>(referencesOf, [ids]), row => row.record_id)
  return id => (rows.get(id) ?? []).map(({ system, kind, id: own }) => ({ system, kind, id: own }))
}

/** Writes and commits; answers the lanes to hint. */
async function write(tx: Transaction, stored: readonly Draft[], changed: Draft[], raises: Raise[], { kinds, subscriptions }: Rules): Promise<LaneName[]> {
  const records = changed.map(draft => ({ ...draft, turnsAt: nextTurn(kinds.get(draft.kind) ?? {}, draft, draft.updatedAt) }))
  const keys = keyChanges({ changed: records, before: id => stored.find(draft => draft.id === id && draft.deletedAt === null), kinds, looked: new Map() })
  const looks = changed.flatMap(({ id, kind, document: after, updatedAt: at }) => [
    ...looksAt(subscriptions, { kind, id, message: null, at }), ...looksAround(subscriptions, { kind, before: stored.find(draft => draft.id === id)?.document ?? null, after, message: null, at }),
  ])
  await handingOver(undefined, async offers => ({ result: undefined, claims: await writeChanges(tx, { records, references: [], raises, looks, keys, isNew: () => false }, offers) }))
  return waitingLanes(raises)
}

const isKept = (kept: Kept | Record<string, never>): kept is Kept => 'loser' in kept
const sourced = ({ document, provenance }: Draft): Sourced => ({ document: document ?? {}, provenance })
const sameReference = (one: Reference, other: Reference): boolean => one.system === other.system && one.kind === other.kind && one.id === other.id
const conflict = (detail: string): TorgError => new TorgError('request.conflict', { detail, next: 'Look at both records, and at what they were merged into.' })
const missing = (kind: string, id: string): TorgError => new TorgError('request.not-found', { detail: `There is no ${kind} ${id}.`, next: 'Find its id by number or reference first.' })
