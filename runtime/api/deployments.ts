/** Deployments and the flows that run. */
import { Router, json } from 'express'
import { TorgError } from '../errors.ts'
import { refuseStale } from '../project/index.ts'
import type { Deployment, Store } from '../store/types.ts'
import { bodyObject, handle } from './handler.ts'

export interface DeployOptions {
  store: Pick<Store, 'activeDeployment' | 'deploymentByRevision'>
  /** Throws `flow.invalid` where flows may not be deployed. */
  checkFlows(flows: readonly unknown[]): void
  /** Deploys and waits until the new flows run; absent in a process that cannot. */
  deploy?(flows: Record<string, unknown>[], by: string): Promise<{ revision: string }>
  /** Who deploys by API. */
  by: string
}

const flowsLimit = '50mb'

/** `GET /active` and `GET /:revision`, each with its flows; never with credentials. */
export function deploymentRoutes({ store }: Pick<DeployOptions, 'store'>): Router {
  const router = Router()
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

/** `GET /` gives revision and flows; `PUT /` deploys `{ revision, flows }` when the revision is still that of what runs. */
export function flowRoutes({ store, checkFlows, deploy, by }: DeployOptions): Router {
  const router = Router()
  router.get('/', handle(async (_req, res) => {
    const active = await store.activeDeployment()
    res.json({ revision: active?.revision ?? null, deployment: active?.id ?? null, flows: active?.flows ?? [] })
  }))

  /** One deploy after the other: the second must see the first one's revision. */
  let last: Promise<unknown> = Promise.resolve()
  router.put('/', json({ limit: flowsLimit }), handle(async (req, res) => {
    const { revision, flows } = bodyObject(req)
    if (typeof revision !== 'string' && revision !== null) throw new TorgError('request.invalid', 'revision must be that of the flows this is based on, from GET /api/v1/flows; null where nothing was deployed.')
    if (!isNodes(flows)) throw new TorgError('request.invalid', 'flows must be a list of nodes.')
    if (deploy === undefined) throw new TorgError('hub.unavailable', 'This process does not deploy.')
    const result = last.then(async () => {
      await refuseStale(store, revision)
      checkFlows(flows)
      return deploy(flows, by)
    })
    last = result.catch(() => undefined)
    res.json(await result)
  }))
  return router
}

const isNodes = (value: unknown): value is Record<string, unknown>[] => Array.isArray(value) && value.every(item => typeof item === 'object' && item !== null && !Array.isArray(item))
