/** JSON on its way into PostgreSQL, which stores every JSON but for two: the NUL character and half a surrogate pair. */
import { isDeepStrictEqual } from 'node:util'

/** As JSON, with what cannot be stored replaced. For errors and the like, which must be stored whatever they quote. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => typeof inner === 'string' ? inner.toWellFormed().replaceAll('\0', '\ufffd') : inner)
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
export function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}
