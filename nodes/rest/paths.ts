/** Finding values in JSON documents by path: `order.id`, `lines[0].sku`, or a JSON pointer `/order/id`. */

/** The value at a path; undefined where there is none. An empty path is the document itself. */
export function readPath(document: unknown, path: string): unknown {
  return pathReader(path)(document)
}

/** {@link readPath} for many documents. */
export function pathReader(path: string): (document: unknown) => unknown {
  const segments = segmentsOf(path)
  return document => segments.reduce(readMember, document)
}

function readMember(value: unknown, segment: string): unknown {
  if (Array.isArray(value)) return /^\d+$/.test(segment) ? value[Number(segment)] : undefined
  if (value === null || typeof value !== 'object' || !Object.hasOwn(value, segment)) return undefined
  const found: unknown = Reflect.get(value, segment)
  return found
}

/** A path in the other notation: the JSON pointer (RFC 6901) of what `path` names. */
export function pointerOf(path: string): string {
  return segmentsOf(path).map(segment => `/${segment.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

function segmentsOf(path: string): string[] {
  if (path.startsWith('/')) return path.slice(1).split('/').map(segment => segment.replaceAll('~1', '/').replaceAll('~0', '~'))
  return path.split(/\.|\[(\d+)\]/).filter(segment => segment !== undefined && segment !== '')
}

/** A text, number or truth value as text; null for everything else and for what is empty. */
export function scalarText(value: unknown): string | null {
  if (typeof value === 'string') return value === '' ? null : value
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint' ? String(value) : null
}

/** An instant as ISO 8601 UTC from a text, or from seconds or milliseconds since 1970; null where it is none. */
export function instantOf(value: unknown): string | null {
  const text = scalarText(value)
  if (text === null) return null
  const number = /^\d{9,16}(\.\d+)?$/.test(text) ? Number(text) : undefined
  const ms = number === undefined ? Date.parse(text) : number < 1e11 ? number * 1000 : number
  return Number.isNaN(ms) ? null : new Date(ms).toISOString()
}
