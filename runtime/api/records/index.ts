/** The hub API: every kind at an address of its own, from the registry of kinds. */
import { Router } from 'express'
import type { Hub } from '../../hub.ts'
import type { Kind } from '../../model/index.ts'
import type { AnswerStore, Store } from '../../store/types.ts'
import type { Settings } from '../../settings.ts'
import { explainRoutes, type ExplainRouteOptions } from './explain.ts'
import { priceRoutes } from './prices.ts'
import { readRoutes, type ReadStore } from './read.ts'
import { resourcesOf } from './resources.ts'
import { writeRoutes } from './write.ts'

export interface RecordOptions {
  /** The project's. */
  kinds: ReadonlyMap<string, Kind>
  hub: Pick<Hub, 'accepting' | 'save' | 'find' | 'readerOf'>
  store: ReadStore & AnswerStore & Pick<Store, 'pricesOf'> & ExplainRouteOptions['store']
  explain: ExplainRouteOptions['explain']
  settings: Pick<Settings, 'bodyLimit'>
}

export function recordRoutes({ kinds, hub, store, explain, settings: { bodyLimit } }: RecordOptions): Router {
  const router = Router()
  router.use('/prices', priceRoutes({ store, hub }))
  for (const resource of resourcesOf(kinds)) {
    const ofKind = Router()
    ofKind.use(readRoutes({ resource, store, hub }), explainRoutes({ resource, store, hub, explain }), writeRoutes({ resource, hub, store, bodyLimit }))
    router.use(`/${resource.kind.plural}`, ofKind)
  }
  return router
}
