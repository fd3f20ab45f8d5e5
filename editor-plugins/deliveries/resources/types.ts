/** What the hub answers to the sidebar. Types only. */
import type { StoredError } from '../../../runtime/errors.ts'
import type { DeadLetter, DeadLetterSummary, LaneState, NodeDepth, Reference, TracedMessage } from '../../../runtime/store/types.ts'
import type { TimelineEvent } from '../../../runtime/api/traces/timeline.ts'
import type { Sent } from '../../../runtime/api/traces/sent.ts'

export type { Sent, StoredError, TimelineEvent, TracedMessage }

type Label = Readonly<Record<'en' | 'nb' | 'sv', string>>

export interface NodeRow extends NodeDepth { type: string | null, name: string | null, deployed: boolean }

/** One of `GET /lanes`. */
export interface LaneRow extends Omit<LaneState, 'probing'>, Omit<NodeDepth, 'node'> {
  /** Name of its system; null where that is not deployed any more. */
  label: string | null
  nodes: NodeRow[]
}

/** Of a delivery. */
interface WithKind { kind?: { plural: string, label: Label, fact: boolean } }
export type ListedLetter = DeadLetterSummary & WithKind
export type OpenedLetter = DeadLetter & WithKind

export interface RecordSummary {
  kind: string
  plural: string | null
  label: Label | null
  id: string
  number: string | null
  version: number
  refs: Reference[]
  createdAt: string
  updatedAt: string
  deletedAt: string | null
  status: Record<string, string> | null
}

export interface Found { records: RecordSummary[], messages: TracedMessage[] }

export interface Timeline extends RecordSummary { entity: Record<string, unknown>, events: TimelineEvent[] }

/** Of a change of a record. */
export interface Changed { outcome: string, version: number, refused: { pointer: string, master: string }[] }
