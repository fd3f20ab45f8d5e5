/** Asks polling sources for news, page by page. Items are stored before the cursor moves, so a stop loses nothing and repeats little. */
import type { Logger } from 'pino'
import { toTorgError } from '../errors.ts'
import type { RegisteredSource } from '../hub.ts'
import type { NewMessage, ReceivedMessage, Store } from '../store/types.ts'
import { toNewMessage } from './arrival.ts'
import { decideRetry } from './retry.ts'

/** Longest pause after failures, so that a system that is back is noticed soon. */
const longestPauseMs = 60_000

export interface PollerOptions {
  store: Pick<Store, 'cursor' | 'saveCursor'>
  receive(message: NewMessage): Promise<ReceivedMessage>
  log: Logger
}

export function createPoller({ store, receive, log }: PollerOptions) {
  let stop = new AbortController()
  const loops = new Set<Promise<void>>()

  const pollOnce = async (source: RegisteredSource, poll: NonNullable<RegisteredSource['poll']>, signal: AbortSignal): Promise<void> => {
    let more = true
    while (more && !signal.aborted) {
      const page = await poll.next(await store.cursor(source.nodeId), signal)
      await Promise.all(page.items.map((item) => receive(toNewMessage(source, { ...item, headers: {} }))))
      await store.saveCursor(source.nodeId, page.cursor)
      more = page.more
    }
  }

  const loop = async (source: RegisteredSource, poll: NonNullable<RegisteredSource['poll']>, signal: AbortSignal): Promise<void> => {
    let failures = 0
    while (!signal.aborted) {
      let pauseMs = poll.everyMs
      try {
        await pollOnce(source, poll, signal)
        failures = 0
      } catch (thrown) {
        if (signal.aborted) return
        failures += 1
        const error = toTorgError(thrown, 'system.unavailable')
        const decision = decideRetry({ error: { class: 'transient', code: error.code, ...(error.retryAfterMs !== undefined && { retryAfterMs: error.retryAfterMs }) }, attempts: failures, random: Math.random() })
        pauseMs = Math.max(poll.everyMs, Math.min(longestPauseMs, decision.again ? decision.dueInMs : longestPauseMs))
        source.node.status({ fill: 'red', shape: 'ring', text: error.message })
        log.warn({ source: source.nodeId, system: source.system.key, error: error.toJSON() }, `poll failed, again in ${Math.round(pauseMs / 1000)} s: ${error.message}`)
      }
      await pause(pauseMs, signal)
    }
  }

  return {
    open(sources: Iterable<RegisteredSource>): void {
      // Whatever polled before would go on for ever, out of reach of close.
      stop.abort()
      stop = new AbortController()
      for (const source of sources) {
        if (!source.poll) continue
        const running = loop(source, source.poll, stop.signal)
        loops.add(running)
        void running.finally(() => loops.delete(running))
      }
    },
    /** Aborts requests under way and resolves when every loop has ended. */
    async close(): Promise<void> {
      stop.abort()
      await Promise.all(loops)
    },
  }
}

const pause = (ms: number, signal: AbortSignal): Promise<void> => new Promise((resolve) => {
  if (signal.aborted) return resolve()
  const timer = setTimeout(done, ms)
  function done(): void {
    clearTimeout(timer)
    signal.removeEventListener('abort', done)
    resolve()
  }
  signal.addEventListener('abort', done)
})
