/**
 * The engine: has as many keys of a lane worked off at once as the lane allows. Keys come in two ways: while it has places for them
 * the store hands over what is fresh; everything else is hinted, and leased in PostgreSQL. Retries, lost hints and what
 * a dead process left are found by its sweep.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { failAt } from '../fail-points.ts'
import type { RunTracker } from '../runs/types.ts'
import type { Presence } from '../store/presence.ts'
import type { LaneName, LaneState, LimitedClaims, Reservation, Store, Taker } from '../store/types.ts'
import type { Duty } from './duties.ts'
import { createGates, isLimited } from './gates.ts'
import type { Hints } from './hints.ts'
import { takeNext, type Takeable } from './batch-work.ts'
import { createKeyWork, type Deployed, type EngineEvents } from './key-work.ts'
import { createLane, hasPlace, keysAhead, type Lane } from './lane.ts'
import { leaseMsOf } from './lease.ts'
import { createStatusBoard } from './status.ts'

export interface EngineOptions {
  store: Store
  hints: Hints
  runs: RunTracker
  events: EngineEvents
  log: Logger
  /** Owner of this process's leases. */
  owner: string
  /** Runs at once per lane that feeds a system; messages get more, see `lane.ts`. */
  concurrency: number
  /** Without it the process is alone, and present. */
  presence?: Pick<Presence, 'present' | 'others'>
}

/** Messages of one key taken with one lease. */
const perKey = 10
/** A hint is given up for a new one after this time, so that another process gets a turn. */
const sliceMs = 10_000
const sweepMs = 1_000
/** A lane that is full calls the other processes, so often at most. */
const helpMs = 500
/** Who does not have the duty looks all the same, once in so many sweeps: should nobody have it, work waits for seconds and not for ever. */
const netSweeps = 5
/** How long closing waits for ends of runs to be written. */
const writeLimitMs = 5_000

/** What overflowed so long ago has been claimed, here or by another process. */
const behindMs = 250
/** Most keys of one claim. */
const mostKeys = 1_000
/** While runs are open the next claim waits this long for each of them, so that a busy lane claims many keys at once. */
const gatherMs = 2
const longestGatherMs = 25

/** What a `hub changes` node says while nothing has run. */
const idleText = { live: 'waiting', held: 'held: nothing is delivered', adopt: 'adopts: nothing is delivered' }

/** Makes the engine; it works only between `open` and `close`. */
export function createEngine({ store, hints, runs, events, log, owner, concurrency, presence = { present: true, others: 0 } }: EngineOptions) {
  const lanes = new Map<LaneName, Lane>()
  const status = createStatusBoard()
  let deployed: Deployed = { deployment: 0, sources: new Map(), subscriptions: new Map() }
  let open = false
  let ticking = new AbortController()
  /** Whether this process has the duty to sweep. */
  let sweeps = false

  const gates = createGates({
    store, status, log,
    changed: (name, { reopened }) => {
      const lane = lanes.get(name)
      if (!lane) return
      startReady(lane)
      if (lane.draining) lane.wake()
      else if (reopened) wake(name)
    },
  })
  const { workKey, workBatch } = createKeyWork({
    store, runs, events, status, log, flows: () => deployed,
    mayRun: (name, { probe }) => open && (probe || !gates.of(name).shut),
    breakAfter: (name) => gates.of(name).breakAfter,
  })

  /** Works off what goes together and makes room for the next. Never throws. */
  const work = async (lane: Lane, taken: Takeable): Promise<void> => {
    const { group, claims } = taken
    const [first] = claims
    let due = true
    let judged = true
    let ending = false
    const ended = (): void => {
      ending = true
      lane.running -= 1
      lane.ending += 1
      startReady(lane)
    }
    try {
      if (group !== undefined) ({ due, judged } = await workBatch(lane, claims))
      else if (first) ({ due, judged } = await workKey(lane, first, ended))
    } catch (thrown) {
      lane.doubtful = true
      log.error({ lane: lane.name, keys: claims.map(({ lease }) => lease.key), err: thrown }, 'the end of a run could not be stored; it is done again when its lease has run out')
    } finally {
      for (const { lease } of claims) lane.held.delete(lease)
      lane.batches.delete(taken)
      if (ending) lane.ending -= 1
      else lane.running -= 1
      lane.finished += claims.length
      if (judged) gates.doubt(lane.name)
      startReady(lane)
      // A key given back with more to do, or one of which that is not known, is looked at again; so is a lane that had no place for others.
      if (due || isLimited(gates.of(lane.name))) wake(lane.name)
      else if (lane.draining) lane.wake()
    }
  }

  /** Starts keys claimed ahead while there are places. Once the engine or the lane is closed each is only given back. */
  const startReady = (lane: Lane): void => {
    const { shut, inDoubt } = gates.of(lane.name)
    while (!open || (!inDoubt && (shut || hasPlace(lane)))) {
      const next = takeNext(lane.ready, { subscriptions: deployed.subscriptions, under: lane.batches, alone: !open || shut })
      if (!next) return
      lane.running += 1
      if (next.group !== undefined) lane.batches.add(next)
      void work(lane, next)
    }
  }

  // ------------------------------------------------------------ one lane

  const claim = async (lane: Lane, keys: number): Promise<Pick<LimitedClaims, 'claims' | 'probe'>> => {
    const gate = gates.of(lane.name)
    const want = { lane: lane.name, owner, deployment: deployed.deployment, keys, perKey, leaseMs: leaseMsOf(lane) }
    await heal(lane)
    // Kept, so that what is stored meanwhile does not take the same places.
    lane.reserved += keys
    try {
      if (!isLimited(gate)) return { claims: await (lane.name.endsWith('.in') ? store.claimMessages(want) : store.claimDeliveries(want)), probe: false }
      // A token is for one run, and only the claim knows how many there are.
      const limited = await store.claimLimited({ ...want, limits: gate.limits, ...(gate.limits.rate && { perKey: 1 }) })
      lane.againAt = limited.againInMs !== null && limited.againInMs <= sweepMs ? Date.now() + limited.againInMs : undefined
      return limited
    } catch (thrown) {
      // It may have been committed all the same.
      lane.doubtful = true
      throw thrown
    } finally {
      lane.reserved -= keys
    }
  }

  /** Ends leases of ours that nobody works under. A key being stored has one that is not known here yet, so those are waited for. */
  const heal = async (lane: Lane): Promise<void> => {
    if (!lane.doubtful || lane.reserved > 0) return
    lane.doubtful = false
    lane.healing = true
    try {
      const ended = await store.endLeasesOf(owner, { lane: lane.name, except: [...lane.held] })
      if (ended > 0) log.info({ lane: lane.name, keys: ended }, `${ended} keys that were left leased when the database went away are worked on again`)
    } catch (thrown) {
      lane.doubtful = true
      throw thrown
    } finally {
      lane.healing = false
    }
  }

  const aheadOf = (lane: Lane): number => isLimited(gates.of(lane.name)) ? 0 : keysAhead(lane, presence.others)

  /** Has leased keys worked on as soon as there is a place. */
  const take = (lane: Lane, claims: LimitedClaims['claims'], { leasedAt, probe }: { leasedAt: number, probe: boolean }): void => {
    if (claims.length === 0) return
    failAt('keys-leased')
    for (const claim of claims) {
      lane.held.add(claim.lease)
      lane.ready.push({ ...claim, leasedAt, probe })
    }
    // Somebody has opened it again: that is to be known before these are given back.
    if (gates.of(lane.name).shut && !probe) gates.doubt(lane.name)
    startReady(lane)
  }

  /** Places for keys that are being stored. None while others wait before them in the database, or leases are in doubt. */
  const reserve = (name: LaneName, keys: number): Reservation | undefined => {
    const lane = lanes.get(name)
    const gate = gates.of(name)
    // Under a limit only a claim knows what all processes have taken.
    if (isLimited(gate) || gate.shut || gate.inDoubt) return undefined
    if (!lane || !open || !presence.present || lane.doubtful || lane.healing) return undefined
    const free = Date.now() < lane.behindUntil ? 0 : (lane.places - lane.running) * lane.keysPerPlace + aheadOf(lane) - lane.ready.length - lane.reserved
    if (free < keys) lane.behindUntil = Date.now() + behindMs
    if (free <= 0) return undefined
    const places = Math.min(keys, free)
    const leasedAt = Date.now()
    lane.reserved += places
    return {
      places, leaseMs: leaseMsOf(lane),
      end: (claims) => {
        lane.reserved -= places
        if (claims === 'unknown') lane.doubtful = true
        else take(lane, claims, { leasedAt, probe: false })
        if (lane.draining) lane.wake()
      },
    }
  }

  /** Takes due keys until none is left, as many at once as it has places. Ends before the last of them when its time is up. */
  const drain = async (lane: Lane): Promise<void> => {
    if (lane.draining || !open || !presence.present) return
    lane.draining = true
    const until = Date.now() + sliceMs
    lane.wanted = true
    try {
      while (open && presence.present && Date.now() < until) {
        if (lane.againAt !== undefined && lane.againAt <= Date.now()) {
          lane.againAt = undefined
          lane.wanted = true
        }
        const gate = gates.of(lane.name)
        // Nothing can be had; what changes that wakes the lane.
        if (gate.shut && !gate.probing) lane.wanted = false
        if (!lane.wanted && lane.held.size === 0 && lane.againAt === undefined) break
        const places = (Math.min(lane.places, gate.limits.concurrency ?? Infinity) - lane.running) * lane.keysPerPlace
        const ahead = aheadOf(lane)
        const wanted = Math.min(places + ahead - lane.ready.length - lane.reserved, mostKeys)
        const few = isLimited(gate) || lane.running <= lane.places / 2 || (ahead > 0 && lane.ready.length <= ahead / 2)
        const gathering = lane.claimedAt + Math.min(lane.running * gatherMs, longestGatherMs) - Date.now()
        if (wanted > 0 && few && lane.wanted && !gate.inDoubt && gathering <= 0) {
          lane.wanted = false
          lane.claimedAt = Date.now()
          const { claims, probe } = await claim(lane, wanted)
          if (claims.length > 0) lane.overlooked = false
          if (claims.length === wanted) lane.wanted = true
          lane.behindUntil = claims.length === wanted ? Date.now() + behindMs : 0
          take(lane, claims, { leasedAt: lane.claimedAt, probe })
          if (claims.length === wanted && lane.running >= lane.places && presence.others > 0 && lane.helpAt <= Date.now()) {
            lane.helpAt = Date.now() + helpMs
            hints.callHelp(lane.name, presence.others)
          }
        } else {
          const { promise, resolve } = Promise.withResolvers<void>()
          lane.wake = resolve
          const timer = setTimeout(resolve, lane.wanted && few && gathering > 0 ? gathering : Math.min(until, lane.againAt ?? until) - Date.now())
          await promise
          clearTimeout(timer)
        }
      }
    } finally {
      lane.draining = false
      lane.wake = () => undefined
    }
    if (open && presence.present && lane.wanted) hints.give(lane.name)
  }

  const drainQuietly = async (lane: Lane): Promise<void> => {
    try {
      await drain(lane)
    } catch (thrown) {
      // Mostly PostgreSQL being away; the sweep comes again.
      log.warn({ lane: lane.name, err: thrown }, 'due work could not be claimed; it is tried again within seconds')
    }
  }

  const wake = (name: LaneName): void => {
    const lane = lanes.get(name)
    if (!lane || !open) return
    const { shut, probing } = gates.of(name)
    if (shut && !probing) return
    lane.wanted = true
    if (lane.draining) lane.wake()
    else hints.give(name)
  }

  const listen = async (name: LaneName, limitMs: number): Promise<void> => {
    const lane = createLane(name, { limitMs, concurrency })
    await hints.listen(name, () => drainQuietly(lanes.get(name) ?? lane))
    if (!lanes.has(name)) lanes.set(name, lane)
  }

  /** Looks for lanes with due work. */
  const look = async (signal: AbortSignal): Promise<void> => {
    for (const name of await store.dueLanes()) {
      // Its last node was removed while work waited. Nobody would ever hear of it, so it is parked: the runs say why.
      if (!lanes.has(name) && !signal.aborted) await listen(name, 0)
      const lane = lanes.get(name)
      if (!lane || signal.aborted) continue
      // Hinted at the last look and still not taken: the queue is away or its hint died with a process. Take it directly.
      if (lane.overlooked && !lane.draining) void drainQuietly(lane)
      else wake(name)
      lane.overlooked = true
    }
  }

  /** The timer of all retries and the safety net of all hints. */
  const tick = async (signal: AbortSignal): Promise<void> => {
    for (let count = 1; !signal.aborted; count += 1) {
      try {
        for (const lane of lanes.values()) if (lane.doubtful && !lane.draining) void drainQuietly(lane)
        await gates.read()
        if (presence.present && (sweeps || count % netSweeps === 0)) await look(signal)
      } catch (thrown) {
        log.debug({ err: thrown }, 'sweep failed; it is repeated in a second')
      }
      await sleep(sweepMs, undefined, { signal }).catch(() => undefined)
    }
  }
  const sweep: Duty = {
    name: 'sweep',
    async run(signal) {
      sweeps = true
      await new Promise((resolve) => { signal.addEventListener('abort', resolve) })
      sweeps = false
    },
  }

  const isWorking = (): boolean => [...lanes.values()].some(({ draining, held, reserved }) => draining || held.size > 0 || reserved > 0)

  const taker: Taker = { owner, get deployment() { return deployed.deployment }, reserve }

  return {
    wake,
    /** The duty to look every second. */
    sweep,
    /** Works on what the store hands over. */
    taker,
    get deployed() { return deployed },

    /** Somebody changed what holds the lane back: known here before the next sweep. */
    refresh(lane: LaneName): void { gates.doubt(lane) },

    /** Every lane worked on here. */
    states: (): { lane: LaneName, state: LaneState['state'] }[] => [...lanes.keys()].map((lane) => ({ lane, state: gates.stateOf(lane) })),

    /** Starts working for these flows. */
    async open(flows: Deployed): Promise<void> {
      for (const id of [...deployed.sources.keys(), ...deployed.subscriptions.keys()]) status.remove(id)
      deployed = flows
      const limits = new Map<LaneName, number>()
      for (const { lane, limitMs } of [...flows.sources.values(), ...flows.subscriptions.values()]) limits.set(lane, Math.max(limits.get(lane) ?? 0, limitMs))
      for (const { nodeId, node } of flows.sources.values()) status.add(nodeId, (shown) => node.status(shown), flows.held)
      for (const { nodeId, node, mode = 'live' } of flows.subscriptions.values()) status.add(nodeId, (shown) => node.status(shown), flows.held ?? idleText[mode])
      if (flows.held !== undefined) return
      for (const name of lanes.keys()) {
        if (limits.has(name)) continue
        lanes.delete(name)
        await hints.unlisten(name)
      }
      await gates.open(flows)
      open = true
      for (const [name, limitMs] of limits) {
        if (!lanes.has(name)) await listen(name, limitMs)
        const lane = lanes.get(name)
        if (!lane) continue
        lane.limitMs = limitMs
        lane.keysPerPlace = Math.max(1, ...[...flows.subscriptions.values()].flatMap((one) => one.lane === name ? one.batch?.size ?? 1 : []))
      }
      ticking.abort()
      ticking = new AbortController()
      void tick(ticking.signal)
    },

    /**
     * Takes nothing new, waits for open runs up to `limitMs`, marks the rest interrupted, and waits until their
     * ends are stored. Returns how many were interrupted.
     */
    async close(limitMs: number): Promise<number> {
      open = false
      ticking.abort()
      for (const lane of lanes.values()) {
        startReady(lane)
        lane.wake()
      }
      const interrupted = await runs.drain(limitMs)
      const until = Date.now() + writeLimitMs
      while (isWorking() && Date.now() < until) await sleep(10)
      return interrupted
    },
  }
}

export type Engine = ReturnType<typeof createEngine>
