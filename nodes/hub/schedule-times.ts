/** When a schedule is due. Pure: no clock, no I/O. */
import { CronExpressionParser, type CronExpression } from 'cron-parser'
import { TorgError } from '../../runtime/errors.ts'

/** What happens to times that passed while no process could run them. */
export type MissedRule = 'skip' | 'once' | 'all'

export interface Schedule {
  /** Five fields: minute, hour, day of month, month, day of week. */
  expression: string
  /** IANA name, for example `Europe/Oslo`. */
  zone: string
  missed: MissedRule
  /** With `all`: so many at most, the newest. */
  most: number
}

/** One time of a schedule. */
export interface DueTime { at: Date, missed: boolean }

/** Later than this, a time counts as missed: longer than a deploy usually takes. Milliseconds. */
const lateMs = 60_000
/** Looked through at most, so that an outage of a year does not hold up the process. */
const mostSteps = 2_000
/** Beyond these only the last day counts. */
const fallbackMs = 24 * 3_600_000

/** @throws TorgError `flow.invalid` where it is no cron expression of five fields */
export function checkExpression(expression: string): void {
  // H is another time in every process.
  if (expression.trim().split(/\s+/).length !== 5 || /(?:^|[\s,])H/.test(expression)) throw invalid(`"${expression}" is no cron expression of five fields (minute, hour, day of month, month, day of week), such as "30 6 * * 1-5"`)
  try {
    CronExpressionParser.parse(expression)
  } catch (cause) {
    throw invalid(`"${expression}" is no cron expression: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
}

/** @throws TorgError `flow.invalid` where no such time zone is known */
export function checkZone(zone: string): void {
  try {
    Intl.DateTimeFormat('en', { timeZone: zone })
  } catch {
    throw invalid(`"${zone}" is no time zone; name one such as Europe/Oslo or UTC`)
  }
}

/** The first time after an instant. A time that does not exist is moved to the next instant that does, one that exists twice counts once. */
export function nextTime(schedule: Schedule, after: Date): Date {
  return parse(schedule, after).next().toDate()
}

/**
 * The times to run of those after `after` up to `now`, in order, and the last of all of them, from which to go on.
 * @param after the last time that was looked at
 */
export function dueTimes(schedule: Schedule, { after, now }: { after: Date, now: Date }): { due: DueTime[], last: Date } {
  const times = timesBetween(schedule, after, now) ?? timesBetween(schedule, new Date(now.getTime() - fallbackMs), now) ?? []
  const passed = times.map((at): DueTime => ({ at, missed: now.getTime() - at.getTime() > lateMs }))
  const missed = passed.filter((time) => time.missed)
  const kept = { skip: 0, once: 1, all: schedule.most }[schedule.missed]
  return { due: [...kept === 0 ? [] : missed.slice(-kept), ...passed.slice(missed.length)], last: times.at(-1) ?? after }
}

/** Undefined: too many. */
function timesBetween(schedule: Schedule, after: Date, now: Date): Date[] | undefined {
  const expression = parse(schedule, after)
  const times: Date[] = []
  for (let steps = 0; steps < mostSteps; steps += 1) {
    const at = expression.next().toDate()
    if (at > now) return times
    times.push(at)
  }
  return undefined
}

const parse = ({ expression, zone }: Schedule, after: Date): CronExpression => CronExpressionParser.parse(expression, { currentDate: after, tz: zone })

const invalid = (detail: string): TorgError => new TorgError('flow.invalid', { detail })
