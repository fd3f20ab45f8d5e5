/** What a step or sink says about itself in the editor. */
import type { TorgError } from '../../errors.ts'
import type { NodeStatus } from '../../hub.ts'
import { shorten } from './construction.ts'

/** At most this often per node; the editor is a screen, not a log. */
const everyMs = 500

export interface WorkStatus {
  /** What the node's own code wants shown; from then on the kit adds failures only. */
  say(status: NodeStatus): void
  /** Nothing has happened yet. */
  ready(): void
  started(): void
  ended(error?: TorgError): void
  close(): void
}

/**
 * Shows the newest state, at most twice a second: what the node's code says, else how much it has done, and the last
 * failure until the next success.
 *
 * @param options.counts whether a node that says nothing itself shows how much it has done.
 */
export function createWorkStatus(show: (status: NodeStatus) => void, { counts }: { counts: boolean }): WorkStatus {
  let running = 0
  let done = 0
  let said: NodeStatus | undefined
  let failure: TorgError | undefined
  let timer: NodeJS.Timeout | undefined

  const render = (): NodeStatus => {
    if (failure) return { fill: failure.class === 'transient' ? 'yellow' : 'red', shape: 'dot', text: shorten(failure.message) }
    if (said) return said
    if (!counts) return {}
    if (running > 0) return { fill: 'blue', shape: 'ring', text: done > 0 ? `${done} ✓ · ${running} …` : 'working' }
    return done > 0 ? { fill: 'green', shape: 'dot', text: `${done} ✓` } : { fill: 'grey', shape: 'ring', text: 'ready' }
  }
  const later = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined
      show(render())
    }, everyMs).unref()
  }
  return {
    say(status) {
      said = status
      later()
    },
    ready: () => show(render()),
    started() {
      running += 1
      if (counts && !said) later()
    },
    ended(error) {
      running -= 1
      if (!error) done += 1
      const changed = failure !== error
      failure = error
      if (changed || (counts && !said)) later()
    },
    close: () => clearTimeout(timer),
  }
}
