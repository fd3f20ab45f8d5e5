/** The role table: which system is master of which fields of a kind. Pure. */
import type { Roles } from '../store/types.ts'
import type { FlowFinding, RoleRow } from './types.ts'

const file = 'roles.json'
const keys = new Set(['kind', 'field', 'masters'])

/** The rows of `roles.json`, with what is wrong with them. */
export function parseRoles(value: unknown): { rows: RoleRow[], findings: FlowFinding[] } {
  if (!Array.isArray(value)) return { rows: [], findings: [{ file, detail: 'must be a list of rows like { "kind": "order", "masters": ["webshop"] }' }] }
  const rows: RoleRow[] = []
  const findings: FlowFinding[] = []
  const seen = new Set<string>()
  value.forEach((entry: unknown, index) => {
    const refuse = (field: string | undefined, detail: string, wrong?: unknown): void => {
      findings.push({ file, ...(field !== undefined && { field: `[${index}].${field}` }), detail: field === undefined ? `row ${index + 1} ${detail}` : detail, ...(wrong !== undefined && { value: wrong }) })
    }
    if (typeof entry !== 'object' || entry === null) return refuse(undefined, 'is not an object')
    const { kind, field, masters } = entry as Record<string, unknown>
    for (const key of Object.keys(entry)) if (!keys.has(key)) refuse(key, `is not known; a row has ${[...keys].join(', ')}`)
    if (typeof kind !== 'string' || kind === '') return refuse('kind', 'must name a kind, for example "order"', kind)
    if (field !== undefined && (typeof field !== 'string' || field === '')) return refuse('field', 'must name a top-level field, for example "payments"', field)
    if (!Array.isArray(masters) || masters.length === 0 || !masters.every(master => typeof master === 'string' && master !== '')) {
      return refuse('masters', 'must be a list of at least one system key', masters)
    }
    const name = `${kind} ${fieldName(field ?? '*')}`
    if (seen.has(name)) return refuse(undefined, `says again what another row says about ${name}`)
    seen.add(name)
    rows.push({ kind, ...(field !== undefined && { field: fieldName(field) }), masters: [...masters] as string[] })
  })
  return { rows, findings }
}

/** Both `payments` and the pointer `/payments` name the field. */
const fieldName = (field: string): string => field.replace(/^\//, '')

/** Rows that name a system which is not configured. */
export function findUnknownMasters(rows: readonly RoleRow[], systems: ReadonlySet<string>): FlowFinding[] {
  const known = systems.size === 0 ? 'none is configured' : `there are ${[...systems].sort().join(', ')}`
  return rows.flatMap(({ kind, field, masters }) => masters.filter(master => !systems.has(master)).map(master => ({
    file, field: 'masters', value: master,
    detail: `the row of ${kind}${field === undefined ? '' : `, field ${field},`} names the system "${master}", which no system node has as its key; ${known}`,
  })))
}

/** The role table as the store asks it. Fields without a row, and kinds without any, may be written by every system. */
export function compileRoles(rows: readonly RoleRow[]): Roles {
  const table = new Map(rows.map(({ kind, field, masters }) => [`${kind} ${field ?? '*'}`, masters]))
  return {
    refusedBy(kind, field, system) {
      const masters = table.get(`${kind} ${fieldName(field)}`) ?? table.get(`${kind} *`)
      return masters === undefined || masters.includes(system) ? null : masters[0] ?? null
    },
  }
}
