/** Steps on moments and dates. No clock: only what the value and the zone say. */
import { ValueError } from '../read.ts'
import { defineStep, type AnyStep } from '../step.ts'
import { toDecimal, toText } from '../values.ts'
import { zone } from './parameters.ts'

/** Date and time of day as a calendar on the wall shows them. */
interface WallTime { year: number, month: number, day: number, hour: number, minute: number, second: number, millisecond: number }

const formats = new Map<string, Intl.DateTimeFormat>()

/** Throws Error for a zone that does not exist. */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone)
  if (!format) {
    try {
      format = new Intl.DateTimeFormat('en-GB', { timeZone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', era: 'short' })
    } catch { throw new Error(`there is no time zone ${timeZone}; use a name such as Europe/Oslo`) }
    formats.set(timeZone, format)
  }
  return format
}

function wallTime(moment: Date, timeZone: string): WallTime {
  const parts = new Map(formatOf(timeZone).formatToParts(moment).map(part => [part.type, Number(part.value)]))
  const of = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0
  return { year: of('year'), month: of('month'), day: of('day'), hour: of('hour'), minute: of('minute'), second: of('second'), millisecond: moment.getUTCMilliseconds() }
}

const asUtc = ({ year, month, day, hour, minute, second, millisecond }: WallTime) => Date.UTC(year, month - 1, day, hour, minute, second, millisecond)

/** The moment at which a zone's clocks show a wall time. In the hour that comes twice, the first; in the one left out, as if clocks had not yet changed. */
function momentOf(wall: WallTime, timeZone: string): Date {
  const guess = asUtc(wall)
  const offsetAt = (time: number) => asUtc(wallTime(new Date(time), timeZone)) - time
  const day = 86_400_000
  const [before, after] = [guess - offsetAt(guess - day), guess - offsetAt(guess + day)]
  return new Date(asUtc(wallTime(new Date(before), timeZone)) === guess || before === after ? before : asUtc(wallTime(new Date(after), timeZone)) === guess ? after : before)
}

const iso = /^(\d{4})-?(\d{2})-?(\d{2})(?:[T ](\d{2}):?(\d{2})(?::?(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?)?$/i

function existing(wall: WallTime, value: unknown): WallTime {
  const date = new Date(asUtc(wall))
  if (date.getUTCMonth() + 1 !== wall.month || date.getUTCDate() !== wall.day || wall.hour > 23 || wall.minute > 59 || wall.second > 59) throw new ValueError('is a date or time that does not exist', value)
  return wall
}

/**
 * A date, or a moment with or without an offset, as the moment it means in a time zone.
 * @throws ValueError where it is none, Error where the zone does not exist
 */
export function parseInstant(value: unknown, timeZone: string | undefined): Date {
  const match = iso.exec(toText(value).trim())
  if (!match) throw new ValueError('is not a moment such as 2025-11-03T09:30:00+01:00', value)
  const [, year, month, day, hour, minute, second, fraction, offset] = match
  const wall = existing({ year: Number(year), month: Number(month), day: Number(day), hour: Number(hour ?? 0), minute: Number(minute ?? 0), second: Number(second ?? 0), millisecond: Number((fraction ?? '').padEnd(3, '0').slice(0, 3)) }, value)
  if (offset === undefined) {
    if (timeZone === undefined) throw new ValueError('has no offset from UTC; give the step a zone, such as Europe/Oslo', value)
    return momentOf(wall, timeZone)
  }
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})?$/.exec(offset) ?? []
  return new Date(asUtc(wall) - (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000)
}

/** Letters of a date pattern -> what they match. */
const pieces: Readonly<Record<string, string>> = { YYYY: '(?<YYYY>\\d{4})', YY: '(?<YY>\\d{2})', MM: '(?<MM>\\d{2})', DD: '(?<DD>\\d{2})', M: '(?<M>\\d{1,2})', D: '(?<D>\\d{1,2})' }

function datePattern(format: string): RegExp {
  const source = format.replaceAll(/YYYY|YY|MM|DD|M|D|[^A-Za-z0-9]/g, piece => pieces[piece] ?? `\\${piece}`)
  if (/[A-Za-z]/.test(format.replaceAll(/YYYY|YY|MM|DD|M|D/g, ''))) throw new Error(`the date format "${format}" has letters other than YYYY, YY, MM, DD, M, D`)
  return new RegExp(`^${source}$`)
}

const two = (value: number) => String(value).padStart(2, '0')
const dateText = ({ year, month, day }: Pick<WallTime, 'year' | 'month' | 'day'>) => `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`

export const timeSteps: readonly AnyStep[] = [
  defineStep({
    name: 'instant',
    label: { en: 'As moment (UTC)', nb: 'Som tidspunkt (UTC)', sv: 'Som tidpunkt (UTC)' },
    help: { en: 'Reads an ISO 8601 time, or seconds or milliseconds since 1970, as a moment in UTC. A time without offset needs the zone.', nb: 'Leser en ISO 8601-tid, eller sekunder eller millisekunder siden 1970, som tidspunkt i UTC. En tid uten UTC-avvik trenger sonen.', sv: 'Läser en ISO 8601-tid, eller sekunder eller millisekunder sedan 1970, som tidpunkt i UTC. En tid utan UTC-avvikelse behöver zonen.' },
    takes: 'any', gives: 'instant',
    parameters: {
      zone,
      format: { type: 'choice', options: ['iso', 'seconds', 'milliseconds'], default: 'iso', label: { en: 'Format', nb: 'Format', sv: 'Format' } },
    },
    examples: [
      { input: '2025-11-03T10:30:00+01:00', output: '2025-11-03T09:30:00.000Z' },
      { input: '2025-07-01 08:00:00', parameters: { zone: 'Europe/Oslo' }, output: '2025-07-01T06:00:00.000Z' },
      { input: 1762162200, parameters: { format: 'seconds' }, output: '2025-11-03T09:30:00.000Z' },
    ],
    create: given => {
      if (given.zone !== undefined) formatOf(given.zone)
      const factor = given.format === 'seconds' ? 1000 : 1
      return value => {
        const moment = given.format === 'iso' ? parseInstant(value, given.zone) : new Date(toDecimal(value).times(factor).round(0).toNumber())
        if (Number.isNaN(moment.getTime())) throw new ValueError('is no moment', value)
        return moment.toISOString()
      }
    },
  }),
  defineStep({
    name: 'business-date',
    label: { en: 'Business date of a moment', nb: 'Forretningsdato for et tidspunkt', sv: 'Affärsdatum för en tidpunkt' },
    help: { en: 'The day in a zone at a moment.', nb: 'Dagen i en sone på et tidspunkt.', sv: 'Dagen i en zon vid en tidpunkt.' },
    takes: 'instant', gives: 'date',
    parameters: { zone: { ...zone, required: true } },
    examples: [{ input: '2025-11-02T23:30:00Z', parameters: { zone: 'Europe/Oslo' }, output: '2025-11-03' }],
    create: given => {
      formatOf(given.zone)
      return value => dateText(wallTime(parseInstant(value, given.zone), given.zone))
    },
  }),
  defineStep({
    name: 'date',
    label: { en: 'As date', nb: 'Som dato', sv: 'Som datum' },
    help: { en: 'Reads a date in a format of YYYY, YY (this century), MM, DD, M, D into YYYY-MM-DD.', nb: 'Leser en dato i et format satt sammen av YYYY, YY (dette århundret), MM, DD, M, D til YYYY-MM-DD.', sv: 'Läser ett datum i ett format sammansatt av YYYY, YY (det här seklet), MM, DD, M, D till YYYY-MM-DD.' },
    takes: 'text', gives: 'date',
    parameters: { format: { type: 'text', default: 'YYYY-MM-DD', label: { en: 'Format', nb: 'Format', sv: 'Format' } } },
    examples: [{ input: '3.11.2025', parameters: { format: 'D.M.YYYY' }, output: '2025-11-03' }, { input: 20251103, parameters: { format: 'YYYYMMDD' }, output: '2025-11-03' }],
    create: ({ format }) => {
      const pattern = datePattern(format)
      return value => {
        const found = pattern.exec(toText(value).trim())?.groups
        if (!found) throw new ValueError(`is not a date in the format ${format}`, value)
        const year = found.YYYY === undefined ? 2000 + Number(found.YY) : Number(found.YYYY)
        return dateText(existing({ year, month: Number(found.MM ?? found.M), day: Number(found.DD ?? found.D), hour: 0, minute: 0, second: 0, millisecond: 0 }, value))
      }
    },
  }),
  defineStep({
    name: 'format-date',
    label: { en: 'Write date', nb: 'Skriv dato', sv: 'Skriv datum' },
    help: { en: 'Writes a date or moment in a format of YYYY, YY, MM, DD, HH, mm, ss; a moment in the zone given.', nb: 'Skriver en dato eller et tidspunkt i et format satt sammen av YYYY, YY, MM, DD, HH, mm, ss; et tidspunkt i sonen som er oppgitt.', sv: 'Skriver ett datum eller en tidpunkt i ett format sammansatt av YYYY, YY, MM, DD, HH, mm, ss; en tidpunkt i angiven zon.' },
    takes: 'any', gives: 'text',
    parameters: { format: { type: 'text', required: true, label: { en: 'Format', nb: 'Format', sv: 'Format' } }, zone: { ...zone, default: 'UTC' } },
    examples: [{ input: '2025-11-03T09:30:00Z', parameters: { format: 'DD.MM.YYYY HH:mm', zone: 'Europe/Oslo' }, output: '03.11.2025 10:30' }],
    create: given => {
      formatOf(given.zone)
      return value => {
        const text = toText(value)
        const wall = /^\d{4}-\d{2}-\d{2}$/.test(text) ? wallTime(parseInstant(text, 'UTC'), 'UTC') : wallTime(parseInstant(text, given.zone), given.zone)
        const written: Readonly<Record<string, string>> = { YYYY: String(wall.year).padStart(4, '0'), YY: two(wall.year % 100), MM: two(wall.month), DD: two(wall.day), HH: two(wall.hour), mm: two(wall.minute), ss: two(wall.second) }
        return given.format.replaceAll(/YYYY|YY|MM|DD|HH|mm|ss/g, piece => written[piece] ?? piece)
      }
    },
  }),
]
