/** Rows of the role table, with what is wrong with each of them by itself. Pure. */
import { isObject } from './json.ts'
import type { RoleFault } from './role-faults.ts'
import { nameRow, pointerOf } from './role-paths.ts'
import type { RoleRow } from './types.ts'

const keys = ['kind', 'field', 'scope', 'masters', 'readers', 'merge']
const merges = ['rank', 'newest', 'union'] as const

/** A row that could be read, and where it stands in the table. */
export interface PlacedRow { row: RoleRow, index: number }

export function parseRoles(value: unknown): { rows: RoleRow[], placed: PlacedRow[], faults: RoleFault[] } {
  if (!Array.isArray(value)) return { rows: [], placed: [], faults: [{ name: 'list' }] }
  const placed: PlacedRow[] = []
  const faults: RoleFault[] = []
  const seen = new Set<string>()
  value.forEach((entry: unknown, index) => {
    const found: RoleFault[] = []
    const row = parseRow(entry, fault => found.push({ row: index, ...fault }))
    const { kind, field, scope = {} } = row ?? {}
    const key = JSON.stringify([kind, field, Object.entries(scope).sort()])
    if (row && found.length === 0 && seen.has(key)) found.push({ row: index, name: 'again', values: { what: field === undefined ? `${nameRow(row)}, all fields` : nameRow(row) } })
    faults.push(...found)
    if (row === undefined || found.length > 0) return
    seen.add(key)
    placed.push({ row, index })
  })
  return { rows: placed.map(({ row }) => row), placed, faults }
}

function parseRow(entry: unknown, refuse: (fault: Omit<RoleFault, 'row'>) => void): RoleRow | undefined {
  if (!isObject(entry)) { refuse({ name: 'object' }); return undefined }
  const { kind, field, scope, masters, readers, merge } = entry
  for (const key of Object.keys(entry)) if (!keys.includes(key)) refuse({ at: key, name: 'key', values: { known: keys.join(', ') } })
  if (!isText(kind)) { refuse({ at: 'kind', name: 'kind', value: kind }); return undefined }
  if (field !== undefined && (!isText(field) || /[./]{2}|[./]$|^[.]/.test(field))) refuse({ at: 'field', name: 'field', value: field })
  if (scope !== undefined && !isScope(scope)) refuse({ at: 'scope', name: 'scope', value: scope })
  if ((masters !== undefined || readers === undefined) && !isMasters(masters)) refuse({ at: 'masters', name: 'masters', value: masters })
  if (readers !== undefined && !isTexts(readers)) refuse({ at: 'readers', name: 'readers', value: readers })
  const rule = merges.find(known => known === merge)
  if (merge !== undefined && rule === undefined) refuse({ at: 'merge', name: 'merge', values: { known: merges.join(', ') }, value: merge })
  if (isMasters(masters)) {
    const named = masters.flat()
    const twice = named.find((system, index) => named.indexOf(system) !== index)
    if (twice !== undefined) refuse({ at: 'masters', name: 'twice', values: { system: twice }, value: masters })
    if ((rule ?? 'rank') === 'rank' && masters.some(Array.isArray)) refuse({ at: 'masters', name: 'equal', value: masters })
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
