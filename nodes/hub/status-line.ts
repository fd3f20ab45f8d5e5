/** Node status without a message to every open editor for every message of a flow. */
import type { NodeStatus } from '../../runtime/hub.ts'

/** At most this often; the editor is a screen, not a log. */
const everyMs = 500

/** Shows the first status at once and then the newest one, at most twice a second. Call `close` with the node. */
export function createStatusLine(show: (status: NodeStatus) => void): { set(status: NodeStatus): void, close(): void } {
  let next: NodeStatus | undefined
  let timer: NodeJS.Timeout | undefined
  const pause = (): void => {
    timer = setTimeout(() => {
      timer = undefined
      if (!next) return
      show(next)
      next = undefined
      pause()
    }, everyMs).unref()
  }
  return {
    set(status) {
      if (timer) {
        next = status
        return
      }
      show(status)
      pause()
    },
    close: () => clearTimeout(timer),
  }
}
