/**
 * Duties: work that exactly one process does at a time, whichever takes it first. A duty is a row with an owner and a time, prolonged
 * while the owner lives. Unlike a session lock it also moves on from a process that is frozen or cut off; the rows of a killed
 * one are removed as soon as its absence is certain (`store/presence.ts`).
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Store } from '../store/types.ts'

/** Work that one process does at a time. */
export interface Duty {
  /** The same in every process, for example `poll <node id>`. */
  name: string
  /**
   * Does the work until the signal is aborted, and then ends soon: another process takes it seconds later. What ends or throws
   * before is run again after a pause.
   */
  run(signal: AbortSignal): Promise<void>
}

export interface DutiesOptions {
  store: Pick<Store, 'holdDuties' | 'endDuties'>
  /** This process, as its leases name it. */
  owner: string
  log: Logger
  /**
   * How long a duty stays with a process that does not prolong it, milliseconds. It stops doing it a fifth of that earlier.
   * @defaultValue 10,000
   */
  leaseMs?: number
}

export interface Duties {
  /** Takes what it can get of these, now and later; replaces those opened before. */
  open(duties: Duty[]): void
  /** Resolves when none runs here any more and others may take them. */
  close(): Promise<void>
}

const firstPauseMs = 1_000
const longestPauseMs = 60_000

/** Makes the duties of this process; none runs before `open`. */
export function createDuties({ store, owner, log, leaseMs = 10_000 }: DutiesOptions): Duties {
  const renewMs = leaseMs / 5
  let closing = new AbortController()
  let serving = Promise.resolve()

  const perform = async (duty: Duty, signal: AbortSignal): Promise<void> => {
    for (let failures = 0; !signal.aborted;) {
      try {
        await duty.run(signal)
        failures = 0
      } catch (thrown) {
        if (signal.aborted) return
        failures += 1
        log.warn({ duty: duty.name, err: thrown }, `The duty "${duty.name}" failed; it is tried again`)
      }
      await sleep(Math.min(longestPauseMs, firstPauseMs * 2 ** failures), undefined, { signal }).catch(() => undefined)
    }
  }

  const serve = async (duties: Duty[], closed: AbortSignal): Promise<void> => {
    if (duties.length === 0 || closed.aborted) return
    const running = new Map<string, { stop: AbortController, ended: Promise<void> }>()
    let abandon: NodeJS.Timeout | undefined
    const stopAll = (): void => { for (const { stop } of running.values()) stop.abort() }
    closed.addEventListener('abort', stopAll)

    const start = (duty: Duty): void => {
      const stop = new AbortController()
      log.debug({ duty: duty.name }, 'this process has the duty')
      const ended = perform(duty, stop.signal).finally(() => { running.delete(duty.name) })
      running.set(duty.name, { stop, ended })
    }

    while (!closed.aborted || running.size > 0) {
      const askedAt = performance.now()
      try {
        // While closing only what still runs is kept.
        const names = closed.aborted ? [...running.keys()] : duties.map(({ name }) => name)
        const held = new Set(await store.holdDuties({ owner, names, leaseMs }))
        clearTimeout(abandon)
        abandon = setTimeout(stopAll, leaseMs - renewMs - (performance.now() - askedAt))
        for (const [name, { stop }] of running) {
          if (held.has(name) || stop.signal.aborted) continue
          log.info({ duty: name }, 'another process has taken the duty')
          stop.abort()
        }
        if (!closed.aborted) for (const duty of duties) if (held.has(duty.name) && !running.has(duty.name)) start(duty)
      } catch (thrown) {
        log.debug({ err: thrown }, 'duties could not be taken or prolonged; it is tried again')
      }
      if (!closed.aborted) await sleep(renewMs, undefined, { signal: closed }).catch(() => undefined)
      else await Promise.race([sleep(renewMs), Promise.all([...running.values()].map(({ ended }) => ended))])
    }
    clearTimeout(abandon)
    closed.removeEventListener('abort', stopAll)
    await store.endDuties(owner, duties.map(({ name }) => name)).catch((thrown: unknown) => { log.debug({ err: thrown }, 'duties could not be given back; they run out by time') })
  }

  return {
    open(duties) {
      closing.abort()
      closing = new AbortController()
      const { signal } = closing
      serving = serving.then(() => serve(duties, signal))
    },
    async close() {
      closing.abort()
      await serving
    },
  }
}
