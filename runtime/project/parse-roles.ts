/** Rows of `roles.json`, with what is wrong with each of them. Pure. */
import { isObject } from './json.ts'
import { nameRow, pointerOf } from './role-paths.ts'
import type { FlowFinding, RoleRow } from './types.ts'

export const rolesFile = 'roles.json'
const keys = ['kind', 'field', 'scope', 'masters', 'readers', 'merge']
const merges = ['rank', 'newest', 'union'] as const

export function parseRoles(value: unknown): { rows: RoleRow[], findings: FlowFinding[] } {
  if (!Array.isArray(value)) return { rows: [], findings: [{ file: rolesFile, detail: 'must be a list of rows like { "kind": "order", "masters": ["webshop"] }' }] }
  const rows: RoleRow[] = []
  const findings: FlowFinding[] = []
  const seen = new Set<string>()
  value.forEach((entry: unknown, index) => {
    const before = findings.length
    const refuse = (field: string | undefined, detail: string, wrong?: unknown): void => {
      findings.push({ file: rolesFile, ...(field !== undefined && { field: `[${index}].${field}` }), detail: field === undefined ? `row ${index + 1} ${detail}` : detail, ...(wrong !== undefined && { value: wrong }) })
    }
    const row = parseRow(entry, refuse)
    if (row === undefined || findings.length > before) return
    const { kind, field, scope = {} } = row
    const key = JSON.stringify([kind, field, Object.entries(scope).sort()])
    if (seen.has(key)) return refuse(undefined, `says again what another row says about ${field === undefined ? `${nameRow(row)}, all fields` : nameRow(row)}`)
    seen.add(key)
    rows.push(row)
  })
  return { rows, findings }
}

type Refuse = (field: string | undefined, detail: string, wrong?: unknown) => void

function parseRow(entry: unknown, refuse: Refuse): RoleRow | undefined {
  if (!isObject(entry)) { refuse(undefined, 'is not an object'); return undefined }
  const { kind, field, scope, masters, readers, merge } = entry
  for (const key of Object.keys(entry)) if (!keys.includes(key)) refuse(key, `is not known; a row has ${keys.join(', ')}`)
  if (!isText(kind)) { refuse('kind', 'must name a kind, for example "order"', kind); return undefined }
  if (field !== undefined && (!isText(field) || /[./]{2}|[./]$|^[.]/.test(field))) refuse('field', 'must name a field, for example "payments" or "loyalty.points"', field)
  if (scope !== undefined && !isScope(scope)) refuse('scope', 'must be an object like { "market": "no" }', scope)
  if ((masters !== undefined || readers === undefined) && !isMasters(masters)) refuse('masters', 'must be a list of at least one system key, the highest-ranked first; systems of equal rank stand in a list of their own', masters)
  if (readers !== undefined && !isTexts(readers)) refuse('readers', 'must be a list of system keys', readers)
  const rule = merges.find(known => known === merge)
  if (merge !== undefined && rule === undefined) refuse('merge', `must be one of ${merges.join(', ')}`, merge)
  if (isMasters(masters)) {
    const named = masters.flat()
    const twice = named.find((system, index) => named.indexOf(system) !== index)
    if (twice !== undefined) refuse('masters', `names the system "${twice}" twice`, masters)
    // By rank, nothing would decide between them but who came last.
    if ((rule ?? 'rank') === 'rank' && masters.some(Array.isArray)) refuse('masters', 'has systems of equal rank; rank them, or say "merge": "newest" or "union"', masters)
  }
  return {
    kind, ...(isText(field) && { field: pointerOf(field).slice(1).replaceAll('/', '.') }), ...(isScope(scope) && Object.keys(scope).length > 0 && { scope: { ...scope } }),
    ...(isMasters(masters) && { masters: masters.map(entry => typeof entry === 'string' ? entry : [...entry]) }), ...(isTexts(readers) && { readers: [...readers] }), ...(rule && { merge: rule }),
  }
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every(isText)
const isMasters = (value: unknown): value is (string | string[])[] =>
  Array.isArray(value) && value.length > 0 && value.every(entry => isText(entry) || (isTexts(entry) && entry.length > 0))
const isScope = (value: unknown): value is Record<string, string> => isObject(value) && Object.values(value).every(isText)
