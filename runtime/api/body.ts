import type { IncomingMessage } from 'node:http'
import { TorgError } from '../errors.ts'

/** How much of a body that is too large is taken in and dropped, so that a sender who writes everything first reads the answer. */
const dropped = 4 * 1024 * 1024

/**
 * The body as it came. Resolves null where the sender went away.
 * @param take told of the bytes of each part; what it throws refuses the request, once the rest of the body was dropped
 * @throws TorgError `request.too-large`; `limit` is in bytes.
 */
export function readBody(req: IncomingMessage, limit: number, take: (bytes: number) => void = () => undefined): Promise<Buffer | null> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    let refusal: unknown
    const tooLarge = (): void => reject(new TorgError('request.too-large', `The body is larger than ${limit} bytes.`))
    req.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length <= limit) {
        if (refusal !== undefined) return
        try {
          take(chunk.length)
          chunks.push(chunk)
        } catch (thrown) {
          refusal = thrown
          chunks.length = 0
        }
        return
      }
      chunks.length = 0
      if (length > limit + dropped) tooLarge()
    })
    req.on('end', () => {
      if (length > limit) tooLarge()
      else if (refusal !== undefined) reject(refusal)
      else resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, length))
    })
    req.on('error', () => resolve(null))
    req.on('close', () => resolve(null))
  })
}
