/** What a record is after a system wrote to it. Pure. */
import { escapePointer, sameJson } from './json.ts'
import { originOf, type Provenance } from './provenance.ts'
import type { FieldRule, KindRoles, Origin, Refused } from './types.ts'
import { unite } from './union.ts'

export type JsonObject = Record<string, unknown>

export interface Merge {
  /** Null for a placeholder. */
  document: JsonObject | null
  provenance: Provenance
  incoming: JsonObject
  origin: Origin
  /** What the role table says in the record's scope; undefined where it says nothing of the kind. */
  roles: KindRoles | undefined
}

export interface Merged {
  document: JsonObject
  provenance: Record<string, Origin>
  changed: boolean
  /** A higher-ranked system says what stands already: the field is its own from now on. */
  confirmed: boolean
  refused: (Refused & { /** What it would have written; null: it would have removed it. */ value: unknown })[]
}

/**
 * Merges field by field: what is absent in `incoming` stays, null removes, anything else replaces. So for the top level, and below it where
 * the role table names a field, and in `ext`, whose namespaces belong to different systems. What the origin may not write stays as it is and is named in `refused`, unless it says the same anyway.
 */
export function merge({ document, provenance, incoming, origin, roles }: Merge): Merged {
  const merged: Merged = { document: { ...document }, provenance: { ...provenance }, changed: document === null, confirmed: false, refused: [] }
  if (mergeFields(merged.document, incoming, '', { merged, before: provenance, origin, roles })) merged.changed = true
  return merged
}

/** Where a customer's own fields stand, one object per namespace. */
const ownFields = '/ext'

interface Work { merged: Merged, before: Provenance, origin: Origin, roles: KindRoles | undefined }

/** Changes `target`, which is a copy. @returns whether it did */
function mergeFields(target: JsonObject, incoming: JsonObject, prefix: string, work: Work): boolean {
  const { merged, origin, roles } = work
  let changed = false
  for (const [field, value] of Object.entries(incoming)) {
    const pointer = `${prefix}/${escapePointer(field)}`
    const standing = Object.hasOwn(target, field) ? target[field] : undefined
    const rule = roles?.ruleOf(pointer)
    if (value === null ? standing === undefined : standing !== undefined && sameJson(standing, value)) {
      if (rule && standing !== undefined && outranks(rule, origin, originOf(work.before, pointer))) {
        merged.provenance[pointer] = origin
        merged.confirmed = true
      }
      continue
    }
    if (pointer === ownFields || roles?.splits(pointer)) {
      const parts = value === null ? nulls(standing) : value
      if (isObject(parts) && (standing === undefined || isObject(standing))) {
        const inner = { ...standing }
        if (!mergeFields(inner, parts, pointer, work)) continue
        changed = true
        set(target, field, Object.keys(inner).length === 0 ? null : inner)
        continue
      }
    }
    const given = rule?.merge === 'union' && rule.rankOf(origin.system) >= 0 ? listed(value, standing) : undefined
    if (rule && given) {
      if (mergeList(target, field, pointer, { ...work, rule, standing: Array.isArray(standing) ? standing : [], given })) changed = true
      continue
    }
    const refused = rule && judge(rule, { origin, standing: originOf(work.before, pointer), stands: standing !== undefined })
    if (refused) {
      merged.refused.push({ pointer, ...refused, value })
      continue
    }
    changed = true
    set(target, field, value)
    forgetParts(merged.provenance, pointer)
    // By time, a removal has to stand against what is older than it.
    if (value !== null || rule?.merge === 'newest') merged.provenance[pointer] = origin
    else delete merged.provenance[pointer]
  }
  return changed
}

/** Why the origin may not write; null where it may. */
function judge(rule: FieldRule, { origin, standing, stands }: { origin: Origin, standing: Origin | undefined, stands: boolean }): Omit<Refused, 'pointer'> | null {
  const rank = rule.rankOf(origin.system)
  if (rank < 0) return { master: rule.master, why: 'master' }
  if (!standing || standing.system === origin.system) return null
  if (rule.merge === 'newest') return timeOf(origin) < timeOf(standing) ? { master: standing.system, why: 'older' } : null
  const theirs = rule.rankOf(standing.system)
  return stands && theirs >= 0 && theirs < rank ? { master: standing.system, why: 'rank' } : null
}

/** Whether what stands is to be the origin's own, though it says the same. */
function outranks(rule: FieldRule, origin: Origin, standing: Origin | undefined): boolean {
  if (rule.merge !== 'rank' || !standing || standing.system === origin.system) return false
  const [own, theirs] = [rule.rankOf(origin.system), rule.rankOf(standing.system)]
  return own >= 0 && (theirs < 0 || own < theirs)
}

const timeOf = ({ sourceTime, at }: Origin): number => Date.parse(sourceTime ?? at)

function mergeList(target: JsonObject, field: string, pointer: string, { merged, before, origin, rule, standing, given }: Work & { rule: FieldRule, standing: readonly unknown[], given: readonly unknown[] }): boolean {
  const { list, origins, outranked } = unite({ standing, given, pointer, provenance: before, origin, rule })
  for (const refused of outranked) merged.refused.push({ ...refused, why: 'rank' })
  forgetParts(merged.provenance, pointer)
  delete merged.provenance[pointer]
  for (const [at, from] of origins) merged.provenance[at] = from
  if (sameJson(list, standing)) return false
  set(target, field, list.length === 0 ? null : list)
  return true
}

/** A list that another may be united with; of null: an empty one. */
function listed(value: unknown, standing: unknown): readonly unknown[] | undefined {
  if (standing !== undefined && !Array.isArray(standing)) return undefined
  return value === null ? [] : Array.isArray(value) ? value : undefined
}

/** Not an assignment: a field named __proto__ is data like any other. */
function set(target: JsonObject, field: string, value: unknown): void {
  if (value === null) delete target[field]
  else Object.defineProperty(target, field, { value, enumerable: true, writable: true, configurable: true })
}

function forgetParts(provenance: Record<string, Origin>, pointer: string): void {
  for (const known in provenance) if (known[pointer.length] === '/' && known.startsWith(pointer)) delete provenance[known]
}

const nulls = (value: unknown): unknown => isObject(value) ? Object.fromEntries(Object.keys(value).map(name => [name, null])) : null
const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value)
