/** Opens the deployed flows for work, again and again where the database is away, and never for flows that were closed meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { toTorgError } from './errors.ts'

const firstPauseMs = 500
const longestPauseMs = 5_000

export interface Opening {
  /** Opens; an opening under way is given up first. Rejects with a permanent error, or with any error the first time. */
  open(): Promise<void>
  /** Gives up an opening under way and resolves when it has ended. */
  halt(): Promise<void>
}

/** @param openOnce does the work; leaves everything closed when the signal is aborted by the time it is through */
export function createOpening(openOnce: (signal: AbortSignal) => Promise<void>, log: Logger): Opening {
  let giveUp = new AbortController()
  let underWay = Promise.resolve()
  let everOpened = false

  const insist = async (signal: AbortSignal): Promise<void> => {
    for (let pauseMs = firstPauseMs; !signal.aborted; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      try {
        await openOnce(signal)
        everOpened ||= !signal.aborted
        return
      } catch (thrown) {
        // A start that fails is reported to whoever started; a hub that ran goes on by itself.
        if (!everOpened || toTorgError(thrown, 'hub.internal').class === 'permanent') throw thrown
        log.warn({ err: thrown }, 'The deployed flows could not be opened for work; it is tried again within seconds')
        await sleep(pauseMs, undefined, { signal }).catch(() => undefined)
      }
    }
  }

  const halt = async (): Promise<void> => {
    giveUp.abort()
    await underWay.catch(() => undefined)
  }
  return {
    halt,
    open() {
      giveUp.abort()
      giveUp = new AbortController()
      const { signal } = giveUp
      underWay = underWay.catch(() => undefined).then(() => insist(signal))
      return underWay
    },
  }
}
