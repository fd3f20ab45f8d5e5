/** Contract of the store: messages, deliveries, the leases under which they are worked on, and how that ends. */
import type { StoredError } from '../errors.ts'
import type { DeliveredRecord } from './record-types.ts'

/** One system in one direction: `webshop-no.in`, `erp.out`. Also the name of its queue. */
export type LaneName = `${string}.in` | `${string}.out`

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
export type RemoveReason = 'deleted' | 'filter' | 'merged' | 'erased'

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
  delivery: Pick<Delivery, 'kind' | 'subscription' | 'recordId' | 'version' | 'generation' | 'operation'>
  result: WorkOutcome
  run: RunReport
  verdict?: SystemVerdict
  /** Ids the fed system gave the record, kept as references. */
  references: { kind: string, id: string }[]
}

/** `applied` is false when the lease was lost meanwhile: the result counts for nothing. `due`: the key was given back and has more to do at once. */
export interface Applied { applied: boolean, due?: true }
