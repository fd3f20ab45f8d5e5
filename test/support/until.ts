/**
 * Waits until a condition holds, looking every few milliseconds. Tests wait for conditions, never for times.
 * @throws Error naming the condition when it does not hold within `limitMs`
 */
export async function until(condition: () => boolean | Promise<boolean>, { limitMs = 20_000, everyMs = 10, what = condition.toString() }: { limitMs?: number, everyMs?: number, what?: string } = {}): Promise<void> {
  const end = Date.now() + limitMs
  while (!await condition()) {
    if (Date.now() > end) throw new Error(`still not true after ${limitMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}
