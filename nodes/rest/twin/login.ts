/** What the stand-in asks for before it answers: the same kinds of login the connector knows. */
import { randomBytes } from 'node:crypto'
import type { TwinReply, TwinRequest } from '../../../runtime/twins/server.ts'

export interface Login {
  /** Undefined: go on. Otherwise what to answer. */
  refuse(request: TwinRequest): TwinReply | undefined
  /** Answers POST /oauth/token. */
  issueToken(request: TwinRequest): TwinReply
  /** Ends every token given so far, as a restarted login service would. */
  revoke(): void
  tokensIssued(): number
}

/**
 * Which login is asked for follows from the secrets: `token` (bearer), `user` and `password` (basic), `apiKey`
 * (header X-API-Key), `clientId` and `clientSecret` (OAuth2 with POST /oauth/token), none of them: no login.
 */
export function createLogin(secrets: Readonly<Record<string, string>>, tokenLifetimeS: number): Login {
  const { token, user, password, apiKey, clientId, clientSecret } = secrets
  const issued = new Map<string, number>()
  let count = 0
  const basic = (name: string | undefined, secret: string | undefined): string => `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`
  const holds = (request: TwinRequest): boolean => {
    const authorization = request.headers['authorization'] ?? ''
    if (token !== undefined) return authorization === `Bearer ${token}`
    if (password !== undefined) return authorization === basic(user, password)
    if (apiKey !== undefined) return request.headers['x-api-key'] === apiKey
    if (clientSecret !== undefined) return (issued.get(authorization.replace(/^Bearer /, '')) ?? 0) > Date.now()
    return true
  }
  return {
    refuse: request => (holds(request) ? undefined : { status: 401, headers: { 'www-authenticate': clientSecret !== undefined || token !== undefined ? 'Bearer' : 'Basic' }, body: { error: 'not authenticated' } }),
    issueToken(request) {
      const form = new URLSearchParams(request.body.toString('utf8'))
      const known = request.headers['authorization'] === basic(encodeURIComponent(clientId ?? ''), encodeURIComponent(clientSecret ?? '')) || (form.get('client_id') === clientId && form.get('client_secret') === clientSecret)
      if (clientSecret === undefined || !known || form.get('grant_type') !== 'client_credentials') return { status: 401, body: { error: 'invalid_client' } }
      const value = randomBytes(18).toString('base64url')
      issued.set(value, Date.now() + tokenLifetimeS * 1000)
      count += 1
      return { status: 200, body: { access_token: value, token_type: 'Bearer', expires_in: tokenLifetimeS } }
    },
    revoke: () => issued.clear(),
    tokensIssued: () => count,
  }
}
