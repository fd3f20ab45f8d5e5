/**
 * What this process knows of what holds its lanes back: limits of the deployed systems, and pause, breaker and throttling, which
 * live in PostgreSQL. What is known here may be a second old, and only saves asking: the claim itself decides.
 */
import type { Logger } from 'pino'
import type { NodeStatus, RegisteredSource, RegisteredSubscription } from '../hub.ts'
import type { LaneLimits, LaneName, LaneState, Store } from '../store/types.ts'
import type { StatusBoard } from './status.ts'

export interface GateOptions {
  store: Pick<Store, 'laneStates' | 'probeLanes'>
  status: Pick<StatusBoard, 'note'>
  log: Logger
  /** The lane is in another state, or what was in doubt is known now. `reopened`: it may be worked on again. */
  changed(lane: LaneName, how: { reopened: boolean }): void
}

/** How a lane may be worked on. */
export interface Gate {
  limits: LaneLimits
  /** Failures in a row at which the lane opens; 0: never. */
  breakAfter: number
  /** Paused, open or throttled. */
  shut: boolean
  /** Open, and it is time to try one key. */
  probing: boolean
  /** Something was said of its system that this process has not read yet: nothing is started until it has. */
  inDoubt: boolean
}

type LaneNode = Pick<RegisteredSource | RegisteredSubscription, 'lane' | 'nodeId' | 'system'>

export function createGates({ store, status, log, changed }: GateOptions) {
  let nodes: LaneNode[] = []
  let rules = new Map<LaneName, { limits: LaneLimits, breakAfter: number }>()
  let states = new Map<LaneName, LaneState>()
  /** Lanes in doubt, each with the number of its last doubt. */
  const doubts = new Map<LaneName, number>()
  let doubted = 0
  let reading: Promise<void> | undefined
  let following: Promise<void> | undefined

  const stateOf = (lane: LaneName): LaneState['state'] => states.get(lane)?.state ?? 'working'

  const readOnce = async (): Promise<void> => {
    const settled = new Map(doubts)
    const before = states
    states = new Map((await store.laneStates()).map((state) => [state.lane, state]))
    for (const [lane, number] of settled) if (doubts.get(lane) === number) doubts.delete(lane)
    for (const lane of new Set([...before.keys(), ...states.keys(), ...settled.keys()])) {
      const is = states.get(lane)
      const was = before.get(lane)
      const other = stateOf(lane) !== (was?.state ?? 'working')
      if (other) tell(lane, is)
      if (other || is?.open?.nextTryAt !== was?.open?.nextTryAt) show(lane)
      if (other || settled.has(lane)) changed(lane, { reopened: other && stateOf(lane) === 'working' })
    }
  }

  /** Reads the states; one reading after the other, so that an older one never replaces a newer. */
  const read = (): Promise<void> => {
    if (!reading) return reading = readOnce().finally(() => { reading = undefined })
    return following ??= reading.catch(() => undefined).then(() => {
      following = undefined
      return read()
    })
  }

  const tell = (lane: LaneName, state: LaneState | undefined): void => {
    if (state?.state === 'open') log.warn({ lane, failures: state.failures, error: state.error }, `${lane} is open: its system failed ${state.failures} times in a row. One key tries now and then until one succeeds; the rest waits. The last failure: ${state.error?.detail}`)
    else if (state?.state === 'throttled') log.info({ lane, until: state.throttledUntil }, `${lane} waits until ${state.throttledUntil}, as its system asked`)
    else if (state?.state === 'paused') log.info({ lane, ...state.paused }, `${lane} was paused by ${state.paused?.by}: ${state.paused?.reason}`)
    else log.info({ lane }, `${lane} is worked on again`)
  }

  const show = (lane: LaneName): void => {
    for (const node of nodes) if (node.lane === lane) status.note(node.nodeId, noteOf(states.get(lane)))
  }

  return {
    read,

    /** For newly deployed flows, which may mend a system: it is tried at once. */
    async open(flows: { sources: ReadonlyMap<string, LaneNode>, subscriptions: ReadonlyMap<string, LaneNode> }): Promise<void> {
      nodes = [...flows.sources.values(), ...flows.subscriptions.values()]
      rules = new Map(nodes.map(({ lane, system: { limits } }) => {
        const { breakAfter = 0, ...out } = limits ?? {}
        // What comes in runs against the hub itself; the limits are those of what is sent to the system.
        return [lane, { limits: lane.endsWith('.out') ? out : {}, breakAfter }]
      }))
      try {
        await store.probeLanes()
        await read()
      } catch (thrown) {
        log.debug({ err: thrown }, 'the states of the lanes could not be read; the sweep repeats it')
      }
      for (const { lane } of nodes) show(lane)
    },

    of(lane: LaneName): Gate {
      const { limits = {}, breakAfter = 0 } = rules.get(lane) ?? {}
      return { limits, breakAfter, shut: stateOf(lane) !== 'working', probing: states.get(lane)?.probing ?? false, inDoubt: doubts.has(lane) }
    },

    /** The lane's state may have changed: nothing new starts there until it is read, which begins now. */
    doubt(lane: LaneName): void {
      doubts.set(lane, doubted += 1)
      read().catch((thrown: unknown) => { log.debug({ err: thrown }, 'the states of the lanes could not be read; the sweep repeats it') })
    },

    stateOf,
  }
}

/** Whether keys are claimed under the lane's own row, one claim at a time, and never ahead. */
export const isLimited = ({ limits, shut }: Gate): boolean => shut || limits.concurrency !== undefined || limits.rate !== undefined

const clock = (at: string): string => new Date(at).toTimeString().slice(0, 8)

/** What the nodes of a lane say that is held back. */
function noteOf(state: LaneState | undefined): NodeStatus | undefined {
  const why = state?.error ? `: ${state.error.detail}` : ''
  if (state?.paused) return { fill: 'grey', shape: 'ring', text: `paused by ${state.paused.by}${state.paused.reason && `: ${state.paused.reason}`}` }
  if (state?.open) return { fill: 'red', shape: 'ring', text: `open since ${clock(state.open.since)}, next try ${clock(state.open.nextTryAt)}${why}` }
  if (state?.throttledUntil) return { fill: 'yellow', shape: 'ring', text: `left alone until ${clock(state.throttledUntil)}${why}` }
  return undefined
}
