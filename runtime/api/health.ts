/** Whether the process lives, and whether it should get work. Open to everybody, so they tell nothing else. */
import type { RequestHandler } from 'express'
import type { Hub } from '../hub.ts'
import type { Store } from '../store/types.ts'

export interface HealthOptions {
  hub: Pick<Hub, 'accepting'>
  store: Pick<Store, 'ping'>
  /** Further reasons why the hub should get no work, for example that the flows have not started. */
  notReady?(): readonly string[]
  /** Whether messages are only stored, because the database belongs to another environment. */
  held?(): boolean
}

const pingLimitMs = 2_000

/** The process answers: 200. */
export const health: RequestHandler = (_req, res) => {
  res.set('Cache-Control', 'no-store').json({ status: 'alive' })
}

/** 200 when the database answers, the flows run and messages are taken; else 503 with the reasons. */
export function createReady({ hub, store, notReady, held }: HealthOptions): RequestHandler {
  return async (_req, res) => {
    const reasons = [...notReady?.() ?? []]
    if (!hub.accepting && reasons.length === 0) reasons.push('The hub is deploying or stopping.')
    if (!await answers(store)) reasons.push('PostgreSQL does not answer.')
    res.set('Cache-Control', 'no-store')
    if (reasons.length === 0) res.json({ status: 'ready', ...(held?.() && { held: true }) })
    else res.status(503).set('Retry-After', '5').json({ status: 'not ready', reasons })
  }
}

async function answers(store: Pick<Store, 'ping'>): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(resolve, pingLimitMs, false)
  store.ping().then(() => { resolve(true) }, () => { resolve(false) })
  return promise.finally(() => { clearTimeout(timer) })
}
