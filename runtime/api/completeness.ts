/** `GET /api/v1/completeness`: what was received, saved, wanted and acknowledged, and what nobody can account for. */
import { Router, type Request } from 'express'
import { readPeriod, type Completeness, type ProofOptions } from '../completeness/index.ts'
import { TorgError } from '../errors.ts'
import { handle, queryNumber, queryText } from './handler.ts'

export interface CompletenessOptions {
  /** Absent where nothing can be proven: the process knows no flows. */
  prove?(options: ProofOptions): Promise<Completeness>
}

const standardGraceSeconds = 60
const retryMs = 10_000

export function completenessRoutes({ prove }: CompletenessOptions): Router {
  const router = Router()
  let underWay = false
  router.get('/', handle(async (req, res) => {
    if (!prove) throw new TorgError('request.not-found', 'This process knows no flows to prove.')
    const options = readOptions(req)
    // It reads a lot, so that two at once would take from live work what one does not.
    if (underWay) throw new TorgError('hub.unavailable', { detail: 'Another proof is under way.', next: 'Wait until it has ended.', retryAfterMs: retryMs })
    underWay = true
    const gone = new AbortController()
    res.on('close', () => { gone.abort() })
    try {
      res.json(await prove({ ...options, signal: gone.signal }))
    } catch (thrown) {
      if (!gone.signal.aborted) throw thrown
    } finally {
      underWay = false
    }
  }))
  return router
}

const parameters = ['from', 'to', 'zone', 'system', 'kind', 'listings', 'limit', 'grace']

function readOptions(req: Request): Omit<ProofOptions, 'signal'> {
  for (const name of Object.keys(req.query)) if (!parameters.includes(name)) throw new TorgError('request.invalid', `There is no parameter ${name}; there are ${parameters.join(', ')}.`)
  const [system, kind, listings = 'true'] = [queryText(req, 'system'), queryText(req, 'kind'), queryText(req, 'listings')]
  if (listings !== 'true' && listings !== 'false') throw new TorgError('request.invalid', 'The parameter listings is true or false.')
  return {
    ...readPeriod({ from: queryText(req, 'from'), to: queryText(req, 'to'), zone: queryText(req, 'zone') }, new Date()),
    ...(system !== undefined && { system }), ...(kind !== undefined && { kind }),
    listings: listings === 'true',
    names: queryNumber(req, 'limit', { standard: 100, least: 0, most: 10_000 }),
    graceMs: queryNumber(req, 'grace', { standard: standardGraceSeconds, least: 0, most: 86_400 }) * 1000,
  }
}
