/** What is wrong with the role table as a whole, and what a person should look at. Pure. */
import type { Kind } from '../model/kind.ts'
import { isObject } from './json.ts'
import { rolesFile } from './parse-roles.ts'
import { isWithin, mastersOf, nameRow, pointerOf } from './role-paths.ts'
import type { FlowFinding, FlowNode, RoleRow } from './types.ts'

/** What of a kind the checks look at. */
export type RoleKind = Pick<Kind, 'schema' | 'scope'>

/** Rows that name a system which is not configured. */
export function findUnknownSystems(rows: readonly RoleRow[], systems: ReadonlySet<string>): FlowFinding[] {
  const known = systems.size === 0 ? 'none is configured' : `there are ${[...systems].sort().join(', ')}`
  return rows.flatMap(row => [['masters', mastersOf(row)] as const, ['readers', row.readers ?? []] as const].flatMap(([field, named]) => named.filter(system => !systems.has(system)).map(system => ({
    file: rolesFile, field, value: system,
    detail: `the row of ${nameRow(row)}${row.field === undefined && !row.scope ? '' : ','} names the system "${system}", which no system node has as its key; ${known}`,
  }))))
}

/** Rows about what does not exist, and rows of which nobody can say which one holds. */
export function findRoleProblems(rows: readonly RoleRow[], kinds: ReadonlyMap<string, RoleKind>): FlowFinding[] {
  return rows.flatMap((row, index): FlowFinding[] => {
    const refuse = (field: string, value: unknown, detail: string): FlowFinding => ({ file: rolesFile, field, value, detail: `the row of ${nameRow(row)}: ${detail}` })
    const kind = kinds.get(row.kind)
    if (!kind) return [refuse('kind', row.kind, `there is no kind ${row.kind}; there are ${[...kinds.keys()].join(', ')}`)]
    const found: FlowFinding[] = []
    const place = placeOf(kind.schema, row.field)
    if ('fault' in place) found.push(refuse('field', row.field, place.fault))
    else if (row.merge === 'union' && !place.lists) found.push(refuse('merge', 'union', 'only lists are united, and this is none; say "rank" or "newest"'))
    for (const name of Object.keys(row.scope ?? {})) {
      if (!kind.scope.includes(name)) found.push(refuse('scope', name, `has no scope ${name}; ${kind.scope.length === 0 ? 'the kind has none' : `there are ${kind.scope.join(', ')}`}`))
    }
    for (const other of rows.slice(0, index)) {
      if (overlaps(row, other)) found.push(refuse('scope', row.scope, `a record may be in its scope and in that of the row of ${nameRow(other)}, and neither is narrower; add a row for both scopes together, or take one away`))
    }
    return found
  })
}

function overlaps(one: RoleRow, other: RoleRow): boolean {
  const says = (row: RoleRow): string[] => [...row.masters ? ['masters'] : [], ...row.readers ? ['readers'] : []]
  if (one.kind !== other.kind || one.field !== other.field || !says(one).some(what => says(other).includes(what))) return false
  const [a, b] = [one.scope ?? {}, other.scope ?? {}]
  if (Object.keys(a).some(name => b[name] !== undefined && b[name] !== a[name])) return false
  return Object.keys(a).some(name => b[name] === undefined) && Object.keys(b).some(name => a[name] === undefined)
}

/** Where a path leads in a schema: whether to lists, or why nowhere. */
function placeOf(schema: unknown, field: string | undefined): { lists: boolean } | { fault: string } {
  if (field === undefined) return { lists: true }
  if (field === 'deletedAt') return { lists: false }
  let places = shapesOf(schema, schema)
  for (const step of pointerOf(field).split('/').slice(1)) {
    if (places.length > 0 && places.every(place => place['items'] !== undefined)) return { fault: `the part "${step}" is inside of a list, and a list has its masters as a whole` }
    places = places.flatMap(place => shapesOf(partOf(place, step), schema))
    if (places.length === 0) return { fault: `there is no field "${step}" at this place` }
  }
  return { lists: places.some(({ items }) => items !== undefined) }
}

function partOf({ properties, patternProperties, additionalProperties }: Record<string, unknown>, step: string): unknown {
  if (isObject(properties) && Object.hasOwn(properties, step)) return properties[step]
  const pattern = Object.entries(isObject(patternProperties) ? patternProperties : {}).find(([text]) => new RegExp(text, 'u').test(step))
  return pattern ? pattern[1] : additionalProperties
}

/** A schema with its references followed and its alternatives side by side. */
function shapesOf(schema: unknown, root: unknown): Record<string, unknown>[] {
  if (!isObject(schema)) return []
  const { $ref, anyOf, oneOf, allOf } = schema
  const referred = typeof $ref === 'string' && $ref.startsWith('#/') ? $ref.slice(2).split('/').reduce<unknown>((at, step) => isObject(at) ? at[step] : undefined, root) : undefined
  const others = [anyOf, oneOf, allOf].flatMap(list => Array.isArray(list) ? list as unknown[] : [])
  return [schema, ...[referred, ...others].flatMap(inner => shapesOf(inner, root))].filter(shape => ['properties', 'patternProperties', 'items', 'type', 'const', 'enum'].some(name => name in shape))
}

/** Sentences about what may be deployed, but is seldom meant. */
export function findRoleWarnings(rows: readonly RoleRow[], kinds: ReadonlyMap<string, RoleKind>, flows: readonly FlowNode[]): string[] {
  const ruling = rows.filter(({ masters }) => masters !== undefined)
  return [...new Set(ruling.map(({ kind }) => kind))].flatMap(kind => {
    const own = ruling.filter(row => row.kind === kind)
    return [...findUnmastered(kind, own, kinds.get(kind)), ...findEchoLoops(kind, own, fedSystems(flows, kind))]
  })
}

/** Fields without a master although others of the kind have one; rows of a scope only leave all other records without. */
function findUnmastered(kind: string, rows: readonly RoleRow[], model: RoleKind | undefined): string[] {
  const everywhere = rows.filter(({ scope }) => !scope).map(({ field }) => pointerOf(field))
  const { properties } = model?.schema ?? {}
  const bare = Object.keys(isObject(properties) ? properties : {}).filter(name => !everywhere.some(ruled => isWithin(`/${name}`, ruled)))
  return bare.length === 0 ? [] : [`${rolesFile}: nobody is master of these fields of ${kind}, so every system may write them: ${bare.join(', ')}. Add a row without a field for all that have no row of their own.`]
}

/**
 * Two systems that are both fed a kind and both masters of a field, where the newest counts: what one of them makes of a value it is given
 * (another spelling is enough) comes back as a change of its own, goes to the other, and so on. By rank the lower-ranked one's is refused.
 */
function findEchoLoops(kind: string, rows: readonly RoleRow[], fed: ReadonlySet<string>): string[] {
  return rows.flatMap(row => {
    const peers = row.merge === 'newest' ? [mastersOf(row)] : row.merge === 'union' ? (row.masters ?? []).flatMap(entry => typeof entry === 'string' ? [] : [entry]) : []
    return peers.map(systems => systems.filter(system => fed.has(system))).filter(systems => systems.length > 1)
      .map(systems => `${rolesFile}: the row of ${nameRow(row)} can go round in circles: ${systems.join(' and ')} are fed every ${kind} and are equal masters, so if one of them rewrites what it is given, each brings the other a new change. Rank them, or have only one of them be master.`)
  })
}

/** Keys of the systems that a `hub changes` node feeds the kind. */
function fedSystems(flows: readonly FlowNode[], kind: string): Set<string> {
  const keys = new Map(flows.map(node => [node.id, node['key']]))
  return new Set(flows.flatMap(node => {
    const key = node.type === 'hub changes' && node['kind'] === kind && node['d'] !== true ? keys.get(String(node['system'])) : undefined
    return typeof key === 'string' ? [key] : []
  }))
}
