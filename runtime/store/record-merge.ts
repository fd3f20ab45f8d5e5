/** What becomes of the documents when two records turn out to be of the same thing, and when it turns out that they are not. Pure. */
import { escapePointer, isObject, sameJson } from './json.ts'
import type { JsonObject } from './merge.ts'
import { originOf, takeOrigins } from './provenance.ts'
import type { Origin, Roles } from './types.ts'

/** A document with where its fields came from. */
export interface Sourced { document: JsonObject, provenance: Record<string, Origin> }

/**
 * The winner's document with what the loser knows more: fields that only the loser has, and entries of lists. Where both have a field the
 * winner's stands, unless the role table lets the loser's source write it and not the winner's.
 */
export function joinDocuments(kind: string, winner: Sourced, loser: Sourced, roles: Roles): Sourced {
  const joined: Sourced = { document: { ...winner.document }, provenance: { ...winner.provenance } }
  const table = roles.of(kind, winner.document, loser.document)
  for (const [field, value] of Object.entries(loser.document)) {
    const pointer = `/${escapePointer(field)}`
    const stands = Object.hasOwn(winner.document, field) ? winner.document[field] : undefined
    const from = originOf(loser.provenance, pointer)
    const refuses = (origin: Origin | undefined): boolean => origin !== undefined && (table?.ruleOf(pointer)?.rankOf(origin.system) ?? 0) < 0
    if (sameJson(stands, value) || (stands !== undefined && refuses(from))) continue
    const taken = stands === undefined || refuses(originOf(winner.provenance, pointer)) ? value : Array.isArray(stands) && Array.isArray(value) ? joinLists(stands, value) : stands
    if (sameJson(taken, stands)) continue
    Object.defineProperty(joined.document, field, { value: taken, enumerable: true, writable: true, configurable: true })
    if (taken === value) takeOrigins(joined.provenance, loser.provenance, pointer)
  }
  return joined
}

/** Entries of the other list that this one has not, none of them the first to use: that one is chosen already. */
function joinLists(one: readonly unknown[], other: readonly unknown[]): unknown[] {
  const known = new Set(one.map(identityOf))
  return [...one, ...other.filter(entry => !known.has(identityOf(entry))).map(entry => {
    if (!isObject(entry) || !('primary' in entry)) return entry
    const { primary: _, ...rest } = entry
    return rest
  })]
}

/** By which an entry of a list is the same in another one: e-mails and phones by their value, addresses and contacts by their id. */
function identityOf(entry: unknown): string {
  if (!isObject(entry)) return JSON.stringify(entry)
  const { primary: _primary, verified: _verified, ...rest } = entry
  return JSON.stringify(entry['value'] ?? entry['id'] ?? rest).toLowerCase()
}

/**
 * The document of now without what {@link joinDocuments} made of it: every field that still says what the merge gave it is as it was
 * before. What was written since stays.
 */
export function partDocuments(now: Sourced, before: Sourced, joined: Sourced): Sourced {
  const parted: Sourced = { document: { ...now.document }, provenance: { ...now.provenance } }
  for (const field of Object.keys(joined.document)) {
    const pointer = `/${escapePointer(field)}`
    if (sameJson(before.document[field], joined.document[field]) || !sameJson(now.document[field], joined.document[field])) continue
    delete parted.document[field]
    takeOrigins(parted.provenance, before.provenance, pointer)
    if (!Object.hasOwn(before.document, field)) continue
    Object.defineProperty(parted.document, field, { value: before.document[field], enumerable: true, writable: true, configurable: true })
  }
  return parted
}
