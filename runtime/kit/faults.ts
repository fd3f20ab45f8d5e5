/**
 * What is wrong with the value of one field. Pure, and used twice: by the checks of the runtime and, bundled into
 * the editor, by the forms; so it imports nothing but types.
 */
import type { Field } from './definition.ts'

/** What the rules of a field need of it; the editor gets fields in this form, without their texts. */
export interface FieldRules {
  type: Field['type']
  required: boolean
  pattern?: string
  min?: number
  max?: number
  /** Allowed values of a select. */
  options?: string[]
  /** Shown, and required, only while another field has one of these values. */
  when?: { field: string, is: readonly string[] }
}

/** A fault by name with what its text needs: `{ name: 'min', limit: 1 }`. */
export type Fault =
  | { name: 'required' }
  | { name: 'pattern', pattern: string }
  | { name: 'number' }
  | { name: 'min' | 'max', limit: number }
  | { name: 'option', value: string }
  | { name: 'type', expected: string }
  | { name: 'literal' }

/** A whole value that names an environment variable: `${ERP_KEY}`. */
export const environmentReference = /^\$\{[A-Za-z_][A-Za-z0-9_]*\}$/

/** Whether a secret's value says where the secret is instead of being it. */
export function isSecretReference(value: string): boolean {
  return environmentReference.test(value) || /^file:.+/.test(value)
}

/** Whether a field is in play, given the other values of its node. */
export function isShown(rules: Pick<FieldRules, 'when'>, values: (field: string) => unknown): boolean {
  return rules.when === undefined || rules.when.is.includes(String(values(rules.when.field) ?? ''))
}

/**
 * The first fault of a stored value, or null. A value that is a whole reference to an environment variable is not
 * known here and therefore has none. A stored secret is known by `hasCredential`; undefined: nobody can tell here.
 */
export function findFault(rules: FieldRules, value: unknown, hasCredential?: boolean): Fault | null {
  const empty = value === undefined || value === null || value === ''
  if (rules.type === 'secret') {
    if (empty) return rules.required && hasCredential === false ? { name: 'required' } : null
    if (typeof value !== 'string') return { name: 'type', expected: 'text' }
    return isSecretReference(value) ? null : { name: 'literal' }
  }
  if (empty) return rules.required || rules.type === 'number' ? { name: 'required' } : null
  if (typeof value === 'string' && environmentReference.test(value)) return null
  switch (rules.type) {
    case 'number': return findNumberFault(rules, value)
    case 'boolean': return typeof value === 'boolean' || value === 'true' || value === 'false' ? null : { name: 'type', expected: 'true or false' }
    case 'select': return rules.options?.includes(String(value)) ? null : { name: 'option', value: String(value) }
    case 'multiselect': return findListFault(rules, value)
    case 'json': return null
    default: return findTextFault(rules, value)
  }
}

function findNumberFault(rules: FieldRules, value: unknown): Fault | null {
  const number = typeof value === 'string' ? Number(value) : value
  if (typeof number !== 'number' || !Number.isFinite(number)) return { name: 'number' }
  if (rules.min !== undefined && number < rules.min) return { name: 'min', limit: rules.min }
  if (rules.max !== undefined && number > rules.max) return { name: 'max', limit: rules.max }
  return null
}

function findListFault(rules: FieldRules, value: unknown): Fault | null {
  if (!Array.isArray(value)) return { name: 'type', expected: 'a list' }
  const stranger = value.find(entry => !rules.options?.includes(String(entry)))
  if (stranger !== undefined) return { name: 'option', value: String(stranger) }
  return rules.required && value.length === 0 ? { name: 'required' } : null
}

function findTextFault(rules: FieldRules, value: unknown): Fault | null {
  if (typeof value !== 'string') return { name: 'type', expected: 'text' }
  if (rules.required && value.trim() === '') return { name: 'required' }
  if (rules.pattern !== undefined && !new RegExp(rules.pattern).test(value)) return { name: 'pattern', pattern: rules.pattern }
  return null
}
