/** Reading what the hub does: status, schemas. */
import { Router } from 'express'
import { TorgError } from '../errors.ts'
import type { Hub, RegisteredSystem } from '../hub.ts'
import type { Store } from '../store/types.ts'
import { handle } from './handler.ts'

export interface StatusOptions {
  hub: Pick<Hub, 'accepting'>
  store: Pick<Store, 'activeDeployment' | 'depths' | 'decisions'>
  version: string
  systems?(): readonly RegisteredSystem[]
}

/** `GET /`: version, deployment, lanes, systems, what waits for a person. */
export function statusRoutes({ hub, store, version, systems }: StatusOptions): Router {
  return Router().get('/', handle(async (_req, res) => {
    const [active, lanes, decisions] = await Promise.all([store.activeDeployment(), store.depths(), store.decisions()])
    const { id, revision, at, by, note } = active ?? {}
    res.json({
      version,
      accepting: hub.accepting,
      deployment: active === null ? null : { id, revision, at, by, note },
      systems: (systems?.() ?? []).map(({ key, connector, label }) => ({ key, connector, label })),
      lanes,
      decisions,
    })
  }))
}

/** `GET /` lists, `GET /:name` gives a JSON Schema. */
export function schemaRoutes(schemas: ReadonlyMap<string, object>): Router {
  const router = Router()
  router.get('/', (_req, res) => { res.json({ schemas: [...schemas.keys()].sort() }) })
  router.get('/:name', (req, res) => {
    const name = (req.params['name'] ?? '').replace(/\.json$/, '')
    const schema = schemas.get(name)
    if (schema === undefined) throw new TorgError('request.not-found', `There is no schema "${name}"; there are ${[...schemas.keys()].sort().join(', ')}.`)
    res.type('application/schema+json').send(JSON.stringify(schema))
  })
  return router
}
