/** What a sink says about itself: how much it wrote, and the last failure. */
import type { TorgError } from '../../errors.ts'
import type { NodeStatus } from '../../hub.ts'

/** At most this often; the editor is a screen, not a log. */
const everyMs = 500

/** Counts a sink's work and shows it, without a message to the editor for every message of the flow. */
export function createWorkStatus(status: (status: NodeStatus) => void) {
  let running = 0
  let done = 0
  let last: TorgError | undefined
  let timer: NodeJS.Timeout | undefined

  const render = (): NodeStatus => {
    if (last) return { fill: last.class === 'transient' ? 'yellow' : 'red', shape: 'dot', text: last.message.length > 80 ? `${last.message.slice(0, 79)}…` : last.message }
    if (running > 0) return { fill: 'blue', shape: 'ring', text: done > 0 ? `${done} ✓ · ${running} …` : 'working' }
    return done > 0 ? { fill: 'green', shape: 'dot', text: `${done} ✓` } : { fill: 'grey', shape: 'ring', text: 'ready' }
  }
  const later = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined
      status(render())
    }, everyMs).unref()
  }
  return {
    show: (): void => status(render()),
    started(): void { running += 1; later() },
    ended(error?: TorgError): void {
      running -= 1
      last = error
      if (!error) done += 1
      later()
    },
    close: (): void => clearTimeout(timer),
  }
}
