/** `Idempotency-Key`: the same request sent again is answered as before. After https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/ */
import { createHash } from 'node:crypto'
import type { Request, RequestHandler, Response } from 'express'
import { TorgError } from '../../errors.ts'
import type { AnswerStore, KeptAnswer } from '../../store/types.ts'
import { callerOf } from '../caller.ts'
import { handle } from '../handler.ts'

const form = /^[\x21-\x7e]{1,255}$/
const retryMs = 1_000

/** Answers with what `work` resolves to; with a key, only once. Failures changed nothing and are not kept. */
export const answering = (store: AnswerStore, work: (req: Request) => Promise<KeptAnswer>): RequestHandler => handle(async (req, res) => {
  const key = req.headers['idempotency-key']
  if (key === undefined) { send(res, await work(req)); return }
  if (typeof key !== 'string' || !form.test(key)) throw new TorgError('request.invalid', 'Idempotency-Key has 1 to 255 letters, digits and signs of ASCII, without spaces.')
  const request = { caller: callerOf(req).id, key, digest: digestOf(req) }
  const begun = await store.beginAnswer(request)
  if (begun.state === 'other') throw new TorgError('request.key-used', `The idempotency key ${key} was used for another request within the last 24 hours.`)
  if (begun.state === 'under-way') {
    res.set('Retry-After', String(retryMs / 1000))
    throw new TorgError('request.conflict', { detail: `The request with the idempotency key ${key} is being worked on.`, next: 'Send it again in a moment; it is then answered as the first time.' })
  }
  if (begun.state === 'answered') {
    res.set('Idempotency-Replayed', 'true')
    send(res, begun.answer)
    return
  }
  let answer: KeptAnswer
  try {
    answer = await work(req)
  } catch (thrown) {
    await store.forgetAnswer(request)
    throw thrown
  }
  await store.keepAnswer(request, answer)
  send(res, answer)
})

function send(res: Response, { status, headers, body }: KeptAnswer): void {
  res.status(status).set(headers).type('application/json').send(body)
}

/** Of all that makes the request what it is. */
function digestOf(req: Request): Buffer {
  const { 'if-match': match = null, 'if-none-match': noneMatch = null } = req.headers
  const body: unknown = req.body
  return createHash('sha256').update(JSON.stringify([req.method, req.originalUrl, match, noneMatch, body])).digest()
}
