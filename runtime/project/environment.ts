/**
 * The environment a database belongs to. One that is opened under another name is most likely a restored backup, so it starts wholly
 * held: what comes in is stored and acknowledged, nothing is worked on, polled or delivered, until a person lets it go.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { TorgError } from '../errors.ts'
import type { Store } from '../store/types.ts'
import { isObject } from './json.ts'

const environmentCursor = 'hub/environment'
/** How soon a process notices that another one let the database go. */
const lookMs = 2_000

/** What becomes of the deliveries that wait when a database is let go: they go out, or count as known to their systems. */
export type WaitingDeliveries = 'deliver' | 'drop'

export interface Environment {
  /** The name this process runs under. */
  readonly name: string
  /** The environment the database belongs to. */
  readonly database: string
  /** Since when it belongs there, and who said so. */
  readonly since: string
  readonly by: string
  /** The two differ: nothing may be worked on. */
  readonly held: boolean
  /** Calls `then` once the database has been let go, by this process or another; not where it is not held. */
  onLetGo(then: () => void): void
  /**
   * Makes the database this environment's. Returns how many deliveries were dropped.
   * @throws TorgError `request.conflict` where it is this environment's already
   */
  adopt(choice: { waiting: WaitingDeliveries, by: string }): Promise<{ dropped: number }>
  /** Stops looking. */
  close(): Promise<void>
}

interface Owner { name: string, since: string, by: string }

export interface EnvironmentOptions {
  store: Pick<Store, 'cursor' | 'saveCursor' | 'dropWaiting'>
  name: string
  log: Logger
}

/** Reads whose the database is; one that is nobody's yet becomes this environment's. */
export async function takeEnvironment({ store, name, log }: EnvironmentOptions): Promise<Environment> {
  const take = async (by: string): Promise<Owner> => {
    const taken = { name, since: new Date().toISOString(), by }
    await store.saveCursor(environmentCursor, taken)
    return taken
  }
  let owner = readOwner(await store.cursor(environmentCursor)) ?? await take('first start')
  const waiting = new Set<() => void>()
  const stop = new AbortController()

  const letGo = (next: Owner): void => {
    owner = next
    log.warn({ environment: name, by: next.by }, `The database belongs to the environment "${name}" now and is worked on`)
    for (const then of waiting) then()
    waiting.clear()
  }
  const watch = async (): Promise<void> => {
    while (!stop.signal.aborted && owner.name !== name) {
      await sleep(lookMs, undefined, { signal: stop.signal }).catch(() => undefined)
      const now = readOwner(await store.cursor(environmentCursor).catch(() => null))
      if (now && !stop.signal.aborted && owner.name !== name && now.name === name) letGo(now)
    }
  }
  if (owner.name !== name) {
    log.warn({ environment: name, database: owner.name }, `HELD: the database belongs to the environment "${owner.name}", but this process runs as "${name}" (TORG_ENVIRONMENT). What comes in is stored; nothing is worked on, polled or delivered. If this process belongs to "${owner.name}", start it with TORG_ENVIRONMENT=${owner.name}; if the database is to become "${name}", let it go with: torg environment adopt`)
  }
  const watching = watch()

  return {
    name,
    get database() { return owner.name },
    get since() { return owner.since },
    get by() { return owner.by },
    get held() { return owner.name !== name },
    onLetGo(then) { if (owner.name !== name) waiting.add(then) },
    async adopt({ waiting: choice, by }) {
      if (owner.name === name) throw new TorgError('request.conflict', { detail: `The database belongs to the environment "${name}" already; nothing is held.`, next: 'Nothing: it is worked on.' })
      // Cut off before the name is stored, it is still held and can be done again.
      const dropped = choice === 'drop' ? await store.dropWaiting() : 0
      letGo(await take(by))
      return { dropped }
    },
    async close() {
      stop.abort()
      await watching
    },
  }
}

function readOwner(value: unknown): Owner | null {
  if (!isObject(value)) return null
  const { name, since, by } = value
  return typeof name === 'string' && typeof since === 'string' && typeof by === 'string' ? { name, since, by } : null
}
