/** By this factor all limits are longer: many orders, or a machine that is shared with other work, need more time for the same. */
const patience = Number(process.env['TORG_PATIENCE'] ?? 1)

/**
 * Waits until a condition holds, looking every few milliseconds. Tests wait for conditions, never for times.
 * @throws Error naming the condition when it does not hold within `limitMs`, times `TORG_PATIENCE`
 */
export async function until(condition: () => boolean | Promise<boolean>, { limitMs = 20_000, everyMs = 10, what = condition.toString() }: { limitMs?: number, everyMs?: number, what?: string } = {}): Promise<void> {
  const end = Date.now() + limitMs * patience
  while (!await condition()) {
    if (Date.now() > end) throw new Error(`still not true after ${limitMs * patience} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}
