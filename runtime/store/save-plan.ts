/**
 * What a batch of saves makes of the records it touches, worked out in memory on rows that are locked. Pure but for new ids. A call
 * that fails leaves no trace in the plan, so calls can share a transaction.
 */
import { TorgError } from '../errors.ts'
import { raiseDeliveries, waitingLanes, type DeliveryState, type Raise } from './deliveries.ts'
import { recognise, type Doubt } from './identity.ts'
import { newId } from '../ids.ts'
import { looksAround, looksAt, type Look } from './look-plan.ts'
import { keyChanges, keysOfDraft, keyText, type KeyChanges } from './key-plan.ts'
import { removed, timedOrigin, upserted, type Draft } from './save-step.ts'
import { nextTurn } from './turn-moments.ts'
import { mayOverlap } from './typed/scope.ts'
import type { Contender, EntityWrite, KindRules, LaneName, MatchKey, Reference, Refused, Roles, SaveOutcome, Subscription } from './types.ts'

export interface Rules { subscriptions: readonly Subscription[], roles: Roles, kinds: ReadonlyMap<string, KindRules> }

/** A contender to write. */
export interface PlannedContender extends Contender { recordId: string }

export interface PlannedReference { reference: Reference, recordId: string, sourceTime: string | null }

/** What is known before, and after `apply` what is to be written. */
export interface SavePlan {
  /** Tells the plan of a reference that exists. */
  knowReference(reference: PlannedReference): void
  knowRecord(record: Draft): void
  knowDelivery(state: DeliveryState): void
  /** Tells the plan which records have match keys that were looked up, by `keyText`. */
  knowHolders(holders: ReadonlyMap<string, readonly string[]>): void
  /** Tells the plan that a record is part of another one; what comes for its references is for that one. */
  knowMerged(recordId: string, into: string): void
  /** Applies the writes of one call, all or none. */
  apply(writes: readonly EntityWrite[], at: string): SaveOutcome[] | Error
  changes(): Changes
}

/** What is to be written. A record that changed its references only is not among the records. */
export interface Changes {
  records: Draft[]
  references: PlannedReference[]
  raises: Raise[]
  keys?: KeyChanges
  /** Placeholders that turned out to be a record: their id -> its id. */
  absorbed?: ReadonlyMap<string, string>
  reviews?: Review[]
  /** One per record, field and system: the newest. */
  contenders?: PlannedContender[]
  /** Records that may not hold at the same time as others of their scope, to be looked at. */
  exclusive?: string[]
  /** What is to be asked anew of records that depend on these. */
  looks?: Look[]
  /** Whether a record was made by this plan: nobody else can know it before the commit. */
  isNew(recordId: string): boolean
}

/** What a person is to look at. The first of the records is the one that was made. */
interface Review extends Doubt { kind: string, messageId: string | null }

/** One text per reference, usable as the key of a map. */
export function referenceKey({ system, kind, id }: Reference): string {
  return `${system}\0${kind}\0${id}`
}

const plain: KindRules = { fact: false, links: [] }

export function createSavePlan(rules: Rules): SavePlan {
  const references = new Map<string, PlannedReference>()
  const drafts = new Map<string, Draft>()
  const states = new Map<string, DeliveryState>()
  const changedReferences = new Map<string, PlannedReference>()
  const changedRecords = new Map<string, Draft>()
  const raises = new Map<string, Raise>()
  const stored = new Map<string, Draft>()
  let looked: ReadonlyMap<string, readonly string[]> = new Map()
  const holders = new Map<string, readonly string[]>()
  const merged = new Map<string, string>()
  const absorbed = new Map<string, string>()
  const reviews = new Map<string, Review>()
  const contenders = new Map<string, PlannedContender>()
  const looks = new Map<string, Look>()
  let undo: (() => void)[] = []

  const put = <Value>(map: Map<string, Value>, key: string, value: Value): void => {
    const before = map.get(key)
    undo.push(() => { if (before === undefined) map.delete(key); else map.set(key, before) })
    map.set(key, value)
  }
  const putRecord = (draft: Draft): void => {
    put(drafts, draft.id, draft)
    put(changedRecords, draft.id, draft)
    for (const { rule, value } of keysOfDraft(draft, rules.kinds)) {
      const text = keyText({ kind: draft.kind, rule, value })
      const present = holders.get(text) ?? []
      if (!present.includes(draft.id)) put(holders, text, [...present, draft.id])
    }
  }
  const putReference = (planned: PlannedReference): void => {
    const key = referenceKey(planned.reference)
    put(references, key, planned)
    put(changedReferences, key, planned)
  }
  const putLooks = (wanted: readonly Look[]): void => {
    for (const look of wanted) put(looks, `${look.recordId} ${look.around}`, look)
  }
  const deliveryKey = (subscription: string, recordId: string): string => `${recordId} ${subscription}`

  const blank = (kind: string, at: string): Draft =>
    ({ id: newId(), kind, version: 0, schema: '', number: null, document: null, provenance: {}, refs: [], createdAt: at, updatedAt: at, deletedAt: null })

  /** The record a link points to; a placeholder where it was not seen yet, so that its id is settled whatever comes first. */
  const linkTo = (reference: Reference, at: string): string => {
    const known = references.get(referenceKey(reference))
    if (known) return known.recordId
    const placeholder = { ...blank(reference.kind, at), refs: [reference] }
    putRecord(placeholder)
    putReference({ reference, recordId: placeholder.id, sourceTime: null })
    return placeholder.id
  }

  const surviving = (id: string | undefined): string | undefined => {
    const into = id === undefined ? undefined : merged.get(id)
    return into === undefined ? id : surviving(into)
  }

  /** The record a write is about, by its references and then by its match keys; a blank one where it is new. */
  const identify = (write: EntityWrite, at: string): { before: Draft, doubt: Doubt | null } => {
    const found = [...new Set(write.refs.flatMap(ref => surviving(references.get(referenceKey(ref))?.recordId) ?? []))].flatMap(id => drafts.get(id) ?? [])
    const [known, ...others] = found.filter(({ version }) => version > 0)
    if (known && others.length > 0) {
      throw new TorgError('request.conflict', {
        detail: `The references of this ${write.kind} belong to different records: ${[known, ...others].map(({ id }) => id).join(' and ')}.`, pointer: '/refs', value: write.refs,
        next: 'Find out which of the references is wrong, or merge the records, then run the message again.',
      })
    }
    if (known && known.kind !== write.kind) {
      throw new TorgError('request.conflict', {
        detail: `Record ${known.id} is a ${known.kind}, but is written as a ${write.kind}.`, pointer: '/refs', value: write.refs,
        next: 'Give the references of different kinds different kinds, then run the message again.',
      })
    }
    const kindRules = rules.kinds.get(write.kind)
    const { record, doubt } = known || !kindRules?.match || write.operation === 'remove' ? { record: known ?? null, doubt: null } : recognise(write, kindRules, key => holdersOf(write.kind, key))
    const placeholders = found.filter(({ version }) => version === 0)
    const before = record ?? placeholders[0] ?? blank(write.kind, at)
    return { before: placeholders.reduce((into, from) => from.id === into.id ? into : absorb(from, into, at), before), doubt }
  }

  const holdersOf = (kind: string, key: MatchKey): Draft[] => (holders.get(keyText({ kind, ...key })) ?? []).flatMap(id => drafts.get(id) ?? [])
    // As they are now that they are locked.
    .filter(draft => draft.kind === kind && keysOfDraft(draft, rules.kinds).some(({ rule, value }) => rule === key.rule && value === key.value))

  /** A placeholder turns out to be a record that is known: its references are that one's, and links to it are followed there. */
  const absorb = (from: Draft, into: Draft, at: string): Draft => {
    const grown = { ...into, refs: withReferences(into.refs, from.refs) }
    put(absorbed, from.id, into.id)
    putLooks(looksAt(rules.subscriptions, { kind: into.kind, id: into.id, message: null, at }))
    put(drafts, into.id, grown)
    for (const reference of from.refs) putReference({ reference, recordId: into.id, sourceTime: references.get(referenceKey(reference))?.sourceTime ?? null })
    return grown
  }

  const applyOne = (write: EntityWrite, at: string): SaveOutcome => {
    const own = write.refs[0]
    if (!own) throw new TorgError('model.no-reference', { detail: `The ${write.kind} from ${write.origin.system} has no reference.`, pointer: '/refs' })
    const { before, doubt } = identify(write, at)
    // A customer who was erased: what systems still say is not known any more.
    if (before.erased && before.deletedAt !== null) return { record: toStored(before), outcome: 'erased', refused: [], lanes: [] }
    const seen = references.get(referenceKey(own))?.sourceTime ?? null
    if (isOlder(write.sourceTime, seen)) return { record: toStored(before), outcome: 'stale', refused: [], lanes: [] }

    const kindRules = rules.kinds.get(write.kind) ?? plain
    const roles = rules.roles.of(write.kind, before.document, write.document)
    const { next, refused: contending, overtaken } = write.operation === 'remove'
      ? removed(before, write, kindRules, roles, at)
      : upserted(before, write, kindRules, roles, at, reference => linkTo(reference, at))

    if (overtaken) return { record: toStored(before), outcome: 'stale', refused: [], lanes: [] }

    // What is said already is no conflict: a run that was cut off after its save comes again.
    if (write.ifVersion !== undefined && write.ifVersion !== before.version && next.version !== before.version) {
      throw new TorgError('request.conflict', { detail: `The ${write.kind} ${before.number ?? before.id} is at version ${before.version}, not ${write.ifVersion}.`, pointer: '/version', value: write.ifVersion })
    }
    const written = next.version !== before.version || next.provenance !== before.provenance
    const turns = written ? { turnsAt: nextTurn(kindRules, next, at) } : {}
    // Whoever changes the record without a digest takes away that of another one.
    const { said: _, ...unsaid } = next
    const said = write.digest === undefined || contending.length > 0 ? {} : { said: write.digest }
    const after: Draft = { ...unsaid, ...turns, ...said, refs: withReferences(next.refs, write.refs) }
    if (written || after.said !== undefined) putRecord(after)
    else put(drafts, after.id, after)
    const refused = contending.map(({ pointer, master, why, value }): Refused => {
      put(contenders, JSON.stringify([after.id, pointer, write.origin.system]), { ...timedOrigin(write), recordId: after.id, pointer, value, why, master })
      return { pointer, master, why }
    })
    for (const reference of write.refs) {
      const known = references.get(referenceKey(reference))
      const sourceTime = reference === own && write.sourceTime !== null ? write.sourceTime : known?.sourceTime ?? null
      if (!known || known.sourceTime !== sourceTime) putReference({ reference, recordId: known?.recordId ?? after.id, sourceTime })
    }
    const unchanged = after.version === before.version
    if (doubt && !unchanged) put(reviews, after.id, { ...doubt, kind: write.kind, records: [after.id, ...doubt.records], messageId: write.origin.message })
    if (!unchanged) putLooks(looksAround(rules.subscriptions, { kind: after.kind, before: before.document, after: after.document, message: write.origin.message, at }))
    const lanes = raise(after, { write, at }, kindRules, refused.length === 0, subscription => !unchanged || isNewToAdopting(subscription, after))
    if (unchanged) return { record: toStored(after), outcome: 'unchanged', refused, lanes: [] }
    return { record: toStored(after), outcome: before.version === 0 ? 'created' : 'updated', refused, lanes }
  }

  /** What comes from a system that is being connected is known to it, also where it says nothing new. */
  const isNewToAdopting = ({ id, mode }: Subscription, draft: Draft): boolean => mode === 'adopt' && draft.version > 0 && !states.has(deliveryKey(id, draft.id))

  const raise = (draft: Draft, { write, at }: { write: EntityWrite, at: string }, kindRules: KindRules, equalsOrigin: boolean, concerns: (subscription: Subscription) => boolean): LaneName[] => {
    const raised = raiseDeliveries({
      record: { id: draft.id, kind: draft.kind, version: draft.version, document: draft.document ?? {}, deleted: draft.deletedAt !== null },
      at, origin: write.origin, equalsOrigin, rules: kindRules,
      subscriptions: rules.subscriptions.filter(subscription => subscription.kind === draft.kind && concerns(subscription)),
      stateOf: subscription => states.get(deliveryKey(subscription, draft.id)),
    })
    for (const one of raised) {
      const key = deliveryKey(one.subscription, one.recordId)
      put(raises, key, one)
      if (one.look === undefined) put(states, key, { subscription: one.subscription, recordId: one.recordId, operation: one.operation, pending: !one.settled })
    }
    return waitingLanes(raised)
  }

  return {
    knowReference: planned => { references.set(referenceKey(planned.reference), planned) },
    knowRecord: draft => {
      drafts.set(draft.id, draft)
      stored.set(draft.id, draft)
    },
    knowDelivery: state => { states.set(deliveryKey(state.subscription, state.recordId), state) },
    knowHolders: given => {
      looked = given
      for (const [text, ids] of given) holders.set(text, ids)
    },
    knowMerged: (id, into) => { merged.set(id, into) },
    apply: (writes, at) => {
      undo = []
      try {
        return writes.map(write => applyOne(write, at))
      } catch (error) {
        for (const step of undo.reverse()) step()
        return error instanceof Error ? error : new Error(String(error))
      }
    },
    changes: () => {
      // As they stand at the end: a later write may have added a reference only.
      const records = [...changedRecords.values()].map(draft => drafts.get(draft.id) ?? draft)
      return {
        records, references: [...changedReferences.values()], raises: [...raises.values()], absorbed, reviews: [...reviews.values()], looks: [...looks.values()], contenders: [...contenders.values()],
        exclusive: records.flatMap(draft => mayOverlap(draft, stored.get(draft.id)) ? draft.id : []),
        keys: keyChanges({ changed: records, before: id => stored.get(id), kinds: rules.kinds, looked }), isNew: recordId => !stored.has(recordId),
      }
    },
  }
}

function withReferences(present: readonly Reference[], given: readonly Reference[]): readonly Reference[] {
  const known = new Map([...present, ...given].map(({ system, kind, id }) => [referenceKey({ system, kind, id }), { system, kind, id }]))
  return known.size === present.length ? present : [...known.values()]
}

function isOlder(time: string | null, seen: string | null): boolean {
  return time !== null && seen !== null && Date.parse(time) < Date.parse(seen)
}

function toStored(draft: Draft): SaveOutcome['record'] {
  const { erased: _, turnsAt: _turnsAt, own: _own, said: _said, ...record } = draft
  return { ...record, document: draft.document ?? {}, refs: [...draft.refs] }
}
