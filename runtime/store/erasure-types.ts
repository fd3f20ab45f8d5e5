/** Contract of the store: erasing a customer, and handing out what is known of one. */
import type { Closing } from './operating-types.ts'
import type { StoredRecord } from './record-types.ts'

/**
 * How a system stands: `confirmed` it took the removal and every changed record; `waiting` some of it is under way; `dead` some of it needs a person;
 * `held` its subscription is; `by-hand` it gave the customer or an order and no subscription tells it, so that a person has to say when it is done.
 */
export interface ErasedSystem { system: string, state: 'confirmed' | 'waiting' | 'dead' | 'held' | 'by-hand', confirmed: Closing | null }

export interface Erasure {
  id: number
  /** Hub id of the customer. */
  customer: string
  number: string | null
  by: string
  why: string
  at: string
  /** The customer and every record that tells of them. */
  records: number
  /** `sweeping` through the hub's own copies; `waiting` for systems; `done`. */
  state: 'sweeping' | 'waiting' | 'done'
  systems: ErasedSystem[]
  endedAt: string | null
}

/** Everything the hub has about a customer. */
export interface CustomerExport {
  customer: StoredRecord
  /** What tells of the customer: orders, receipts, consents, by kind. */
  records: Record<string, StoredRecord[]>
  /** What systems sent about these, as it came. Older ones are not kept any more. */
  messages: { id: string, system: string, topic: string, receivedAt: string, contentType: string, body: string }[]
  /** What systems were told. */
  deliveries: { system: string, kind: string, record: string, operation: 'upsert' | 'remove', acknowledgedAt: string | null }[]
}

/** Privacy of customers. */
export interface Erasures {
  /** Null where there is no such customer. */
  exportCustomer(id: string): Promise<CustomerExport | null>
  /**
   * Takes the personal data of a customer out of all records, in one transaction, and wants systems to follow. The hub's own copies go with
   * {@link continueErasures}. What systems still say of the customer afterwards is not applied.
   * @throws request.not-found; request.conflict where the customer is erased already
   */
  erase(customer: string, order: { by: string, why: string }): Promise<Erasure>
  /** Newest first. */
  erasures(): Promise<Erasure[]>
  erasure(id: number): Promise<Erasure | null>
  /** A person says that a system without a subscription has erased the customer. Null where it is not waited for. */
  confirmErasure(id: number, confirmation: { system: string } & Pick<Closing, 'by' | 'note'>): Promise<Erasure | null>
  /** Sweeps and ends what is open, as far as it can be now; answers what ended. May be repeated after being cut off. */
  continueErasures(signal: AbortSignal): Promise<Erasure[]>
}
