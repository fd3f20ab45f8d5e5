/** Dead letters: listed, opened with their input, run again, closed. */
import { Router, json, type Request } from 'express'
import type { Logger } from 'pino'
import { TorgError, type ErrorCode } from '../errors.ts'
import type { Selection } from '../store/repair-types.ts'
import type { LaneName, Store } from '../store/types.ts'
import { callerOf } from './caller.ts'
import { bodyObject, handle, queryNumber, queryText, toLane } from './handler.ts'
import { logStart } from './repairs.ts'
import { isCode } from './selection.ts'

export interface DeadLetterOptions {
  store: Pick<Store, 'deadLetters' | 'deadLetter' | 'reopen' | 'closeDeadLetter' | 'startRepair'>
  /** Tells a lane that it has work; without it the sweep finds it within a second. */
  hint?(lane: LaneName): void
  log: Logger
}

interface Filter { lane?: LaneName, type?: 'message' | 'delivery', code?: ErrorCode }

const pageSize = 500
const longestNote = 2_000

export function deadLetterRoutes({ store, hint, log }: DeadLetterOptions): Router {
  const router = Router()

  router.get('/', handle(async (req, res) => {
    const limit = queryNumber(req, 'limit', { standard: 50, least: 1, most: pageSize })
    const after = queryText(req, 'after')
    const closed = queryText(req, 'closed')
    if (closed !== undefined && closed !== 'true' && closed !== 'false') throw new TorgError('request.invalid', 'closed is true or false.')
    const filter = toFilter({ lane: queryText(req, 'lane'), type: queryText(req, 'type'), code: queryText(req, 'code') })
    const items = await store.deadLetters({ ...filter, closed: closed === 'true', limit, ...(after !== undefined && { after }) })
    res.json({ items, next: items.length === limit ? items.at(-1)?.id ?? null : null })
  }))

  router.get('/:id', handle(async (req, res) => {
    const found = await store.deadLetter(idOf(req))
    if (found === null) throw notFound(idOf(req))
    res.json(found)
  }))

  router.post('/rerun', json(), handle(async (req, res) => {
    const { all, ...wanted } = bodyObject(req)
    const filter = toFilter(wanted)
    if (Object.keys(filter).length === 0 && all !== true) throw new TorgError('request.invalid', 'Name what to run again by lane, type or code, or say { "all": true }.')
    const repairs = []
    for (const selection of toSelections(filter)) {
      const repair = await store.startRepair({ selection, by: callerOf(req).name, why: 'dead letters run again' })
      if (repair === null) continue
      logStart(log, repair)
      repairs.push(repair)
    }
    res.json({ reopened: repairs.reduce((sum, { total }) => sum + total, 0), repairs: repairs.map(({ id }) => id) })
  }))

  router.post('/:id/rerun', handle(async (req, res) => {
    const id = idOf(req)
    const lane = await store.reopen(id)
    if (lane === null) throw notFound(id)
    hint?.(lane)
    log.info({ deadLetter: id, lane }, `Run again: ${id}`)
    res.status(202).json({ id, lane })
  }))

  router.post('/:id/close', json(), handle(async (req, res) => {
    const id = idOf(req)
    const { note = null } = bodyObject(req)
    if (note !== null && (typeof note !== 'string' || note.length > longestNote || note.includes('\0'))) throw new TorgError('request.invalid', `The note is a text of at most ${longestNote} characters.`)
    const closed = await store.closeDeadLetter(id, { by: callerOf(req).name, note })
    if (closed === null) throw notFound(id)
    log.info({ deadLetter: id, ...closed }, `Closed: ${id}`)
    res.json({ id, closed })
  }))

  return router
}

const idOf = (req: Request): string => req.params['id'] ?? ''
const notFound = (id: string): TorgError => new TorgError('request.not-found', { detail: `There is no dead letter ${id}.`, next: 'List them; it may have been run again or closed meanwhile.' })

function toFilter({ lane, type, code, ...others }: Record<string, unknown>): Filter {
  for (const name of Object.keys(others)) throw new TorgError('request.invalid', `"${name}" is no filter; there are lane, type and code.`)
  const filter: Filter = {}
  if (lane !== undefined) {
    filter.lane = toLane(lane)
  }
  if (type !== undefined) {
    if (type !== 'message' && type !== 'delivery') throw new TorgError('request.invalid', 'The type is message or delivery.')
    filter.type = type
  }
  if (code !== undefined) {
    if (typeof code !== 'string' || !isCode(code)) throw new TorgError('request.invalid', 'The code is one of the hub\'s error codes, such as mapping.failed.')
    filter.code = code
  }
  return filter
}

/** Running dead letters again in bulk is a repair. None of them was applied before, so each message of a key says something of its own. */
function toSelections({ lane, type, code }: Filter): Selection[] {
  const [, system, direction] = /^(.+)\.(in|out)$/.exec(lane ?? '') ?? []
  const dead = { state: 'dead' as const, ...(code !== undefined && { code }), ...(system !== undefined && { system }) }
  const selections: Selection[] = []
  if (type !== 'delivery' && direction !== 'out') selections.push({ type: 'messages', every: true, ...dead })
  if (type !== 'message' && direction !== 'in') selections.push({ type: 'deliveries', ...dead })
  return selections
}
