/** Imports: files of entities, streamed line by line into the hub. */
import { Router, json, type Request, type RequestHandler } from 'express'
import type { Logger } from 'pino'
import { TorgError } from '../errors.ts'
import { isId } from '../ids.ts'
import type { Imports } from '../imports/index.ts'
import type { Import } from '../store/import-types.ts'
import type { Store } from '../store/types.ts'
import { callerOf, checkScope, may, requireAdmin } from './caller.ts'
import { bodyOf, formatOf, truth } from './files.ts'
import { bodyObject, handle, queryNumber, queryText } from './handler.ts'

export interface ImportOptions {
  store: Pick<Store, 'imports' | 'import' | 'importErrors' | 'confirmImport' | 'cancelImport' | 'noteImport'>
  imports: Imports
  log: Logger
}

const declarationLimit = '1mb'

/**
 * `POST /` with JSON declares an import, with NDJSON or CSV it declares (by query) and takes the file at once; `POST /:id/lines` takes the file,
 * or the same file again; `GET /`, `GET /:id`, `GET /:id/errors`, `POST /:id/confirm`, `POST /:id/cancel`.
 */
export function importRoutes({ store, imports, log }: ImportOptions): Router {
  const router = Router()
  router.use(requireSender)
  const receive = async (id: string, req: Request): Promise<Import> => {
    const taken = await imports.receive(id, bodyOf(req)).catch(async (thrown: unknown) => {
      // Who received it may have ended and left the import as it was; who refused it has said so there.
      if (thrown instanceof TorgError && thrown.code === 'hub.unavailable') await store.noteImport(id, thrown.message).catch(() => undefined)
      throw thrown
    })
    const { kind, system, mode, state, rows, created, updated, unchanged, failed, absent } = taken
    log.info({ import: id, kind, system, mode, state, rows, created, updated, unchanged, failed, absent }, `Import ${id} of ${kind} from ${system}: ${rows} lines, ${failed} refused; ${state}`)
    return taken
  }

  router.post('/', json({ limit: declarationLimit }), handle(async (req, res) => {
    const format = formatOf(req)
    if (format === undefined) {
      res.status(201).json(await imports.declare(ownDeclaration(bodyObject(req), req), callerOf(req).name))
      return
    }
    const { dryRun, mapping, kind, system, mode } = Object.fromEntries(['kind', 'system', 'mode', 'mapping', 'dryRun'].map(name => [name, queryText(req, name)]))
    const { id } = await imports.declare(ownDeclaration({ kind, system, mode, format, mapping, dryRun: dryRun === undefined ? false : truth(dryRun) }, req), callerOf(req).name)
    res.set('Location', `/api/v1/imports/${id}`).status(201).json(await receive(id, req))
  }))
  router.post('/:id/lines', handle(async (req, res) => { res.json(await receive((await found(store, req)).id, req)) }))

  router.get('/', requireAdmin, handle(async (req, res) => {
    const limit = queryNumber(req, 'limit', { standard: 50, least: 1, most: 500 })
    const before = queryText(req, 'after')
    if (before !== undefined && !isId(before)) throw new TorgError('request.invalid', `The parameter after is the id of an import; "${before}" is none.`)
    const items = await store.imports({ limit, ...(before !== undefined && { before }) })
    res.json({ items, next: items.length === limit ? items.at(-1)?.id ?? null : null })
  }))
  router.get('/:id', handle(async (req, res) => { res.json(await found(store, req)) }))
  router.get('/:id/errors', handle(async (req, res) => {
    const { id } = await found(store, req)
    const limit = queryNumber(req, 'limit', { standard: 100, least: 1, most: 1_000 })
    const items = await store.importErrors(id, { limit, after: queryNumber(req, 'after', { standard: 0, least: 0, most: 2 ** 31 - 1 }) })
    res.json({ items, next: items.length === limit ? items.at(-1)?.line ?? null : null })
  }))

  router.post('/:id/confirm', requireAdmin, handle(async (req, res) => {
    const [id, by] = [idOf(req), callerOf(req).name]
    const confirmed = await store.confirmImport(id, by)
    if (!confirmed) throw notNow(await found(store, req), 'waits for no confirmation')
    log.info({ import: id, by }, `Import ${id} confirmed by ${by}: ${confirmed.absent} of ${confirmed.known} records of ${confirmed.system} are removed`)
    res.json(confirmed)
  }))
  router.post('/:id/cancel', handle(async (req, res) => {
    const [one, by] = [await found(store, req), callerOf(req).name]
    const { id } = one
    const cancelled = await store.cancelImport(id, by)
    if (!cancelled) throw notNow(one, 'is over')
    log.info({ import: id, by }, `Import ${id} cancelled by ${by}; what it saved stays`)
    res.json(cancelled)
  }))
  return router
}

/** Refuses who can send no file at all, whatever there is at the address. */
const requireSender: RequestHandler = (req, _res, next) => {
  const { scopes, system } = callerOf(req)
  const writes = system !== null && [...scopes].some(scope => scope.startsWith('write:'))
  next(scopes.has('admin') || writes ? undefined : new TorgError('request.forbidden', { detail: 'This key writes nothing, so it sends no files either.', next: 'Ask an administrator for a key that has write:<kind> and a system: torg keys create.' }))
}

/** What is declared is of the key's own system, which therefore need not be said. */
function ownDeclaration(given: Record<string, unknown>, req: Request): Record<string, unknown> {
  const { scopes, system } = callerOf(req)
  if (scopes.has('admin')) return given
  checkScope(callerOf(req), 'write', String(given['kind']))
  const { system: named = system } = given
  if (named !== system) throw new TorgError('request.forbidden', { detail: `This key sends the files of ${system} only.`, pointer: '/system', value: named })
  // A mapping may compute whatever it likes; which ones do is for those who draw flows to say.
  if (typeof given['mapping'] === 'object' && given['mapping'] !== null) throw new TorgError('request.forbidden', { detail: 'A key names a deployed map node; only an administrator sends a mapping.', pointer: '/mapping' })
  return { ...given, system }
}

/** The import at the address; somebody else's is none. */
async function found(store: Pick<Store, 'import'>, req: Request): Promise<Import> {
  const caller = callerOf(req)
  const id = idOf(req)
  const one = await store.import(id)
  if (!one || !caller.scopes.has('admin') && (one.system !== caller.system || !may(caller, 'write', one.kind))) throw missing(id)
  return one
}

const missing = (id: string): TorgError => new TorgError('request.not-found', { detail: `There is no import ${id}.`, next: 'Declare one with POST /api/v1/imports; an administrator lists them with GET.' })
const notNow = ({ id, state }: Import, why: string): TorgError => new TorgError('request.conflict', { detail: `Import ${id} is ${state} and ${why}.`, next: 'See where it stands with GET /api/v1/imports/<id>.' })

function idOf(req: Request): string {
  const id = req.params['id'] ?? ''
  if (!isId(id)) throw missing(id)
  return id
}
