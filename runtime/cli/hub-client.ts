/** Calls the API of a running hub, as its administrator. */
import { Readable } from 'node:stream'
import { Agent, fetch, type Response } from 'undici'
import { TorgError } from '../errors.ts'
import { readSettings } from '../settings.ts'

/** A deploy waits for open runs. */
const limitsMs = { GET: 60_000, POST: 60_000, PUT: 600_000 }

/** The limit of a call is its own: a file is sent for as long as it takes, and the answer comes behind it. */
const patient = new Agent({ headersTimeout: 0, bodyTimeout: 0 })

/** A body that is sent as it comes, for example a file. */
interface StreamedBody { stream: Readable, gzip: boolean, type: string }

const isStreamed = (body: unknown): body is StreamedBody => typeof body === 'object' && body !== null && 'stream' in body && body.stream instanceof Readable

/**
 * One call to the running hub; `path` begins below `/api/v1`.
 * @typeParam Answer what the hub answers there: it is of the same version, so its word is taken for it
 * @throws TorgError with the hub's own sentence where it refuses, or one that says how to reach it
 */
export async function callHub<Answer extends object = Record<string, unknown>>(method: keyof typeof limitsMs, path: string, body?: unknown, limitMs: number = limitsMs[method]): Promise<Answer> {
  // Who calls from elsewhere sets PUBLIC_URL only; a hash is not needed to call.
  const { TORG_HOST: _host, ...calling } = process.env
  const { publicUrl, adminUser } = readSettings(process.env['PUBLIC_URL'] ? calling : process.env)
  const password = process.env['TORG_ADMIN_PASSWORD']
  let response: Response
  try {
    response = await fetch(`${publicUrl}/api/v1${path}`, {
      method,
      headers: {
        accept: 'application/json',
        ...(body !== undefined && { 'content-type': isStreamed(body) ? body.type : 'application/json' }),
        ...(isStreamed(body) && body.gzip && { 'content-encoding': 'gzip' }),
        ...(password && { authorization: `Basic ${Buffer.from(`${adminUser}:${password}`).toString('base64')}` }),
      },
      ...(isStreamed(body) ? { body: body.stream, duplex: 'half' } : body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(limitMs),
      dispatcher: patient,
    })
  } catch (cause) {
    throw new TorgError('hub.unavailable', { detail: `No hub answers at ${publicUrl}.`, next: 'Start it, or set PUBLIC_URL (or TORG_HOST and TORG_PORT) to where it runs.', cause })
  }
  const answer = toObject(await response.json().catch(() => undefined))
  if (response.ok) return answer as Answer
  const detail = textOf(answer['detail'], `The hub at ${publicUrl} answered ${response.status}.`)
  if (response.status === 401) throw new TorgError('request.unauthorized', { detail, next: 'Set TORG_ADMIN_PASSWORD to the password (and TORG_ADMIN_USER, unless it is admin).' })
  const errors = findingsOf(answer['errors'])
  throw new TorgError('request.invalid', { detail, next: textOf(answer['next'], 'Read the log of the hub.'), ...(errors.length > 0 && { errors }) })
}

function toObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function findingsOf(value: unknown): { detail: string }[] {
  return Array.isArray(value) ? value.map(toObject).map(({ detail }) => ({ detail: textOf(detail, 'unknown') })) : []
}

function textOf(value: unknown, otherwise: string): string {
  return typeof value === 'string' && value !== '' ? value : otherwise
}
