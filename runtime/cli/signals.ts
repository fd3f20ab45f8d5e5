/** Ctrl-C and SIGTERM: the first drains, a second forces. */

/** npm passes Ctrl-C on to a process that got it from the terminal already: one press arrives twice. */
const samePressMs = 1_000

export interface StopRequests {
  /** The signal that asked to stop, once one has. */
  readonly requested: NodeJS.Signals | undefined
  /** Resolves at the first signal. */
  readonly first: Promise<void>
  /** Stops listening. */
  close(): void
}

/**
 * Listens for signals; `force` is called for one that comes while already stopping.
 * @param now milliseconds, for tests
 */
export function listenForStop(force: () => void, now: () => number = Date.now): StopRequests {
  const { promise, resolve } = Promise.withResolvers<void>()
  let requested: NodeJS.Signals | undefined
  let since = 0
  const listener = (signal: NodeJS.Signals): void => {
    if (requested === undefined) {
      requested = signal
      since = now()
      resolve()
    } else if (now() - since > samePressMs) force()
  }
  const signals: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, listener)
  return {
    get requested() { return requested },
    first: promise,
    close: () => { for (const signal of signals) process.off(signal, listener) },
  }
}
