/** What Prometheus reads. Durations in seconds, as its conventions have it: https://prometheus.io/docs/practices/naming/ */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import type { Pressure } from '../pressure.ts'
import type { Decisions, LaneDepth, LaneName, LaneState, ProcessSummary, RemovedOld } from '../store/types.ts'

/** What is asked at every scrape. */
export interface MetricSources {
  depths?(): Promise<LaneDepth[]>
  /** What waits for a person beside dead letters. */
  decisions?(): Promise<Decisions>
  /** Hints by lane. */
  hints?(): Promise<readonly { lane: LaneName, waiting: number, active: number }[]>
  /** Whose the database is. */
  environment?(): { name: string, database: string, held: boolean }
  /** What holds back the intake. */
  pressure?(): ReturnType<Pressure['facts']>
  /** Hub and workers. */
  processes?(): Promise<readonly ProcessSummary[]>
  /** Lanes this process works on, with what holds them back. */
  lanes?(): readonly { lane: LaneName, state: LaneState['state'] }[]
  /** Connections to PostgreSQL. */
  pool?(): { total: number, idle: number, waiting: number }
}

export interface Metrics {
  readonly registry: Registry
  /** Everything in Prometheus' text format, asked anew. */
  text(): Promise<string>
  received(event: { lane: LaneName, duplicate: boolean }): void
  /** A webhook that was not taken; `reason` is an error code, `system` bounded to known ones. */
  refused(event: { system: string, reason: string }): void
  runEnded(event: { lane: LaneName, outcome: 'done' | 'retry' | 'dead' | 'interrupted', seconds: number }): void
  /** A record reached its system: from when it was wanted to the acknowledgement. */
  delivered(event: { lane: LaneName, seconds: number }): void
  /** A round of removing what is old. */
  removedOld(of: RemovedOld): void
  /** Names what is asked at every scrape; later ones replace earlier ones. */
  observe(sources: MetricSources): void
}

/** Dead letters and depths cost a query; two scrapers within this time share one. */
const freshMs = 1_000
const laneStates = ['working', 'paused', 'open', 'throttled'] as const satisfies readonly LaneState['state'][]
const runBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120]
const deliveryBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 3600, 21_600]

/** Metrics in a registry of their own, with those of the process. */
export function createMetrics(initial: MetricSources = {}): Metrics {
  const registry = new Registry()
  let sources = initial
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  const counter = <L extends string>(name: string, help: string, labelNames: L[]) => new Counter({ name, help, labelNames, registers })
  const gauge = <L extends string>(name: string, help: string, labelNames: L[] = []) => new Gauge({ name, help, labelNames, registers })

  const received = counter('torg_messages_received_total', 'Messages stored, without duplicates.', ['lane'])
  const duplicates = counter('torg_messages_duplicate_total', 'Messages that were stored before; nothing was done.', ['lane'])
  const refused = counter('torg_messages_refused_total', 'Webhooks that were not taken, by error code.', ['system', 'reason'])
  const runs = counter('torg_runs_total', 'Runs that ended, by outcome.', ['lane', 'outcome'])
  const runSeconds = new Histogram({ name: 'torg_run_duration_seconds', help: 'From the start of a run to its end.', labelNames: ['lane'], buckets: runBuckets, registers })
  const deliverySeconds = new Histogram({ name: 'torg_delivery_latency_seconds', help: 'From when a record\'s version was wanted by a system to its acknowledgement.', labelNames: ['lane'], buckets: deliveryBuckets, registers })
  const pending = gauge('torg_lane_pending', 'Messages or deliveries of a lane that are not settled.', ['lane'])
  const due = gauge('torg_lane_due', 'Messages or deliveries of a lane that are due now.', ['lane'])
  const held = gauge('torg_lane_held', 'Deliveries of a lane that wait for their subscription to go live.', ['lane'])
  const dead = gauge('torg_lane_dead_letters', 'Dead letters of a lane.', ['lane'])
  const oldest = gauge('torg_lane_oldest_seconds', 'Age of the oldest message or delivery of a lane that is not settled.', ['lane'])
  const state = gauge('torg_lane_state', 'What a lane does: working, paused, open (its system fails) or throttled (its system asked to be left alone). 1 for the one that holds.', ['lane', 'state'])
  const decisions = gauge('torg_decisions_waiting', 'What waits for a person beside dead letters: reviews, imports to confirm, erasures that are not through.', ['what'])
  const hintsWaiting = gauge('torg_hints_waiting', 'Hints waiting in a lane\'s queue.', ['lane'])
  const hintsActive = gauge('torg_hints_active', 'Hints being worked on.', ['lane'])
  const removed = counter('torg_retention_removed_total', 'Rows removed because they were older than they are kept.', ['table'])
  const oldestKept = gauge('torg_retention_oldest_seconds', 'Age of the oldest row when what is old was last removed.', ['table'])
  const processes = gauge('torg_processes', 'Hub and workers of this database: working, idle (`torg processes` says why), or gone without having stopped.', ['role', 'state'])
  const pool = gauge('torg_database_connections', 'Connections to PostgreSQL by state; waiting are requests without one.', ['state'])
  const environment = gauge('torg_environment_held', 'Whether the hub delivers nothing because its database belongs to another environment.', ['environment', 'database'])
  const refusing = gauge('torg_intake_full', 'Whether nothing is taken for want of room, by what is short.', ['cause'])
  const waitingBytes = gauge('torg_intake_waiting_bytes', 'Bytes of messages received and not stored yet.')
  const freeBytes = gauge('torg_disk_free_bytes', 'Free disk where the data is, of the fullest.')
  const up = gauge('torg_database_up', 'Whether PostgreSQL answered this scrape.')

  const askDepths = cached(freshMs, async () => sources.depths?.())
  const askDecisions = cached(freshMs, async () => sources.decisions?.())
  const askProcesses = cached(freshMs, async () => sources.processes?.())
  const askHints = cached(freshMs, async () => sources.hints?.())

  const scrape = async (): Promise<void> => {
    const [depths, hints, all, waiting] = await Promise.allSettled([askDepths(), askHints(), askProcesses(), askDecisions()])
    for (const metric of [pending, due, held, dead, oldest]) metric.reset()
    up.set(depths.status === 'fulfilled' ? 1 : 0)
    if (depths.status === 'fulfilled') {
      for (const depth of depths.value ?? []) {
        pending.set({ lane: depth.lane }, depth.pending)
        due.set({ lane: depth.lane }, depth.due)
        held.set({ lane: depth.lane }, depth.held)
        dead.set({ lane: depth.lane }, depth.dead)
        oldest.set({ lane: depth.lane }, depth.oldestMs / 1000)
      }
    }
    state.reset()
    for (const { lane, state: is } of sources.lanes?.() ?? []) for (const name of laneStates) state.set({ lane, state: name }, name === is ? 1 : 0)
    if (hints.status === 'fulfilled') {
      for (const { lane, waiting, active } of hints.value ?? []) {
        hintsWaiting.set({ lane }, waiting)
        hintsActive.set({ lane }, active)
      }
    }
    decisions.reset()
    if (waiting.status === 'fulfilled') for (const [what, count] of Object.entries(waiting.value ?? {})) decisions.set({ what }, count)
    processes.reset()
    if (all.status === 'fulfilled') for (const { role, working, goneAt } of all.value ?? []) processes.inc({ role, state: goneAt !== null ? 'gone' : working ? 'working' : 'idle' })
    const whose = sources.environment?.()
    environment.reset()
    if (whose) environment.set({ environment: whose.name, database: whose.database }, whose.held ? 1 : 0)
    const pressure = sources.pressure?.()
    for (const [cause, full] of Object.entries(pressure?.causes ?? {})) refusing.set({ cause }, full ? 1 : 0)
    if (pressure) {
      waitingBytes.set(pressure.waitingBytes)
      if (pressure.freeBytes !== null) freeBytes.set(pressure.freeBytes)
    }
    for (const [state, value] of Object.entries(sources.pool?.() ?? {})) pool.set({ state }, value)
  }
  return {
    registry,
    received: ({ lane, duplicate }) => { (duplicate ? duplicates : received).inc({ lane }) },
    refused: ({ system, reason }) => { refused.inc({ system, reason }) },
    runEnded: ({ lane, outcome, seconds }) => {
      runs.inc({ lane, outcome })
      runSeconds.observe({ lane }, seconds)
    },
    delivered: ({ lane, seconds }) => { deliverySeconds.observe({ lane }, seconds) },
    removedOld: ({ table, removed: count, oldest: at }) => {
      removed.inc({ table }, count)
      oldestKept.set({ table }, at === null ? 0 : (Date.now() - Date.parse(at)) / 1000)
    },
    text: async () => {
      await scrape()
      return registry.metrics()
    },
    observe: wanted => { sources = { ...sources, ...wanted } },
  }
}

/** Calls again only after `freshMs`; a failure is not kept. */
function cached<T>(freshForMs: number, ask: () => Promise<T>): () => Promise<T> {
  let last: { at: number, answer: Promise<T> } | null = null
  return () => {
    if (last !== null && Date.now() - last.at < freshForMs) return last.answer
    const answer = ask()
    last = { at: Date.now(), answer }
    answer.catch(() => { if (last?.answer === answer) last = null })
    return answer
  }
}
