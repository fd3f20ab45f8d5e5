/**
 * What the store promises. PostgreSQL is the truth: an acknowledgement given by any method here means committed.
 * All ids are UUIDv7 strings, all instants ISO 8601 UTC strings, all durations milliseconds.
 */
import type { StoredError } from '../errors.ts'
import type { RepairStore } from './repair-types.ts'
import type { Census } from './census-types.ts'

/** One system in one direction: `webshop-no.in`, `erp.out`. Also the name of its queue. */
export type LaneName = `${string}.in` | `${string}.out`

// ---------------------------------------------------------------- inbox

/** One thing received from a system, before it is stored. */
export interface NewMessage {
  lane: LaneName
  /** Key of the system it came from (`webshop-no`). */
  system: string
  /** Id of the source node whose flow takes it. */
  source: string
  /** What kind of event it is in the vendor's words (`orders/create`). */
  topic: string
  /** Messages of one key run one after the other. Null: no key was found; the message goes to dead letter at once. */
  key: string | null
  /** The vendor's id of the event; unique per source. Null: never a duplicate. */
  eventId: string | null
  contentType: string
  /** Headers worth keeping, secrets and signatures left out. */
  headers: Record<string, string>
  body: Buffer
  /** The source's own time of this version of the document. */
  sourceTime: string | null
  /** Set where the message is refused already on arrival, for example without a key. */
  error?: StoredError
}

export interface ReceivedMessage {
  id: string
  /** The same event was stored before; nothing was done. */
  duplicate: boolean
  /** It was handed over to the taker: its lane needs no hint. */
  taken?: true
}

/** A stored message, as a run gets it. */
export interface Message extends Omit<NewMessage, 'error' | 'key'> {
  id: string
  key: string
  receivedAt: string
  /** Attempts that have ended before this one. */
  attempts: number
}

// ---------------------------------------------------------------- claims and results

/** The right to work on one key of a lane, until it expires. */
export interface Lease {
  lane: LaneName
  key: string
  owner: string
  /** Rises with every claim; results under an older epoch are refused. */
  epoch: string
}

export interface MessageClaim { lease: Lease, messages: Message[] }
export interface DeliveryClaim { lease: Lease, deliveries: Delivery[] }

/** Who works on keys from the moment they are stored. */
export interface Taker {
  /** Owner of the leases. */
  readonly owner: string
  /** The one it has open: unless it is the active one nothing is handed over. Nor is it in a lane that is paused, open or throttled. */
  readonly deployment: number
  /** Keeps free as many places of a lane as it has, up to `keys`, for keys that are being stored. Undefined: it has none. */
  reserve(lane: LaneName, keys: number): Reservation | undefined
}
export interface Reservation {
  places: number
  leaseMs: number
  /** Called once: with what was leased, at most `places` keys; `unknown` where the database did not say, so that there may be leases nobody works under. */
  end(claims: (MessageClaim | DeliveryClaim)[] | 'unknown'): void
}

export type DeliveryOperation = 'upsert' | 'remove'
export type RemoveReason = 'deleted' | 'filter' | 'merged'

/** One record towards one subscription, as a run gets it. */
export interface Delivery {
  subscription: string
  system: string
  kind: string
  recordId: string
  /** The version to deliver: the newest when it was claimed. */
  version: number
  generation: number
  operation: DeliveryOperation
  reason: RemoveReason | null
  attempts: number
  /** The system acknowledged the record before, and no removal of it since. */
  present: boolean
  record: DeliveredRecord
  /** When this version was first wanted; the base of the delivery latency. */
  wantedAt: string
  /** The message that raised it, if one did. */
  messageId: string | null
}

/** How much of a lane runs at once and how fast, over all processes. */
export interface LaneLimits {
  /** Keys worked on at once. */
  concurrency?: number
  /** Every key that is claimed takes a token. There are `burst` at the most, and one more every `tokenMs` milliseconds. */
  rate?: { tokenMs: number, burst: number }
}

/** What a claim that keeps to limits got. */
export interface LimitedClaims {
  claims: (MessageClaim | DeliveryClaim)[]
  /** The lane is open: this one key shows whether its system is back. */
  probe: boolean
  /** Milliseconds until the lane's rate allows the next, where it allows none now. */
  againInMs: number | null
}

/** What the end of a run says of the system behind its lane. Without: nothing; a run that is done says that it answered. */
export interface SystemVerdict {
  /** It did its part: took the document, refused it, or asked to slow down. */
  answered: boolean
  /** Failures in a row at which the lane opens; 0: never. */
  breakAfter: number
  /** It asked to be left alone for so many milliseconds. */
  throttleMs?: number
}

/** What holds a lane back, the same for all processes. */
export interface LaneState {
  lane: LaneName
  /** `open`: its system fails, and is only tried with one key now and then. `throttled`: it asked to be left alone. */
  state: 'working' | 'paused' | 'open' | 'throttled'
  paused: { at: string, by: string, reason: string } | null
  open: { since: string, nextTryAt: string } | null
  throttledUntil: string | null
  /** Failures of its system in a row, of different keys. */
  failures: number
  /** The last of them, or its last wish to slow down. */
  error: StoredError | null
  /** Open, and it is time to try. */
  probing: boolean
}

/** How the work on one message or delivery ended. `retry` carries the next attempt's time. */
export type WorkOutcome =
  | { outcome: 'done' }
  | { outcome: 'retry', error: StoredError, dueInMs: number, countAttempt: boolean }
  | { outcome: 'dead', error: StoredError }

export interface RunReport {
  id: string
  /** Source node. */
  node: string
  deployment: number
  startedAt: string
  endedAt: string
}

/**
 * What came of a message that is done, for the proof of completeness. `stale`: all it said was older than what is stored.
 * `ended`: nothing was saved, and the flow said so itself (`hub settle`). `none`: nothing was saved, and nobody said why.
 */
export interface MessageYield { result: 'saved' | 'stale' | 'ended' | 'none', /** Ids, each once. */ records: string[] }

export interface MessageResult {
  lease: Lease
  message: Pick<Message, 'id'>
  result: WorkOutcome
  /** Of one that is done. */
  yielded?: MessageYield
  run: RunReport
  verdict?: SystemVerdict
  /** The last under this lease: the key is given back with it, as by `release`. */
  givesBack?: boolean
}
export interface DeliveryResult {
  lease: Lease
  givesBack?: boolean
  delivery: Pick<Delivery, 'subscription' | 'recordId' | 'version' | 'generation' | 'operation'>
  result: WorkOutcome
  run: RunReport
  verdict?: SystemVerdict
  /** Ids the fed system gave the record, kept as references. */
  references: { kind: string, id: string }[]
}

/** `applied` is false when the lease was lost meanwhile: the result counts for nothing. `due`: the key was given back and has more to do at once. */
export interface Applied { applied: boolean, due?: true }

// ---------------------------------------------------------------- records

export interface Reference { system: string, kind: string, id: string }

/** A system and message a value came from. */
export interface Origin { system: string, message: string | null, at: string }

/** A canonical record as stored. `document` is the entity of MODEL without its envelope. */
export interface StoredRecord {
  id: string
  kind: string
  version: number
  schema: string
  number: string | null
  document: Record<string, unknown>
  refs: Reference[]
  /** JSON pointer of a top-level field -> where its value came from. */
  provenance: Record<string, Origin>
  createdAt: string
  updatedAt: string
  deletedAt: string | null
}

/** A record as a delivery carries it: where its fields came from concerns no system. */
export type DeliveredRecord = Omit<StoredRecord, 'provenance'>

/** An entity on its way into the store: validated, its own reference first. */
export interface EntityWrite {
  kind: string
  schema: string
  /** `upsert` merges the document into the record; `remove` marks it deleted. */
  operation: 'upsert' | 'remove'
  refs: Reference[]
  number: string | null
  document: Record<string, unknown>
  origin: Origin
  /** The source's own time of this version; an older one than the last seen by this reference is recorded, not applied. */
  sourceTime: string | null
}

export interface SaveOutcome {
  record: StoredRecord
  /** `created`, `updated`, `unchanged` (equal content), `stale` (older than what this reference gave before). */
  outcome: 'created' | 'updated' | 'unchanged' | 'stale'
  /** Fields the role table refused, with the system that is their master. */
  refused: { pointer: string, master: string }[]
  /** Lanes in which a delivery was raised that was not handed over: hint them. */
  lanes: LaneName[]
}

/**
 * What becomes of the deliveries of a subscription. `live`: they run. `held`: they are wanted and wait. `adopt`: the fed system counts as
 * knowing every version that is saved meanwhile, so nothing is wanted, and a later removal is delivered.
 */
export type SubscriptionMode = 'live' | 'held' | 'adopt'

/** A deployed `hub changes` node, as the store needs it to raise deliveries. */
export interface Subscription {
  id: string
  kind: string
  system: string
  lane: LaneName
  /** @defaultValue 'live' */
  mode?: SubscriptionMode
  /** Whether the subscription wants this version of a record. Pure. */
  matches(document: Record<string, unknown>): boolean
}

/** Decides per field who may write; a pure function made from the project's role table. */
export interface Roles {
  /** Null: the system may write the field. Otherwise the master that may. */
  refusedBy(kind: string, field: string, system: string): string | null
}

/** How a kind behaves in the store; the model's registry supplies it. */
export interface KindRules {
  /** A fact never changes after it was stored and is delivered one by one in the order of its key. */
  fact: boolean
  /** The delivery order of facts, for example the terminal of a receipt. Not used for other kinds. */
  orderKey?(document: Record<string, unknown>): string
  /** JSON pointers at which a document links to other records by `{ ref: { system, kind, id } }`; the store turns them into `{ id }`. */
  links: string[]
}

// ---------------------------------------------------------------- dead letters, deployments, cursors

export interface DeadLetterSummary {
  /** `m-<message id>` or `d-<subscription>-<record id>`. */
  id: string
  type: 'message' | 'delivery'
  lane: LaneName
  system: string
  key: string
  /** Source node or subscription. */
  node: string
  at: string
  attempts: number
  error: StoredError
}
/** Who said that a dead letter needs nobody any more, and why. */
export interface Closing { by: string, note: string | null, at: string }
export interface DeadLetter extends DeadLetterSummary {
  closed: Closing | null
  input: { contentType: string, headers: Record<string, string>, body: string } | StoredRecord
}

/** What a deployment was made from: the project's files, the editor, or another caller of the API. */
export type DeployedFrom = 'files' | 'editor' | 'api'

export interface Deployment {
  id: number
  /** Node-RED's revision of the flow array. */
  revision: string
  at: string
  /** Who deployed. */
  by: string
  from: DeployedFrom
  note: string | null
  flows: Record<string, unknown>[]
  /** Node-RED's credential object, already encrypted. */
  credentials: Record<string, unknown>
}

/** A deployment without what it holds. */
export type DeploymentSummary = Omit<Deployment, 'flows' | 'credentials'>

// ---------------------------------------------------------------- processes

/** What a process is. */
export interface ProcessFacts {
  /** Owner of its leases, its own among all processes of the database. */
  owner: string
  role: 'hub' | 'worker'
  host: string
  pid: number
  version: string
  connectors: string[]
}

/** What a process does. */
export interface ProcessState {
  /** The deployment it has open; null: none. */
  deployment: number | null
  /** Whether it takes work. */
  working: boolean
  /** What it does, or why it takes none. */
  state: string
}

export interface ProcessSummary extends ProcessFacts, ProcessState {
  duties: string[]
  since: string
  seenAt: string
  /** Since when it is gone without having stopped; null while it lives. */
  goneAt: string | null
}

/** What {@link Store.removeOld} has removed of one table, and when the oldest row it still has was made. */
export interface RemovedOld { table: 'message' | 'run', removed: number, oldest: string | null }

/** Depth of a lane for metrics, status and the sweep. `held` deliveries wait for their subscription to go live and are not pending. */
export interface LaneDepth { lane: LaneName, pending: number, due: number, held: number, dead: number, oldestMs: number }

/** How many deliveries a change of modes concerned, by what it did to them, and the lanes that have work since. */
export interface ModeChanges { released: number, held: number, adopted: number, lanes: LaneName[] }

export interface Store extends RepairStore {
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
  find(kind: string, by: { id: string } | { ref: Reference } | { number: string }): Promise<StoredRecord | null>

  /** Lanes with due work that may be claimed, for the sweep. */
  dueLanes(): Promise<LaneName[]>
  depths(): Promise<LaneDepth[]>

  /** Every lane of which something was ever said. */
  laneStates(): Promise<LaneState[]>
  /** Nothing of the lane is claimed until somebody resumes it. A further pause changes who and why. */
  pauseLane(lane: LaneName, by: string, reason: string): Promise<void>
  /** Ends pause, breaker and throttling. */
  resumeLane(lane: LaneName): Promise<void>
  /** After a deploy: every open lane is tried at once, and rates count from now on. */
  probeLanes(): Promise<void>

  deadLetters(filter: { lane?: LaneName, type?: 'message' | 'delivery', code?: string, limit: number, after?: string }): Promise<DeadLetterSummary[]>
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
