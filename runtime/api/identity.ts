/** Records that may be of the same thing: reviews, and making one of two by hand, or two again. */
import { Router, json, type Request } from 'express'
import type { Logger } from 'pino'
import { TorgError } from '../errors.ts'
import type { Kind } from '../model/index.ts'
import type { LaneName, Merge, Review, Store } from '../store/types.ts'
import { callerOf } from './caller.ts'
import { bodyObject, handle, queryNumber, queryText } from './handler.ts'

export interface IdentityOptions {
  store: Pick<Store, 'reviews' | 'review' | 'closeReview' | 'merge' | 'unmerge'>
  /** The project's. */
  kinds: ReadonlyMap<string, Kind>
  log: Logger
  hint?(lane: LaneName): void
}

const longestText = 2_000
const greatestId = 2 ** 31 - 1
const states: readonly Review['state'][] = ['open', 'merged', 'distinct']

/**
 * `GET /` with `?state=` (standard: open), `GET /:id`, `POST /:id/merge` with `{ why, into }`: the new record becomes part of the other one, `into`
 * where there are several; `POST /:id/distinct` with `{ note }`.
 */
export function reviewRoutes(options: IdentityOptions): Router {
  const { store, log } = options
  const router = Router()
  const found = async (req: Request): Promise<Review> => {
    const review = await store.review(idOf(req))
    if (review === null) throw notFound(req)
    if (req.method === 'POST' && review.state !== 'open') throw new TorgError('request.conflict', { detail: `Review ${review.id} is ${review.state} already, by ${review.decidedBy ?? 'somebody'}.`, next: 'Merge or part the records themselves, if that was wrong.' })
    return review
  }

  router.get('/', handle(async (req, res) => {
    const limit = queryNumber(req, 'limit', { standard: 50, least: 1, most: 500 })
    const before = queryNumber(req, 'after', { standard: 0, least: 1, most: greatestId })
    const state = toState(queryText(req, 'state') ?? 'open')
    const items = await store.reviews({ limit, ...(state && { state }), ...(before > 0 && { before }) })
    res.json({ items, next: items.length === limit ? items.at(-1)?.id ?? null : null })
  }))
  router.get('/:id', handle(async (req, res) => { res.json(await found(req)) }))

  router.post('/:id/merge', json(), handle(async (req, res) => {
    const { why, into, ...others } = bodyObject(req)
    refuseOthers(others, 'why and into')
    const { kind, records: [made, ...known] } = await found(req)
    const target = into === undefined && known.length === 1 ? known[0] : known.find(({ id }) => id === into)
    if (!made || !target) throw new TorgError('request.invalid', { detail: `into is the record that stays, one of ${known.map(({ id }) => id).join(', ')}.`, pointer: '/into', value: into })
    const merge = await mergeRecords(options, req, { kind, into: target.id, from: made.id, why: toWhy(why) })
    res.json(merge)
  }))

  router.post('/:id/distinct', json(), handle(async (req, res) => {
    const { note = null, ...others } = bodyObject(req)
    refuseOthers(others, 'note')
    if (note !== null && (typeof note !== 'string' || note.length > longestText || note.includes('\0'))) throw new TorgError('request.invalid', { detail: `The note is a text of at most ${longestText} characters.`, pointer: '/note' })
    const { id } = await found(req)
    const by = callerOf(req).name
    const review = await store.closeReview(id, by, note)
    if (review === null) throw new TorgError('request.conflict', `Review ${id} was decided at this moment.`)
    log.info({ review: id, by }, `Review ${id}: ${by} says that the records are of different things`)
    res.json(review)
  }))
  return router
}

/**
 * For every kind that is no fact `POST /customers/:id/merge` with `{ from, why }`, which makes `from` part of the record, and `POST
 * /customers/:id/unmerge` with `{ why }`, which makes what became part of another one a record of its own.
 */
export function mergeRoutes(options: IdentityOptions): Router {
  const { store, kinds, log, hint } = options
  const router = Router()
  for (const { name: kind, plural, rules } of kinds.values()) {
    if (rules.fact) continue
    router.post(`/${plural}/:id/merge`, json(), handle(async (req, res) => {
      const { from, why, ...others } = bodyObject(req)
      refuseOthers(others, 'from and why')
      if (typeof from !== 'string' || from === '') throw new TorgError('request.invalid', { detail: 'from is the hub\'s own id of the record that becomes part of this one.', pointer: '/from', value: from })
      res.json(await mergeRecords(options, req, { kind, into: req.params['id'] ?? '', from, why: toWhy(why) }))
    }))
    router.post(`/${plural}/:id/unmerge`, json(), handle(async (req, res) => {
      const { why, ...others } = bodyObject(req)
      refuseOthers(others, 'why')
      const { id = '' } = req.params
      const by = callerOf(req).name
      const merge = await store.unmerge({ kind, from: id, by, why: toWhy(why) })
      for (const lane of merge.lanes) hint?.(lane)
      log.info({ merge: merge.id, kind, into: merge.into, from: id, by }, `${by} took the merge of ${kind} ${id} into ${merge.into} back`)
      res.json(merge)
    }))
  }
  return router
}

async function mergeRecords({ store, log, hint }: IdentityOptions, req: Request, want: { kind: string, into: string, from: string, why: string }): Promise<Merge> {
  const by = callerOf(req).name
  const merge = await store.merge({ ...want, by })
  for (const lane of merge.lanes) hint?.(lane)
  log.info({ merge: merge.id, ...want, by }, `${by} merged ${want.kind} ${want.from} into ${want.into}`)
  return merge
}

function toState(text: string): Review['state'] | null {
  if (text === 'all') return null
  const state = states.find(known => known === text)
  if (state === undefined) throw new TorgError('request.invalid', `The state is one of ${states.join(', ')} and all.`)
  return state
}

function toWhy(why: unknown): string {
  if (typeof why === 'string' && why.trim() !== '' && why.length <= longestText && !why.includes('\0')) return why.trim()
  throw new TorgError('request.invalid', { detail: `why says for what reason; it is kept. A text of at most ${longestText} characters.`, pointer: '/why' })
}

function refuseOthers(others: object, known: string): void {
  for (const name of Object.keys(others)) throw new TorgError('request.invalid', { detail: `"${name}" is not known here; there are ${known}.`, pointer: `/${name}` })
}

function idOf(req: Request): number {
  const id = Number(req.params['id'])
  if (!Number.isInteger(id) || id < 1 || id > greatestId) throw notFound(req)
  return id
}

const notFound = (req: Request): TorgError => new TorgError('request.not-found', { detail: `There is no review ${req.params['id'] ?? ''}.`, next: 'List them: torg reviews, or GET /api/v1/reviews.' })
