/** How far a polling source has read. */
import { TorgError } from '../../runtime/errors.ts'
import { instantOf } from './paths.ts'

export interface PollCursor {
  /** Newest time of the last complete round, ISO 8601 UTC; null before the first. */
  since: string | null
  /** Newest time seen so far, also in a round that is not complete. */
  newest: string | null
  /** What leads to the next page of the round that goes on; null where a new round begins. */
  page: string | null
}

export type CursorFormat = 'iso' | 'iso-seconds' | 'date' | 'seconds' | 'milliseconds'

/** A stored cursor; what was stored by something else counts as none. */
export function readCursor(stored: unknown): PollCursor {
  const text = (name: string): string | null => {
    const value = stored !== null && typeof stored === 'object' ? Object.entries(stored).find(([key]) => key === name)?.[1] : null
    return typeof value === 'string' ? value : null
  }
  return { since: text('since'), newest: text('newest'), page: text('page') }
}

/** The time to ask from: the newest seen less the overlap, or the configured start. */
export function sinceOf(cursor: PollCursor, config: { start: string, overlap: number }): Date {
  if (cursor.since !== null) return new Date(Date.parse(cursor.since) - config.overlap * 1000)
  const start = instantOf(config.start)
  if (start === null) throw new TorgError('flow.invalid', { detail: `rest poll: the first time ${JSON.stringify(config.start)} is not a time`, next: 'Write it as 2026-01-31T12:00:00Z and deploy.' })
  return new Date(start)
}

/** A time as the system wants it in the query. */
export function formatCursor(time: Date, format: CursorFormat): string {
  switch (format) {
    case 'iso': return time.toISOString()
    case 'iso-seconds': return time.toISOString().replace(/\.\d+Z$/, 'Z')
    case 'date': return time.toISOString().slice(0, 10)
    case 'seconds': return String(Math.floor(time.getTime() / 1000))
    case 'milliseconds': return String(time.getTime())
  }
}
