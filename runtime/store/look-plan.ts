/** Of which records it is to be asked anew whether subscriptions want them, because another one changed. Pure. */
import { linkedAt, needing } from './needs.ts'
import type { JsonObject } from './merge.ts'
import type { Subscription } from './types.ts'

/** A row of `torg.look`. */
export interface Look {
  kind: string
  recordId: string
  /** Not the record, but what is about it. */
  around: boolean
  message: string | null
  /** ISO 8601. */
  at: string
}

/** What a changed record is, was, or ceases to be one of the others of: both documents count, for it may have been about something else. */
export function looksAround(subscriptions: readonly Subscription[], { kind, before, after, message, at }: { kind: string, before?: JsonObject | null, after: JsonObject | null } & Pick<Look, 'message' | 'at'>): Look[] {
  const linked = (pointer: string): string[] => [...new Set([before, after].flatMap(document => linkedAt(document, pointer) ?? []))]
  return unique(needing(subscriptions).flatMap(({ kind: wanting, needs: { kind: other, about, link, reach } }): Look[] => [
    ...kind === other ? linked(link).map(recordId => ({ kind: about, recordId, around: true, message, at })) : [],
    ...kind === about && reach.type === 'linked' ? linked(reach.pointer).map(recordId => ({ kind: wanting, recordId, around: false, message, at })) : [],
  ]))
}

/** What is about a thing that became one with another, or was parted from it. */
export function looksAt(subscriptions: readonly Subscription[], { kind, id, message, at }: { kind: string, id: string } & Pick<Look, 'message' | 'at'>): Look[] {
  return needing(subscriptions).some(({ needs }) => needs.about === kind) ? [{ kind, recordId: id, around: true, message, at }] : []
}

/** Each once, the last one. */
export function unique(looks: readonly Look[]): Look[] {
  return [...new Map(looks.map(look => [`${look.recordId} ${look.around}`, look])).values()]
}
