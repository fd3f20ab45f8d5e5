/** What the engine of this process knows of one lane. */
import type { LaneName, Lease } from '../store/types.ts'
import type { Takeable } from './batch-work.ts'
import type { Claim } from './key-work.ts'

/**
 * Keys are taken before they are needed: so many at most as are worked off in this time, and so many for each place. What waits here waits
 * under a lease, where no other process can take it; a process that is alone may have more of it.
 */
const ahead = { shared: { ms: 400, perPlace: 8 }, alone: { ms: 1_000, perPlace: 16 } }
/**
 * Messages get so many times the places of deliveries: their runs wait for the database and not for a system, and the more of them wait
 * together, the more share a transaction.
 */
const placesIn = 4
/** A run that is done leaves its place at once. So many keys per place may be worked on, with those whose end is being stored. */
const keysPerRun = 2
/** How long keys that were worked off are counted before that counts as the lane's rate. */
const meterMs = 100
export interface Lane {
  name: LaneName
  /** Longest run limit of the flows of this lane. */
  limitMs: number
  /** Runs at once. */
  places: number
  draining: boolean
  /** Leases of the keys being worked on or claimed ahead. */
  held: Set<Lease>
  /** Taken ahead: to be worked on as soon as there is a place. */
  ready: Claim[]
  running: number
  /** Keys whose last run has ended, and whose end is being stored. */
  ending: number
  /** Batches under way. */
  batches: Set<Takeable>
  /** Keys that one place works off at most. */
  keysPerPlace: number
  /** Places kept for keys that are being stored. */
  reserved: number
  /** Keys worked off since then, and per millisecond in the time before. */
  finished: number
  meteredAt: number
  rate: number
  claimedAt: number
  /** A claim, a hand-over or the end of some work failed on the way: the database may hold leases for us that nobody works under. */
  doubtful: boolean
  /** Those leases are being ended. */
  healing: boolean
  /** Work may have come since the last look. */
  wanted: boolean
  /** Until then it is taken for granted that keys wait in the database, which come before those being stored. */
  behindUntil: number
  /** Due work was seen by the sweep before, and nobody has taken it. */
  overlooked: boolean
  /** When its rate allows the next, where it allowed none at the last claim. */
  againAt: number | undefined
  /** Not before then is help called for again. */
  helpAt: number
  wake(): void
}

/** A lane of which nothing is known yet. */
export function createLane(name: LaneName, { limitMs, concurrency }: { limitMs: number, concurrency: number }): Lane {
  return {
    name, limitMs, places: name.endsWith('.in') ? concurrency * placesIn : concurrency, draining: false, held: new Set(), ready: [], running: 0, ending: 0, batches: new Set(), keysPerPlace: 1, reserved: 0, finished: 0, meteredAt: 0, rate: 0,
    claimedAt: 0, doubtful: false, healing: false, wanted: false, behindUntil: 0, overlooked: false, againAt: undefined, helpAt: 0, wake: () => undefined,
  }
}

/** Whether another run may begin. */
export function hasPlace({ running, ending, places }: Lane): boolean {
  return running < places && running + ending < places * keysPerRun
}

/** How many keys to take beyond those that can run now. A slow system gets none: what waits would miss its newer versions. */
export function keysAhead(lane: Lane, others: number): number {
  const { ms, perPlace } = others > 0 ? ahead.shared : ahead.alone
  const elapsed = Date.now() - lane.meteredAt
  if (elapsed >= meterMs) Object.assign(lane, { rate: lane.finished / elapsed, finished: 0, meteredAt: Date.now() })
  return Math.min(lane.places * perPlace, Math.floor(lane.rate * ms))
}
