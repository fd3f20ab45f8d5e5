/** Bodies of JSON, parsed once: a webhook is looked at for its key, and mostly worked on from memory a moment later. */

import { TorgError } from '../errors.ts'
import type { RawRequest } from './definition.ts'

/** By the very bytes, so it goes when they go. */
const lookedAt = new WeakMap<Uint8Array, unknown>()

/**
 * The document a webhook brought, to look at and not to change.
 * @throws TorgError `request.not-json`
 */
export function lookAtJson({ body }: Pick<RawRequest, 'body'>): unknown {
  try {
    if (!lookedAt.has(body)) lookedAt.set(body, JSON.parse(body.toString('utf8')))
  } catch (cause) {
    throw new TorgError('request.not-json', { detail: 'The body of the webhook is not JSON', cause })
  }
  return lookedAt.get(body)
}

/**
 * The document in a body, for the caller alone.
 * @throws SyntaxError
 */
export function takeJson(body: Buffer): unknown {
  if (!lookedAt.has(body)) return JSON.parse(body.toString('utf8'))
  const document = lookedAt.get(body)
  lookedAt.delete(body)
  return document
}
