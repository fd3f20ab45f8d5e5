/** JSON on its way into PostgreSQL, which stores every JSON but for two: the NUL character and half a surrogate pair. */
import { isDeepStrictEqual } from 'node:util'

/** As JSON, with what cannot be stored replaced. For errors and the like, which must be stored whatever they quote. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => typeof inner === 'string' ? inner.toWellFormed().replaceAll('\0', '\ufffd') : inner)
}

/**
 * A copy of its own, as it would come back from JSON: no undefined fields, dates as text. A third of the time that writing and parsing takes.
 *
 * @param tally adds up the characters of the texts, for the size of what is copied
 */
export function copyJson<Value>(value: Value, tally?: { characters: number }): Value
export function copyJson(value: unknown, tally = { characters: 0 }): unknown {
  switch (typeof value) {
    case 'string':
      tally.characters += value.length
      return value
    case 'number': return Number.isFinite(value) ? value : null
    case 'boolean': return value
    case 'object': break
    default: return JSON.parse(JSON.stringify(value) ?? 'null')
  }
  if (value === null) return null
  if (Array.isArray(value)) return value.map(item => copyJson<unknown>(item, tally))
  if ('toJSON' in value || !isPlain(value)) return JSON.parse(JSON.stringify(value))
  const copy: Record<string, unknown> = { ...value }
  for (const name in copy) {
    const inner = copy[name]
    if (inner === undefined || typeof inner === 'function' || typeof inner === 'symbol') delete copy[name]
    else copy[name] = copyJson(inner, tally)
  }
  return copy
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** JSON pointer of the first text (or field name) that PostgreSQL cannot store; null where there is none. */
export function findUnstorable(value: unknown, pointer = ''): string | null {
  if (typeof value === 'string') return isStorable(value) ? null : pointer
  if (value === null || typeof value !== 'object') return null
  for (const [name, inner] of Object.entries(value)) {
    const at = `${pointer}/${escapePointer(name)}`
    const found = isStorable(name) ? findUnstorable(inner, at) : at
    if (found !== null) return found
  }
  return null
}

function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed()
}

/** Whether two JSON values say the same; the order of fields does not count. */
export function sameJson(one: unknown, other: unknown): boolean {
  return isDeepStrictEqual(one, other)
}

/** A field's name as a step of a JSON pointer (RFC 6901). */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}
