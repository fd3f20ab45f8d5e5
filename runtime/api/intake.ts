/** Webhooks: `POST /in/<system key>[/<path>]`. The hot path: nothing of express stands before it. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import { TorgError } from '../errors.ts'
import type { Hub, RegisteredSource } from '../hub.ts'
import type { RawRequest } from '../kit/definition.ts'
import { toNewMessage } from '../lanes/arrival.ts'
import type { Pressure } from '../pressure.ts'
import type { NewMessage, ReceivedMessage } from '../store/types.ts'
import { readBody } from './body.ts'
import { keepHeaders } from './kept-headers.ts'
import type { Metrics } from './metrics.ts'
import { newRequestId, sendProblem, toAnswer } from './problem.ts'

export interface IntakeOptions {
  hub: Pick<Hub, 'accepting' | 'sourcesOf' | 'hasSystem' | 'receive' | 'publicUrl'>
  metrics: Pick<Metrics, 'refused'>
  /** Room for one more message. Throws `hub.full`. */
  enter?: Pressure['enter']
  /** Largest body in bytes. */
  bodyLimit: number
  log: Logger
}

type WebhookSource = RegisteredSource & { webhook: NonNullable<RegisteredSource['webhook']> }
const isWebhook = (source: RegisteredSource): source is WebhookSource => source.webhook !== undefined

const prefix = '/in/'
const noBounds: Pressure['enter'] = () => ({ take: () => undefined, leave: () => undefined })

/** Answers everything below `/in/`; false for the rest, which is left untouched. */
export function createIntake({ hub, metrics, enter = noBounds, bodyLimit, log }: IntakeOptions) {
  return (req: IncomingMessage, res: ServerResponse): boolean => {
    const url = req.url ?? ''
    if (!url.startsWith(prefix)) return false
    const requestId = newRequestId()
    const always = { 'X-Request-Id': requestId, 'X-Content-Type-Options': 'nosniff' }
    const [system, path] = splitAddress(url)
    receive(req, { url, system, path }).then(result => {
      if (result === null) return
      const { id, duplicate } = result
      const body = `{"id":"${id}","duplicate":${duplicate}}`
      res.writeHead(200, { ...always, 'Content-Type': 'application/json', 'Content-Length': body.length })
      res.end(body)
      log.debug({ request: requestId, system, message: id, duplicate }, 'Received')
    }).catch((thrown: unknown) => {
      const error = toAnswer(thrown, requestId)
      const { code, status, message: reason } = error
      metrics.refused({ system: hub.hasSystem(system) ? system : 'unknown', reason: code })
      const facts = { request: requestId, system, path, code, status, reason, remote: req.socket.remoteAddress }
      if (code === 'hub.internal') log.error({ ...facts, err: thrown }, 'A message could not be taken: internal error')
      // While flows are deployed that is as it should be, and being full is logged once: the sender comes again.
      else if (code === 'hub.full' || (code === 'hub.unavailable' && !hub.accepting)) log.debug(facts, `Refused a message: ${reason}`)
      else log.warn(facts, `Refused a message: ${reason}`)
      sendProblem(req, res, error, { ...always, ...(status === 405 && { Allow: 'POST' }), ...(code === 'request.too-large' && { Connection: 'close' }) })
    })
    return true
  }

  /** Null where the sender went away before the end of the body. */
  async function receive(req: IncomingMessage, { url, system, path }: { url: string, system: string, path: string }): Promise<ReceivedMessage | null> {
    if (req.method !== 'POST') throw new TorgError('request.method', `Messages come by POST, not by ${req.method ?? 'nothing'}.`)
    if (!hub.accepting) throw new TorgError('hub.unavailable', 'The hub is starting, deploying or stopping.')
    const sources = hub.sourcesOf(system).filter(isWebhook).filter(({ webhook }) => webhook.path === path)
    if (sources.length === 0) throw new TorgError('request.not-found', `No source node listens at ${prefix}${system}${path && '/'}${path}.`)
    const room = enter()
    try {
      const body = await readBody(req, bodyLimit, room.take)
      return body === null ? null : await store(sources, { url, req, body })
    } finally {
      room.leave()
    }
  }

  async function store(sources: readonly WebhookSource[], { url, req, body }: { url: string, req: IncomingMessage, body: Buffer }): Promise<ReceivedMessage> {
    const request: RawRequest = { method: 'POST', path: url, url: hub.publicUrl + url, headers: plainHeaders(req), body }
    const takers = await findTakers(sources, request)
    const messages = takers.map(source => toMessage(source, request))
    // One after the other would double the wait; the store puts concurrent inserts into one statement anyway.
    const [first, ...others] = await Promise.all(messages.map(message => hub.receive(message)))
    if (first === undefined) throw new Error('A request was taken by no source')
    return { id: first.id, duplicate: first.duplicate && others.every(({ duplicate }) => duplicate) }
  }
}

/**
 * The sources whose signature holds and that want the request. It is verified before anything is said about topics, and by
 * every taker with its own secret, so that one source's weaker check never feeds another.
 */
async function findTakers(sources: readonly WebhookSource[], request: RawRequest): Promise<WebhookSource[]> {
  const accepting = sources.filter(({ webhook }) => webhook.accepts(request))
  const verified: WebhookSource[] = []
  let refusal: unknown
  for (const source of accepting.length > 0 ? accepting : sources.slice(0, 1)) {
    try {
      await source.webhook.verify(request)
      verified.push(source)
    } catch (thrown) {
      refusal ??= thrown
    }
  }
  if (verified.length === 0) throw refusal
  if (accepting.length === 0) throw new TorgError('request.not-found', 'No source node takes this kind of message; deploy one for its topic, or stop the sender from sending it.')
  return verified
}

function toMessage(source: WebhookSource, request: RawRequest): NewMessage {
  return toNewMessage(source, {
    ...source.webhook.describe(request),
    contentType: request.headers['content-type'] ?? 'application/octet-stream',
    headers: keepHeaders(request.headers),
    body: request.body,
  })
}

/** System key and path, without leading and trailing slashes. */
function splitAddress(url: string): [system: string, path: string] {
  const query = url.indexOf('?')
  const whole = url.slice(prefix.length, query < 0 ? undefined : query).replace(/\/+$/, '')
  const slash = whole.indexOf('/')
  return slash < 0 ? [whole, ''] : [whole.slice(0, slash), whole.slice(slash + 1)]
}

function plainHeaders(req: IncomingMessage): Record<string, string | undefined> {
  const headers: Record<string, string | undefined> = {}
  for (const name in req.headers) {
    const value = req.headers[name]
    headers[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return headers
}
