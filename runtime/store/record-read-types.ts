/** Contract of the store: reading records for the hub API. */
import type { DeliveredRecord, Reference } from './record-types.ts'

/** Between two records of a list that is sorted by their last change. The time has microseconds. */
export interface RecordPosition { at: string, id: string }

export interface RecordQuery {
  kind: string
  number?: string
  ref?: Reference
  /** Only those with this text at a JSON pointer that has an index (migration 0013, or field-indexes.ts). Not together with `number` or `ref`. */
  where?: { pointer: string, value: string }
  /** Only those that have one of these match keys, see {@link MatchKey}. What is deleted has none. Not together with the others. */
  key?: { rule: string, values: readonly string[] }
  updatedSince?: string
  /** Also those that are deleted. */
  deleted?: boolean
  /** Newest change first. */
  descending?: boolean
  after?: RecordPosition
  limit: number
}

export interface RecordPage {
  records: DeliveredRecord[]
  /** Where the next page begins; null where this is the last. */
  next: RecordPosition | null
}

/** Who buys where. */
export interface PriceScope { currency: string, customer?: string, customerGroups?: string[], store?: string, channel?: string }

export interface ScopedPrices {
  sku: string
  /** The hub's id of the variant. */
  variant: string
  /** All that may concern the scope, of any time, type and quantity. */
  prices: DeliveredRecord[]
}

/** Records of a kind that link to another one: the newest ones, so many at most. */
export interface Linked { kind: string, pointer: string, limit: number }

export interface RecordReads {
  /**
   * A record, deleted or not, by the hub's id or by that of one which became part of it; with it, what links to either of them, in one round trip. Null where there is none.
   */
  read(want: { kind: string, id: string, linked: readonly Linked[] }): Promise<{ record: DeliveredRecord, linked: RecordPage[] } | null>
  /** Sorted by last change and id. */
  list(query: RecordQuery): Promise<RecordPage>
  /** Prices of these articles in one statement; those nobody knows are left out. */
  pricesOf(want: PriceScope & { skus: string[] }): Promise<ScopedPrices[]>
}
