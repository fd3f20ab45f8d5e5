/** What a request of the HTTP client is made of: address, headers, login, body. */
import { validateHeaderName, validateHeaderValue } from 'node:http'
import { TorgError, type ErrorCode } from '../errors.ts'
import type { Auth, HttpRequest } from './http.ts'

/** The base address of a system, taken apart once. */
export interface Base {
  origin: string
  /** What paths are put behind. */
  prefix: string
  query: (readonly [string, string])[]
}

/** @throws flow.invalid */
export function parseBase(baseUrl: string, systemKey: string): Base {
  const url = URL.parse(baseUrl)
  if (!url || !/^https?:$/.test(url.protocol)) throw new TorgError('flow.invalid', { detail: `${systemKey}: the base address ${JSON.stringify(baseUrl)} is not an http or https URL`, next: 'Correct the base address of the system and deploy again.' })
  return { origin: url.origin, prefix: url.origin + url.pathname.replace(/\/+$/, ''), query: [...url.searchParams] }
}

/** @throws request.invalid; system.refused for another host than the system's own */
export function buildUrl(base: Base, { path, query }: Pick<HttpRequest, 'path' | 'query'>, systemKey: string): URL {
  const absolute = /^https?:\/\//i.test(path)
  const url = URL.parse(absolute ? path : `${base.prefix}${path === '' || /^[/?]/.test(path) ? '' : '/'}${path}`)
  if (!url) throw new TorgError('request.invalid', { detail: `${systemKey}: ${JSON.stringify(path)} makes no valid address` })
  if (url.origin !== base.origin) throw new TorgError('system.refused', { detail: `${systemKey}: ${url.origin} is another host than the system's own ${base.origin}; credentials are not sent there` })
  for (const [name, value] of base.query) if (!url.searchParams.has(name)) url.searchParams.append(name, value)
  for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined) url.searchParams.set(name, String(value))
  return url
}

/** An object becomes JSON; texts and bytes stay as they are. */
export function encodeBody(body: unknown): { bytes?: string | Uint8Array, json: boolean } {
  if (body === undefined || body === null) return { json: false }
  if (typeof body === 'string') return { bytes: body, json: false }
  if (body instanceof Uint8Array) return { bytes: body, json: false }
  return { bytes: JSON.stringify(body), json: true }
}

/**
 * Headers by lower-case name, where later ones replace earlier ones. The length of a body is not the caller's to say.
 * @throws `code`, with the name only: the value may be a secret
 */
export function checkHeaders(given: Record<string, string>, { systemKey, code }: { systemKey: string, code: ErrorCode }): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(given)) {
    try {
      validateHeaderName(name)
      validateHeaderValue(name, value)
    } catch {
      throw new TorgError(code, { detail: `${systemKey}: the header ${JSON.stringify(name)} has a name or value that HTTP does not allow (a line break, perhaps)`, next: 'Correct the header or secret of that name.' })
    }
    headers[name.toLowerCase()] = value
  }
  delete headers['content-length']
  return headers
}

/** The headers a login goes by, as they stand in every request; OAuth2 has its token instead. */
export function loginHeaders(auth: Auth): Record<string, string> {
  switch (auth.type) {
    case 'bearer': return { authorization: `Bearer ${auth.token}` }
    case 'basic': return { authorization: `Basic ${Buffer.from(`${auth.user}:${auth.password}`).toString('base64')}` }
    case 'header': return { [auth.name]: auth.value }
    case 'oauth2':
    case 'none': return {}
  }
}

/** What must not be shown of a login. */
export function secretsOf(auth: Auth): string[] {
  switch (auth.type) {
    case 'bearer': return [auth.token]
    case 'basic': return [auth.password, Buffer.from(`${auth.user}:${auth.password}`).toString('base64')]
    case 'header': return [auth.value]
    case 'oauth2': return [auth.clientSecret, Buffer.from(`${auth.clientId}:${auth.clientSecret}`).toString('base64')]
    case 'none': return []
  }
}

