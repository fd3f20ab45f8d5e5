/// <reference lib="dom" />
/** Calls of the hub API with the login of the editor. */
import { isRecord } from '../../forms/resources/elements.ts'
import { text } from './texts.ts'

/** A refusal of the hub, or that nobody answered, as the person reads it. */
export class HubRefusal extends Error {
  /** What to do next; empty where the hub says nothing of it. */
  readonly next: string
  /** Everything that is wrong with what was sent. */
  readonly errors: readonly { detail: string, pointer?: string }[]

  constructor(detail: string, next = '', errors: HubRefusal['errors'] = []) {
    super(detail)
    this.next = next
    this.errors = errors
  }
}

/**
 * @param path below `/api/v1`
 * @typeParam Answer what the hub answers there: editor and hub are of the same version, so its word is taken for it
 * @throws HubRefusal
 */
export async function askHub<Answer>(path: string, { method = 'GET', body, version }: { method?: 'GET' | 'POST' | 'PATCH', body?: object, version?: number } = {}): Promise<Answer> {
  const headers = new Headers({ accept: 'application/json' })
  if (body) headers.set('content-type', 'application/json')
  if (version !== undefined) headers.set('if-match', `"${version}"`)
  const token = RED.settings.get('auth-tokens')
  if (isRecord(token)) headers.set('authorization', `Bearer ${String(token['access_token'])}`)
  let response: Response
  try {
    response = await fetch(`../api/v1${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) })
  } catch {
    throw new HubRefusal(text('away'))
  }
  const answer: unknown = await response.json().catch(() => undefined)
  if (response.ok) return answer as Answer
  const { detail, next, errors } = isRecord(answer) ? answer : {}
  throw new HubRefusal(typeof detail === 'string' ? detail : text('answered', { status: response.status }), typeof next === 'string' ? next : '', Array.isArray(errors) ? errors.filter(isRecord).map(findingOf) : [])
}

const findingOf = ({ detail, pointer }: Record<string, unknown>): HubRefusal['errors'][number] => ({ detail: String(detail), ...(typeof pointer === 'string' && { pointer }) })

/** Whatever was thrown, as a refusal that can be shown. */
export const toRefusal = (thrown: unknown): HubRefusal => thrown instanceof HubRefusal ? thrown : new HubRefusal(thrown instanceof Error ? thrown.message : String(thrown))
