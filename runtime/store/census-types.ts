/** What the store counts for the proof of completeness. All instants ISO 8601 UTC, days as `2026-01-31` in the period's time zone. */
import type { Needs, Origin } from './record-types.ts'

/** A period, end excluded, and the IANA time zone its days are counted in. */
export interface CensusPeriod { from: string, to: string, zone: string }

/** A part of a count: sums to be added up, and what has to be looked at one by one. */
export interface CensusSlice<Count, Open> { counts: Count[], open: Open[] }

/**
 * What became of messages. `closed`: a dead letter that a person has closed. `saved`, `stale`, `ended`: see MessageYield. `nothing-to-save`: its flow has no `hub save`. Unexplained are
 * `nothing-saved` (done, and no record came of it) and `record-gone` (the record that came of it is no longer there).
 */
export type MessageState = 'saved' | 'stale' | 'ended' | 'nothing-to-save' | 'waiting' | 'back-off' | 'dead' | 'closed' | 'nothing-saved' | 'record-gone'

export interface MessageCount { system: string, day: string, state: MessageState, code: string | null, count: number, /** When the oldest came. */ since: string }
export interface NamedMessage { id: string, system: string, source: string, topic: string, key: string, day: string, state: MessageState }

/**
 * What became of a record towards a subscription. `unraised`: there is no delivery of it; `behind`: the newest version was never
 * wanted; both are decided by the subscription's filter. `adopted`: taken for known there, never sent. `older`: it was last changed before the subscription was deployed as it is.
 */
export type CountedState = 'saved' | 'delivered' | 'removed' | 'adopted' | 'waiting' | 'held' | 'back-off' | 'dead' | 'closed' | 'older' | 'unraised' | 'behind'

export interface DeliveryCount {
  /** The system that first told of the records. */
  channel: string
  kind: string
  day: string
  /** Null: the records themselves (`saved`). */
  subscription: string | null
  target: string | null
  state: CountedState
  code: string | null
  currency: string | null
  count: number
  /** Sum, a decimal. */
  amount: string | null
  /** When the oldest was wanted. */
  since: string | null
}

/** A record and subscription that need the filter's word. */
export interface OpenRecord {
  id: string, number: string | null, kind: string, channel: string, day: string, amount: string | null, currency: string | null
  subscription: string, target: string, state: 'unraised' | 'behind', deleted: boolean
  /** An import raised it, so it becomes a delivery if the filter wants it then. */
  raising: boolean
  /** Something waits to be looked at on which subscriptions that need others depend. */
  looking: boolean
  document: Record<string, unknown>
  /** What set its fields. */
  origins: readonly Origin[]
}

export interface NamedRecord { id: string, kind: string, number: string | null }

/** A record that an item of a system's listing stands for. */
export interface ListedMatch {
  id: string
  number: string | null
  /** It belongs to the period. */
  inside: boolean
  amount: string | null
  currency: string | null
  /** Something of it is still to be delivered to the system, or is a dead letter. */
  open: boolean
  /** It was taken away from the system. */
  removed: boolean
  /** A message of the system about it waits. */
  arriving: boolean
}

export interface Census {
  /** @param saveNothing source nodes whose flow has no `hub save`. @param names how many unexplained messages are named at most */
  messages(period: CensusPeriod, want: { system?: string, saveNothing: readonly string[], names: number }): AsyncGenerator<CensusSlice<MessageCount, NamedMessage>>
  /** @param amounts where the money of a kind stands. @param wanted the deployed subscriptions, and since when they are as they are */
  records(period: CensusPeriod, want: {
    kind?: string, amounts: Readonly<Record<string, readonly string[]>>, wanted: readonly { subscription: string, kind: string, system: string, since: string }[]
  }): AsyncGenerator<CensusSlice<DeliveryCount, OpenRecord>>
  /** The documents of the living others that a subscription needs, of each of these records by its id. */
  others(needs: Needs, records: readonly Pick<OpenRecord, 'id' | 'document'>[]): Promise<(id: string) => Record<string, unknown>[]>
  /** The records of the period, in the order of their ids, and whether a system has acknowledged each of them and must hold it. */
  held(period: CensusPeriod, want: { system: string, kind: string }): AsyncGenerator<{ id: string, held: boolean }[]>
  /** Those among them that it must hold still. */
  stillHeld(ids: readonly string[], system: string): Promise<NamedRecord[]>
  /** The record of each item of a system's listing; null where there is none. */
  match(items: readonly { id: string, number?: string }[], want: { system: string, kind: string, period: CensusPeriod, amount: readonly string[] | undefined }): Promise<(ListedMatch | null)[]>
  /** What became of the newest message of these keys: `pending`, `dead`, or its result. */
  traces(keys: readonly string[], want: { system: string, from: string }): Promise<Map<string, string>>
  /** Those of the nodes that each deployment had, newest first, back to the deployment in force at `from`. */
  deployedNodes(ids: readonly string[], from: string): Promise<{ at: string, nodes: Record<string, unknown>[] }[]>
}
