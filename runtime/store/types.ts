/**
 * What the store promises. PostgreSQL is the truth: an acknowledgement given by any method here means committed.
 * All ids are UUIDv7 strings, all instants ISO 8601 UTC strings, all durations milliseconds.
 */
import type { AnswerStore, ApiKeyStore } from './api-types.ts'
import type { BulkStore } from './bulk-types.ts'
import type { Census } from './census-types.ts'
import type { ImportStore } from './import-types.ts'
import type { Closing, DeadLetter, DeadLetterSummary, DeployedFrom, Deployment, DeploymentSummary, Decisions, LaneDepth, ModeChanges, ProcessSummary, RemovedOld } from './operating-types.ts'
import type { Erasures } from './erasure-types.ts'
import type { FieldIndexes } from './field-indexes.ts'
import type { Turns } from './turns.ts'
import type { KeyFill } from './key-fill.ts'
import type { Looks } from './looks.ts'
import type { MendingStore } from './mending.ts'
import type { TraceStore } from './trace-types.ts'
import type { IdentityStore } from './identity-types.ts'
import type { Contender, EntityWrite, KindRules, RecordSought, Roles, SaveOutcome, StoredRecord, Subscription } from './record-types.ts'
import type { RaiseStore } from './raises.ts'
import type { RecordReads } from './record-read-types.ts'
import type { ReferenceStore } from './reference-types.ts'
import type { RepairStore } from './repair-types.ts'
import type { Applied, DeliveryClaim, DeliveryResult, LaneLimits, LaneName, LaneState, Lease, LimitedClaims, MessageClaim, MessageResult, NewMessage, ReceivedMessage, Taker } from './work-types.ts'

export type * from './api-types.ts'
export type * from './erasure-types.ts'
export type * from './identity-types.ts'
export type * from './operating-types.ts'
export type * from './record-read-types.ts'
export type * from './record-types.ts'
export type * from './trace-types.ts'
export type * from './work-types.ts'

export interface Store extends RepairStore, ApiKeyStore, Erasures, Turns, Looks, KeyFill, FieldIndexes, AnswerStore, RecordReads, IdentityStore, ImportStore, BulkStore, RaiseStore, ReferenceStore, MendingStore, TraceStore {
  /** Stores a message; concurrent calls share one statement. Rejects with `hub.unavailable` when PostgreSQL cannot be reached. */
  receive(message: NewMessage): Promise<ReceivedMessage>

  /** From now on, keys that had nothing to do are handed over to `taker` by the statement that stores their work, as far as it has places. */
  handOver(taker: Taker): void

  /**
   * Leases up to `keys` due keys of an inbound lane with up to `perKey` pending messages each, in order. `deployment` is the one the
   * caller has open (0: none): unless it is the active one nothing is claimed. Nor is it where the lane is paused, open or throttled.
   */
  claimMessages(want: { lane: LaneName, owner: string, deployment: number, keys: number, perKey: number, leaseMs: number }): Promise<MessageClaim[]>
  claimDeliveries(want: { lane: LaneName, owner: string, deployment: number, keys: number, perKey: number, leaseMs: number }): Promise<DeliveryClaim[]>
  /** The same for any lane, as far as its state and limits allow over all processes; of an open lane one key, when it is time to try. */
  claimLimited(want: { lane: LaneName, owner: string, deployment: number, keys: number, perKey: number, leaseMs: number, limits: LaneLimits }): Promise<LimitedClaims>
  /** Writes ends of runs; concurrent calls share one statement; resolves when committed. */
  settleMessage(result: MessageResult): Promise<Applied>
  settleDelivery(result: DeliveryResult): Promise<Applied>
  /** Gives keys back; what is still due can be claimed at once. */
  release(leases: Lease[]): Promise<void>
  /** Prolongs leases whose runs go on; returns those that were lost. */
  renew(leases: Lease[], leaseMs: number): Promise<Lease[]>
  /** Ends all leases of an owner, at start; or those in one lane but for the ones it works under. Returns how many. */
  endLeasesOf(owner: string, among?: { lane: LaneName, except: Lease[] }): Promise<number>

  /** Saves entities of one call in one transaction; concurrent calls share a commit. Outcomes in the order of the writes. */
  save(writes: EntityWrite[]): Promise<SaveOutcome[]>
  find(kind: string, by: RecordSought): Promise<StoredRecord | null>
  /** What systems said of a record and was not written, newest first. */
  contenders(record: string): Promise<Contender[]>

  /** Lanes with due work that may be claimed, for the sweep. */
  dueLanes(): Promise<LaneName[]>
  depths(): Promise<LaneDepth[]>
  decisions(): Promise<Decisions>

  /** Every lane of which something was ever said. */
  laneStates(): Promise<LaneState[]>
  /** Nothing of the lane is claimed until somebody resumes it. A further pause changes who and why. */
  pauseLane(lane: LaneName, by: string, reason: string): Promise<void>
  /** Ends pause, breaker and throttling. */
  resumeLane(lane: LaneName): Promise<void>
  /** After a deploy: every open lane is tried at once, and rates count from now on. */
  probeLanes(): Promise<void>

  /** `node`: a source or a subscription. */
  deadLetters(filter: { lane?: LaneName, node?: string, type?: 'message' | 'delivery', code?: string, closed?: boolean, limit: number, after?: string }): Promise<DeadLetterSummary[]>
  deadLetter(id: string): Promise<DeadLetter | null>
  /** Makes a dead letter due again; false where it is none. */
  reopen(id: string): Promise<LaneName | null>
  /** Takes a dead letter off the list for good; a closed message is removed once it was closed for as long as messages are kept. Null where there is none. */
  closeDeadLetter(id: string, closing: Pick<Closing, 'by' | 'note'>): Promise<Closing | null>

  activeDeployment(): Promise<Deployment | null>
  deploymentByRevision(revision: string): Promise<Deployment | null>
  /** Newest first; `before` is the id of the last one seen. */
  deployments(filter: { from?: DeployedFrom, limit: number, before?: number }): Promise<DeploymentSummary[]>
  /** Stores and activates a deployment. */
  deploy(deployment: Omit<Deployment, 'id' | 'at'>): Promise<Deployment>

  cursor(source: string): Promise<unknown>
  saveCursor(source: string, cursor: unknown): Promise<void>

  /** Takes the duties of these that nobody has, and prolongs those the owner has; returns the names of both. */
  holdDuties(want: { owner: string, names: string[], leaseMs: number }): Promise<string[]>
  endDuties(owner: string, names: string[]): Promise<void>
  /** All processes, those killed during the last day included. */
  processes(): Promise<ProcessSummary[]>
  /** Counts for the proof of completeness. */
  readonly census: Census

  /**
   * Has waiting deliveries follow the modes in force, in small transactions, until all do or `signal` is aborted. May be done by several
   * processes at once, and again after being cut off.
   */
  applyModes(signal: AbortSignal): Promise<ModeChanges>
  /** Takes every delivery that waits, held or not, for known to its system; returns how many. Dead letters stay. May be repeated after being cut off. */
  dropWaiting(): Promise<number>

  /** The subscriptions, roles and kinds in force; set at deploy. What waits follows with {@link applyModes}. */
  configure(rules: { subscriptions: Subscription[], roles: Roles, kinds: ReadonlyMap<string, KindRules> }): Promise<void>
  /** Makes the partitions of the next days, where they are missing. */
  addPartitions(): Promise<void>
  /**
   * Removes messages and runs from before these instants, in whole partitions where it can, until nothing is left to remove or `signal` is
   * aborted. What is not settled stays, and so do dead letters that are not closed. One process at a time.
   */
  removeOld(before: { message: string, run: string }, signal: AbortSignal): Promise<RemovedOld[]>
  ping(): Promise<void>
  /** Of the pool, for the metrics; `waiting` are requests without one. */
  connections(): { total: number, idle: number, waiting: number }
  close(): Promise<void>
}
