/** Dead letters: listed, opened with their input, mended, run again, closed. */
import { Router, json, type Request } from 'express'
import type { Logger } from 'pino'
import { TorgError, type ErrorCode } from '../errors.ts'
import type { Hub } from '../hub.ts'
import type { Kind } from '../model/index.ts'
import type { Selection } from '../store/repair-types.ts'
import type { DeadLetter, DeadLetterSummary, LaneName, Store } from '../store/types.ts'
import { callerOf } from './caller.ts'
import { bodyObject, handle, queryNumber, queryText, toLane } from './handler.ts'
import { maskContent, maskId, maskRecord, wantsMasked } from './masked.ts'
import { describeMended } from './mended.ts'
import { logStart } from './repairs.ts'
import { isCode } from './selection.ts'

export interface DeadLetterOptions {
  store: Pick<Store, 'deadLetters' | 'deadLetter' | 'reopen' | 'closeDeadLetter' | 'startRepair' | 'mend'>
  hub: Pick<Hub, 'sourcesOf' | 'publicUrl'>
  kinds: ReadonlyMap<string, Kind>
  settings: { bodyLimit: number }
  /** Tells a lane that it has work; without it the sweep finds it within a second. */
  hint?(lane: LaneName): void
  log: Logger
}

interface Filter { lane?: LaneName, node?: string, type?: 'message' | 'delivery', code?: ErrorCode }

const pageSize = 500
const longestNote = 2_000
/** A JSON text of a body may be twice as long as the body. */
const quoted = 2

export function deadLetterRoutes({ store, hub, kinds, settings, hint, log }: DeadLetterOptions): Router {
  const router = Router()
  const reopen = async (req: Request, id: string): Promise<LaneName | null> => {
    const lane = await store.reopen(id)
    if (lane === null) return null
    hint?.(lane)
    log.info({ deadLetter: id, lane, by: callerOf(req).name }, `Run again: ${id}`)
    return lane
  }
  const close = async (req: Request, id: string, note: string | null): Promise<DeadLetter['closed']> => {
    const closed = await store.closeDeadLetter(id, { by: callerOf(req).name, note })
    if (closed !== null) log.info({ deadLetter: id, ...closed }, `Closed: ${id}`)
    return closed
  }

  router.get('/', handle(async (req, res) => {
    const limit = queryNumber(req, 'limit', { standard: 50, least: 1, most: pageSize })
    const after = queryText(req, 'after')
    const closed = queryText(req, 'closed')
    if (closed !== undefined && closed !== 'true' && closed !== 'false') throw new TorgError('request.invalid', 'closed is true or false.')
    const filter = toFilter({ lane: queryText(req, 'lane'), node: queryText(req, 'node'), type: queryText(req, 'type'), code: queryText(req, 'code') })
    const items = await store.deadLetters({ ...filter, closed: closed === 'true', limit, ...(after !== undefined && { after }) })
    res.json({ items: (wantsMasked(req, false) ? items.map(maskSummary) : items).map(item => ({ ...item, ...kindOf(item, kinds) })), next: items.length === limit ? items.at(-1)?.id ?? null : null })
  }))

  router.get('/:id', handle(async (req, res) => {
    const found = await store.deadLetter(idOf(req))
    if (found === null) throw notFound(idOf(req))
    res.json({ ...wantsMasked(req, false) ? maskInput(found, kinds) : found, ...kindOf(found, kinds) })
  }))

  router.post('/rerun', json(), handle(async (req, res) => {
    const { all, ids, ...wanted } = bodyObject(req)
    if (ids !== undefined) {
      refuseOthers({ all, ...wanted }, 'ids')
      const wantedIds = readIds(ids)
      const gone = await goneAmong(wantedIds, async id => await reopen(req, id) !== null)
      res.json({ reopened: wantedIds.length - gone.length, gone, repairs: [] })
      return
    }
    const filter = toFilter(wanted)
    if (Object.keys(filter).length === 0 && all !== true) throw new TorgError('request.invalid', 'Name what to run again by ids, lane, node, type or code, or say { "all": true }.')
    const repairs = []
    for (const selection of toSelections(filter)) {
      const repair = await store.startRepair({ selection, by: callerOf(req).name, why: 'dead letters run again' })
      if (repair === null) continue
      logStart(log, repair)
      repairs.push(repair)
    }
    res.json({ reopened: repairs.reduce((sum, { total }) => sum + total, 0), repairs: repairs.map(({ id }) => id) })
  }))

  router.post('/close', json(), handle(async (req, res) => {
    const { ids, note, ...others } = bodyObject(req)
    refuseOthers(others, 'ids and note')
    const why = readNote(note)
    const wanted = readIds(ids)
    const gone = await goneAmong(wanted, async id => await close(req, id, why) !== null)
    res.json({ closed: wanted.length - gone.length, gone })
  }))

  router.post('/:id/rerun', handle(async (req, res) => {
    const id = idOf(req)
    const lane = await reopen(req, id)
    if (lane === null) throw notFound(id)
    res.status(202).json({ id, lane })
  }))

  router.post('/:id/close', json(), handle(async (req, res) => {
    const id = idOf(req)
    const closed = await close(req, id, readNote(bodyObject(req)['note']))
    if (closed === null) throw notFound(id)
    res.json({ id, closed })
  }))

  router.post('/:id/mend', json({ limit: settings.bodyLimit * quoted }), handle(async (req, res) => {
    const id = idOf(req)
    const { body, note, ...others } = bodyObject(req)
    refuseOthers(others, 'body and note')
    const why = readNote(note)
    const letter = await store.deadLetter(id)
    if (letter === null || letter.closed) throw notFound(id)
    const { body: mended, ...said } = describeMended(letter, body, { hub, bodyLimit: settings.bodyLimit })
    const by = callerOf(req).name
    const stored = await store.mend({ id: id.replace(/^m-/, ''), body: mended, ...said, by, note: why })
    if (stored === null) throw notFound(id)
    hint?.(stored.lane)
    log.info({ deadLetter: id, mended: stored.id, lane: stored.lane, by }, `Mended: ${id} runs again as ${stored.id}`)
    res.status(202).json(stored)
  }))

  return router
}

const idOf = (req: Request): string => req.params['id'] ?? ''
function readNote(note: unknown = null): string | null {
  if (note !== null && (typeof note !== 'string' || note.length > longestNote || note.includes('\0'))) throw new TorgError('request.invalid', { detail: `The note is a text of at most ${longestNote} characters.`, pointer: '/note' })
  return note
}

function readIds(ids: unknown): string[] {
  if (Array.isArray(ids) && ids.length > 0 && ids.length <= pageSize) {
    const texts = ids.filter((id: unknown) => typeof id === 'string')
    if (texts.length === ids.length) return [...new Set(texts)]
  }
  throw new TorgError('request.invalid', { detail: `ids is a list of 1 to ${pageSize} ids of dead letters.`, pointer: '/ids' })
}

function refuseOthers(others: Record<string, unknown>, known: string): void {
  for (const [name, value] of Object.entries(others)) if (value !== undefined) throw new TorgError('request.invalid', { detail: `"${name}" is not known here; there are ${known}.`, pointer: `/${name}` })
}

/** Those that were no dead letters any more when their turn came. */
async function goneAmong(ids: readonly string[], work: (id: string) => Promise<boolean>): Promise<string[]> {
  const gone: string[] = []
  for (const id of ids) if (!await work(id)) gone.push(id)
  return gone
}

/** Of a delivery, what its record is called and where it is changed. */
function kindOf({ record }: DeadLetterSummary, kinds: DeadLetterOptions['kinds']): { kind?: { plural: string, label: Kind['label'], fact: boolean } } {
  const kind = record ? kinds.get(record.kind) : undefined
  return kind ? { kind: { plural: kind.plural, label: kind.label, fact: kind.rules.fact } } : {}
}

const maskSummary = <Summary extends DeadLetterSummary>(letter: Summary): Summary => ({ ...letter, key: maskId(letter.key), ...(letter.record && { record: { ...letter.record, number: letter.record.number && maskId(letter.record.number) } }) })

/** The input as a screen may show it. */
function maskInput(letter: DeadLetter, kinds: DeadLetterOptions['kinds']): DeadLetter {
  const { input } = letter
  return { ...maskSummary(letter), input: 'body' in input ? maskContent(input) : maskRecord(input, kinds) }
}

const notFound = (id: string): TorgError => new TorgError('request.not-found', { detail: `There is no dead letter ${id}.`, next: 'List them; it may have been run again or closed meanwhile.' })

function toFilter({ lane, node, type, code, ...others }: Record<string, unknown>): Filter {
  for (const name of Object.keys(others)) throw new TorgError('request.invalid', `"${name}" is no filter; there are lane, node, type and code.`)
  const filter: Filter = {}
  if (lane !== undefined) {
    filter.lane = toLane(lane)
  }
  if (node !== undefined) {
    if (typeof node !== 'string' || node === '') throw new TorgError('request.invalid', 'The node is the id of a source or subscription.')
    filter.node = node
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
function toSelections({ lane, node, type, code }: Filter): Selection[] {
  const [, system, direction] = /^(.+)\.(in|out)$/.exec(lane ?? '') ?? []
  const dead = { state: 'dead' as const, ...(code !== undefined && { code }), ...(system !== undefined && { system }), ...(node !== undefined && { nodes: [node] }) }
  const selections: Selection[] = []
  if (type !== 'delivery' && direction !== 'out') selections.push({ type: 'messages', every: true, ...dead })
  if (type !== 'message' && direction !== 'in') selections.push({ type: 'deliveries', ...dead })
  return selections
}
