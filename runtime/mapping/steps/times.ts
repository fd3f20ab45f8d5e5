/** Steps on moments and dates. No clock: only what the value and the zone say. */
import { Decimal } from '../../model/decimals.ts'
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

const quarterMs = 900_000
/** Offsets from UTC by zone and quarter of an hour, within which no zone has changed its clocks since 1973; asking Intl takes a hundred times as long. */
const offsets = new Map<string, Map<number, number>>()
const mostOffsets = 10_000
const steadySince = Date.UTC(1973)

function offsetAt(time: number, timeZone: string): number {
  if (time < steadySince) return readOffset(time, timeZone)
  let known = offsets.get(timeZone)
  if (!known) offsets.set(timeZone, known = new Map())
  const quarter = Math.floor(time / quarterMs)
  let offset = known.get(quarter)
  if (offset === undefined) {
    if (known.size >= mostOffsets) known.clear()
    known.set(quarter, offset = readOffset(quarter * quarterMs, timeZone))
  }
  return offset
}

/** How far the clocks of a zone are ahead of UTC at a moment, milliseconds. */
function readOffset(time: number, timeZone: string): number {
  const parts = new Map(formatOf(timeZone).formatToParts(time).map(part => [part.type, Number(part.value)]))
  const of = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0
  return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second')) - Math.floor(time / 1000) * 1000
}

function wallTime(moment: Date, timeZone: string): WallTime {
  const wall = new Date(moment.getTime() + offsetAt(moment.getTime(), timeZone))
  return {
    year: wall.getUTCFullYear(), month: wall.getUTCMonth() + 1, day: wall.getUTCDate(),
    hour: wall.getUTCHours(), minute: wall.getUTCMinutes(), second: wall.getUTCSeconds(), millisecond: wall.getUTCMilliseconds(),
  }
}

const asUtc = ({ year, month, day, hour, minute, second, millisecond }: WallTime) => Date.UTC(year, month - 1, day, hour, minute, second, millisecond)

/** The moment at which a zone's clocks show a wall time. In the hour that comes twice, the first; in the one left out, as if clocks had not yet changed. */
function momentOf(wall: WallTime, timeZone: string): Date {
  const guess = asUtc(wall)
  const day = 86_400_000
  const [before, after] = [guess - offsetAt(guess - day, timeZone), guess - offsetAt(guess + day, timeZone)]
  return new Date(asUtc(wallTime(new Date(before), timeZone)) === guess || before === after ? before : asUtc(wallTime(new Date(after), timeZone)) === guess ? after : before)
}

const iso = /^(\d{4})-?(\d{2})-?(\d{2})(?:[T ](\d{2}):?(\d{2})(?::?(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?)?$/i

function existing(wall: WallTime, value: unknown): WallTime {
  const date = new Date(asUtc(wall))
  if (date.getUTCMonth() + 1 !== wall.month || date.getUTCDate() !== wall.day || wall.hour > 23 || wall.minute > 59 || wall.second > 59) throw new ValueError('is a date or time that does not exist', value)
  return wall
}

/** Milliseconds of the form nearly all systems write, `2025-11-03T09:30:00.000Z` or with an offset; undefined for any other text. */
function parseUsual(text: string): number | undefined {
  const { length } = text
  if (length < 20 || length > 29 || text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45 || text.charCodeAt(10) !== 84 || text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58) return undefined
  const two = (at: number): number => {
    const [tens, ones] = [text.charCodeAt(at) - 48, text.charCodeAt(at + 1) - 48]
    return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN
  }
  let end = 19
  let millisecond = 0
  if (text.charCodeAt(19) === 46) {
    millisecond = two(20) * 10 + two(21) % 10
    end = 23
  }
  let offset = 0
  const sign = text.charCodeAt(end)
  if (sign === 90 && length === end + 1) offset = 0
  else if ((sign === 43 || sign === 45) && length === end + 6 && text.charCodeAt(end + 3) === 58) offset = (sign === 43 ? 60_000 : -60_000) * (two(end + 1) * 60 + two(end + 4))
  else return undefined
  const [year, month, day, hour, minute, second] = [two(0) * 100 + two(2), two(5), two(8), two(11), two(14), two(17)]
  // Whatever does not exist, or is no number, is told by the exact way. Years before 100 mean another century to Date.UTC.
  if (!(year >= 100 && month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour <= 23 && minute <= 59 && second <= 59 && millisecond >= 0)) return undefined
  const time = Date.UTC(year, month - 1, day, hour, minute, second, millisecond)
  if (day > 28 && new Date(time).getUTCDate() !== day) return undefined
  return Number.isNaN(offset) ? undefined : time - offset
}

/**
 * A date, or a moment with or without an offset, as the moment it means in a time zone.
 * @throws ValueError where it is none, Error where the zone does not exist
 */
export function parseInstant(value: unknown, timeZone: string | undefined): Date {
  const usual = typeof value === 'string' ? parseUsual(value) : undefined
  if (usual !== undefined) return new Date(usual)
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

/** Letters of a format -> what they write. */
const writers: Readonly<Record<string, (wall: WallTime) => string>> = {
  YYYY: wall => String(wall.year).padStart(4, '0'), YY: wall => two(wall.year % 100), MM: wall => two(wall.month), DD: wall => two(wall.day),
  HH: wall => two(wall.hour), mm: wall => two(wall.minute), ss: wall => two(wall.second),
}

export const timeSteps: readonly AnyStep[] = [
  defineStep({
    name: 'instant',
    label: { en: 'As moment (UTC)', nb: 'Som tidspunkt (UTC)', sv: 'Som tidpunkt (UTC)' },
    help: { en: 'Reads an ISO 8601 time, or seconds or milliseconds since 1970, as a moment in UTC. A time without offset needs the zone.', nb: 'Leser en ISO 8601-tid, eller sekunder eller millisekunder siden 1970, som tidspunkt i UTC. En tid uten UTC-avvik trenger sonen.', sv: 'Läser en ISO 8601-tid, eller sekunder eller millisekunder sedan 1970, som tidpunkt i UTC. En tid utan UTC-avvikelse behöver zonen.' },
    takes: 'text', gives: 'instant',
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
      const factor = new Decimal(given.format === 'seconds' ? 1000 : 1)
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
    takes: 'text', gives: 'text',
    parameters: { format: { type: 'text', required: true, label: { en: 'Format', nb: 'Format', sv: 'Format' } }, zone: { ...zone, default: 'UTC' } },
    examples: [{ input: '2025-11-03T09:30:00Z', parameters: { format: 'DD.MM.YYYY HH:mm', zone: 'Europe/Oslo' }, output: '03.11.2025 10:30' }],
    create: given => {
      formatOf(given.zone)
      const pieces = given.format.split(/(YYYY|YY|MM|DD|HH|mm|ss)/).map(piece => writers[piece] ?? (() => piece))
      return value => {
        const text = toText(value)
        // A date without a time is that day everywhere.
        const timeZone = text.length === 10 && /^\d{4}-\d{2}-\d{2}$/.test(text) ? 'UTC' : given.zone
        const wall = wallTime(parseInstant(text, timeZone), timeZone)
        let written = ''
        for (const write of pieces) written += write(wall)
        return written
      }
    },
  }),
]
