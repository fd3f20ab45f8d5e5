/** What one write makes of the record it is about: merged, refused, or not at all. Pure. */
import { TorgError } from '../errors.ts'
import { replaceLinks } from './links.ts'
import { merge, type JsonObject, type Merged } from './merge.ts'
import type { EntityWrite, KindRoles, KindRules, Origin, Reference } from './types.ts'

/** A record as it stands in the plan. Version 0 and no document: a placeholder. */
export interface Draft {
  id: string, kind: string, version: number, schema: string, number: string | null, document: JsonObject | null
  provenance: Record<string, Origin>, refs: readonly Reference[], createdAt: string, updatedAt: string, deletedAt: string | null
  /** Its personal data was erased, and must not come back. */
  erased?: boolean
  /** The next moment at which a subscription may begin or cease to want it. */
  turnsAt?: string | null
  /** Of a typed kind: the reference that stands in its row; absent before it has one. */
  own?: OwnReference | null
  /** Of a typed kind: digest, in hex, of what its one source said, where this write brought it. */
  said?: string
}

/** @see Draft.own */
export interface OwnReference { system: string, id: string, sourceTime: string | null }

/** The record as it is to be; the same version where nothing changes. */
export interface Step {
  next: Draft
  refused: Merged['refused']
  /** It says nothing but what was said before, and others have moved on since. */
  overtaken?: boolean
}

/** @throws request.conflict for a fact that would change; what the kind says of a change it forbids */
export function upserted(before: Draft, write: EntityWrite, { fact, links, checkChange, personal }: KindRules, roles: KindRoles | undefined, at: string, linkTo: (reference: Reference) => string): Step {
  const origin = timedOrigin(write)
  const { system } = origin
  const given = before.erased && personal ? personal.without(write.document) : write.document
  const merged = merge({ document: before.document, provenance: before.provenance, origin, incoming: replaceLinks(given, links, linkTo), roles })
  if (fact && before.version > 0 && (merged.changed || before.deletedAt !== null)) {
    throw new TorgError('request.conflict', {
      detail: `The ${write.kind} ${before.number ?? before.id} is stored already and never changes, but arrived with another content. ${bothVersions(before, write)}`,
      pointer: Object.keys(write.document).map(field => `/${field}`).find(pointer => merged.provenance[pointer] !== before.provenance[pointer]) ?? '',
      next: 'Have the sender issue a correction of its own instead, or correct the mapping.',
    })
  }
  // What would be stored is what counts: a state that the role table refuses is no transition.
  const fault = merged.changed && before.version > 0 && before.document !== null ? checkChange?.(before.document, merged.document) ?? null : null
  if (fault) {
    if (saysAgain(before.provenance, merged.provenance, write.origin.message)) return { next: before, refused: [], overtaken: true }
    throw transitionError(fault, before, write)
  }
  // The first number stays until the system that gave it gives another: two systems number the same order in their own way.
  const numberFrom = before.provenance['/number']
  const renumbered = write.number !== null && write.number !== before.number && !fact && (before.number === null || numberFrom?.system === system)
  const number = renumbered || before.version === 0 ? write.number : before.number
  if (!merged.changed && !renumbered && before.deletedAt === null) {
    return { next: merged.confirmed && !fact ? { ...before, provenance: merged.provenance } : before, refused: merged.refused }
  }
  const provenance = number === before.number ? merged.provenance : { ...merged.provenance, '/number': origin }
  return {
    next: {
      ...before, kind: write.kind, version: before.version + 1, schema: write.schema, number, document: merged.document, provenance, updatedAt: at, deletedAt: null,
    },
    refused: merged.refused,
  }
}

/**
 * Whether a message was applied to the record before and would change nothing now but what others have written since: a run that was cut
 * off after its save comes again, while what it brought has been carried on. A message that was mended says something else than before.
 */
function saysAgain(before: Draft['provenance'], after: Draft['provenance'], message: string | null): boolean {
  if (message === null || !Object.values(before).some(origin => origin.message === message)) return false
  const changed = Object.keys({ ...before, ...after }).filter(pointer => before[pointer] !== after[pointer])
  return changed.every(pointer => before[pointer] !== undefined && before[pointer].message !== message)
}

/** Where the stored version and the arriving one can be looked at. */
function bothVersions(before: Draft, { kind, origin }: EntityWrite): string {
  const arriving = origin.message === null ? `what ${origin.system} says` : `message ${origin.message} of ${origin.system}`
  return `Stored stays version ${before.version} of the ${kind} ${before.number ?? before.id} (record ${before.id}); not applied is ${arriving}.`
}

/** The fault, with both versions: the stored one stays, the arriving one is kept with its message. */
function transitionError(fault: TorgError, before: Draft, write: EntityWrite): TorgError {
  return new TorgError(fault.code, {
    detail: `${fault.message} ${bothVersions(before, write)}`,
    ...(fault.pointer !== undefined && { pointer: fault.pointer }), ...(fault.value !== undefined && { value: fault.value }), ...(fault.errors && { errors: fault.errors }),
    next: 'Compare the stored record with the message kept; correct the mapping or the source, then run the message again, or close it.',
  })
}

/** @throws request.conflict for a fact */
export function removed(before: Draft, write: EntityWrite, { fact }: KindRules, roles: KindRoles | undefined, at: string): Step {
  if (fact) {
    throw new TorgError('request.conflict', { detail: `A ${write.kind} never changes and cannot be removed.`, next: 'Have the sender issue a correction of its own instead.' })
  }
  if (before.deletedAt !== null) return { next: before, refused: [] }
  const rule = before.version === 0 ? undefined : roles?.ruleOf('/deletedAt')
  if (rule && rule.rankOf(write.origin.system) < 0) return { next: before, refused: [{ pointer: '/deletedAt', master: rule.master, why: 'master', value: true }] }
  return {
    next: {
      ...before, kind: write.kind, version: before.version + 1, schema: before.schema || write.schema, number: before.number ?? write.number,
      // Not seen before: what the removal says of it is all there is.
      document: before.document ?? {}, provenance: { ...before.provenance, '/deletedAt': timedOrigin(write) }, updatedAt: at, deletedAt: at,
    },
    refused: [],
  }
}

/** The origin with the source's own time, by which the newest is told. */
export function timedOrigin({ origin, sourceTime }: EntityWrite): Origin {
  return sourceTime === null ? origin : { ...origin, sourceTime }
}
