/** What the end of a run says of the system behind its lane. Pure. */
import type { ErrorCode } from '../errors.ts'
import type { RunOutcome } from '../runs/types.ts'
import type { SystemVerdict, WorkOutcome } from '../store/types.ts'

/** The system did what it is there for, though not what was asked. */
const answers: ReadonlySet<ErrorCode> = new Set(['system.refused', 'system.credentials', 'system.conflict', 'system.throttled'])

/**
 * Judges a run that failed; one that is done needs no verdict. No connection, no answer in time and 5xx are failures of the system.
 * What the hub, the mapping or a slow node got wrong says nothing of it.
 * @param breakAfter failures in a row at which the lane opens; 0: never
 */
export function judge(outcome: RunOutcome, result: WorkOutcome, breakAfter: number): SystemVerdict | undefined {
  if (outcome.outcome !== 'failed') return undefined
  const { code, retryAfterMs } = outcome.error
  if (code === 'system.unavailable') return { answered: false, breakAfter, ...(retryAfterMs !== undefined && { throttleMs: retryAfterMs }) }
  // A system that wants less, but does not say until when, is left alone for the pause of the one it told.
  if (code === 'system.throttled') return { answered: true, breakAfter, throttleMs: retryAfterMs ?? (result.outcome === 'retry' ? result.dueInMs : 0) }
  return answers.has(code) ? { answered: true, breakAfter } : undefined
}
