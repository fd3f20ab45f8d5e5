/** Asks polling sources for news, page by page. Items are stored before the cursor moves, so a stop loses nothing and repeats little. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { toTorgError } from '../errors.ts'
import type { RegisteredSource } from '../hub.ts'
import type { NewMessage, ReceivedMessage, Store } from '../store/types.ts'
import { toNewMessage } from './arrival.ts'
import type { Duty } from './duties.ts'
import { decideRetry } from './retry.ts'

/** Longest pause after failures, so that a system that is back is noticed soon. */
const longestPauseMs = 60_000
/** Until the hub is asked again whether it has room. */
const fullPauseMs = 1_000

export interface PollsOptions {
  store: Pick<Store, 'cursor' | 'saveCursor'>
  receive(message: NewMessage): Promise<ReceivedMessage>
  /** Why nothing may be fetched now; null where it may. Polling then waits. */
  full?(): string | null
  log: Logger
}

/** Makes a duty of every source that polls. */
export function createPolls({ store, receive, full, log }: PollsOptions) {
  const pollOnce = async (source: RegisteredSource, poll: NonNullable<RegisteredSource['poll']>, signal: AbortSignal): Promise<void> => {
    let more = true
    while (more && !signal.aborted) {
      if (full?.()) {
        await sleep(fullPauseMs, undefined, { signal }).catch(() => undefined)
        continue
      }
      const page = await poll.next(await store.cursor(source.nodeId), signal)
      await Promise.all(page.items.map((item) => receive(toNewMessage(source, { ...item, headers: {} }))))
      await store.saveCursor(source.nodeId, page.cursor)
      more = page.more
    }
  }

  const run = async (source: RegisteredSource, poll: NonNullable<RegisteredSource['poll']>, signal: AbortSignal): Promise<void> => {
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
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined)
    }
  }

  return (sources: Iterable<RegisteredSource>): Duty[] => [...sources].flatMap((source) => {
    const { poll } = source
    return poll ? [{ name: `poll ${source.nodeId}`, run: (signal) => run(source, poll, signal) }] : []
  })
}
