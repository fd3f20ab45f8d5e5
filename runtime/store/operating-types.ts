/** Contract of the store: dead letters, deployments, processes, and what operating asks for. */
import type { StoredError } from '../errors.ts'
import type { StoredRecord } from './record-types.ts'
import type { LaneName } from './work-types.ts'

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
  /** What a delivery is about; null of a message. */
  record: { kind: string, number: string | null } | null
}
/** Who said that a dead letter needs nobody any more, and why. `mended`: the message that took its place, as a dead letter would be named. */
export interface Closing { by: string, note: string | null, at: string, mended?: string }
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
export interface RemovedOld { table: 'message' | 'run' | 'repair' | 'import', removed: number, oldest: string | null }

/** What waits for a person beside dead letters: records that may be the same, files that would remove much, erasures that are not confirmed by every system. */
export interface Decisions { reviews: number, imports: number, erasures: number }

interface Depth { pending: number, due: number, held: number, dead: number, oldestMs: number }
/** Of a source or subscription, deployed or not. */
export interface NodeDepth extends Depth { node: string }
/** Depth of a lane for metrics, status and the sweep, with that of its nodes. `held` deliveries wait for their subscription to go live and are not pending. */
export interface LaneDepth extends Depth { lane: LaneName, nodes: NodeDepth[] }

/** How many deliveries a change of modes concerned, by what it did to them, and the lanes that have work since. */
export interface ModeChanges { released: number, held: number, adopted: number, lanes: LaneName[] }
