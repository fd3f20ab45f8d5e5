/** What a record is after a system wrote to it. Pure. */
import { escapePointer, sameJson } from './json.ts'
import type { Origin } from './types.ts'

export type JsonObject = Record<string, unknown>

export interface Merge {
  /** Null for a placeholder. */
  document: JsonObject | null
  provenance: Record<string, Origin>
  incoming: JsonObject
  origin: Origin
  /** The master of a field, where the origin may not write it. */
  refusedBy(field: string): string | null
}

export interface Merged {
  document: JsonObject
  provenance: Record<string, Origin>
  changed: boolean
  refused: { pointer: string, master: string }[]
}

/**
 * Merges field by field of the top level: what is absent in `incoming` stays, null removes, anything else replaces. A field the
 * origin may not write stays as it is and is named in `refused`, unless it says the same anyway.
 */
export function merge({ document, provenance, incoming, origin, refusedBy }: Merge): Merged {
  const merged: JsonObject = { ...document }
  const origins = { ...provenance }
  const refused: Merged['refused'] = []
  let changed = document === null
  for (const [field, value] of Object.entries(incoming)) {
    const stands = Object.hasOwn(merged, field)
    if (value === null ? !stands : stands && sameJson(merged[field], value)) continue
    const pointer = `/${escapePointer(field)}`
    const master = refusedBy(field)
    if (master !== null) {
      refused.push({ pointer, master })
      continue
    }
    changed = true
    if (value === null) {
      delete merged[field]
      delete origins[pointer]
    } else {
      // Not an assignment: a field named __proto__ is data like any other.
      Object.defineProperty(merged, field, { value, enumerable: true, writable: true, configurable: true })
      origins[pointer] = origin
    }
  }
  return { document: merged, provenance: origins, changed, refused }
}
