/** Who may operate the hub: one guard for editor, deploy, metrics and every call. */
import type { IncomingMessage, Server } from 'node:http'
import type { Request, RequestHandler, Response } from 'express'
import type { Logger } from 'pino'
import { TorgError } from '../errors.ts'
import type { Settings } from '../settings.ts'
import type { ApiKeyStore } from '../store/types.ts'
import { administrator, setCaller, type Caller } from './caller.ts'
import { createKeyCheck, keyPrefix } from './key-check.ts'
import { createOriginCheck } from './origin.ts'
import { createPasswordCheck } from './passwords.ts'

/** Node-RED's `RED.auth.needsPermission`: a middleware that knows the editor's sessions. */
export type NeedsPermission = (permission: string) => RequestHandler

export interface GuardOptions {
  settings: Pick<Settings, 'adminUser' | 'adminPasswordHash' | 'publicUrl'>
  store: Pick<ApiKeyStore, 'useApiKey'>
  log: Logger
  /** Undefined until Node-RED has started, and when it is headless. */
  needsPermission?(): NeedsPermission | undefined
}

export interface AdminGuard {
  /** For our own calls: HTTP Basic, the editor's session, or an API key. Says who it is; what they may do is for the routes to ask. */
  api: RequestHandler
  /** For everything of Node-RED's admin app: the editor's session, except for what shows the login form. */
  editor: RequestHandler
  /** Refuses WebSockets that pages of other sites open. Call it before Node-RED attaches its own. */
  upgrades(server: Server): void
}

/** What a browser loads before anybody has logged in, by script and image tags that carry no session. Read only. */
const publicEditor = /^\/(?:$|auth\/login$|favicon\.ico$|red\/|vendor\/|types\/|theme(?:\/|$)|icons\/[^/]+\/|locales\/|resources\/|debug\/view\/)/

export function createAdminGuard({ settings, store, log, needsPermission }: GuardOptions): AdminGuard {
  const { adminUser, adminPasswordHash: hash, publicUrl } = settings
  const checkOrigin = createOriginCheck({ open: hash === undefined, publicUrl })
  const check = hash === undefined ? null : createPasswordCheck({ adminUser, hash })
  const checkKey = createKeyCheck({ store })
  const admin = administrator(adminUser)

  const identify = async (req: Request, res: Response): Promise<Caller> => {
    checkOrigin(req)
    const [scheme, value] = schemeOf(req)
    const remote = req.socket.remoteAddress ?? ''
    // Also where no login is asked for: a key then means what it will mean where one is.
    if (isKey(scheme, value)) return checkKey(value, remote)
    if (check === null) return admin
    if (scheme.toLowerCase() === 'basic') {
      const [user = '', ...rest] = Buffer.from(value, 'base64').toString('utf8').split(':')
      await check({ user, password: rest.join(':'), remote })
      return admin
    }
    if (scheme.toLowerCase() === 'bearer' && await holdsSession(req, res, needsPermission?.())) return admin
    throw new TorgError('request.unauthorized', { detail: value === '' ? 'A login is needed.' : 'The login does not hold.', next: 'Log in with the user and password of TORG_ADMIN_USER and TORG_ADMIN_PASSWORD_HASH, or send an API key: Authorization: Bearer torg_…' })
  }

  const api: RequestHandler = (req, res, next) => {
    identify(req, res).then((caller) => { setCaller(req, caller); next() }, (thrown: unknown) => {
      if (thrown instanceof TorgError) logRefusal(req, thrown)
      if (thrown instanceof TorgError && thrown.status === 401) res.setHeader('WWW-Authenticate', isKey(...schemeOf(req)) ? 'Bearer realm="Torg"' : 'Basic realm="Torg", charset="UTF-8"')
      next(thrown)
    })
  }

  const editor: RequestHandler = (req, res, next) => {
    try {
      checkOrigin(req)
    } catch (thrown) {
      if (thrown instanceof TorgError) logRefusal(req, thrown)
      next(thrown)
      return
    }
    if (check === null || isPublicInEditor(req)) { next(); return }
    const middleware = needsPermission?.()
    // No session can be checked without Node-RED: closed rather than open.
    if (middleware === undefined) next(new TorgError('hub.unavailable', 'The editor has not started yet.'))
    else middleware('')(req, res, next)
  }

  const logRefusal = (req: Request, { code, message }: TorgError): void => {
    log.warn({ code, method: req.method, path: req.originalUrl.split('?', 1)[0], remote: req.socket.remoteAddress }, `Refused a call: ${message}`)
  }

  const upgrades = (server: Server): void => {
    server.prependListener('upgrade', (req: IncomingMessage, socket) => {
      try {
        checkOrigin(req)
      } catch (thrown) {
        log.warn({ path: req.url?.split('?', 1)[0], remote: req.socket.remoteAddress, err: thrown }, 'Refused a WebSocket')
        socket.destroy()
      }
    })
  }
  return { api, editor, upgrades }
}

function schemeOf({ headers }: IncomingMessage): [scheme: string, value: string] {
  const [scheme = '', value = ''] = (headers.authorization ?? '').split(' ', 2)
  return [scheme, value]
}

const isKey = (scheme: string, value: string): boolean => scheme.toLowerCase() === 'bearer' && value.startsWith(keyPrefix)

const isPublicInEditor = ({ method, path }: Request): boolean =>
  (method === 'GET' || method === 'HEAD') ? publicEditor.test(path) : method === 'POST' && path === '/auth/token'

/** Asks Node-RED whether the request carries a session that may do this; its own answer to a wrong one is kept from the client. */
function holdsSession(req: Request, res: Response, needsPermission: NeedsPermission | undefined): Promise<boolean> {
  if (needsPermission === undefined) return Promise.resolve(false)
  const permission = req.method === 'GET' || req.method === 'HEAD' ? 'read' : 'write'
  return new Promise((resolve, reject) => {
    // Passport sets status and headers of a refusal and ends it: those go to this stand-in, which changes nothing of the real one.
    const answer: Response = Object.assign(Object.create(res), {
      setHeader: () => answer,
      end: () => { resolve(false); return answer },
    })
    needsPermission(permission)(req, answer, (error?: unknown) => { if (error === undefined) resolve(true); else reject(error) })
  })
}
