/** The processes that share the work. */
import { Router } from 'express'
import type { Store } from '../store/types.ts'
import { handle } from './handler.ts'

/** `GET /`: hub and workers, what each does or why it does nothing, and those killed during the last day. */
export function processRoutes(store: Pick<Store, 'processes'>): Router {
  return Router().get('/', handle(async (_req, res) => { res.json({ items: await store.processes() }) }))
}
