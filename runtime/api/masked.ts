/** What the hub keeps, as a screen may show it to whoever only looks. */
import type { Request } from 'express'
import { TorgError } from '../errors.ts'
import { mask, maskUnmarked } from '../model/masking.ts'
import type { Kind } from '../model/index.ts'
import type { DeliveredRecord } from '../store/types.ts'
import { queryText } from './handler.ts'

interface Content { contentType: string, headers: Record<string, string>, body: string }

/** What a system sent: nobody has marked its personal data. */
export const maskContent = <Given extends Content>(content: Given): Given => ({ ...content, body: maskBody(content.body) })

function maskBody(body: string): string {
  try {
    return JSON.stringify(maskUnmarked(JSON.parse(body)), undefined, 2)
  } catch {
    return String(mask(body))
  }
}

/** A record by the marks of its kind; ids that are e-mail addresses are masked too. */
export function maskRecord<Given extends DeliveredRecord>(record: Given, kinds: ReadonlyMap<string, Kind>): Given {
  const document = kinds.get(record.kind)?.masked(record.document) ?? { ...record.document }
  return { ...record, document, refs: record.refs.map(ref => ({ ...ref, id: maskId(ref.id) })), ...(record.number !== null && { number: maskId(record.number) }) }
}

/** An id as it is, but where it names a person. */
export const maskId = (id: string): string => id.includes('@') ? String(mask(id)) : id

/** The parameter `masked`. */
export function wantsMasked(req: Request, standard: boolean): boolean {
  const masked = queryText(req, 'masked') ?? String(standard)
  if (masked !== 'true' && masked !== 'false') throw new TorgError('request.invalid', 'masked is true, or false where personal data is wanted as it is.')
  return masked === 'true'
}
