/** What happened to a record, in the order in which it happened, over all flows and systems. Pure. */
import type { StoredError } from '../../errors.ts'
import type { Closing, Contender, RecordTrace, StoredRecord, TracedDelivery, TracedMessage, TracedRun } from '../../store/types.ts'
import type { FlowNode } from '../selection.ts'

/** A node with its tab, as far as it is deployed. */
interface Place { id: string, name: string | null, tab: string | null }

interface Attempt { at: string, ms: number, outcome: TracedRun['outcome'], error: StoredError | null }

/** Something that happened, or waits to happen. `at` is when it came to the state it is in. */
export type TimelineEvent =
  | { what: 'received', at: string, system: string, node: Place, message: string, topic: string, key: string, state: TracedMessage['state'] | 'closed', error: StoredError | null, closed: Closing | null, attempts: Attempt[] }
  | { what: 'saved', at: string, system: string, node: Place | null, message: string | null, fields: string[] }
  | { what: 'not-applied', at: string, system: string, message: string | null, fields: { pointer: string, why: Contender['why'], master: string }[] }
  | { what: 'delivery', at: string, system: string, node: Place, version: number, state: TracedDelivery['state'] | 'retried', operation: TracedDelivery['operation'], dueAt: string | null, error: StoredError | null, attempts: Attempt[] }

export interface TimelineOptions {
  record: Pick<StoredRecord, 'provenance' | 'updatedAt'>
  contenders: readonly Contender[]
  trace: RecordTrace
  nodes: readonly FlowNode[]
}

export function toTimeline({ record, contenders, trace, nodes }: TimelineOptions): TimelineEvent[] {
  const placeOf = (id: string): Place => {
    const found = nodes.find(node => node.id === id)
    return { id, name: found?.name ?? null, tab: found?.tab?.label ?? null }
  }
  const events = [
    ...trace.messages.map(message => received(message, trace.runs, placeOf)),
    ...saved(record.provenance, placeOf),
    ...notApplied(contenders),
    ...trace.deliveries.flatMap(delivery => delivered(delivery, trace.runs.filter(run => run.subscription === delivery.subscription), { updatedAt: record.updatedAt, placeOf })),
  ]
  return events.toSorted((one, other) => Date.parse(one.at) - Date.parse(other.at) || order.indexOf(one.what) - order.indexOf(other.what))
}

/** Within a millisecond. */
const order: readonly TimelineEvent['what'][] = ['received', 'saved', 'not-applied', 'delivery']

const toAttempt = ({ startedAt, endedAt, outcome, error }: TracedRun): Attempt => ({ at: endedAt, ms: Date.parse(endedAt) - Date.parse(startedAt), outcome, error })

function received({ id, receivedAt, system, source, topic, key, state, error, closed }: TracedMessage, runs: readonly TracedRun[], placeOf: (id: string) => Place): TimelineEvent {
  return {
    what: 'received', at: receivedAt, system, node: placeOf(source), message: id, topic, key, state: closed ? 'closed' : state, error: state === 'done' ? null : error, closed,
    attempts: runs.filter(run => run.messageId === id).map(toAttempt),
  }
}

/** What was said at one moment by one system is one event, with the fields that still say it. */
function saved(provenance: StoredRecord['provenance'], placeOf: (id: string) => Place): TimelineEvent[] {
  const together = Map.groupBy(Object.entries(provenance), ([, { at, system, message, node }]) => JSON.stringify([at, system, message, node]))
  return [...together.values()].flatMap((fields): TimelineEvent[] => {
    const [[, origin] = []] = fields
    if (!origin) return []
    return [{ what: 'saved', at: origin.at, system: origin.system, node: origin.node === undefined ? null : placeOf(origin.node), message: origin.message, fields: fields.map(([pointer]) => pointer).sort() }]
  })
}

function notApplied(contenders: readonly Contender[]): TimelineEvent[] {
  const together = Map.groupBy(contenders, ({ at, system, message }) => JSON.stringify([at, system, message]))
  return [...together.values()].flatMap((said): TimelineEvent[] => {
    const [first] = said
    if (!first) return []
    return [{ what: 'not-applied', at: first.at, system: first.system, message: first.message, fields: said.map(({ pointer, why, master }) => ({ pointer, why, master })).sort((one, other) => one.pointer < other.pointer ? -1 : 1) }]
  })
}

/** How it stands, and how earlier versions ended as far as their runs are known. */
function delivered(delivery: TracedDelivery, runs: readonly TracedRun[], { updatedAt, placeOf }: { updatedAt: string, placeOf(id: string): Place }): TimelineEvent[] {
  const { subscription, system, version, state, operation, wantedAt, ackedAt, deadAt, dueAt, error } = delivery
  const node = placeOf(subscription)
  const earlier = Map.groupBy(runs.filter(run => run.version !== null && run.version !== version), run => run.version ?? 0)
  const past = [...earlier].flatMap(([of, attempts]): TimelineEvent[] => {
    const last = attempts.at(-1)
    if (!last) return []
    return [{ what: 'delivery', at: last.endedAt, system, node, version: of, state: last.outcome === 'done' ? 'delivered' : last.outcome === 'dead' ? 'dead' : 'retried', operation: 'upsert', dueAt: null, error: last.error, attempts: attempts.map(toAttempt) }]
  })
  const at = (state === 'dead' || state === 'closed' ? deadAt : state === 'delivered' || state === 'removed' ? ackedAt : wantedAt) ?? wantedAt ?? ackedAt ?? updatedAt
  return [...past, { what: 'delivery', at, system, node, version, state, operation, dueAt, error, attempts: runs.filter(run => run.version === version).map(toAttempt) }]
}
