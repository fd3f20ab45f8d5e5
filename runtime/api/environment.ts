/** Whose the database is, and letting it go where it belongs to another environment. */
import { Router, json } from 'express'
import type { Logger } from 'pino'
import { TorgError } from '../errors.ts'
import type { Environment } from '../project/environment.ts'
import type { Store } from '../store/types.ts'
import { callerOf } from './caller.ts'
import { bodyObject, handle } from './handler.ts'

export interface EnvironmentOptions {
  environment: Pick<Environment, 'name' | 'database' | 'since' | 'by' | 'held' | 'adopt'>
  store: Pick<Store, 'depths'>
  log: Logger
}

/** `GET /`: names, and what waits. `POST /` with `{ "waiting": "deliver" | "drop" }` lets the database go. */
export function environmentRoutes({ environment, store, log }: EnvironmentOptions): Router {
  const describe = async (): Promise<Record<string, unknown>> => {
    const { name, database, since, by: whose, held } = environment
    const lanes = await store.depths()
    const sum = (end: string, count: 'pending' | 'held'): number => lanes.filter(({ lane }) => lane.endsWith(end)).reduce((total, depth) => total + depth[count], 0)
    return { name, database, since, by: whose, held, waiting: { messages: sum('.in', 'pending'), deliveries: sum('.out', 'pending'), heldDeliveries: sum('.out', 'held') } }
  }
  const router = Router()
  router.get('/', handle(async (_req, res) => { res.json(await describe()) }))
  router.post('/', json(), handle(async (req, res) => {
    const { waiting, ...others } = bodyObject(req)
    for (const name of Object.keys(others)) throw new TorgError('request.invalid', `"${name}" is not known; there is waiting.`)
    if (waiting !== 'deliver' && waiting !== 'drop') {
      throw new TorgError('request.invalid', { detail: 'Say in "waiting" what becomes of the deliveries that wait: "deliver" sends them, "drop" takes them for known to their systems.', pointer: '/waiting', value: waiting })
    }
    const before = environment.database
    const by = callerOf(req).name
    const { dropped } = await environment.adopt({ waiting, by })
    log.warn({ before, environment: environment.name, waiting, dropped, by }, `The database of the environment "${before}" was let go as "${environment.name}"`)
    res.json({ ...await describe(), before, dropped })
  }))
  return router
}
