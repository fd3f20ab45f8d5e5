/** The role table: which system is master of which fields of a kind, and which may have them. Pure. */
import type { FieldRule, KindRoles, Roles } from '../store/types.ts'
import { isWithin, pointerOf } from './role-paths.ts'
import type { RoleRow } from './types.ts'

type Document = Readonly<Record<string, unknown>> | null

/**
 * The role table as the store asks it. For a field the row counts that names the longest part of its path, among those the one with the
 * narrowest scope. Fields without a row, and kinds without any, may be written by every system.
 */
export function compileRoles(rows: readonly RoleRow[]): Roles {
  const byKind = new Map([...Map.groupBy(rows.filter(({ masters }) => masters !== undefined), ({ kind }) => kind)].map(([kind, own]) => [kind, byScope(own, compileRows)]))
  return { of: (kind, ...documents) => byKind.get(kind)?.(documents) }
}

/**
 * What a system may not have of a kind, taken away from a document; null where it may have everything, so that there is nothing to do.
 * A field that names its `readers` is theirs alone; what of a path is not said follows from the row above it.
 */
export function compileReader(rows: readonly RoleRow[], { kind, system }: { kind: string, system: string }): ((document: Record<string, unknown>) => Record<string, unknown>) | null {
  const own = rows.filter(row => row.kind === kind && row.readers !== undefined)
  if (own.every(({ readers }) => readers?.includes(system))) return null
  const shown = byScope(own, candidates => {
    const ruling = new Map([...candidates].reverse().map(row => [pointerOf(row.field), row.readers?.includes(system) === true]))
    return (document: Record<string, unknown>): Record<string, unknown> => withoutHidden(document, '', ruling.get('') ?? true, ruling)
  })
  return document => shown([document])(document)
}

/** What every record has, whoever may read its fields: a system has to know what it is about. */
const envelope = new Set(['id', 'version', 'schema', 'number', 'refs', 'createdAt', 'updatedAt', 'deletedAt'])

function withoutHidden(value: Record<string, unknown>, prefix: string, above: boolean, ruling: ReadonlyMap<string, boolean>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).flatMap(([field, inner]): [string, unknown][] => {
    if (prefix === '' && envelope.has(field)) return [[field, inner]]
    const pointer = `${prefix}/${field}`
    const shown = ruling.get(pointer) ?? above
    if (isObject(inner) && [...ruling.keys()].some(ruled => ruled !== pointer && isWithin(ruled, pointer))) {
      const parts = withoutHidden(inner, pointer, shown, ruling)
      return Object.keys(parts).length > 0 ? [[field, parts]] : []
    }
    return shown ? [[field, inner]] : []
  }))
}

/** What rows make, for every scope that comes up: they are sorted by what counts first, and worked out once for each combination of values. */
function byScope<Made>(rows: readonly RoleRow[], make: (rows: readonly RoleRow[]) => Made): (documents: readonly Document[]) => Made {
  const sorted = [...rows].sort((one, other) => pointerOf(other.field).split('/').length - pointerOf(one.field).split('/').length || scopeSize(other) - scopeSize(one))
  const fields = [...new Set(sorted.flatMap(({ scope = {} }) => Object.keys(scope)))]
  if (fields.length === 0) {
    const made = make(sorted)
    return () => made
  }
  const known = new Map<string, Made>()
  return documents => {
    const values = fields.map(field => documents.find(document => document?.[field] !== undefined)?.[field])
    const key = JSON.stringify(values)
    const found = known.get(key)
    if (found !== undefined) return found
    const made = make(sorted.filter(({ scope = {} }) => Object.entries(scope).every(([field, value]) => values[fields.indexOf(field)] === value)))
    known.set(key, made)
    return made
  }
}

const scopeSize = ({ scope = {} }: RoleRow): number => Object.keys(scope).length

/** @param rows that hold, the one that counts first before others */
function compileRows(rows: readonly RoleRow[]): KindRoles {
  const rules = rows.map(row => ({ pointer: pointerOf(row.field), rule: toRule(row) }))
  const known = new Map<string, FieldRule | undefined>()
  const split = new Set(rules.flatMap(({ pointer }) => {
    const steps = pointer.split('/').slice(1)
    return steps.slice(1).map((_, index) => `/${steps.slice(0, index + 1).join('/')}`)
  }))
  return {
    ruleOf(pointer) {
      if (known.has(pointer)) return known.get(pointer)
      const rule = rules.find(({ pointer: ruled }) => isWithin(pointer, ruled))?.rule
      known.set(pointer, rule)
      return rule
    },
    splits: pointer => split.has(pointer),
  }
}

function toRule({ masters = [], merge = 'rank' }: RoleRow): FieldRule {
  const ranks = new Map(masters.flatMap((entry, rank) => [entry].flat().map((system): [string, number] => [system, rank])))
  return { merge, rankOf: system => ranks.get(system) ?? -1, master: [...ranks.keys()][0] ?? '' }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
