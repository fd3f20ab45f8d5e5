/** What calls have in common that take a file. */
import { pipeline, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { Request } from 'express'
import { TorgError } from '../errors.ts'
import type { Import } from '../store/import-types.ts'

/** The types of a file, by what the client calls it. */
const formats: Readonly<Record<string, Import['format']>> = { 'application/x-ndjson': 'ndjson', 'application/jsonl': 'ndjson', 'application/json-lines': 'ndjson', 'text/csv': 'csv' }

/** By the content type; undefined: the body is no file. */
export function formatOf(req: Request): Import['format'] | undefined {
  return formats[(req.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '']
}

/** The bytes of the file; of a connection that ends early, an error. */
export function bodyOf(req: Request): Readable {
  const encoding = req.headers['content-encoding'] ?? 'identity'
  if (encoding === 'identity') return req
  if (encoding === 'gzip') return pipeline(req, createGunzip(), () => undefined)
  throw new TorgError('request.invalid', { detail: `The content encoding is ${encoding}; gzip is taken, or none.`, value: encoding })
}

/** The parameter `dryRun`. */
export function truth(text: string): boolean {
  if (text === 'true' || text === 'false') return text === 'true'
  throw new TorgError('request.invalid', 'The parameter dryRun is true or false.')
}
