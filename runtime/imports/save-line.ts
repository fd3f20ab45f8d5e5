/** Saves one line, with patience for what passes. */
import { setTimeout as sleep } from 'node:timers/promises'
import { toTorgError } from '../errors.ts'
import type { EntityWrite, SaveOutcome } from '../store/types.ts'
import { refuse, type Line } from './lines.ts'
import type { Outcome } from './progress.ts'
import type { Row } from './row.ts'

/** Saves one entity like `hub save`; calls at the same time share a commit. */
export type Save = (writes: EntityWrite[]) => Promise<SaveOutcome[]>

/** Pauses before something is tried again that failed for a passing reason; after the last one the import is interrupted. */
const pausesMs = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000]

/** Repeats what fails for a passing reason. It must be such that may be done twice. */
export async function patiently<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work()
    } catch (thrown) {
      const error = toTorgError(thrown, 'hub.internal')
      const pauseMs = pausesMs[attempt]
      if (error.class === 'permanent' || pauseMs === undefined) throw error
      await sleep(pauseMs)
    }
  }
}

/** A line that PostgreSQL or the hub's rules refuse is refused alone. */
export async function saveLine(line: Line, row: Pick<Row, 'text'>, save: Save): Promise<Outcome> {
  if ('refused' in line) return line
  const { write, present } = line
  try {
    const [saved] = await patiently(() => save([write]))
    const outcome = saved?.outcome ?? 'unchanged'
    const removed = write.operation === 'remove' && (outcome === 'updated' || outcome === 'created')
    return { present, saved: removed ? 'removed' : outcome === 'erased' ? 'stale' : outcome }
  } catch (thrown) {
    const error = toTorgError(thrown, 'hub.internal')
    if (error.class !== 'permanent') throw error
    return { present, refused: refuse({ line: line.line, text: row.text }, error) }
  }
}
