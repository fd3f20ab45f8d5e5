/** Which deliveries a new version of a record raises. Pure. */
import type { JsonObject } from './merge.ts'
import type { Rules } from './save-plan.ts'
import type { Draft } from './save-step.ts'
import type { DeliveryOperation, KindRules, LaneName, Origin, RemoveReason, Subscription } from './types.ts'

/** A delivery as far as raising one needs it. */
export interface DeliveryState {
  subscription: string
  recordId: string
  operation: DeliveryOperation
  /** Desired, and not acknowledged yet. */
  pending: boolean
}

/** A delivery row to write. */
export interface Raise {
  subscription: string
  recordId: string
  kind: string
  system: string
  lane: LaneName
  key: string
  /** A fact waits behind the facts before it, so raising one does not make its key due. */
  ordered: boolean
  desired: number
  operation: DeliveryOperation
  reason: RemoveReason | null
  messageId: string | null
  /** The system has it already, or removed it itself: noted as done, nothing is sent. */
  settled: boolean
  /** Its subscription is held: wanted, but in no queue. */
  held: boolean
  /** The same version once more, for another reason: under a new generation, whatever was acknowledged of it. */
  again?: true
  /** Not to be raised now: whether it is wanted depends on other records too, and is looked at behind the commit, for this moment (ISO 8601). */
  look?: string
}

export interface NewVersion {
  record: { id: string, kind: string, version: number, document: JsonObject, deleted: boolean }
  /** When this is, ISO 8601. */
  at: string
  origin: Origin
  /** Whether the record now says exactly what the origin sent, as far as it sent anything. */
  equalsOrigin: boolean
  rules: KindRules
  /** Subscriptions of the record's kind. */
  subscriptions: readonly Subscription[]
  stateOf(subscription: string): DeliveryState | undefined
  /** Whether what a subscription needs beside the record is so; absent where the other records were not read. */
  needsMet?(subscription: Subscription): boolean
}

/** The deliveries of one new version, one per subscription at most. */
export function raiseDeliveries({ record, at, origin, equalsOrigin, rules, subscriptions, stateOf, needsMet }: NewVersion): Raise[] {
  return subscriptions.flatMap(subscription => {
    const state = stateOf(subscription.id)
    const own = subscription.system === origin.system
    const adopts = subscription.mode === 'adopt'
    const raise = (operation: DeliveryOperation, reason: RemoveReason | null, settled = false): Raise[] => [{
      subscription: subscription.id, recordId: record.id, kind: record.kind, system: subscription.system, lane: subscription.lane,
      key: rules.fact && rules.orderKey ? `${subscription.id}:${rules.orderKey(record.document)}` : record.id,
      ordered: rules.fact, desired: record.version, operation, reason, messageId: origin.message, settled: settled || adopts, held: subscription.mode === 'held',
    }]
    const open = subscription.needs !== undefined && needsMet === undefined
    if (!record.deleted && subscription.matches(record.document, at) && (open || subscription.needs === undefined || needsMet?.(subscription))) {
      const upsert = open ? raise('upsert', null).map(one => ({ ...one, look: at })) : raise('upsert', null)
      if (adopts) return upsert
      // No echo: the system has what it sent. An upsert that waits already brings it the newest version anyway; a removal that
      // waits must not reach it any more.
      const removalWaits = state?.operation === 'remove' && state.pending
      return own && equalsOrigin && !removalWaits ? [] : upsert
    }
    // Nothing to take away from a system that was never given it.
    if (!state || (state.operation === 'remove' && !state.pending)) return []
    return record.deleted ? raise('remove', 'deleted', own) : raise('remove', 'filter')
  })
}

/** The lanes in which something waits by these. */
export function waitingLanes(raises: readonly Raise[]): LaneName[] {
  return [...new Set(raises.flatMap(({ lane, settled, held, look }) => settled || held || look !== undefined ? [] : lane))]
}

/** The deliveries of a version that a person made and no system, so that all are told. `states`: of this and other records. */
export function raiseByHand(draft: Draft, states: readonly DeliveryState[], { kinds, subscriptions }: Rules): Raise[] {
  return raiseDeliveries({
    record: { id: draft.id, kind: draft.kind, version: draft.version, document: draft.document ?? {}, deleted: draft.deletedAt !== null },
    at: draft.updatedAt, origin: { system: '', message: null, at: draft.updatedAt }, equalsOrigin: false,
    rules: kinds.get(draft.kind) ?? { fact: false, links: [] },
    subscriptions: subscriptions.filter(({ kind }) => kind === draft.kind),
    stateOf: subscription => states.find(state => state.subscription === subscription && state.recordId === draft.id),
  })
}
