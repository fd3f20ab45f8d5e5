/** Contract of the store: records, and the rules of their deliveries. */
import type { TorgError } from '../errors.ts'
import type { LaneName } from './work-types.ts'

export interface Reference { system: string, kind: string, id: string }

/** What a value came from. */
export interface Origin {
  system: string
  message: string | null
  /** When the hub received it. */
  at: string
  /** The source's own time of it, where the source tells one. */
  sourceTime?: string
  /** Id of the flow node that saved it. */
  node?: string
  /** Id of the node whose mapping made the document. */
  mapping?: string
}

/** A canonical record as stored. `document` is the entity of MODEL without its envelope. */
export interface StoredRecord {
  id: string
  kind: string
  version: number
  schema: string
  number: string | null
  document: Record<string, unknown>
  refs: Reference[]
  /** JSON pointer of a field -> where its value came from: of the top level, and below it where the role table names a field. */
  provenance: Record<string, Origin>
  createdAt: string
  updatedAt: string
  deletedAt: string | null
}

/** A record as a delivery carries it: where its fields came from concerns no system. */
export type DeliveredRecord = Omit<StoredRecord, 'provenance'>

/** What is known of a record that is looked for. `like`: fields and number by which its kind recognises it, such as an e-mail address or a GTIN. */
export type RecordSought = { id: string } | { ref: Reference } | { number: string } | { like: { document: Record<string, unknown>, number: string | null } }

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
  /** Digest of what the source says, in hex: kept with a record of a typed kind where all of it is applied, so that the same again is known by it. */
  digest?: string
  /** The version it was worked out on: refused as `request.conflict` where the record has another by now. */
  ifVersion?: number
}

export interface SaveOutcome {
  record: StoredRecord
  /** `created`, `updated`, `unchanged` (equal content), `stale` (older than what this reference gave before), `erased` (of a customer who was erased; not applied). */
  outcome: 'created' | 'updated' | 'unchanged' | 'stale' | 'erased'
  /** Fields the role table refused; they are kept as contenders. */
  refused: Refused[]
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
  /** Whether the subscription wants this version of a record at a moment, ISO 8601. Pure. */
  matches(document: Record<string, unknown>, at: string): boolean
  /** What else must be so. Decided behind the save, and again whenever one of the others changes, begins or ends: what is no longer wanted is removed. Not for facts. */
  needs?: Needs
}

/** What a subscription asks of other records before it wants one: of listings that the variant of a price be offered. */
export interface Needs {
  /** The kind of the others: `listing`. Not one in tables of its own, and never deliveries' own kind. */
  kind: string
  /** The kind of what they and the record are about: `variant`. */
  about: string
  /** JSON pointer of the link by which the others say what they are about: `/variant`. */
  link: string
  /** How the record is about it: by a link of its own, by being it, or by being linked to from it. Pointers of links, each with an index. */
  reach: { type: 'links', pointer: string } | { type: 'is' } | { type: 'linked', pointer: string }
  /** Whether living others make it wanted at a moment, ISO 8601. Pure. */
  met(others: readonly Record<string, unknown>[], at: string): boolean
}

/** A field that was not written. */
export interface Refused {
  pointer: string
  /** The system whose word counts instead. */
  master: string
  /** The system is no master of the field, a higher-ranked one has said something, or its own is older. */
  why: 'master' | 'rank' | 'older'
}

/** What a system said of a field and was not written. */
export interface Contender extends Refused, Origin {
  /** Null: it would have removed it. */
  value: unknown
}

/** How the word of several masters becomes one: the highest-ranked one's, the newest, or of lists all of them. */
export type MergeRule = 'rank' | 'newest' | 'union'

/** A row of the role table, for one field. */
export interface FieldRule {
  merge: MergeRule
  /** Place among the masters, 0 the highest, shared by systems of equal rank; -1: no master. */
  rankOf(system: string): number
  /** Who is named where a system that is no master is refused. */
  master: string
}

/** What the role table says of one record. */
export interface KindRoles {
  /** Undefined: every system may write the field. */
  ruleOf(pointer: string): FieldRule | undefined
  /** Whether a row names a part of the field, so that it is merged part by part. */
  splits(pointer: string): boolean
}

/** The project's role table: pure functions. */
export interface Roles {
  /** What holds in the scope of a record, which is read from the first of these documents that says it; undefined where no row names the kind. */
  of(kind: string, ...documents: (Record<string, unknown> | null)[]): KindRoles | undefined
}

/** A value that a record has in common with none, or few: one rule may give several. */
export interface MatchKey {
  /** Name of the rule, unique within the kind. */
  rule: string
  /** In the form in which it is compared. */
  value: string
  /** Whether it identifies by itself; else only where exactly one record has it and nothing contradicts. */
  sure: boolean
}

/** By what records of a kind are recognised that no reference tells. Pure. */
export interface MatchRules {
  /** The keys of a document, which may be partial. */
  keys(document: Readonly<Record<string, unknown>>, number: string | null): MatchKey[]
  /** Why two documents that have keys of these rules in common are not of the same thing, in words that follow "the two have"; null: nothing speaks against it. */
  contradiction(one: Readonly<Record<string, unknown>>, other: Readonly<Record<string, unknown>>, rules: readonly string[]): string | null
}

/** How a kind behaves in the store; the model's registry supplies it. */
export interface KindRules {
  /** A fact never changes after it was stored and is delivered one by one in the order of its key. */
  fact: boolean
  /** The delivery order of facts, for example the terminal of a receipt. Not used for other kinds. */
  orderKey?(document: Record<string, unknown>): string
  /** What is stored under an earlier schema as of today's, with its name. Absent where there was none. */
  upgrade?(document: Record<string, unknown>, schema: string): { document: Record<string, unknown>, schema: string }
  /** Moments, ISO 8601, at which a subscription may begin or cease to want the document: its period begins or ends. Absent: there are none. */
  momentsOf?(document: Record<string, unknown>): string[]
  /** Whose personal data a document has, and what is left without it. */
  personal?: PersonalRules
  /** JSON pointers at which a document links to other records by `{ ref: { system, kind, id } }`; the store turns them into `{ id }`. */
  links: string[]
  /** Whether a document may follow the one that is stored: the error with which a save is refused, or null. Absent where the kind has no states. */
  checkChange?(before: Record<string, unknown>, after: Record<string, unknown>): TorgError | null
  /** Without it only references tell which record a document is about. */
  match?: MatchRules
}

/** What an erasure asks of a kind. Pure. */
export interface PersonalRules {
  /** JSON pointers at which a document links to the customer it is about. */
  customers: string[]
  /** JSON pointers of fields that link to a record it is a part of, with that record's kind: the order of a fulfilment. It is about whom that one is about, unless it says another. */
  partOf: { pointer: string, kind: string }[]
  /** The document without personal data. */
  without(document: Record<string, unknown>): Record<string, unknown>
  /** The same, and of the rest only what has to be there. */
  bare(document: Record<string, unknown>): Record<string, unknown>
  /** E-mail addresses and phone numbers in it, these as `+4722334455` and as `22334455`. */
  identifiers(document: Record<string, unknown>): string[]
}
