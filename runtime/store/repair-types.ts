/** What the store promises of repairs: what was settled already is done again, chosen by what it is and not one by one. */
import type { ErrorCode } from '../errors.ts'
import type { LaneName } from './work-types.ts'

interface CommonSelection {
  /** The system it came from, or that it goes to. */
  system?: string
  /** The tab or node a person named; `nodes` is what it stood for. */
  flow?: string
  /** Ids of source nodes, or of subscriptions. */
  nodes?: string[]
  /** Only what succeeded, or only dead letters. Absent: both. */
  state?: 'done' | 'dead'
  /** Of the last failure. */
  code?: ErrorCode
  /** From this instant on. */
  from?: string
  /** Before this instant. */
  to?: string
}

/** Stored messages that are to run again. All conditions hold together; the period is that of their arrival. */
export interface MessageSelection extends CommonSelection {
  type: 'messages'
  topic?: string
  keys?: string[]
  ids?: string[]
  /**
   * Every message of a key, in their order. Otherwise only the newest of each key and source: where a message is the whole document, the
   * older ones say nothing more.
   */
  every?: boolean
}

/** Records that are to be delivered again. All conditions hold together. */
export interface DeliverySelection extends CommonSelection {
  type: 'deliveries'
  kind?: string
  numbers?: string[]
  /** Of records. */
  ids?: string[]
  /**
   * What `from` and `to` are about.
   * @defaultValue 'updated'
   */
  period?: 'created' | 'updated' | 'acknowledged'
}

/** Records that subscriptions have never had: a back-fill. `nodes` says which subscriptions; their filters decide when a record's turn comes. */
export interface RecordSelection extends Omit<CommonSelection, 'state' | 'code'> {
  type: 'records'
  kind?: string
  numbers?: string[]
  ids?: string[]
  /** @defaultValue 'updated' */
  period?: 'created' | 'updated'
}

export type Selection = MessageSelection | DeliverySelection | RecordSelection

/** How what is selected ended; `new` is what a subscription has never had. */
export type RepairState = 'done' | 'dead' | 'new'

/** How many of one kind are selected. `what` is the topic of messages, the kind of records. */
export interface RepairGroup { system: string, node: string, what: string, state: RepairState, code: ErrorCode | null, count: number }

/** One that is selected: a message by its key, a record by its number. */
export interface RepairSample { id: string, system: string, node: string, what: string, name: string, at: string, state: RepairState, code: ErrorCode | null }

export interface RepairPreview {
  /** What would be done again. */
  count: number
  /** Match too, but wait already and so meet the flows as they are now. */
  waiting: number
  /** Messages that match, of whose key a newer one is selected or was done. */
  passedOver: number
  groups: RepairGroup[]
  sample: RepairSample[]
}

export interface Repair {
  id: number
  selection: Selection
  by: string
  why: string
  at: string
  /** `done`: everything was handed over to the lanes. */
  state: 'running' | 'done' | 'cancelled'
  total: number
  passedOver: number
  /** How many of the total were looked at, and how many of these were left alone: waiting already, or gone. */
  handedOver: number
  skipped: number
  endedAt: string | null
  /** Who cancelled it. */
  endedBy: string | null
}

/** A repair and how what it handed over stands now; `held` waits for its subscription to go live. */
export interface RepairProgress extends Repair { now: { waiting: number, held: number, done: number, dead: number } }

/** What one look at long works did. */
export interface Advanced {
  /** How many are not through yet. */
  running: number
  /** Whether any of them got a portion; where not, all wait for their lanes. */
  moved: boolean
  /** Those that have work now. */
  lanes: LaneName[]
}

export interface RepairStore {
  /** What a repair would do, without doing it. */
  previewRepair(selection: Selection): Promise<RepairPreview>
  /**
   * Stores a repair with the items it takes; `advanceRepairs` does the rest. Null where nothing is selected.
   * @param request `expected` is the greatest number of items the caller knows of; absent: any number
   * @throws request.conflict where the selection is larger
   */
  startRepair(request: { selection: Selection, by: string, why: string, expected?: number }): Promise<Repair | null>
  /** Newest first; `before` is the id of the last one seen. */
  repairs(page: { limit: number, before?: number }): Promise<Repair[]>
  repair(id: number): Promise<RepairProgress | null>
  /** Hands over nothing more; what was handed over goes on. Null: no such repair runs. */
  cancelRepair(id: number, by: string): Promise<Repair | null>
  /**
   * Hands the next items of every running repair over to their lanes, unless more than half of what it handed over last is still due there,
   * or what that raised in other lanes. A portion is what is through in half a second, `most` at most. May be called by several
   * processes at once, and after a crash at any point: an item is handed over once.
   */
  advanceRepairs(most: number): Promise<Advanced>
}
