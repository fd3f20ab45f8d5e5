/** Reads what a request says of a file that is to be imported, and says exactly what is wrong with it. */
import { TorgError } from '../errors.ts'
import { compileMapping } from '../mapping/index.ts'
import { kindOf } from '../model/index.ts'
import { isRecord, nearest } from '../model/validation.ts'
import type { ImportDeclaration } from '../store/import-types.ts'

export interface DeclarationContext {
  /** Keys of the systems that are deployed. */
  systems: readonly string[]
  /** The deployed nodes, among which a mapping may be named. */
  flows: readonly Record<string, unknown>[]
  lookups: Readonly<Record<string, unknown>>
}

const known = ['kind', 'system', 'mode', 'format', 'mapping', 'dryRun']

/**
 * `{ kind, system, mode: full | partial, format: ndjson | csv, mapping?, dryRun? }`; the mapping is one itself, or the id or name of a deployed `map` node.
 * @throws request.invalid with the pointer of the field; system.unknown; mapping.invalid
 */
export function readDeclaration(given: Record<string, unknown>, { systems, flows, lookups }: DeclarationContext): Omit<ImportDeclaration, 'by'> {
  for (const name of Object.keys(given)) if (!known.includes(name)) throw invalid(name, given[name], `is not known here; there are ${known.join(', ')}.`)
  const { system, dryRun = false } = given
  const kind = kindNamed(given['kind'])
  const mode = oneOf('mode', given['mode'], ['full', 'partial'])
  const format = oneOf('format', given['format'] ?? 'ndjson', ['ndjson', 'csv'])
  if (typeof dryRun !== 'boolean') throw invalid('dryRun', dryRun, 'is true or false.')
  if (mode === 'full' && kind.rules.fact) throw invalid('mode', mode, `is partial for a ${kind.name}: it is a fact and never removed.`)
  return { kind: kind.name, system: systemNamed(system, systems), mode, format, mapping: mappingOf(given['mapping'], { flows, lookups }), dryRun }
}

/**
 * The key of a deployed system, so that a misspelt one makes no references of a system that is none.
 * @throws system.unknown with the name that was probably meant
 */
export function systemNamed(system: unknown, systems: readonly string[]): string {
  if (typeof system === 'string' && systems.includes(system)) return system
  const near = typeof system === 'string' ? nearest(system, systems) : undefined
  throw new TorgError('system.unknown', {
    detail: `"${String(system)}" is no deployed system.${near === undefined ? ` There are ${systems.join(', ') || 'none'}.` : ` Did you mean ${near}?`}`, pointer: '/system', value: system,
    next: 'Name the system whose file it is by its key, or deploy it first.',
  })
}

/**
 * A kind's name that came from outside: a mistake is the request's, not the flow's.
 * @throws request.invalid
 */
export function kindNamed(name: unknown): ReturnType<typeof kindOf> {
  try {
    return kindOf(String(name))
  } catch (thrown) {
    throw invalid('kind', name, `names a kind. ${thrown instanceof Error ? thrown.message : ''}`.trim())
  }
}

function oneOf<Value extends string>(name: string, given: unknown, allowed: readonly Value[]): Value {
  const found = allowed.find(value => value === given)
  if (found === undefined) throw invalid(name, given, `is ${allowed.join(' or ')}.`)
  return found
}

function mappingOf(given: unknown, { flows, lookups }: Omit<DeclarationContext, 'systems'>): Record<string, unknown> | null {
  if (given === undefined || given === null) return null
  const mapping = typeof given === 'string' ? mappingOfNode(given, flows) : given
  compileMapping(mapping, { lookups })
  return isRecord(mapping) ? mapping : null
}

function mappingOfNode(wanted: string, flows: readonly Record<string, unknown>[]): unknown {
  const nodes = flows.filter(({ type }) => type === 'map')
  const found = nodes.filter(({ id, name }) => id === wanted || name === wanted)
  const [node] = found
  if (found.length === 1 && node) return node['mapping']
  const names = nodes.map(({ id, name }) => `"${String(name === '' || name === undefined ? id : name)}"`)
  throw invalid('mapping', wanted, found.length > 1 ? `names ${found.length} map nodes; name one by its id.` : `names a deployed map node, by its name or id. There are ${names.join(', ') || 'none'}.`)
}

function invalid(name: string, value: unknown, must: string): TorgError {
  return new TorgError('request.invalid', { detail: `${name} ${must}`, pointer: `/${name}`, value })
}
