/** The period of a proof, as people give it. */
import { TorgError } from '../errors.ts'
import { parseInstant } from '../mapping/steps/times.ts'
import type { CensusPeriod } from '../store/census-types.ts'

const standardDays = 7
const dayMs = 86_400_000
const isDate = (text: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(text)

/**
 * Reads from, to and zone. A date is a whole day of the zone (UTC without one), also at the end; anything more exact is a moment, and the
 * end is excluded. Without them: the last seven days, until now.
 *
 * @throws TorgError `request.invalid`
 */
export function readPeriod({ from, to, zone = 'UTC' }: { from?: string | undefined, to?: string | undefined, zone?: string | undefined }, now: Date): CensusPeriod {
  const read = (text: string, name: string): Date => {
    try {
      return parseInstant(text, zone)
    } catch (thrown) {
      throw new TorgError('request.invalid', { detail: `${name}: "${text}" cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}.`, next: 'Write a day (2026-01-31) or a moment (2026-01-31T12:00:00Z), and a time zone such as Europe/Oslo.' })
    }
  }
  /** 26 hours later it is the next day everywhere, whatever the clocks did. */
  const dayAfter = (text: string): string => new Date(Date.parse(text) + 26 * 3_600_000).toISOString().slice(0, 10)
  const start = from === undefined ? read(dayOf(new Date(now.getTime() - (standardDays - 1) * dayMs), zone), 'from') : read(from, 'from')
  const end = to === undefined ? now : isDate(to) ? read(dayAfter(to), 'to') : read(to, 'to')
  if (end <= start) throw new TorgError('request.invalid', { detail: `The period ends (${end.toISOString()}) before it begins (${start.toISOString()}).`, next: 'Give an earlier from or a later to.' })
  return { from: start.toISOString(), to: end.toISOString(), zone }
}

/** The day of a moment in a zone. */
function dayOf(moment: Date, zone: string): string {
  try {
    return new Intl.DateTimeFormat('sv-SE', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(moment)
  } catch (cause) {
    throw new TorgError('request.invalid', { detail: `There is no time zone "${zone}".`, next: 'Use a name such as Europe/Oslo.', cause })
  }
}
