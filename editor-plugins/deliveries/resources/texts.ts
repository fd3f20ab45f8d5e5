/// <reference lib="dom" />
/** Texts, times and numbers in the language of the editor. */

/** A text of this plugin's catalogue. */
export function text(key: string, options?: Record<string, unknown>): string {
  return RED._(`torg-nodes/deliveries:${key}`, options)
}

/** One text for 1, another for other numbers: `<key>.one`, `<key>.other`. */
export const counted = (key: string, count: number): string => text(`${key}.${count === 1 ? 'one' : 'other'}`, { count: formatCount(count) })

type Language = 'en' | 'nb' | 'sv'
const languageNow = (): Language => (['nb', 'sv'] as const).find((known) => known === text('language')) ?? 'en'

/** What has a name in each language. */
export const nameOf = (label: Readonly<Record<Language, string>> | null | undefined, otherwise: string): string => label?.[languageNow()] ?? otherwise

export const formatCount = (count: number): string => new Intl.NumberFormat(languageNow()).format(count)

const units = [['day', 86_400_000], ['hour', 3_600_000], ['minute', 60_000], ['second', 1_000]] as const

/** How long something took or waits, in its largest unit: `3 min`. */
export function formatDuration(ms: number): string {
  if (ms > 0 && ms < 1_000) return `${Math.round(ms)} ms`
  const [unit, length] = units.find(([, length]) => ms >= length) ?? ['second', 1_000]
  return new Intl.NumberFormat(languageNow(), { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: 0 }).format(Math.floor(ms / length))
}

/** `3 minutes ago`. */
export function formatAgo(at: string, now = Date.now()): string {
  const ms = now - Date.parse(at)
  const [unit, length] = units.find(([, length]) => Math.abs(ms) >= length) ?? ['second', 1_000]
  return new Intl.RelativeTimeFormat(languageNow(), { numeric: 'auto', style: 'short' }).format(-Math.trunc(ms / length), unit)
}

/** Day and time to the second. */
export const formatTime = (at: string): string => new Intl.DateTimeFormat(languageNow(), { dateStyle: 'medium', timeStyle: 'medium' }).format(new Date(at))
/** The time of a moment of today, else with its day. */
export const formatMoment = (at: string): string => formatDay(at) === formatDay(new Date().toISOString()) ? formatClock(at) : formatTime(at)
export const formatDay = (at: string): string => new Intl.DateTimeFormat(languageNow(), { dateStyle: 'full' }).format(new Date(at))
export const formatClock = (at: string): string => new Intl.DateTimeFormat(languageNow(), { timeStyle: 'medium' }).format(new Date(at))
