/** What the HTTP client makes of a system's answer: a body, or the error that a refusal is. */
import { TorgError } from '../errors.ts'
import type { Exchanged } from './exchange.ts'

/** A system that asks for more than this is asked again after this. */
const maxRetryAfterMs = 60 * 60 * 1000
const shownBodyChars = 2000

/** The answer behind a refusal, as the `cause` of the TorgError. Secrets are masked, what is shown of the body is shortened. */
export class HttpAnswerError extends Error {
  override readonly name = 'HttpAnswerError'
  readonly status: number
  readonly body: string
  /** Not among what a log line shows. */
  readonly #whole: string
  constructor(status: number, whole: string) {
    super(`HTTP ${status}`)
    this.status = status
    this.body = whole.slice(0, shownBodyChars)
    this.#whole = whole
  }

  /** The body as JSON; undefined where it is none. */
  json(): unknown {
    try {
      return JSON.parse(this.#whole)
    } catch {
      return undefined
    }
  }
}

/**
 * The error that an answer other than 2xx is; see the client's `request` for the codes.
 * `place` is method and address for people, `text` the body without secrets.
 */
export function refusal({ systemKey, place, answer, text, mask }: { systemKey: string, place: string, answer: Exchanged, text: string, mask(text: string): string }): TorgError {
  const { status } = answer
  const cause = new HttpAnswerError(status, text)
  const said = text.trim() === '' ? '' : `: ${text.trim().replace(/\s+/g, ' ').slice(0, 300)}`
  const detail = `${systemKey} answered ${status} to ${place}${said}`
  const retryAfterMs = parseRetryAfter(answer.header('retry-after') ?? null)
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs }
  if (status === 429) return new TorgError('system.throttled', { detail, cause, ...wait })
  if (status === 401 || status === 403) return new TorgError('system.credentials', { detail, cause })
  if (status === 409) return new TorgError('system.conflict', { detail, cause, ...wait })
  if (status === 408 || status === 425 || status >= 500) return new TorgError('system.unavailable', { detail, cause, ...wait })
  if (status < 400) {
    const location = answer.header('location')
    return new TorgError('system.refused', { detail: mask(`${systemKey} answered ${status} to ${place}, pointing to ${location ?? 'nowhere'}; redirects are not followed`), cause, next: 'Set the base address of the system to where it points.' })
  }
  return new TorgError('system.refused', { detail, cause })
}

/** Milliseconds from a Retry-After header (RFC 9110, 10.2.3: seconds or an HTTP date), capped; undefined where it says nothing. */
export function parseRetryAfter(value: string | null, now: number = Date.now()): number | undefined {
  if (value === null || value.trim() === '') return undefined
  const text = value.trim()
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(Math.ceil(ms), 0), maxRetryAfterMs)
}

/** The headers of an answer as the platform has them. */
export function headersOf({ headers }: Exchanged): Headers {
  return new Headers(Object.entries(headers).flatMap(([name, value]) => value === undefined ? [] : [value].flat().map((each): [string, string] => [name, each])))
}

/** Parsed where the content type says that it is JSON and it is; else the text. */
export function parseBody(text: string, contentType: string | undefined): unknown {
  if (!/\bjson\b/i.test(contentType ?? '')) return text
  if (text.trim() === '') return null
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
