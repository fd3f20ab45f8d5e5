/** Runs that are played by a function, and messages to run; what Node-RED does with runs has tests of its own. */
import type { RunOutcome, RunRequest, RunTracker } from '../../runtime/runs/types.ts'
import type { NewMessage } from '../../runtime/store/types.ts'

export type Play = (request: RunRequest) => Promise<RunOutcome>

export function playedRuns(play: Play): RunTracker {
  let open = 0
  let interrupt: (() => void)[] = []
  return {
    start: async (request) => {
      open += 1
      const outcome = await Promise.race([play(request), new Promise<RunOutcome>((resolve) => interrupt.push(() => { resolve({ outcome: 'interrupted' }) }))])
      open -= 1
      return outcome
    },
    of: () => undefined,
    get openCount() { return open },
    drain: async (limitMs) => {
      const end = Date.now() + limitMs
      while (open > 0 && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 5))
      const left = open
      for (const stop of interrupt) stop()
      interrupt = []
      return left
    },
    close: () => undefined,
  }
}

export const message = (key: string, body: unknown, eventId: string | null = null): NewMessage => ({
  lane: 'shop.in', system: 'shop', source: 'source', topic: 'orders', key, eventId, contentType: 'application/json', headers: {}, body: Buffer.from(JSON.stringify(body)), sourceTime: null,
})
