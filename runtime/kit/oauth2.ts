/** OAuth2 client credentials (RFC 6749, 4.4): one token at a time, fetched when it is needed and kept until shortly before it ends. */
import { TorgError } from '../errors.ts'
import { readBody } from './response-body.ts'

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
  const { tokenUrl, clientId, clientSecret, scope, systemKey, mask } = options
  const inBody = options.clientAuth === 'body'
  const form = new URLSearchParams({ grant_type: 'client_credentials', ...(scope && { scope }), ...(inBody && { client_id: clientId, client_secret: clientSecret }) })
  const headers = new Headers({ 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' })
  // Both parts are form-encoded before they are joined: RFC 6749, 2.3.1.
  if (!inBody) headers.set('authorization', `Basic ${Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`).toString('base64')}`)
  let response: Response
  let answer: Awaited<ReturnType<typeof readBody>>
  try {
    response = await fetch(tokenUrl, { method: 'POST', headers, body: form.toString(), signal: AbortSignal.timeout(options.timeoutMs), redirect: 'manual' })
    answer = await readBody(response, maxAnswerBytes)
  } catch (thrown) {
    throw new TorgError('system.unavailable', { detail: mask(`${systemKey}: no access token could be fetched: ${reasonOf(thrown)}`) })
  }
  if (!response.ok) {
    const detail = mask(`${systemKey}: the token address answered ${response.status}: ${answer.text.trim().slice(0, 300)}`)
    const passing = response.status === 429 || response.status === 408 || response.status >= 500
    throw new TorgError(passing ? 'system.unavailable' : 'system.credentials', detail)
  }
  const body = answer.value
  const token = body !== null && typeof body === 'object' && 'access_token' in body ? body.access_token : undefined
  if (typeof token !== 'string' || token === '') throw new TorgError('system.credentials', { detail: `${systemKey}: the answer of the token address holds no access_token`, next: 'Check the token address of the system named.' })
  const expiresIn = body !== null && typeof body === 'object' && 'expires_in' in body ? Number(body.expires_in) : Number.NaN
  return { token, expiresIn: expiresIn > 0 ? expiresIn : assumedLifetimeS }
}

function reasonOf(thrown: unknown): string {
  const error = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown
  return error instanceof Error ? error.message || error.name : String(error)
}
