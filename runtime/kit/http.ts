/**
 * The one HTTP client of a system: base address, authentication, time limit, error classes. Never retries, but
 * for one exception: an OAuth2 token that the system refuses is fetched anew once.
 */
import { validateHeaderName, validateHeaderValue } from 'node:http'
import type { Logger } from 'pino'
import { TorgError } from '../errors.ts'
import { exchange, ExchangeTimeout, type Exchanged } from './exchange.ts'
import { createMask } from './mask.ts'
import { createTokenSource } from './oauth2.ts'
import { parseBody } from './response-body.ts'

/** How a system's HTTP client authenticates. */
export type Auth =
  | { type: 'none' }
  | { type: 'bearer', token: string }
  | { type: 'basic', user: string, password: string }
  | { type: 'header', name: string, value: string }
  | {
    type: 'oauth2'
    tokenUrl: string
    clientId: string
    clientSecret: string
    scope?: string
    /** Where the client's own credentials go: the Authorization header (RFC 6749, 2.3.1) or the form. @defaultValue 'header' */
    clientAuth?: 'header' | 'body'
  }

export interface HttpOptions {
  baseUrl: string
  auth: Auth
  /** Milliseconds; 30,000 by default. */
  timeoutMs?: number
  headers?: Record<string, string>
  /** Largest answer that is read, in bytes. @defaultValue 20 MiB */
  maxBodyBytes?: number
}

export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Relative to the system's base address. A full URL is taken only on the same host (a link to the next page). */
  path: string
  query?: Record<string, string | number | undefined>
  headers?: Record<string, string>
  /** An object is sent as JSON; a string or Buffer as it is. */
  body?: unknown
  /** Sent as `Idempotency-Key`. */
  idempotencyKey?: string
  signal?: AbortSignal
}
export interface HttpResponse {
  status: number
  headers: Headers
  /** Parsed JSON where the answer is JSON, else text. */
  body: unknown
}

/**
 * Answers of 2xx resolve. Everything else throws a TorgError: network, time-out, 408, 425, 5xx `system.unavailable`;
 * 429 `system.throttled` with Retry-After; 401 and 403 `system.credentials`; 409 `system.conflict`; other 4xx and
 * redirects `system.refused`, with status and body in the cause ({@link HttpAnswerError}). A request whose run has
 * ended meanwhile throws `run.interrupted`.
 */
export interface Http { request(request: HttpRequest): Promise<HttpResponse> }

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

const defaultTimeoutMs = 30_000
const defaultMaxBodyBytes = 20 * 1024 * 1024
/** A system that asks for more than this is asked again after this. */
const maxRetryAfterMs = 60 * 60 * 1000
const shownBodyChars = 2000

/** The HTTP client of one system. Connections are kept alive and shared by the process. */
export function createHttp(options: HttpOptions & { log: Logger, systemKey: string }): Http {
  const { auth, log, systemKey } = options
  const base = parseBase(options.baseUrl, systemKey)
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs
  const maxBodyBytes = options.maxBodyBytes ?? defaultMaxBodyBytes
  const secrets = secretsOf(auth)
  const knownMask = createMask(secrets)
  const tokens = auth.type === 'oauth2' ? createTokenSource({ ...auth, systemKey, timeoutMs, mask: knownMask }) : undefined

  async function send(request: HttpRequest, url: URL, token: string | undefined): Promise<HttpResponse> {
    const mask = token === undefined ? knownMask : createMask([...secrets, token])
    const body = encodeBody(request.body)
    const headers = buildHeaders([
      ['accept', 'application/json'],
      // Pages that are read may be large; what is written is answered briefly.
      ...(request.method === 'GET' ? [['accept-encoding', 'gzip, br'] as const] : []), ...(body.json ? [['content-type', 'application/json'] as const] : []),
      ...Object.entries(options.headers ?? {}), ...Object.entries(request.headers ?? {}),
      ...(request.idempotencyKey === undefined ? [] : [['idempotency-key', request.idempotencyKey] as const]),
      ...authorization(auth, token),
    ], systemKey)
    const place = `${request.method} ${url.origin}${url.pathname}`
    const startedAt = performance.now()
    try {
      const answer = await exchange({ method: request.method, url, headers, body: body.bytes, timeoutMs, signal: request.signal, maxBytes: maxBodyBytes })
      const { status } = answer
      if (log.isLevelEnabled('debug')) log.debug({ system: systemKey, method: request.method, path: url.pathname, status, ms: Math.round(performance.now() - startedAt) }, 'HTTP request')
      if (status < 200 || status > 299) throw refusal({ systemKey, place, answer, text: mask(answer.text), mask })
      if (answer.cut) throw new TorgError('system.refused', { detail: `${systemKey}: the answer to ${place} is larger than ${maxBodyBytes} bytes`, next: 'Ask for smaller pages, or for fewer fields.' })
      return { status, get headers() { return headersOf(answer) }, body: parseBody(answer.text, answer.header('content-type')) }
    } catch (thrown) {
      if (thrown instanceof TorgError) throw thrown
      if (request.signal?.aborted) throw new TorgError('run.interrupted', { detail: `${systemKey}: ${place} was given up because its run ended` })
      if (thrown instanceof ExchangeTimeout) throw new TorgError('system.unavailable', { detail: `${systemKey}: ${place} gave no answer within ${timeoutMs} ms` })
      throw new TorgError('system.unavailable', { detail: mask(`${systemKey}: ${place} failed: ${networkReason(thrown)}`) })
    }
  }

  return {
    async request(request) {
      const url = buildUrl(base, request, systemKey)
      if (!tokens) return await send(request, url, undefined)
      const token = await tokens.token()
      try {
        return await send(request, url, token)
      } catch (thrown) {
        const refused = thrown instanceof TorgError && thrown.cause instanceof HttpAnswerError && thrown.cause.status === 401
        if (!refused) throw thrown
        tokens.invalidate(token)
        return await send(request, url, await tokens.token())
      }
    },
  }
}

function parseBase(baseUrl: string, systemKey: string): URL {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined
  if (!url || !/^https?:$/.test(url.protocol)) throw new TorgError('flow.invalid', { detail: `${systemKey}: the base address ${JSON.stringify(baseUrl)} is not an http or https URL`, next: 'Correct the base address of the system and deploy again.' })
  return url
}

function buildUrl(base: URL, request: HttpRequest, systemKey: string): URL {
  const absolute = /^https?:\/\//i.test(request.path)
  const prefix = base.origin + base.pathname.replace(/\/+$/, '')
  const given = absolute ? request.path : `${prefix}${request.path === '' || /^[/?]/.test(request.path) ? '' : '/'}${request.path}`
  const url = URL.canParse(given) ? new URL(given) : undefined
  if (!url) throw new TorgError('request.invalid', { detail: `${systemKey}: ${JSON.stringify(request.path)} makes no valid address` })
  if (url.origin !== base.origin) throw new TorgError('system.refused', { detail: `${systemKey}: ${url.origin} is another host than the system's own ${base.origin}; credentials are not sent there` })
  for (const [name, value] of base.searchParams) if (!url.searchParams.has(name)) url.searchParams.append(name, value)
  for (const [name, value] of Object.entries(request.query ?? {})) if (value !== undefined) url.searchParams.set(name, String(value))
  return url
}

function encodeBody(body: unknown): { bytes?: string | Uint8Array, json: boolean } {
  if (body === undefined || body === null) return { json: false }
  if (typeof body === 'string') return { bytes: body, json: false }
  if (body instanceof Uint8Array) return { bytes: body, json: false }
  return { bytes: JSON.stringify(body), json: true }
}

/** Later ones replace earlier ones of the same name. */
function buildHeaders(given: readonly (readonly [string, string])[], systemKey: string): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of given) {
    try {
      validateHeaderName(name)
      validateHeaderValue(name, value)
      headers[name.toLowerCase()] = value
    } catch {
      // The platform's own message may repeat the value, which may be a secret.
      throw new TorgError('request.invalid', { detail: `${systemKey}: the header ${JSON.stringify(name)} has a name or value that HTTP does not allow (a line break, perhaps)`, next: 'Correct the header or secret of that name.' })
    }
  }
  return headers
}

function headersOf({ headers }: Exchanged): Headers {
  return new Headers(Object.entries(headers).flatMap(([name, value]) => value === undefined ? [] : [value].flat().map((each): [string, string] => [name, each])))
}

function authorization(auth: Auth, token: string | undefined): (readonly [string, string])[] {
  switch (auth.type) {
    case 'bearer': return [['authorization', `Bearer ${auth.token}`]]
    case 'basic': return [['authorization', `Basic ${Buffer.from(`${auth.user}:${auth.password}`).toString('base64')}`]]
    case 'header': return [[auth.name, auth.value]]
    case 'oauth2': return [['authorization', `Bearer ${token ?? ''}`]]
    case 'none': return []
  }
}

function secretsOf(auth: Auth): string[] {
  switch (auth.type) {
    case 'bearer': return [auth.token]
    case 'basic': return [auth.password, Buffer.from(`${auth.user}:${auth.password}`).toString('base64')]
    case 'header': return [auth.value]
    case 'oauth2': return [auth.clientSecret, Buffer.from(`${auth.clientId}:${auth.clientSecret}`).toString('base64')]
    case 'none': return []
  }
}

function refusal({ systemKey, place, answer, text, mask }: { systemKey: string, place: string, answer: Exchanged, text: string, mask(text: string): string }): TorgError {
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

/** What went wrong below HTTP: `ECONNREFUSED`, a certificate, a closed socket. */
function networkReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return error.message || code || error.name
}
