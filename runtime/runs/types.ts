/** What a durable run is, in one process. */
import type { TorgError } from '../errors.ts'
import type { Message, Delivery } from '../store/types.ts'

/** JSON-safe envelope in `msg.torg`; unknown keys in a message travel on. */
export interface Envelope {
  /** Run id; the tracker finds the run of a message by it. */
  run: string
  deployment: number
  message?: Pick<Message, 'id' | 'system' | 'topic' | 'key' | 'eventId' | 'sourceTime' | 'receivedAt' | 'headers'>
  delivery?: DeliveryFacts
  /** Id of the node that mapped the document last. */
  mapping?: string
  /** Instead of `delivery` where the subscription delivers in batches: one entry for each element of the payload, of one operation. */
  batch?: {
    /** Same for every attempt with the same items. */
    key: string
    items: DeliveryFacts[]
  }
}

/** A delivery as its flow sees it. */
export type DeliveryFacts = Pick<Delivery, 'subscription' | 'system' | 'kind' | 'recordId' | 'version' | 'generation' | 'operation' | 'reason' | 'present'> & {
  /** Same for every attempt of this delivery: hash of subscription, record, version, generation. In a batch it names the item. */
  idempotencyKey: string
  /** The fed system's own id of the record, where one is known. */
  reference: string | null
}

export interface FlowMessage {
  payload: unknown
  torg?: Envelope
  _msgid?: string
  [key: string]: unknown
}

export interface RunRequest {
  id: string
  deployment: number
  /** Source node: where the run starts. */
  node: { id: string, type: string, name?: string, send(msg: FlowMessage): void }
  message: FlowMessage
  /** Silence limit in milliseconds: a run older than this fails, naming the nodes that have not completed. */
  limitMs: number
}

export type RunOutcome =
  | { outcome: 'done', references: GivenReference[], failures?: ItemFailures, /** What it saved, where it did. */ saved?: SavedRecord[], /** The flow said that it is done (`hub settle`). */ decided?: true }
  | { outcome: 'failed', error: TorgError, failures?: ItemFailures }
  /** Deploy or stop ended it: it runs again and does not count as an attempt. */
  | { outcome: 'interrupted' }

/** An id that a system gave a record; in a batch, that of `item`. */
export interface GivenReference { kind: string, id: string, item?: string }

/** An item of a batch that failed by itself. `shared`: another item, or the batch as a whole, may be at fault. */
export interface ItemFailure { error: TorgError, shared: boolean }

/** By the items' idempotency keys. */
export type ItemFailures = ReadonlyMap<string, ItemFailure>

/** A record that a run saved; `stale`: the store had newer content of it already. */
export interface SavedRecord { id: string, stale: boolean }

/** One open run, as nodes see it. */
export interface ActiveRun {
  readonly id: string
  readonly open: boolean
  /** Aborted when the run settles, fails or is interrupted: pass it to HTTP calls. */
  readonly signal: AbortSignal
  readonly envelope: Envelope
  /** A sink tells the id the system gave the record; in a batch, that of `item`. */
  addReference(reference: GivenReference): void
  /**
   * In a batch: this item (its idempotency key) failed, the others go on; a sink no longer sends it, a node behind no longer gets it. Where
   * `shared`, a permanent failure is tried again with fewer items before it is believed. The first failure of an item stands.
   */
  failItem(item: string, failure: ItemFailure): void
  /** `hub save` tells what came of the message. */
  addSaved(record: SavedRecord): void
  /** The flow decides the end itself (`hub settle`). The first decision stands. */
  decide(decision: { outcome: 'done' } | { outcome: 'failed', error: TorgError }): void
}

export interface RunTracker {
  /** Starts a run at its source node; resolves exactly once, when it has settled. */
  start(request: RunRequest): Promise<RunOutcome>
  /** The open or just settled run a message belongs to; undefined outside of runs. */
  of(msg: unknown): ActiveRun | undefined
  readonly openCount: number
  /** Resolves when no run is open, or after `limitMs`; those still open are then interrupted. Returns how many were. */
  drain(limitMs: number): Promise<number>
  close(): void
}
