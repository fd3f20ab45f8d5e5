/**
 * The handle through which nodes reach the running hub (`RED.settings.torg`). Node-RED constructs and closes
 * nodes; each tells the hub that it is here and takes itself away again, so what is deployed is what is registered.
 */
import type { Logger } from 'pino'
import type { Kind } from './model/index.ts'
import type { RunTracker, FlowMessage, Envelope } from './runs/types.ts'
import type { EntityWrite, LaneLimits, LaneName, Message, Needs, SubscriptionMode, Delivery, NewMessage, ReceivedMessage, SaveOutcome, StoredRecord, RecordSought } from './store/types.ts'
import type { ListedItem, ListingWant, RawRequest } from './kit/definition.ts'

/** A configured system, as its config node registers it. */
export interface RegisteredSystem {
  nodeId: string
  /** Stable key used in references and lanes: lower case letters, digits, hyphens. */
  key: string
  connector: string
  label: string
  /** What it holds of a kind; undefined where it cannot list. Absent while its configuration is faulty. */
  list?(want: ListingWant): AsyncIterable<readonly ListedItem[]> | undefined
  /** What its lanes keep to; absent where its configuration cannot be read. */
  limits?: SystemLimits
}

/** Limits of what is sent to a system, and when its lanes leave it alone. */
export interface SystemLimits extends LaneLimits {
  /** Failures in a row after which only one key tries now and then; 0: never. */
  breakAfter: number
}

/** A deployed source node of a system. */
export interface RegisteredSource {
  nodeId: string
  type: string
  name?: string
  system: RegisteredSystem
  lane: LaneName
  /** Time limit of its runs, milliseconds. */
  limitMs: number
  /** Starts the flow: what a run sends from this node. */
  toFlow(message: Message, envelope: Envelope): FlowMessage
  node: { id: string, type: string, name?: string, send(msg: FlowMessage): void, status(status: NodeStatus): void }
  /** Present on webhook sources. */
  webhook?: {
    /** Path below `/in/<system key>`, without a leading slash; empty for the system's one address. */
    path: string
    /** Whether this node wants the request (for example its topic). Called before verification, must not throw. */
    accepts(request: RawRequest): boolean
    /** Throws `request.unauthorized` when the signature does not hold. */
    verify(request: RawRequest): void | Promise<void>
    /** Finds key, event id, topic, source time. Throws `request.not-json`. */
    describe(request: RawRequest): Pick<NewMessage, 'key' | 'eventId' | 'topic' | 'sourceTime'>
  }
  /** Present on polling sources: called by the scheduler, one process at a time. */
  poll?: {
    everyMs: number
    /** Fetches the next page after `cursor`. Items are stored before the cursor is. */
    next(cursor: unknown, signal: AbortSignal): Promise<{ items: Pick<NewMessage, 'key' | 'eventId' | 'topic' | 'sourceTime' | 'contentType' | 'body'>[], cursor: unknown, more: boolean }>
  }
}

/** A deployed `hub changes` node. */
export interface RegisteredSubscription {
  nodeId: string
  name?: string
  kind: string
  system: RegisteredSystem
  lane: LaneName
  limitMs: number
  /** @defaultValue 'live' */
  mode?: SubscriptionMode
  /** Whether it wants a document at a moment, ISO 8601. */
  matches(document: Record<string, unknown>, at: string): boolean
  /** What it asks of other records besides. */
  needs?: Needs
  toFlow(delivery: Delivery, envelope: Envelope): FlowMessage
  /** Present where it delivers in batches: of `size` keys at most, each run starting with what `toFlow` makes of them here. */
  batch?: { size: number, toFlow(deliveries: readonly Delivery[], envelope: Envelope): FlowMessage }
  node: RegisteredSource['node']
}

export interface NodeStatus { fill?: 'red' | 'green' | 'yellow' | 'blue' | 'grey', shape?: 'dot' | 'ring', text?: string }

/** The running hub as nodes, the HTTP surface and the tests see it. */
export interface Hub {
  readonly log: Logger
  readonly runs: RunTracker
  registerSystem(system: RegisteredSystem): () => void
  registerSource(source: RegisteredSource): () => void
  registerSubscription(subscription: RegisteredSubscription): () => void
  /** Source nodes of a system, for the HTTP intake. */
  sourcesOf(systemKey: string): RegisteredSource[]
  hasSystem(systemKey: string): boolean
  /** The configured system of this key; undefined where none is deployed. */
  findSystem(systemKey: string): RegisteredSystem | undefined
  /** False while deploying or stopping: the intake answers 503 with Retry-After. */
  readonly accepting: boolean
  /** Why nothing may leave the hub: its database belongs to another environment. */
  readonly held?: string | undefined
  /** Stores a message durably, then hints its lane. */
  receive(message: NewMessage): Promise<ReceivedMessage>
  /** Validates and stores entities in one transaction, then hints the raised lanes. */
  save(writes: EntityWrite[]): Promise<SaveOutcome[]>
  find(kind: string, by: RecordSought): Promise<StoredRecord | null>
  /** What the role table lets a system have of a kind's entities; null where that is everything. */
  readerOf(kind: string, system: string): ((entity: Record<string, unknown>) => Record<string, unknown>) | null
  /** A setting secrets may refer to: `${NAME}` from the environment or `file:/path`. Throws `settings.invalid`. */
  resolveSecret(reference: string): string
  /** `PUBLIC_URL` without a trailing slash. */
  readonly publicUrl: string
  /** What nodes may read of the project's folder. */
  readonly project: ProjectData
  /** JSON Schemas of the connectors' wire types by name (`shopify:order`). */
  readonly types: ReadonlyMap<string, Record<string, unknown>>
}

/** The parts of the project that nodes read at run time. */
export interface ProjectData {
  /** Lookup tables by name (`lookups/<name>.json`). */
  readonly lookups: Readonly<Record<string, unknown>>
  /** JSON Schemas by name (`schemas/<name>.json`). */
  readonly schemas: Readonly<Record<string, Record<string, unknown>>>
  /** The canonical kinds by name, with the project's own fields (`extensions/`). */
  readonly kinds: ReadonlyMap<string, Kind>
}
