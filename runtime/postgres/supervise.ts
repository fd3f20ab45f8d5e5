/** Starts the embedded server again whenever it ends by itself: killed, out of memory, or out of disk in the middle of a write. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { EmbeddedPostgres } from './embedded.ts'

const lookEveryMs = 1_000
const firstPauseMs = 1_000
const longestPauseMs = 10_000

export interface SupervisedServer {
  /** Of the server that runs now, or ran last. */
  readonly pid: number
  /** Stops the server for good. */
  stop(): Promise<void>
}

/**
 * Watches a server until it is stopped.
 * @param start starts it again at the same address, however often it has to try
 */
export function superviseServer(server: EmbeddedPostgres, { start, log }: { start(): Promise<EmbeddedPostgres>, log: Logger }): SupervisedServer {
  let current = server
  const stopped = new AbortController()
  const { signal } = stopped
  const pause = (ms: number): Promise<unknown> => sleep(ms, undefined, { signal, ref: false }).catch(() => undefined)

  const startAgain = async (): Promise<void> => {
    for (let pauseMs = firstPauseMs, told = false; !signal.aborted; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      try {
        current = await start()
        log.info({ pid: current.pid }, 'The embedded PostgreSQL runs again')
        return
      } catch (thrown) {
        // The same every few seconds until somebody helps, for example by freeing disk.
        if (told) log.debug({ err: thrown }, 'The embedded PostgreSQL could still not be started')
        else log.error({ err: thrown }, 'The embedded PostgreSQL could not be started again; it is tried every few seconds. Meanwhile nothing is taken or delivered.')
        told = true
        await pause(pauseMs)
      }
    }
  }
  const watch = async (): Promise<void> => {
    while (!signal.aborted) {
      await pause(lookEveryMs)
      if (signal.aborted || await current.isRunning()) continue
      log.error({ pid: current.pid }, `The embedded PostgreSQL ended by itself and is started again. ${current.folder}/server.log says why.`)
      await startAgain()
    }
  }
  const watching = watch()
  return {
    get pid() { return current.pid },
    async stop() {
      stopped.abort()
      await watching
      await current.stop()
    },
  }
}
