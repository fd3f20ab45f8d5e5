import type { IncomingMessage } from 'node:http'
import { TorgError } from '../errors.ts'

/** How much of a body that is too large is taken in and dropped, so that a sender who writes everything first reads the answer. */
const dropped = 4 * 1024 * 1024

/**
 * The body as it came. Resolves null where the sender went away.
 * @throws TorgError `request.too-large`; `limit` is in bytes.
 */
export function readBody(req: IncomingMessage, limit: number): Promise<Buffer | null> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    const tooLarge = (): void => reject(new TorgError('request.too-large', `The body is larger than ${limit} bytes.`))
    req.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length <= limit) { chunks.push(chunk); return }
      chunks.length = 0
      if (length > limit + dropped) tooLarge()
    })
    req.on('end', () => {
      if (length > limit) tooLarge()
      else resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, length))
    })
    req.on('error', () => resolve(null))
    req.on('close', () => resolve(null))
  })
}
