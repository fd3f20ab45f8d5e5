/** Which systems write which fields, against the role table. */
import { isWithin, mastersOf, pointerOf } from '../../project/role-paths.ts'
import type { FlowNode, RoleRow } from '../../project/types.ts'
import type { NodeFinding } from '../finding.ts'
import type { MapUse } from './maps.ts'
import type { Source } from './runs.ts'
import { keyOf } from './systems.ts'

/** What nobody is master of: a system's own id, and what people call the record. */
const ownOf = new Set(['refs', 'number', 'ext'])

/** A system that writes a field of a kind by a save node. */
interface Writing { kind: string, field: string, system: string, save: FlowNode }

export function checkWriters(uses: readonly MapUse[], { sources, keys, rows }: { sources: readonly Source[], keys: ReadonlyMap<string, string>, rows: readonly RoleRow[] }): NodeFinding[] {
  const writings = uses.flatMap(({ to, report, outcome }) => outcome.takers.filter(({ type, operation }) => type === 'hub save' && operation !== 'remove').flatMap(save => {
    const kind = String(save['kind'])
    if (to !== `torg:${kind}`) return []
    const origin = typeof save['origin'] === 'string' && save['origin'] !== '' ? [save['origin']] : sources.filter(({ reached }) => reached.has(save.id)).flatMap(({ node }) => keyOf(node, keys) ?? [])
    return [...new Set(origin)].flatMap(system => [...report.writes].filter(field => !ownOf.has(field)).map((field): Writing => ({ kind, field, system, save })))
  }))
  return [...findRivals(writings, rows), ...findNotApplied(writings, rows)]
}

/** Rows that say who is master of a field, of its parts, or of what it is a part of. */
const rulingRows = (rows: readonly RoleRow[], { kind, field }: Pick<Writing, 'kind' | 'field'>): RoleRow[] =>
  rows.filter(row => row.kind === kind && row.masters !== undefined && (isWithin(`/${field}`, pointerOf(row.field)) || isWithin(pointerOf(row.field), `/${field}`)))

function findRivals(writings: readonly Writing[], rows: readonly RoleRow[]): NodeFinding[] {
  const byField = Map.groupBy(writings.filter(writing => rulingRows(rows, writing).length === 0), ({ kind, field }) => `${kind} ${field}`)
  const contested = [...byField.values()].filter(all => new Set(all.map(({ system }) => system)).size > 1)
  const byKind = Map.groupBy(contested.flat(), ({ kind }) => kind)
  return [...byKind].flatMap(([kind, all]): NodeFinding[] => {
    const last = all.at(-1)
    const fields = [...new Set(all.map(({ field }) => field))]
    const systems = [...new Set(all.map(({ system }) => system))].sort()
    return last === undefined ? [] : [{ code: 'roles.two-writers', node: last.save.id, field: 'kind', detail: `${fields.slice(0, 8).join(', ')}${fields.length > 8 ? ` and ${fields.length - 8} more fields` : ''} of ${kind} ${fields.length === 1 ? 'is' : 'are'} written by ${systems.join(' and ')}, and the role table names no master, so whoever comes last wins; add a row`, value: kind }]
  })
}

function findNotApplied(writings: readonly Writing[], rows: readonly RoleRow[]): NodeFinding[] {
  const refused = writings.filter(writing => { const ruling = rulingRows(rows, writing); return ruling.length > 0 && !ruling.some(row => mastersOf(row).includes(writing.system)) })
  return [...Map.groupBy(refused, ({ save, system }) => `${save.id} ${system}`).values()].flatMap((all): NodeFinding[] => {
    const [first] = all
    return first === undefined ? [] : [{ code: 'roles.not-applied', node: first.save.id, field: 'kind', detail: `what ${first.system} says of ${all.map(({ field }) => field).join(', ')} is recorded and not applied: it is no master of ${all.length === 1 ? 'it' : 'them'}`, value: first.kind }]
  })
}
