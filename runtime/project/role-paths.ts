/** Paths of fields in the role table. Pure. */
import type { RoleRow } from './types.ts'

/** `loyalty.points`, and also `/loyalty/points`, as a JSON pointer; empty for all fields. */
export function pointerOf(field: string | undefined): string {
  if (field === undefined) return ''
  return field.startsWith('/') ? field : `/${field.replaceAll('.', '/')}`
}

/** Whether a field is the other one or a part of it. */
export function isWithin(pointer: string, of: string): boolean {
  return of === '' || pointer === of || pointer.startsWith(`${of}/`)
}

/** How people find a row: `order, field payments, market no`. */
export function nameRow({ kind, field, scope = {} }: Pick<RoleRow, 'kind' | 'field' | 'scope'>): string {
  return [kind, ...field === undefined ? [] : [`field ${field}`], ...Object.entries(scope).map(([name, value]) => `${name} ${value}`)].join(', ')
}

/** Systems of a row that may write. */
export function mastersOf({ masters = [] }: Pick<RoleRow, 'masters'>): string[] {
  return masters.flat()
}
