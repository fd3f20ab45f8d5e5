/** Contract of the store: reading records for the hub API. */
import type { DeliveredRecord, Reference, StoredRecord } from './record-types.ts'

/** Between two records of a list that is sorted by their last change. The time has microseconds. */
export interface RecordPosition { at: string, id: string }

export interface RecordQuery {
  kind: string
  number?: string
  ref?: Reference
  /** Only those with this text at a JSON pointer that has an index (migration 0013, or field-indexes.ts). Not together with `number` or `ref`. */
  where?: { pointer: string, value: string }
  updatedSince?: string
  /** Also those that are deleted. */
  deleted?: boolean
  /** Newest change first. */
  descending?: boolean
  after?: RecordPosition
  limit: number
}

export interface RecordPage {
  records: StoredRecord[]
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

export interface RecordReads {
  /** Sorted by last change and id. */
  list(query: RecordQuery): Promise<RecordPage>
  /** Prices of these articles in one statement; those nobody knows are left out. */
  pricesOf(want: PriceScope & { skus: string[] }): Promise<ScopedPrices[]>
}
