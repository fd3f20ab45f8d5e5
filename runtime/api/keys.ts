/** API keys: made, listed, revoked. */
import { Router, json } from 'express'
import type { Logger } from 'pino'
import { TorgError } from '../errors.ts'
import { kindOf } from '../model/index.ts'
import type { ApiKeyStore } from '../store/types.ts'
import { callerOf } from './caller.ts'
import { bodyObject, handle } from './handler.ts'
import { makeKey } from './key-check.ts'

export interface KeyOptions {
  store: Pick<ApiKeyStore, 'createApiKey' | 'apiKeys' | 'revokeApiKey'>
  log: Logger
}

const longestName = 100
const mostScopes = 100

/** `POST /` with `{ name, scopes, system?, expiresAt? }` answers with the key, which is shown nowhere else; `GET /`; `POST /:id/revoke`. */
export function keyRoutes({ store, log }: KeyOptions): Router {
  const router = Router()

  router.post('/', json(), handle(async (req, res) => {
    const { name, scopes, system = null, expiresAt = null, ...others } = bodyObject(req)
    for (const field of Object.keys(others)) throw refused(field, `"${field}" is not known here; there are name, scopes, system and expiresAt.`, others[field])
    const wanted = { name: toName(name), scopes: toScopes(scopes), system: toSystem(system), expiresAt: toInstant(expiresAt) }
    if (wanted.system === null && wanted.scopes.some(scope => scope === 'admin' || scope.startsWith('write:'))) {
      throw refused('system', 'A key that may write needs a system: the role table decides by it what the key may change.', system)
    }
    const { id, key, digest } = makeKey()
    const created = await store.createApiKey({ id, digest, createdBy: callerOf(req).name, ...wanted })
    log.info({ key: id, name: created.name, scopes: created.scopes, by: created.createdBy }, `API key ${id} (${created.name}) made by ${created.createdBy}`)
    res.status(201).json({ ...created, key })
  }))

  router.get('/', handle(async (_req, res) => { res.json({ items: await store.apiKeys() }) }))

  router.post('/:id/revoke', handle(async (req, res) => {
    const { id = '' } = req.params
    const by = callerOf(req).name
    const revoked = /^[0-9a-f]{12}$/.test(id) ? await store.revokeApiKey(id, by) : null
    if (revoked === null) throw new TorgError('request.not-found', { detail: 'There is no key with this id.', next: 'List them; the id is the part of a key after torg_.' })
    log.info({ key: id, by }, `API key ${id} (${revoked.name}) revoked by ${by}`)
    res.json(revoked)
  }))
  return router
}

const refused = (field: string, detail: string, value: unknown): TorgError => new TorgError('request.invalid', { detail, pointer: `/${field}`, value })

function toName(name: unknown): string {
  if (typeof name === 'string' && name.trim() !== '' && name.length <= longestName && !name.includes('\0') && name.isWellFormed()) return name.trim()
  throw refused('name', `name says whose key it is, in 1 to ${longestName} characters.`, name)
}

function toSystem(system: unknown): string | null {
  if (system === null || (typeof system === 'string' && system.length <= longestName && /^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(system))) return system
  throw refused('system', 'system is the key of a system, in lower case letters, digits and hyphens: webshop-no.', system)
}

function toScopes(scopes: unknown): string[] {
  if (!Array.isArray(scopes) || scopes.length === 0 || scopes.length > mostScopes) throw refused('scopes', 'scopes is a list such as ["read:order", "write:customer"], ["read:*"] or ["admin"].', scopes)
  return [...new Set(scopes.map((scope: unknown, index) => {
    const [, kind] = typeof scope === 'string' ? /^(?:read|write):(.+)$/.exec(scope) ?? [] : []
    if (typeof scope === 'string' && (scope === 'admin' || kind === '*')) return scope
    if (typeof scope !== 'string' || kind === undefined) throw refused(`scopes/${index}`, 'A scope is read:<kind>, write:<kind>, read:*, write:* or admin.', scope)
    kindOf(kind)
    return scope
  }))]
}

function toInstant(at: unknown): string | null {
  if (at === null) return null
  const time = typeof at === 'string' && /^\d{4}-\d\d-\d\dT.*(?:Z|[+-]\d\d:\d\d)$/.test(at) ? Date.parse(at) : NaN
  if (Number.isNaN(time)) throw refused('expiresAt', 'expiresAt is an instant such as 2027-01-01T00:00:00Z.', at)
  return new Date(time).toISOString()
}
