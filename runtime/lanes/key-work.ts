/**
 * Works one key off: each of its messages or deliveries becomes a durable run, one after the other, and how it ended is written
 * under the key's lease. What to do after a failure is decided here and nowhere else.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { TorgError, toTorgError, type StoredError } from '../errors.ts'
import { failAt } from '../fail-points.ts'
import type { RegisteredSource, RegisteredSubscription } from '../hub.ts'
import { newId } from '../ids.ts'
import type { FlowMessage, RunOutcome, RunTracker } from '../runs/types.ts'
import type { Delivery, DeliveryClaim, LaneName, Message, MessageClaim, MessageYield, RunReport, Store, WorkOutcome } from '../store/types.ts'
import { createBatchWork } from './batch-work.ts'
import { deliveryEnvelope, messageEnvelope } from './envelope.ts'
import { isOld, leaseMsOf, type WorkedLane } from './lease.ts'
import { decideRetry, isOwnFailure } from './retry.ts'
import type { StatusBoard } from './status.ts'
import { judge } from './verdict.ts'

/** What the engine tells the metrics. Durations in seconds. */
export interface EngineEvents {
  runEnded(event: { lane: LaneName, outcome: 'done' | 'retry' | 'dead' | 'interrupted', seconds: number }): void
  /** A record reached its system: from when it was wanted to the acknowledgement. */
  delivered(event: { lane: LaneName, seconds: number }): void
}

/** The deployed flows, as far as the engine works for them. */
export interface Deployed {
  deployment: number
  sources: ReadonlyMap<string, RegisteredSource>
  subscriptions: ReadonlyMap<string, RegisteredSubscription>
  /** Why nothing may be worked on, as the nodes show it. */
  held?: string
}

export interface KeyWorkOptions {
  store: Pick<Store, 'settleMessage' | 'settleDelivery' | 'renew' | 'release'>
  runs: Pick<RunTracker, 'start'>
  events: EngineEvents
  status: StatusBoard
  log: Logger
  flows(): Deployed
  /** False: no run of this lane may start any more. */
  mayRun(lane: LaneName, claim: Pick<Claim, 'probe'>): boolean
  /** Failures of its system in a row at which a lane opens; 0: never. */
  breakAfter(lane: LaneName): number
}

/** A leased key with what is to be done under the lease. */
export type Claim = (MessageClaim | DeliveryClaim) & {
  leasedAt: number
  /** The lane is open, and this key shows whether its system is back. */
  probe: boolean
}

/** What a run of one key and a run of many have in common. */
export interface RunTools {
  /** Has the flow run; never throws. */
  runOf(work: { node: RegisteredSource['node'], limitMs: number, message: () => FlowMessage, id: string }): Promise<RunOutcome>
  /** What becomes of a message or delivery after `attempts` attempts and this one. */
  decide(outcome: RunOutcome, attempts: number, probe: boolean, random?: number): WorkOutcome
  /** Status in the editor, metrics and a log line for one end. */
  report(end: { lane: WorkedLane, node: string, attempts: number, facts: Record<string, unknown>, id: string, startedAt: Date, outcome: RunOutcome, result: WorkOutcome }): RunReport
  /** Repeats a write for as long as the database is away. */
  insist<Result>(write: () => Promise<Result>): Promise<Result>
}

/** A key after a run: still ours, given back or lost, or given back with more to do. */
type KeyState = 'held' | 'gone' | 'due'
/** `judged`: the end said something of the system. */
interface RunEnd { key: KeyState, judged: boolean }

/** `last`: no other run follows under this lease. `ended` is told when that one succeeded, before its end is stored. */
interface Turn { last: boolean, ended(): void }

/** What came of working a key off. `due`: it has more to do, or may have. `judged`: the state of its lane may have changed. */
export interface KeyEnd { due: boolean, judged: boolean }

/** Pause before the end of a run is written again while the database is away. */
const insistMs = 500

/**
/**
 * Makes the functions that work keys off under their leases: one key in order, or one delivery of each of several in shared runs. They
 * throw where the end of a run could not be stored and may have been all the same.
 */
export function createKeyWork(options: KeyWorkOptions) {
  const { store, runs, events, status, log, flows, mayRun, breakAfter } = options
  const runOf: RunTools['runOf'] = async (work) => {
    try {
      return await runs.start({ id: work.id, deployment: flows().deployment, node: work.node, message: work.message(), limitMs: work.limitMs })
    } catch (thrown) {
      return { outcome: 'failed', error: toTorgError(thrown, 'hub.internal') }
    }
  }

  const decide: RunTools['decide'] = (outcome, attempts, probe, random = Math.random()) => {
    if (outcome.outcome === 'done') return { outcome: 'done' }
    if (outcome.outcome === 'interrupted') return { outcome: 'retry', error: new TorgError('run.interrupted', 'The hub deployed or stopped while the run was open.').toJSON(), dueInMs: 0, countAttempt: false }
    const decision = decideRetry({ error: outcome.error, attempts: attempts + 1, random, probe })
    const error = outcome.error.toJSON()
    return decision.again ? { outcome: 'retry', error, dueInMs: decision.dueInMs, countAttempt: !decision.free } : { outcome: 'dead', error }
  }

  /** Bookkeeping around one run: status in the editor, metrics, one log line. */
  const account = async (lane: WorkedLane, probe: boolean, node: string, attempts: number, facts: Record<string, unknown>, start: (id: string) => Promise<RunOutcome>) => {
    const id = newId()
    const startedAt = new Date()
    status.started(node)
    const outcome = await start(id)
    const result = decide(outcome, attempts, probe)
    const verdict = judge(outcome, result, breakAfter(lane.name))
    return { result, outcome, verdict, run: report({ lane, node, attempts, facts, id, startedAt, outcome, result }) }
  }

  const report: RunTools['report'] = ({ lane, node, attempts, facts, id, startedAt, outcome, result }) => {
    const endedAt = new Date()
    const run: RunReport = { id, node, deployment: flows().deployment, startedAt: startedAt.toISOString(), endedAt: endedAt.toISOString() }
    const error: StoredError | undefined = result.outcome === 'done' ? undefined : result.error
    status.ended(node, result.outcome, error)
    events.runEnded({ lane: lane.name, outcome: outcome.outcome === 'interrupted' ? 'interrupted' : result.outcome, seconds: (endedAt.getTime() - startedAt.getTime()) / 1000 })
    if (result.outcome === 'done' && !log.isLevelEnabled('debug')) return run
    const line = { lane: lane.name, run: id, ...facts, attempts: attempts + 1, ms: endedAt.getTime() - startedAt.getTime(), ...(error && { error: { ...error, value: undefined } }) }
    if (result.outcome === 'done') log.debug(line, 'run done')
    else if (result.outcome === 'retry') log.info({ ...line, dueInMs: result.dueInMs }, `run failed, tried again in ${Math.round(result.dueInMs / 1000)} s: ${result.error.detail}`)
    else log.warn(line, `dead letter: ${result.error.detail}`)
    return run
  }

  /**
   * Writes the end of a run, however long the database is away: forgotten, the run would be done again. The lease may run out
   * meanwhile; then its end counts only if nobody else took the key.
   */
  const insist = async <Result>(write: () => Promise<Result>): Promise<Result> => {
    for (;;) {
      try {
        return await write()
      } catch (thrown) {
        if (!(thrown instanceof TorgError && isOwnFailure(thrown))) throw thrown
        log.debug({ err: thrown }, 'the end of a run could not be stored; it is tried again')
        await sleep(insistMs)
      }
    }
  }

  /** `last`: no other follows under this lease. What follows one that is to be tried again waits as well. */
  const runMessage = async (lane: WorkedLane, { lease, probe }: Claim, message: Message, { last, ended }: Turn): Promise<RunEnd> => {
    const source = flows().sources.get(message.source)
    const { result, run, outcome, verdict } = await account(lane, probe, message.source, message.attempts, { message: message.id, key: message.key }, async (id) => {
      if (!source) return { outcome: 'failed', error: new TorgError('flow.source-gone', `No deployed source node has the id ${message.source}, which took this message.`) }
      const envelope = messageEnvelope({ run: id, deployment: flows().deployment, message })
      return runOf({ id, node: source.node, limitMs: source.limitMs, message: () => source.toFlow(message, envelope) })
    })
    const givesBack = last || result.outcome === 'retry' || !mayRun(lane.name, { probe })
    failAt('message-run')
    if (last && result.outcome === 'done') ended()
    const { applied, due } = await insist(() => store.settleMessage({ lease, message: { id: message.id }, result, run, givesBack, ...(verdict && { verdict }), ...(outcome.outcome === 'done' && { yielded: yieldOf(outcome) }) }))
    failAt('message-settled')
    if (!applied) log.warn({ lane: lane.name, message: message.id, run: run.id }, 'the lease was lost during the run; its end counts for nothing')
    return { key: due ? 'due' : givesBack || !applied ? 'gone' : 'held', judged: verdict !== undefined }
  }

  const runDelivery = async (lane: WorkedLane, { lease, probe }: Claim, delivery: Delivery, { last, ended }: Turn): Promise<RunEnd> => {
    const subscription = flows().subscriptions.get(delivery.subscription)
    const { result, run, outcome, verdict } = await account(lane, probe, delivery.subscription, delivery.attempts, { record: delivery.recordId, version: delivery.version, operation: delivery.operation }, async (id) => {
      if (!subscription) return { outcome: 'failed', error: new TorgError('flow.source-gone', `No deployed hub changes node has the id ${delivery.subscription}.`) }
      const envelope = deliveryEnvelope({ run: id, deployment: flows().deployment, delivery })
      return runOf({ id, node: subscription.node, limitMs: subscription.limitMs, message: () => subscription.toFlow(delivery, envelope) })
    })
    const references = outcome.outcome === 'done' ? outcome.references : []
    const givesBack = last || result.outcome === 'retry' || !mayRun(lane.name, { probe })
    if (result.outcome === 'done') failAt('delivery-sent')
    if (last && result.outcome === 'done') ended()
    const { applied, due } = await insist(() => store.settleDelivery({ lease, delivery, result, run, references, givesBack, ...(verdict && { verdict }) }))
    failAt('delivery-settled')
    if (!applied) log.warn({ lane: lane.name, record: delivery.recordId, run: run.id }, 'the lease was lost during the run; its end counts for nothing')
    else if (result.outcome === 'done') events.delivered({ lane: lane.name, seconds: (Date.now() - Date.parse(delivery.wantedAt)) / 1000 })
    return { key: due ? 'due' : givesBack || !applied ? 'gone' : 'held', judged: verdict !== undefined }
  }

  const workKey = async (lane: WorkedLane, claim: Claim, ended: () => void): Promise<KeyEnd> => {
    const { lease } = claim
    let { leasedAt, probe: judged } = claim
    const items: ((turn: Turn) => Promise<RunEnd>)[] = 'messages' in claim
      ? claim.messages.map((message) => (turn) => runMessage(lane, claim, message, turn))
      : claim.deliveries.map((delivery) => (turn) => runDelivery(lane, claim, delivery, turn))
    for (const [index, run] of items.entries()) {
      if (isOld(leasedAt)) {
        const lost = await insist(() => store.renew([lease], leaseMsOf(lane)))
        if (lost.length > 0) break
        leasedAt = Date.now()
      }
      // Asked last: between this and the start of the run nothing may close the engine.
      if (!mayRun(lane.name, claim)) break
      const end = await run({ last: index === items.length - 1, ended })
      judged ||= end.judged
      if (end.key !== 'held') return { due: end.key === 'due', judged }
    }
    await insist(() => store.release([lease]))
    return { due: true, judged }
  }

  return { workKey, workBatch: createBatchWork({ ...options, runOf, decide, report, insist }) }
}

/** What a message came to: which records, or why none. */
function yieldOf({ saved = [], decided }: Extract<RunOutcome, { outcome: 'done' }>): MessageYield {
  if (saved.length === 0) return { result: decided ? 'ended' : 'none', records: [] }
  return { result: saved.every(({ stale }) => stale) ? 'stale' : 'saved', records: [...new Set(saved.map(({ id }) => id))] }
}
