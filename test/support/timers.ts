/** Node-RED's timer for the end of an editor's session lasts a day and is never cleared; tests that log in must not wait for it. Returns what undoes this. */
export function forgetLongTimers(): () => void {
  const { setTimeout: start } = globalThis
  globalThis.setTimeout = Object.assign((...given: Parameters<typeof start>) => {
    const timer = start(...given)
    return (given[1] ?? 0) > 3_600_000 ? timer.unref() : timer
  }, start)
  return () => { globalThis.setTimeout = start }
}
