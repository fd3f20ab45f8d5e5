import type { Request, RequestHandler, Response } from 'express'
import { TorgError } from '../errors.ts'
import type { LaneName } from '../store/types.ts'

/** An async handler whose failure reaches the error middleware; express 4 does not wait for it by itself. */
export const handle = (work: (req: Request, res: Response) => Promise<unknown>): RequestHandler => (req, res, next) => {
  work(req, res).catch(next)
}

/** Characters from which on a text is better sent as bytes: Node joins a text with the headers, and takes room for three bytes of each character. */
const longText = 16_384

/** The same as `res.json`, without what express finds out about each answer anew. */
export function sendJson(res: Response, body: object): void {
  const text = JSON.stringify(body)
  const sent = text.length > longText ? Buffer.from(text) : text
  res.setHeader('Content-Type', 'application/json; charset=utf-8')
  res.setHeader('Content-Length', Buffer.byteLength(sent))
  res.end(sent)
}

/** A query parameter given at most once; undefined when it is missing or empty. */
export function queryText(req: Request, name: string): string | undefined {
  const value = req.query[name]
  if (value === undefined || value === '') return undefined
  if (typeof value === 'string') return value
  throw new TorgError('request.invalid', `The parameter ${name} may be given once.`)
}

/** A parameter that is a whole number within bounds. */
export function queryNumber(req: Request, name: string, { standard, least, most }: { standard: number, least: number, most: number }): number {
  const text = queryText(req, name)
  if (text === undefined) return standard
  const value = Number(text)
  if (!Number.isInteger(value) || value < least || value > most) throw new TorgError('request.invalid', `The parameter ${name} must be a whole number from ${least} to ${most}.`)
  return value
}

/** The JSON object in the body. */
export function bodyObject(req: Request): Record<string, unknown> {
  const body: unknown = req.body
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new TorgError('request.invalid', 'The body must be a JSON object with content type application/json.')
  return { ...body }
}

/** A lane's name as a caller gave it. */
export function toLane(text: unknown): LaneName {
  if (isLane(text)) return text
  throw new TorgError('request.invalid', 'A lane is a system key and .in or .out, for example erp.out.')
}

const isLane = (text: unknown): text is LaneName => typeof text === 'string' && /^[a-z0-9-]+\.(?:in|out)$/.test(text)
