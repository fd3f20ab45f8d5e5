/** Bounds of what a body may be beside its size. */
import type { RequestHandler } from 'express'
import { TorgError } from '../../errors.ts'

/** Deeper than any kind, also with fields of its own. What walks a document does so by calling itself. */
const deepest = 64

/** Refuses a body nested so deeply that reading it would exhaust the stack. */
export const refuseDeep: RequestHandler = (req, _res, next) => {
  let level: unknown[] = [req.body]
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > deepest) throw new TorgError('request.invalid', `The body is nested more than ${deepest} levels deep.`)
    level = level.flatMap(value => typeof value === 'object' && value !== null ? Object.values(value) : [])
  }
  next()
}
