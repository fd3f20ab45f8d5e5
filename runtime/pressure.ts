/**
 * Backpressure: nothing more is taken before memory or disk run out. The intake answers 503 and polling waits; what was acknowledged is
 * worked on. Each cause closes at one bound and opens again at a lower one, so that it does not flutter.
 */
import { statfs } from 'node:fs/promises'
import { getHeapStatistics } from 'node:v8'
import type { Logger } from 'pino'
import { TorgError } from './errors.ts'

export interface PressureOptions {
  /** Most bytes of messages being received and not stored yet. */
  intakeLimit: number
  /** Free bytes below which nothing is taken, on the disks of these folders. */
  diskReserve: number
  folders: readonly string[]
  log: Logger
  /** Share of the heap's limit that is in use; for tests. */
  heapShare?: () => number
}

/** Room for one request. */
export interface Room {
  /** @throws hub.full where so many more bytes are too many */
  take(bytes: number): void
  /** Frees what was taken. */
  leave(): void
}

export type Cause = 'intake' | 'heap' | 'disk' | 'database'

export interface Pressure {
  /** Why nothing is taken now; null where it is. */
  reason(): string | null
  /** @throws hub.full where nothing is taken now */
  enter(): Room
  /** Does some writing of the store, and learns from it whether PostgreSQL has room. */
  watch<Result>(write: () => Promise<Result>): Promise<Result>
  /** For the metrics. Bytes; `freeBytes` is of the fullest disk, null where it cannot be told. */
  facts(): { causes: Record<Cause, boolean>, waitingBytes: number, freeBytes: number | null }
  close(): Promise<void>
}

const lookEveryMs = 1_000
const heapBounds = { close: 0.85, open: 0.75 }
/** Of the intake's limit. */
const intakeOpensAt = 0.7
/** Of the reserve. */
const diskOpensAt = 1.25
/** After PostgreSQL said that it is full, it is tried again by one message after this time. */
const databasePauseMs = 3_000
const retryAfterMs = 5_000

const megabytes = (bytes: number): string => `${Math.floor(bytes / 1024 ** 2)} MB`

/** Looks at memory and disk until it is closed. */
export async function createPressure({ intakeLimit, diskReserve, folders, log, heapShare = usedHeap }: PressureOptions): Promise<Pressure> {
  const reasons = new Map<Cause, string>()
  let waiting = 0
  let free: number | null = null
  let tryDatabaseAt = 0

  const shut = (cause: Cause, why: string): void => {
    if (!reasons.has(cause)) log.warn({ cause }, `${why} Nothing more is taken until there is room; senders are told to come again, and what was taken is worked on.`)
    reasons.set(cause, why)
  }
  const reopen = (cause: Cause): void => {
    if (reasons.delete(cause)) log.info({ cause }, reasons.size === 0 ? 'There is room again; messages are taken' : 'There is more room again')
  }
  const judge = (cause: Cause, { over, under, why }: { over: boolean, under: boolean, why: () => string }): void => {
    if (over) shut(cause, why())
    else if (under) reopen(cause)
  }

  const lookAtDisk = async (): Promise<void> => {
    // A folder that is gone, or a system that does not tell, is no reason to refuse.
    const all = (await Promise.all(folders.map(folder => statfs(folder).then(({ bavail, bsize }) => bavail * bsize, () => null)))).filter(bytes => bytes !== null)
    free = all.length > 0 ? Math.min(...all) : null
    if (free === null) return
    const left = free
    judge('disk', { over: left < diskReserve, under: left >= diskReserve * diskOpensAt, why: () => `Only ${megabytes(left)} of disk are free, less than TORG_DISK_RESERVE (${megabytes(diskReserve)}).` })
  }
  const lookAtHeap = (): void => {
    const share = heapShare()
    judge('heap', { over: share > heapBounds.close, under: share < heapBounds.open, why: () => `${Math.round(share * 100)} % of the process's memory limit are in use.` })
  }
  const reason = (): string | null => {
    for (const [cause, why] of reasons) if (cause !== 'database' || Date.now() < tryDatabaseAt) return why
    return null
  }
  const full = (why: string): TorgError => new TorgError('hub.full', { detail: why, retryAfterMs })

  let looking = lookAtDisk()
  await looking
  lookAtHeap()
  const timer = setInterval(() => {
    lookAtHeap()
    looking = looking.then(lookAtDisk)
  }, lookEveryMs)
  timer.unref()

  return {
    reason,
    enter() {
      const why = reason()
      if (why !== null) throw full(why)
      let taken = 0
      return {
        take(bytes) {
          if (waiting > 0 && waiting + bytes > intakeLimit) {
            shut('intake', `${megabytes(waiting)} of messages wait to be stored, as many as TORG_INTAKE_LIMIT allows.`)
            throw full(reasons.get('intake') ?? '')
          }
          waiting += bytes
          taken += bytes
        },
        leave() {
          waiting -= taken
          taken = 0
          if (waiting <= intakeLimit * intakeOpensAt) reopen('intake')
        },
      }
    },
    async watch(write) {
      try {
        const result = await write()
        reopen('database')
        return result
      } catch (thrown) {
        if (thrown instanceof TorgError && thrown.code === 'hub.full') {
          tryDatabaseAt = Date.now() + databasePauseMs
          shut('database', thrown.message)
        }
        throw thrown
      }
    },
    facts: () => ({
      causes: { intake: reasons.has('intake'), heap: reasons.has('heap'), disk: reasons.has('disk'), database: reasons.has('database') },
      waitingBytes: waiting, freeBytes: free,
    }),
    async close() {
      clearInterval(timer)
      await looking
    },
  }
}

function usedHeap(): number {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics()
  return used / limit
}
