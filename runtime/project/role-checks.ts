/** What is wrong with the role table as a whole, and what a person should look at. Pure. */
import type { Kind } from '../model/kind.ts'
import { isObject } from './json.ts'
import { parseRoles, type PlacedRow } from './parse-roles.ts'
import type { RoleFault } from './role-faults.ts'
import { isWithin, mastersOf, nameRow, pointerOf } from './role-paths.ts'
import type { FlowNode, RoleRow } from './types.ts'

/** What of a kind the checks look at. */
export type RoleKind = Pick<Kind, 'schema' | 'scope'>

/** What is known about the surroundings of a table; what is left out is not checked. */
export interface RoleSurroundings {
  /** Keys of the configured systems. */
  systems?: ReadonlySet<string>
  kinds?: ReadonlyMap<string, RoleKind> | undefined
}

/** Everything that is wrong with a table, as it stands in the file or the node. */
export function findRoleFaults(table: unknown, { systems, kinds }: RoleSurroundings): RoleFault[] {
  const { placed, faults } = parseRoles(table)
  return [...faults, ...systems ? findUnknownSystems(placed, systems) : [], ...kinds ? findMisplaced(placed, kinds) : []]
}

/** Rows that name a system which is not configured. */
function findUnknownSystems(placed: readonly PlacedRow[], systems: ReadonlySet<string>): RoleFault[] {
  return placed.flatMap(({ row, index }) => [['masters', mastersOf(row)] as const, ['readers', row.readers ?? []] as const].flatMap(([at, named]) => named.filter(system => !systems.has(system)).map((system): RoleFault => ({
    row: index, at, name: systems.size === 0 ? 'noSystem' : 'system', values: { system, known: [...systems].sort().join(', ') }, value: system, about: nameRow(row),
  }))))
}

/** Rows about what does not exist, and rows of which nobody can say which one holds. */
function findMisplaced(placed: readonly PlacedRow[], kinds: ReadonlyMap<string, RoleKind>): RoleFault[] {
  return placed.flatMap(({ row, index }, place): RoleFault[] => {
    const refuse = (at: string, value: unknown, name: RoleFault['name'], values: Record<string, string> = {}): RoleFault => ({ row: index, at, name, values, value, about: nameRow(row) })
    const kind = kinds.get(row.kind)
    if (!kind) return [refuse('kind', row.kind, 'unknownKind', { kind: row.kind, known: [...kinds.keys()].join(', ') })]
    const found: RoleFault[] = []
    const target = placeOf(kind.schema, row.field)
    if ('fault' in target) found.push(refuse('field', row.field, target.fault, { step: target.step }))
    else if (row.merge === 'union' && !target.lists) found.push(refuse('merge', 'union', 'union'))
    for (const scope of Object.keys(row.scope ?? {})) {
      if (!kind.scope.includes(scope)) found.push(refuse('scope', scope, kind.scope.length === 0 ? 'noScope' : 'unknownScope', { scope, known: kind.scope.join(', ') }))
    }
    for (const { row: other } of placed.slice(0, place)) {
      if (overlaps(row, other)) found.push(refuse('scope', row.scope, 'overlap', { other: nameRow(other) }))
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

/** Where a path leads in a schema: whether to lists, or at which step nowhere. */
function placeOf(schema: unknown, field: string | undefined): { lists: boolean } | { fault: 'inList' | 'unknownField', step: string } {
  if (field === undefined) return { lists: true }
  if (field === 'deletedAt') return { lists: false }
  let places = shapesOf(schema, schema)
  for (const step of pointerOf(field).split('/').slice(1)) {
    if (places.length > 0 && places.every(place => place['items'] !== undefined)) return { fault: 'inList', step }
    places = places.flatMap(place => shapesOf(partOf(place, step), schema))
    if (places.length === 0) return { fault: 'unknownField', step }
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

/** What may be deployed, but is seldom meant. */
export function findRoleWarnings(rows: readonly RoleRow[], kinds: ReadonlyMap<string, RoleKind>, flows: readonly FlowNode[]): RoleFault[] {
  const ruling = rows.filter(({ masters }) => masters !== undefined)
  return [...new Set(ruling.map(({ kind }) => kind))].flatMap(kind => {
    const own = ruling.filter(row => row.kind === kind)
    return [...findUnmastered(kind, own, kinds.get(kind)), ...findEchoLoops(kind, own, fedSystems(flows, kind))]
  })
}

/** Fields without a master although others of the kind have one; rows of a scope only leave all other records without. */
function findUnmastered(kind: string, rows: readonly RoleRow[], model: RoleKind | undefined): RoleFault[] {
  const everywhere = rows.filter(({ scope }) => !scope).map(({ field }) => pointerOf(field))
  const { properties } = model?.schema ?? {}
  const bare = Object.keys(isObject(properties) ? properties : {}).filter(name => !everywhere.some(ruled => isWithin(`/${name}`, ruled)))
  return bare.length === 0 ? [] : [{ name: 'bare', values: { kind, fields: bare.join(', ') } }]
}

/**
 * Two systems that are both fed a kind and both masters of a field, where the newest counts: what one of them makes of a value it is given
 * (another spelling is enough) comes back as a change of its own, goes to the other, and so on. By rank the lower-ranked one's is refused.
 */
function findEchoLoops(kind: string, rows: readonly RoleRow[], fed: ReadonlySet<string>): RoleFault[] {
  return rows.flatMap(row => {
    const peers = row.merge === 'newest' ? [mastersOf(row)] : row.merge === 'union' ? (row.masters ?? []).flatMap(entry => typeof entry === 'string' ? [] : [entry]) : []
    return peers.map(systems => systems.filter(system => fed.has(system))).filter(systems => systems.length > 1)
      .map((systems): RoleFault => ({ name: 'circle', values: { row: nameRow(row), systems, kind } }))
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
