/** When a failed attempt is made again, and when a person is asked. Pure. */
import type { ErrorCode, TorgError } from '../errors.ts'

/** First pause, milliseconds; doubles with every attempt. */
const firstPauseMs = 1_000
const longestPauseMs = 10 * 60_000
/** About eight hours of attempts with the pauses above. */
const usualAttempts = 55
/** A node that never completes rarely does so later, and holds a place for its whole limit each time. */
const attemptsByCode: Partial<Record<ErrorCode, number>> = { 'run.time-limit': 3 }

/** The hub itself could not: no fault of the message or its system, so no reason to ever give up, nor to wait long once it can again. */
export const isOwnFailure = ({ code }: Pick<TorgError, 'code'>): boolean => code === 'hub.unavailable' || code === 'hub.full'
const longestOwnPauseMs = 15_000

/** `free`: the attempt does not count as one of those the work has. */
export type Decision = { again: true, dueInMs: number, free?: true } | { again: false }

/**
 * Decides on a failed run.
 * @param attempts ended attempts including this one
 * @param random 0 to 1, for the jitter
 * @param probe the lane was open: that its system still fails is nothing new of this work, and the lane decides when it is tried next
 */
export function decideRetry({ error, attempts, random, probe = false }: { error: Pick<TorgError, 'class' | 'code' | 'retryAfterMs'>, attempts: number, random: number, probe?: boolean }): Decision {
  if (error.class === 'permanent') return { again: false }
  if (probe && error.code === 'system.unavailable') return { again: true, dueInMs: 0, free: true }
  const own = isOwnFailure(error)
  if (!own && attempts >= (attemptsByCode[error.code] ?? usualAttempts)) return { again: false }
  const pause = Math.min(own ? longestOwnPauseMs : longestPauseMs, firstPauseMs * 2 ** Math.min(attempts - 1, 20))
  // Half of the pause is jitter, so that a system that comes back is not met by everybody at once.
  const jittered = pause / 2 + random * pause / 2
  return { again: true, dueInMs: Math.round(Math.max(jittered, error.retryAfterMs ?? 0)) }
}
