/// <reference lib="dom" />
/** Asks again and again, as long as somebody can see the answer. */

const everyMs = 3_000
const afterFaultMs = 10_000
/** A hub that takes long to answer is asked less often. */
const restFactor = 20

export interface Polling {
  /** Asks at once. */
  now(): Promise<void>
}

/**
 * @param ask must not reject; resolves with whether the hub answered
 * @param hidden told when nobody can see the answer any more
 */
export function pollWhileVisible(element: Element, ask: () => Promise<boolean>, hidden: () => void): Polling {
  let timer: number | undefined
  let underWay: Promise<void> | undefined
  let isShown = false
  const isSeen = (): boolean => isShown && document.visibilityState === 'visible'

  const plan = (ms: number): void => {
    window.clearTimeout(timer)
    timer = isSeen() ? window.setTimeout(() => void now(), ms) : undefined
  }
  const askOnce = async (): Promise<void> => {
    const start = performance.now()
    const answered = await ask()
    underWay = undefined
    plan(answered ? Math.max(everyMs, (performance.now() - start) * restFactor) : afterFaultMs)
  }
  const now = (): Promise<void> => {
    window.clearTimeout(timer)
    return underWay ??= askOnce()
  }
  const look = (): void => {
    if (isSeen()) {
      void now()
      return
    }
    window.clearTimeout(timer)
    hidden()
  }
  document.addEventListener('visibilitychange', look)
  new IntersectionObserver(([entry]) => {
    isShown = entry?.isIntersecting === true
    look()
  }).observe(element)
  return {
    // What was under way may have been asked before the change that somebody now wants to see.
    now: async () => {
      await underWay
      await now()
    },
  }
}
