/** Source paths as closures, and JSON pointers for errors. */
import type { Path, Segment } from './path.ts'
import { startsWith } from './path.ts'

/** One application of a mapping. Only the engine changes it. */
export interface State {
  readonly source: unknown
  readonly context: unknown
  /** The element at hand of each open list, outermost first, and its 0-based place in the source. */
  readonly elements: unknown[]
  readonly positions: number[]
  /** What the chain of steps holds: `$value`. */
  value: unknown
  /** The element a `filter` looks at: `$element`. */
  element: unknown
  /** Results of the expressions in the order they are met; absent while they are collected. */
  readonly results: readonly unknown[] | undefined
  readonly pending: Promise<unknown>[]
  cursor: number
}

/** Reads a value; `at` tells the JSON pointer of what was read, for errors. */
export interface Read {
  (state: State): unknown
  at?(state: State): string
}

/** A list of the source whose elements are being mapped; its path ends in `[]`. */
export interface Scope { segments: Segment[] }

/** A value that does not fit; the rule it happened in is added further out. */
export class ValueError extends Error {
  readonly value: unknown
  /** Where the value is, if not where the rule reads from. */
  readonly pointer: string | undefined
  constructor(message: string, value: unknown, pointer?: string) { super(message); this.value = value; this.pointer = pointer }
}

/** How many of the open lists a path runs through: it starts at the element of the last of them. */
export function boundDepth(path: Path, scopes: readonly Scope[]): number {
  if (path.root !== 'source') return 0
  for (let depth = scopes.length; depth > 0; depth--) if (startsWith(path.segments, scopes[depth - 1]?.segments ?? [])) return depth
  return 0
}

/** The closure that reads a path. Null counts as missing. */
export function compileRead(path: Path, scopes: readonly Scope[]): Read {
  const depth = boundDepth(path, scopes)
  const walk = compileWalk(path.segments.slice(depth === 0 ? 0 : scopes[depth - 1]?.segments.length ?? 0))
  switch (path.root) {
    case 'context': return state => walk(state.context)
    case 'value': return state => walk(state.value)
    case 'element': return state => walk(state.element)
    case 'position': {
      const last = scopes.length - 1
      return state => (state.positions[last] ?? 0) + 1
    }
    case 'source': return depth === 0 ? state => walk(state.source) : state => walk(state.elements[depth - 1])
  }
}

type Walk = (value: unknown) => unknown

/** The closure that follows segments from a value. */
export function compileWalk(segments: readonly Segment[]): Walk {
  const each = segments.findIndex(segment => segment.type === 'each')
  if (each >= 0) return compileCollect(compileWalk(segments.slice(0, each)), compileWalk(segments.slice(each + 1)), segments.slice(each + 1).some(segment => segment.type === 'each'), segments)
  const steps = segments.map(compileSegment)
  const [first, second, third] = steps
  if (first === undefined) return value => value === null ? undefined : value
  if (second === undefined) return first
  if (third === undefined) return value => second(first(value))
  if (steps.length === 3) return value => third(second(first(value)))
  return value => steps.reduce((current, step) => step(current), value)
}

function compileCollect(list: Walk, rest: Walk, nested: boolean, segments: readonly Segment[]): Walk {
  return value => {
    const elements = asList(list(value), segments)
    if (elements === undefined) return undefined
    const result: unknown[] = []
    for (const element of elements) {
      const found = rest(element)
      if (found === undefined) continue
      if (nested && Array.isArray(found)) for (const one of found) result.push(one)
      else result.push(found)
    }
    return result
  }
}

/** A list as it is, one object as a list of one (as converted XML has it), missing as missing. */
export function asList(value: unknown, segments: readonly Segment[]): readonly unknown[] | undefined {
  if (Array.isArray(value) || value === undefined) return value
  if (value === null) return undefined
  if (typeof value === 'object') return [value]
  throw new ValueError(`is no list, so ${segments.length > 0 ? 'it has no elements' : 'it cannot be mapped'} for []`, value)
}

function compileSegment(segment: Segment): Walk {
  if (segment.type === 'index') {
    const { index } = segment
    return value => Array.isArray(value) ? value[index] ?? undefined : value !== null && typeof value === 'object' && index === 0 ? value : undefined
  }
  if (segment.type !== 'key') throw new Error(`A source path has no ${segment.type}`)
  const { name } = segment
  // Names that every object or list has by itself must not be found where the source has no such field.
  const inherited = name in Object.prototype || name in Array.prototype
  return value => {
    if (!isObject(value)) return undefined
    const found = inherited && (Array.isArray(value) || !Object.hasOwn(value, name)) ? undefined : value[name]
    if (found !== undefined) return found === null ? undefined : found
    if (Array.isArray(value)) throw new ValueError(`is a list, so it has no field ${name}; write [] for all elements or [0] for the first before .${name}`, value)
    return undefined
  }
}

/** Objects and lists alike. */
function isObject(value: unknown): value is Record<string, unknown> { return typeof value === 'object' && value !== null }

/** JSON pointer of what a path means right now; ends at the first list that is read as a whole. */
export function pointerOf(path: Path, scopes: readonly Scope[], state: State): string {
  if (path.root !== 'source' && path.root !== 'context') return ''
  let pointer = path.root === 'context' ? '/$context' : ''
  for (const [index, segment] of path.segments.entries()) {
    if (segment.type === 'each') {
      const depth = scopes.findIndex(scope => scope.segments.length === index + 1 && startsWith(path.segments, scope.segments))
      if (depth < 0) break
      pointer += `/${state.positions[depth] ?? 0}`
    } else if (segment.type === 'index') pointer += `/${segment.index}`
    else pointer += `/${segment.name.replaceAll('~', '~0').replaceAll('/', '~1')}`
  }
  return pointer
}

/** A copy that shares nothing with the source, so that neither can change the other. */
export function copy(value: unknown): unknown {
  if (!isObject(value)) return value
  if (Array.isArray(value)) return value.map(copy)
  const result: Record<string, unknown> = {}
  for (const key of Object.keys(value)) {
    const item = value[key]
    if (item === undefined) continue
    if (key === '__proto__') Object.defineProperty(result, key, { value: copy(item), enumerable: true, configurable: true, writable: true })
    else result[key] = copy(item)
  }
  return result
}
