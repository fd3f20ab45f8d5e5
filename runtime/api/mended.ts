/** What a mended input says: its key and time, as its source reads them. */
import { TorgError } from '../errors.ts'
import type { Hub } from '../hub.ts'
import type { DeadLetter } from '../store/types.ts'

/**
 * Checks what a person made of a dead message before anything is stored.
 * @throws request.not-json, message.no-key and what else the source says of it; request.conflict where the dead letter is a delivery
 */
export function describeMended({ id, type, system, node, error, input }: DeadLetter, body: unknown, { hub, bodyLimit }: { hub: Pick<Hub, 'sourcesOf' | 'publicUrl'>, bodyLimit: number }): { body: Buffer, key: string | null, sourceTime: string | null } {
  if (type === 'delivery' || !('body' in input)) {
    const { kind, id: record } = 'kind' in input ? input : { kind: 'record', id: '' }
    throw new TorgError('request.conflict', { detail: `${id} is a delivery of a ${kind}: its input is the record.`, next: `Correct the ${kind} ${record} (PATCH), which delivers its new version, or the flow, and deliver again.` })
  }
  if (typeof body !== 'string' || body === '' || body.includes('\0')) throw new TorgError('request.invalid', { detail: 'body is the mended input, a text.', pointer: '/body' })
  const bytes = Buffer.from(body)
  if (bytes.length > bodyLimit) throw new TorgError('request.too-large', `The body is larger than ${bodyLimit} bytes.`)
  if (/[/+]json\b/.test(input.contentType)) requireJson(body)
  const source = hub.sourcesOf(system).find(({ nodeId }) => nodeId === node)
  const path = `/in/${system}${source?.webhook?.path ? `/${source.webhook.path}` : ''}`
  const said = source?.webhook?.describe({ method: 'POST', path, url: hub.publicUrl + path, headers: { ...input.headers, 'content-type': input.contentType }, body: bytes })
  if (!said?.key && error.code === 'message.no-key') throw new TorgError('message.no-key', 'The mended message has no key either.')
  return { body: bytes, key: said?.key || null, sourceTime: said?.sourceTime ?? null }
}

function requireJson(body: string): void {
  try {
    JSON.parse(body)
  } catch (cause) {
    throw new TorgError('request.not-json', { detail: `The mended input is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`, cause })
  }
}
