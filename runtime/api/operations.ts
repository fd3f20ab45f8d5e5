/** Reading what the hub does and keeps: status, records, schemas. */
import { Router } from 'express'
import { TorgError } from '../errors.ts'
import type { Hub, RegisteredSystem } from '../hub.ts'
import type { Store } from '../store/types.ts'
import { handle, queryText } from './handler.ts'

export interface StatusOptions {
  hub: Pick<Hub, 'accepting'>
  store: Pick<Store, 'activeDeployment' | 'depths'>
  version: string
  systems?(): readonly RegisteredSystem[]
}

/** `GET /`: version, deployment, lanes, systems. */
export function statusRoutes({ hub, store, version, systems }: StatusOptions): Router {
  return Router().get('/', handle(async (_req, res) => {
    const [active, lanes] = await Promise.all([store.activeDeployment(), store.depths()])
    const { id, revision, at, by, note } = active ?? {}
    res.json({
      version,
      accepting: hub.accepting,
      deployment: active === null ? null : { id, revision, at, by, note },
      systems: (systems?.() ?? []).map(({ key, connector, label }) => ({ key, connector, label })),
      lanes,
    })
  }))
}

/** `GET /:kind/:id`, and `GET /:kind?number=…` or `?system=…&refKind=…&ref=…`. */
export function recordRoutes(store: Pick<Store, 'find'>): Router {
  const router = Router()
  router.get('/:kind/:id', handle(async (req, res) => {
    const { kind = '', id = '' } = req.params
    if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)) throw new TorgError('request.invalid', `"${id}" is no record id. Find one with ?number=… or ?system=…&ref=….`)
    const record = await store.find(kind, { id })
    if (record === null) throw new TorgError('request.not-found', `There is no ${kind} ${id}.`)
    res.json(record)
  }))
  router.get('/:kind', handle(async (req, res) => {
    const { kind = '' } = req.params
    const [number, system, ref] = [queryText(req, 'number'), queryText(req, 'system'), queryText(req, 'ref')]
    if (number !== undefined) {
      const record = await store.find(kind, { number })
      if (record === null) throw new TorgError('request.not-found', `There is no ${kind} with the number ${number}.`)
      res.json(record)
      return
    }
    if (system === undefined || ref === undefined) throw new TorgError('request.invalid', 'Name a number, or a system and ref (the id the system gave it).')
    const record = await store.find(kind, { ref: { system, kind: queryText(req, 'refKind') ?? kind, id: ref } })
    if (record === null) throw new TorgError('request.not-found', `${system} has no ${kind} ${ref} here.`)
    res.json(record)
  }))
  return router
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
