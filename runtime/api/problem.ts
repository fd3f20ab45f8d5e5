/** Errors as RFC 9457 problem+json. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { TorgError, toProblem } from '../errors.ts'

/** Seconds a sender waits where an error does not say how long. */
const retryAfterS = 5

/** Answers with an error; nothing where the answer has begun already. */
export function sendProblem(req: IncomingMessage, res: ServerResponse, error: TorgError, headers: Readonly<Record<string, string>> = {}): void {
  if (res.headersSent) { res.destroy(); return }
  const [path] = (req.url ?? '/').split('?', 1)
  const body = Buffer.from(JSON.stringify(toProblem(error, path)))
  res.writeHead(error.status, {
    'Content-Type': 'application/problem+json',
    'Content-Length': body.length,
    'Cache-Control': 'no-store',
    ...(error.status === 503 || error.status === 429 ? { 'Retry-After': String(Math.max(1, Math.ceil((error.retryAfterMs ?? retryAfterS * 1000) / 1000))) } : {}),
    ...headers,
  })
  res.end(req.method === 'HEAD' ? undefined : body)
}

/** Any thrown thing as the error to answer with. Unknown ones say nothing of their inside: the log has it, under the request id. */
export function toAnswer(thrown: unknown, requestId: string): TorgError {
  if (thrown instanceof TorgError && thrown.code !== 'hub.internal') return thrown
  if (thrown instanceof Error) {
    if (thrown.cause instanceof TorgError) return thrown.cause
    // body-parser marks its errors with a type: https://github.com/expressjs/body-parser#errors
    const type = 'type' in thrown ? thrown.type : undefined
    if (type === 'entity.parse.failed') return new TorgError('request.not-json', 'The body is not JSON.')
    if (type === 'entity.too.large') return new TorgError('request.too-large', 'The body is larger than this call takes.')
    if (typeof type === 'string' && (type.startsWith('encoding.') || type.startsWith('charset.') || type === 'request.aborted' || type === 'request.size.invalid')) return new TorgError('request.invalid', thrown.message)
    if (thrown instanceof URIError) return new TorgError('request.invalid', 'The address is not well encoded.')
  }
  return new TorgError('hub.internal', { detail: `The call failed; the log has the reason under request ${requestId}.`, cause: thrown })
}

const prefix = Math.random().toString(36).slice(2, 8)
let count = 0

/** An id for the log and the answer: unique in this process, unlikely to repeat in the next. Cheap, as every webhook gets one. */
export const newRequestId = (): string => `${prefix}-${(++count).toString(36)}`
