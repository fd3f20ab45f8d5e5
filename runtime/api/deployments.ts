/** Deployments and the flows that run. */
import { Router, json } from 'express'
import { TorgError } from '../errors.ts'
import { refuseStale, type DeployUser } from '../project/index.ts'
import type { DeployedFrom, Deployment, Store } from '../store/types.ts'
import { callerOf } from './caller.ts'
import { bodyObject, handle, queryNumber, queryText } from './handler.ts'

export interface DeployOptions {
  store: Pick<Store, 'activeDeployment' | 'deploymentByRevision' | 'deployments'>
  /** Throws `flow.invalid` where flows may not be deployed. */
  checkFlows(flows: readonly unknown[]): void
  /**
   * Deploys where `revision` is still the active one, and waits until the new flows run; absent in a process that cannot. `warnings` are
   * sentences about what may be deployed, but is seldom meant.
   */
  deploy?(request: { flows: Record<string, unknown>[], revision: string | null, user: DeployUser }): Promise<{ revision: string, warnings: string[] }>
}

const flowsLimit = '50mb'

/** `GET /` lists them, newest first; `GET /active` and `GET /:revision` give one with its flows. Never with credentials. */
export function deploymentRoutes({ store }: Pick<DeployOptions, 'store'>): Router {
  const router = Router()
  router.get('/', handle(async (req, res) => {
    const limit = queryNumber(req, 'limit', { standard: 50, least: 1, most: 500 })
    const before = queryNumber(req, 'after', { standard: 0, least: 1, most: 2 ** 31 - 1 })
    const from = toFrom(queryText(req, 'from'))
    const items = await store.deployments({ limit, ...(before > 0 && { before }), ...(from && { from }) })
    res.json({ items, next: items.length === limit ? items.at(-1)?.id ?? null : null })
  }))
  router.get('/active', handle(async (_req, res) => { res.json(shown(await store.activeDeployment(), 'Nothing is deployed yet.')) }))
  router.get('/:revision', handle(async (req, res) => {
    const revision = req.params['revision'] ?? ''
    res.json(shown(await store.deploymentByRevision(revision), `There is no deployment with the revision ${revision}.`))
  }))
  return router
}

function shown(deployment: Deployment | null, missing: string): Omit<Deployment, 'credentials'> {
  if (deployment === null) throw new TorgError('request.not-found', missing)
  const { credentials: _, ...rest } = deployment
  return rest
}

/**
 * `GET /` gives revision and flows; `PUT /` deploys `{ revision, flows, note?, from? }` when the revision is still that of what
 * runs, and answers with the new revision and with warnings. `from` is `files` where the flows are those of the project's files.
 */
export function flowRoutes({ store, checkFlows, deploy }: DeployOptions): Router {
  const router = Router()
  router.get('/', handle(async (_req, res) => {
    const active = await store.activeDeployment()
    res.json({ revision: active?.revision ?? null, deployment: active?.id ?? null, flows: active?.flows ?? [] })
  }))

  /** One deploy after the other: the second must see the first one's revision. */
  let last: Promise<unknown> = Promise.resolve()
  router.put('/', json({ limit: flowsLimit }), handle(async (req, res) => {
    const { revision, flows, note = null, from } = bodyObject(req)
    if (typeof revision !== 'string' && revision !== null) throw new TorgError('request.invalid', 'revision must be that of the flows this is based on, from GET /api/v1/flows; null where nothing was deployed.')
    if (!isNodes(flows)) throw new TorgError('request.invalid', 'flows must be a list of nodes.')
    if (typeof note !== 'string' && note !== null) throw new TorgError('request.invalid', 'note must be a text.')
    const user: DeployUser = { username: callerOf(req).name, deploy: { from: toFrom(from) ?? 'api', note } }
    if (deploy === undefined) throw new TorgError('hub.unavailable', 'This process does not deploy.')
    const result = last.then(async () => {
      await refuseStale(store, revision)
      checkFlows(flows)
      return deploy({ flows, revision, user })
    })
    last = result.catch(() => undefined)
    res.json(await result)
  }))
  return router
}

function toFrom(from: unknown): DeployedFrom | undefined {
  if (from === undefined || from === 'files' || from === 'editor' || from === 'api') return from
  throw new TorgError('request.invalid', 'from is files, editor or api.')
}

const isNodes = (value: unknown): value is Record<string, unknown>[] => Array.isArray(value) && value.every(item => typeof item === 'object' && item !== null && !Array.isArray(item))
