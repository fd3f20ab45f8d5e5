/** Privacy of customers: everything about one handed out, or erased. */
import { Router, json, type Request } from 'express'
import type { Logger } from 'pino'
import { TorgError } from '../errors.ts'
import type { Store } from '../store/types.ts'
import { callerOf } from './caller.ts'
import { bodyObject, handle } from './handler.ts'

export interface PrivacyOptions {
  store: Pick<Store, 'exportCustomer' | 'erase' | 'erasures' | 'erasure' | 'confirmErasure'>
  log: Logger
}

const longestText = 2_000

/**
 * `GET /customers/:id` hands out everything. `POST /erasures` with `{ customer, why }` erases; `GET /erasures`, `GET /erasures/:id`, and
 * `POST /erasures/:id/confirm` with `{ system, note }` where a person has to say that a system is through.
 */
export function privacyRoutes({ store, log }: PrivacyOptions): Router {
  const router = Router()

  router.get('/customers/:id', handle(async (req, res) => {
    const by = callerOf(req).name
    const found = await store.exportCustomer(req.params['id'] ?? '')
    if (found === null) throw new TorgError('request.not-found', { detail: `There is no customer ${req.params['id'] ?? ''}.`, next: 'Name the hub\'s own id of the customer; GET /api/v1/customers finds it by number or reference.' })
    log.info({ customer: found.customer.id, by }, `Everything about customer ${found.customer.id} was handed out to ${by}`)
    res.json(found)
  }))

  router.post('/erasures', json(), handle(async (req, res) => {
    const { customer, why, ...others } = bodyObject(req)
    refuseOthers(others, 'customer and why')
    if (typeof customer !== 'string' || customer === '') throw new TorgError('request.invalid', { detail: 'customer is the hub\'s own id of the customer.', pointer: '/customer', value: customer })
    if (typeof why !== 'string' || why.trim() === '' || why.length > longestText) throw new TorgError('request.invalid', { detail: 'why says for what reason the customer is erased; it is kept, so do not name the person.', pointer: '/why' })
    const by = callerOf(req).name
    const erasure = await store.erase(customer, { by, why: why.trim() })
    log.info({ erasure: erasure.id, customer, by }, `Customer ${customer} is erased by ${by}: ${erasure.records} records`)
    res.status(202).json(erasure)
  }))

  router.get('/erasures', handle(async (_req, res) => { res.json({ items: await store.erasures() }) }))

  router.get('/erasures/:id', handle(async (req, res) => {
    const erasure = await store.erasure(idOf(req))
    if (erasure === null) throw notFound(req)
    res.json(erasure)
  }))

  router.post('/erasures/:id/confirm', json(), handle(async (req, res) => {
    const { system, note = null, ...others } = bodyObject(req)
    refuseOthers(others, 'system and note')
    if (typeof system !== 'string' || system === '') throw new TorgError('request.invalid', { detail: 'system is the key of the system that has erased the customer.', pointer: '/system', value: system })
    if (note !== null && (typeof note !== 'string' || note.length > longestText)) throw new TorgError('request.invalid', { detail: `The note is a text of at most ${longestText} characters.`, pointer: '/note' })
    const by = callerOf(req).name
    const erasure = await store.confirmErasure(idOf(req), { system, by, note })
    if (erasure === null) {
      if (await store.erasure(idOf(req)) === null) throw notFound(req)
      throw new TorgError('request.conflict', { detail: `Erasure ${idOf(req)} does not wait for a person to confirm ${system}.`, pointer: '/system', value: system, next: 'See which systems it waits for, and how they stand: torg erasures show.' })
    }
    log.info({ erasure: erasure.id, system, by }, `${by} confirms that ${system} has erased the customer of erasure ${erasure.id}`)
    res.json(erasure)
  }))
  return router
}

function refuseOthers(others: object, known: string): void {
  for (const name of Object.keys(others)) throw new TorgError('request.invalid', { detail: `"${name}" is not known here; there are ${known}.`, pointer: `/${name}` })
}

const greatestId = 2 ** 31 - 1

function idOf(req: Request): number {
  const id = Number(req.params['id'])
  if (!Number.isInteger(id) || id < 1 || id > greatestId) throw notFound(req)
  return id
}

const notFound = (req: Request): TorgError => new TorgError('request.not-found', { detail: `There is no erasure ${req.params['id'] ?? ''}.`, next: 'List them: torg erasures, or GET /api/v1/privacy/erasures.' })
