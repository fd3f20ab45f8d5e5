/**
 * The one HTTP client of a system: base address, authentication, time limit, error classes. Never retries, but
 * for one exception: an OAuth2 token that the system refuses is fetched anew once.
 */
import type { Logger } from 'pino'
import { TorgError } from '../errors.ts'
import { exchange, ExchangeInvalid, ExchangeTimeout, networkReason } from './exchange.ts'
import { headersOf, HttpAnswerError, parseBody, refusal } from './http-answer.ts'
import { buildUrl, checkHeaders, encodeBody, loginHeaders, parseBase, secretsOf } from './http-request.ts'
import { createMask } from './mask.ts'
import { createTokenSource } from './oauth2.ts'

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

const defaultTimeoutMs = 30_000
const defaultMaxBodyBytes = 20 * 1024 * 1024

/**
 * The HTTP client of one system. Connections are kept alive and shared by the process.
 * @throws flow.invalid where the base address, a header or the login cannot be used
 */
export function createHttp(options: HttpOptions & { log: Logger, systemKey: string }): Http {
  const { auth, log, systemKey } = options
  const base = parseBase(options.baseUrl, systemKey)
  const fixedHeaders = checkHeaders(options.headers ?? {}, { systemKey, code: 'flow.invalid' })
  const login = checkHeaders(loginHeaders(auth), { systemKey, code: 'flow.invalid' })
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs
  const maxBodyBytes = options.maxBodyBytes ?? defaultMaxBodyBytes
  const secrets = secretsOf(auth)
  const knownMask = createMask(secrets)
  const tokens = auth.type === 'oauth2' ? createTokenSource({ ...auth, systemKey, timeoutMs, mask: knownMask }) : undefined

  async function send(request: HttpRequest, url: URL, token: string | undefined): Promise<HttpResponse> {
    const mask = (text: string): string => (token === undefined ? knownMask : createMask([...secrets, token]))(text)
    const body = encodeBody(request.body)
    const headers = {
      accept: 'application/json',
      // Pages that are read may be large; what is written is answered briefly.
      ...(request.method === 'GET' && { 'accept-encoding': 'gzip, br' }),
      ...(body.json && { 'content-type': 'application/json' }),
      ...fixedHeaders,
      ...checkHeaders({ ...request.headers, ...(request.idempotencyKey !== undefined && { 'idempotency-key': request.idempotencyKey }) }, { systemKey, code: 'request.invalid' }),
      ...login,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    }
    const place = (): string => `${request.method} ${url.origin}${url.pathname}`
    const startedAt = performance.now()
    try {
      const answer = await exchange({ method: request.method, url, headers, body: body.bytes, timeoutMs, signal: request.signal, maxBytes: maxBodyBytes })
      const { status } = answer
      if (log.isLevelEnabled('debug')) log.debug({ system: systemKey, method: request.method, path: url.pathname, status, ms: Math.round(performance.now() - startedAt) }, 'HTTP request')
      if (status < 200 || status > 299) throw refusal({ systemKey, place: place(), answer, text: mask(answer.text), mask })
      if (answer.cut) throw new TorgError('system.refused', { detail: `${systemKey}: the answer to ${place()} is larger than ${maxBodyBytes} bytes`, next: 'Ask for smaller pages, or for fewer fields.' })
      return { status, get headers() { return headersOf(answer) }, body: parseBody(answer.text, answer.header('content-type')) }
    } catch (thrown) {
      if (thrown instanceof TorgError) throw thrown
      if (request.signal?.aborted) throw new TorgError('run.interrupted', { detail: `${systemKey}: ${place()} was given up because its run ended` })
      if (thrown instanceof ExchangeTimeout) throw new TorgError('system.unavailable', { detail: `${systemKey}: ${place()} gave no answer within ${timeoutMs} ms` })
      if (thrown instanceof ExchangeInvalid) throw new TorgError('request.invalid', { detail: mask(`${systemKey}: ${place()} was not sent: ${thrown.message}`) })
      throw new TorgError('system.unavailable', { detail: mask(`${systemKey}: ${place()} failed: ${networkReason(thrown)}`) })
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
