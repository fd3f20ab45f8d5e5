/** Conversions between JSON values that many steps share. */
import { Decimal } from '../model/decimals.ts'
import type { Read, State } from './read.ts'
import { ValueError } from './read.ts'

/**
 * Between the steps of a chain numbers stay decimals, which saves writing and reading them again; everything else,
 * and the world outside, sees decimal text.
 */
export function plain(value: unknown): unknown {
  if (value instanceof Decimal) return value.toFixed()
  return Array.isArray(value) && value.some(item => item instanceof Decimal) ? value.map(plain) : value
}

/** A value as text; numbers without exponent. */
export function toText(value: unknown): string {
  if (typeof value === 'string') return value
  if (value instanceof Decimal) return value.toFixed()
  if (typeof value === 'number' && Number.isFinite(value)) return Number.isSafeInteger(value) ? String(value) : new Decimal(value).toFixed()
  if (typeof value === 'boolean') return String(value)
  throw new ValueError('is not a text, number or boolean', value)
}

/** A number or a plain numeric text as an exact decimal. */
export function toDecimal(value: unknown): Decimal {
  if (value instanceof Decimal) return value
  if (typeof value === 'number' && Number.isFinite(value)) return new Decimal(value)
  if (typeof value === 'string') {
    const simple = Decimal.ofSimple(value)
    if (simple !== undefined) return simple
    if (/^\s*[+-]?(\d+(\.\d*)?|\.\d+)\s*$/.test(value)) return new Decimal(value.trim().replace(/^\+/, '').replace(/\.$/, ''))
  }
  throw new ValueError('is not a decimal number such as 199.00', value)
}

/** Reads an operand as a decimal; undefined where it is missing. */
export const decimalOf = (read: Read, state: State): Decimal | undefined => operandOf(read, state, toDecimal)

/** Reads an operand as text; undefined where it is missing. */
export const textOf = (read: Read, state: State): string | undefined => operandOf(read, state, toText)

function operandOf<T>(read: Read, state: State, convert: (value: unknown) => T): T | undefined {
  const value = read(state)
  if (value === undefined) return undefined
  try { return convert(value) } catch (thrown) {
    throw thrown instanceof ValueError && read.at ? new ValueError(thrown.message, thrown.value, read.at(state)) : thrown
  }
}

/** Equal as people see it: "2" and 2 are the same, lists and objects by content. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (a instanceof Decimal || b instanceof Decimal) return sameValue(plain(a), plain(b))
  if (a === undefined || a === null) return b === undefined || b === null
  if (typeof a === 'object' || typeof b === 'object') return JSON.stringify(a) === JSON.stringify(b)
  return String(a) === String(b)
}

export function isRecord(value: unknown): value is Record<string, unknown> { return typeof value === 'object' && value !== null && !Array.isArray(value) }
