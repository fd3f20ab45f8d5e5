/** Contract of the store: where something is that a person asks for, and what became of it. */
import type { StoredError } from '../errors.ts'
import type { Closing } from './operating-types.ts'
import type { DeliveredRecord } from './record-types.ts'
import type { DeliveryOperation, LaneName, RemoveReason } from './work-types.ts'

/** A message with what became of it, without its content. */
export interface TracedMessage {
  id: string
  lane: LaneName
  system: string
  source: string
  topic: string
  key: string
  receivedAt: string
  sourceTime: string | null
  state: 'pending' | 'done' | 'dead'
  /** Attempts that have ended. */
  attempts: number
  settledAt: string | null
  /** Of the last attempt that failed. */
  error: StoredError | null
  closed: Closing | null
}

/** What a subscription has been told of a record, or is to be told. */
export interface TracedDelivery {
  subscription: string
  system: string
  lane: LaneName
  state: 'waiting' | 'held' | 'delivered' | 'removed' | 'dead' | 'closed'
  operation: DeliveryOperation
  reason: RemoveReason | null
  /** The version that is wanted, and the one that was acknowledged last; 0: none. */
  version: number
  acknowledged: number
  generation: number
  attempts: number
  /** Null where it is not known any more. */
  wantedAt: string | null
  ackedAt: string | null
  deadAt: string | null
  /** When it is tried next, where it waits. */
  dueAt: string | null
  messageId: string | null
  error: StoredError | null
}

/** An attempt of a message or a delivery. */
export interface TracedRun {
  id: string
  node: string
  messageId: string | null
  subscription: string | null
  version: number | null
  startedAt: string
  endedAt: string
  outcome: 'done' | 'retry' | 'dead'
  error: StoredError | null
}

export interface RecordTrace { messages: TracedMessage[], deliveries: TracedDelivery[], runs: TracedRun[] }

/** A message as it came. */
export interface MessageContent extends TracedMessage { contentType: string, headers: Record<string, string>, body: Buffer }

export interface TraceStore {
  /** Records by number, by an id that a system gave, or by the hub's id: living and newest ones first. `system`: only by an id that this one gave. */
  searchRecords(want: { text: string, system?: string, limit: number }): Promise<DeliveredRecord[]>
  /** Messages that wait or are dead and have this key, and dead ones whose content has the text; the newest first. */
  searchMessages(want: { text: string, lanes: readonly LaneName[], limit: number }): Promise<TracedMessage[]>
  /**
   * What is known of a record beside what it says: its messages (`messages` names those that set or said something), its deliveries, and their runs. Runs
   * are looked for around these moments, ISO 8601, and those of messages and deliveries; the newest ones come, and in their order.
   */
  trace(want: { record: string, messages: readonly string[], moments: readonly string[], runs: number }): Promise<RecordTrace>
  message(id: string): Promise<MessageContent | null>
}
