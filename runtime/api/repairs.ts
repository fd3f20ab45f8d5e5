/** Repairs: what was settled is done again, by selection. Counted first, then worked off in the background. */
import { Router, json, type Request } from 'express'
import type { Logger } from 'pino'
import { TorgError } from '../errors.ts'
import type { Repair } from '../store/repair-types.ts'
import type { Store } from '../store/types.ts'
import { callerOf } from './caller.ts'
import { bodyObject, handle, queryNumber } from './handler.ts'
import { flowNodes, readSelection, type FlowNode } from './selection.ts'

export interface RepairOptions {
  store: Pick<Store, 'previewRepair' | 'startRepair' | 'repairs' | 'repair' | 'cancelRepair' | 'activeDeployment'>
  log: Logger
}

const selectionLimit = '1mb'
const greatestId = 2 ** 31 - 1

/**
 * `POST /` with `{ selection, dryRun: true }` counts; with `{ selection, why, expected }` (or `force`) it repairs. `GET /`, `GET /:id`,
 * `POST /:id/cancel`.
 */
export function repairRoutes({ store, log }: RepairOptions): Router {
  const router = Router()
  const deployed = async (): Promise<FlowNode[]> => flowNodes((await store.activeDeployment())?.flows ?? [])

  router.post('/', json({ limit: selectionLimit }), handle(async (req, res) => {
    const { selection: given, dryRun = false, expected, force = false, why, ...others } = bodyObject(req)
    for (const name of Object.keys(others)) throw new TorgError('request.invalid', { detail: `"${name}" is not known here; there are selection, dryRun, expected, force and why.`, pointer: `/${name}` })
    for (const [name, value] of Object.entries({ dryRun, force })) if (typeof value !== 'boolean') throw new TorgError('request.invalid', { detail: `${name} is true or false.`, pointer: `/${name}` })
    const nodes = await deployed()
    const selection = readSelection(given, nodes)
    if (dryRun === true) {
      const preview = await store.previewRepair(selection)
      const placed = <One extends { node: string }>(one: One) => ({ ...one, ...placeOf(one.node, nodes) })
      res.json({ dryRun: true, selection, ...preview, groups: preview.groups.map(placed), sample: preview.sample.map(placed) })
      return
    }
    if (typeof why !== 'string' || why.trim() === '') throw new TorgError('request.invalid', { detail: 'why says for what reason this is repaired; it is kept with the repair.', pointer: '/why' })
    const repair = await store.startRepair({ selection, by: callerOf(req).name, why: why.trim(), ...(force !== true && { expected: toCount(expected) }) })
    if (repair === null) throw new TorgError('request.invalid', { detail: `The selection holds no ${selection.type} that could be repaired.`, pointer: '/selection', next: 'See by a dry run what matches, and what waits already.' })
    logStart(log, repair)
    res.status(202).json(repair)
  }))

  router.get('/', handle(async (req, res) => {
    const limit = queryNumber(req, 'limit', { standard: 50, least: 1, most: 500 })
    const before = queryNumber(req, 'after', { standard: 0, least: 1, most: greatestId })
    const items = await store.repairs({ limit, ...(before > 0 && { before }) })
    res.json({ items, next: items.length === limit ? items.at(-1)?.id ?? null : null })
  }))

  router.get('/:id', handle(async (req, res) => {
    const repair = await store.repair(idOf(req))
    if (repair === null) throw notFound(req)
    res.json(repair)
  }))

  router.post('/:id/cancel', handle(async (req, res) => {
    const id = idOf(req)
    const by = callerOf(req).name
    const cancelled = await store.cancelRepair(id, by)
    if (cancelled === null) {
      const repair = await store.repair(id)
      if (repair === null) throw notFound(req)
      throw new TorgError('request.conflict', { detail: `Repair ${id} is ${repair.state}; only a running one can be cancelled.`, next: 'Nothing: it hands over nothing more.' })
    }
    log.info({ repair: id, by }, `Repair ${id} cancelled by ${by}: ${cancelled.handedOver} of ${cancelled.total} ${cancelled.selection.type} had been handed over`)
    res.json(cancelled)
  }))
  return router
}

/** One line for whoever looks for the reason of a wave of work. */
export function logStart(log: Logger, { id, selection, by, why, total }: Repair): void {
  log.info({ repair: id, selection, by, why, total }, `Repair ${id} by ${by}: ${total} ${selection.type} are done again (${why})`)
}

/** Where a node stands; both null for one that is not deployed any more. */
function placeOf(node: string, nodes: readonly FlowNode[]): { name: string | null, tab: string | null } {
  const found = nodes.find(({ id }) => id === node)
  return { name: found?.name ?? null, tab: found?.tab?.label ?? null }
}

function toCount(expected: unknown): number {
  if (typeof expected === 'number' && Number.isInteger(expected) && expected >= 0) return expected
  throw new TorgError('request.invalid', {
    detail: 'expected is the number that a dry run counted, so that a selection which has grown is not repaired by surprise.', pointer: '/expected', value: expected,
    next: 'Send it with { "dryRun": true } first, and then with that count; or say { "force": true }.',
  })
}

function idOf(req: Request): number {
  const id = Number(req.params['id'])
  if (!Number.isInteger(id) || id < 1 || id > greatestId) throw notFound(req)
  return id
}

const notFound = (req: Request): TorgError => new TorgError('request.not-found', { detail: `There is no repair ${req.params['id'] ?? ''}.`, next: 'List them: torg repairs, or GET /api/v1/repairs.' })
