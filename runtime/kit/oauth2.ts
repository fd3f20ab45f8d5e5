/** OAuth2 client credentials (RFC 6749, 4.4): one token at a time, fetched when it is needed and kept until shortly before it ends. */
import { TorgError } from '../errors.ts'
import { exchange, networkReason, type Exchanged } from './exchange.ts'
import { parseBody } from './http-answer.ts'

export interface TokenSource {
  /** A valid access token. Concurrent callers share one request. */
  token(): Promise<string>
  /** The system refused this token: fetch a new one next time, unless that has happened already. */
  invalidate(token: string): void
}

interface TokenOptions {
  tokenUrl: string
  clientId: string
  clientSecret: string
  scope?: string
  clientAuth?: 'header' | 'body'
  systemKey: string
  timeoutMs: number
  mask(text: string): string
}

const maxAnswerBytes = 100_000
/** Where the answer does not tell how long the token lives. */
const assumedLifetimeS = 300
/** A token is not used in its last minute, or its last tenth where it lives shorter. */
const marginMs = 60_000

/** The token source of one system. */
export function createTokenSource(options: TokenOptions): TokenSource {
  let current: { value: string, until: number } | undefined
  let pending: Promise<string> | undefined

  async function refresh(): Promise<string> {
    const fetched = await fetchToken(options)
    const lifetimeMs = fetched.expiresIn * 1000
    current = { value: fetched.token, until: performance.now() + lifetimeMs - Math.min(marginMs, lifetimeMs / 10) }
    return fetched.token
  }

  return {
    async token() {
      if (current && performance.now() < current.until) return current.value
      pending ??= refresh().finally(() => { pending = undefined })
      return await pending
    },
    invalidate(token) { if (current?.value === token) current = undefined },
  }
}

async function fetchToken(options: TokenOptions): Promise<{ token: string, expiresIn: number }> {
  const { tokenUrl, clientId, clientSecret, scope, systemKey, timeoutMs, mask } = options
  const inBody = options.clientAuth === 'body'
  const form = new URLSearchParams({ grant_type: 'client_credentials', ...(scope && { scope }), ...(inBody && { client_id: clientId, client_secret: clientSecret }) })
  // Both parts are form-encoded before they are joined: RFC 6749, 2.3.1.
  const login = inBody ? undefined : `Basic ${Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`).toString('base64')}`
  const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json', ...(login !== undefined && { authorization: login }) }
  let answer: Exchanged
  try {
    answer = await exchange({ method: 'POST', url: new URL(tokenUrl), headers, body: form.toString(), timeoutMs, signal: undefined, maxBytes: maxAnswerBytes })
  } catch (thrown) {
    throw new TorgError('system.unavailable', { detail: mask(`${systemKey}: no access token could be fetched: ${networkReason(thrown)}`) })
  }
  const { status, text } = answer
  if (status < 200 || status > 299) {
    const detail = mask(`${systemKey}: the token address answered ${status}: ${text.trim().slice(0, 300)}`)
    const passing = status === 429 || status === 408 || status >= 500
    throw new TorgError(passing ? 'system.unavailable' : 'system.credentials', detail)
  }
  const body = parseBody(text, answer.header('content-type'))
  const token = body !== null && typeof body === 'object' && 'access_token' in body ? body.access_token : undefined
  if (typeof token !== 'string' || token === '') throw new TorgError('system.credentials', { detail: `${systemKey}: the answer of the token address holds no access_token`, next: 'Check the token address of the system named.' })
  const expiresIn = body !== null && typeof body === 'object' && 'expires_in' in body ? Number(body.expires_in) : Number.NaN
  return { token, expiresIn: expiresIn > 0 ? expiresIn : assumedLifetimeS }
}
