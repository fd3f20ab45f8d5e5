/** Lanes: what each is kept from and by what, pausing and resuming. */
import { Router, json } from 'express'
import type { Logger } from 'pino'
import { TorgError } from '../errors.ts'
import type { RegisteredSystem } from '../hub.ts'
import type { LaneDepth, LaneName, LaneState, Store } from '../store/types.ts'
import { callerOf } from './caller.ts'
import { bodyObject, handle, toLane } from './handler.ts'

/** A deployed source or subscription. */
export interface LaneNode { id: string, lane: LaneName, type: string, name?: string }

export interface LaneOptions {
  store: Pick<Store, 'laneStates' | 'pauseLane' | 'resumeLane' | 'depths'>
  systems?(): readonly RegisteredSystem[]
  lanes?: {
    /** Those that the deployed flows have. */
    names(): readonly LaneName[]
    /** The sources and subscriptions of them. */
    nodes(): readonly LaneNode[]
    /** Tells this process at once; the others see it within a second. */
    refresh(lane: LaneName): void
  }
  log: Logger
}

const longestText = 500
const working = { state: 'working', paused: null, open: null, throttledUntil: null, failures: 0, error: null } as const
const empty = { pending: 0, due: 0, held: 0, dead: 0, oldestMs: 0 }

/** `GET /` lists; `POST /:lane/pause` with `{ reason, by? }`; `POST /:lane/resume` also ends what a failing system or its Retry-After brought about. */
export function laneRoutes({ store, systems, lanes, log }: LaneOptions): Router {
  const router = Router()

  const list = async () => {
    const [states, depths] = await Promise.all([store.laneStates(), store.depths()])
    const names = new Set([...lanes?.names() ?? [], ...states.map(({ lane }) => lane), ...depths.map(({ lane }) => lane)])
    const all = systems?.() ?? []
    const deployed = Map.groupBy(lanes?.nodes() ?? [], ({ lane }) => lane)
    return [...names].toSorted().map((lane) => {
      const { probing: _, ...state }: Omit<LaneState, 'probing'> & { probing?: boolean } = states.find((known) => known.lane === lane) ?? { lane, ...working }
      const { lane: __, nodes, ...depth } = depths.find((known) => known.lane === lane) ?? { lane, nodes: [], ...empty }
      return { ...state, ...depth, ...systemOf(lane, all), nodes: withDepth(deployed.get(lane) ?? [], nodes) }
    })
  }
  const known = async (text: unknown): Promise<LaneName> => {
    const lane = toLane(text)
    if (!(await list()).some((item) => item.lane === lane)) throw new TorgError('request.not-found', { detail: `There is no lane ${lane}.`, next: 'List them; a lane is there once a deployed node reads from its system or writes to it.' })
    return lane
  }

  router.get('/', handle(async (_req, res) => { res.json({ items: await list() }) }))

  router.post('/:lane/pause', json(), handle(async (req, res) => {
    const { reason, by: who = callerOf(req).name, ...others } = bodyObject(req)
    for (const name of Object.keys(others)) throw new TorgError('request.invalid', { detail: `"${name}" is not known here; there are reason and by.`, pointer: `/${name}` })
    const text = (value: unknown, field: string): string => {
      if (typeof value === 'string' && value.trim() !== '' && value.length <= longestText) return value.trim()
      throw new TorgError('request.invalid', { detail: `${field} must be a text of at most ${longestText} characters.`, pointer: `/${field}` })
    }
    const lane = await known(req.params['lane'])
    await store.pauseLane(lane, text(who, 'by'), text(reason, 'reason'))
    lanes?.refresh(lane)
    log.info({ lane, by: who, reason }, `Paused: ${lane}`)
    res.json((await list()).find((item) => item.lane === lane))
  }))

  router.post('/:lane/resume', handle(async (req, res) => {
    const lane = await known(req.params['lane'])
    await store.resumeLane(lane)
    lanes?.refresh(lane)
    log.info({ lane, by: callerOf(req).name }, `Resumed: ${lane}`)
    res.json((await list()).find((item) => item.lane === lane))
  }))
  return router
}

/** The deployed nodes of a lane, and those that are not deployed any more and have left something. */
function withDepth(deployed: readonly LaneNode[], depths: LaneDepth['nodes']) {
  const gone = depths.filter(({ node }) => !deployed.some(({ id }) => id === node))
  return [
    ...deployed.map(({ id, type, name = null }) => ({ node: id, type, name, deployed: true, ...empty, ...depths.find(({ node }) => node === id) })),
    ...gone.map(({ node, ...depth }) => ({ node, type: null, name: null, deployed: false, ...depth })),
  ]
}

/** The name of its system, and what its configuration allows; what comes in has a breaker only. */
function systemOf(lane: LaneName, systems: readonly RegisteredSystem[]): { label: string | null, limits: { concurrency: number | null, rate: { tokenMs: number, burst: number } | null, breakAfter: number } | null } {
  const system = systems.find(({ key }) => lane === `${key}.in` || lane === `${key}.out`)
  const label = system?.label ?? null
  if (!system?.limits) return { label, limits: null }
  const { concurrency = null, rate = null, breakAfter } = system.limits
  return { label, limits: lane.endsWith('.out') ? { concurrency, rate, breakAfter } : { concurrency: null, rate: null, breakAfter } }
}
