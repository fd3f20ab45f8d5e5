/** Paths into the source, followed through its schema. */
import { parseSourcePath, showSegments, type Path } from '../../mapping/path.ts'
import { boundDepth, type Scope } from '../../mapping/read.ts'
import { nearest } from '../../model/validation.ts'
import { anything, listOf, type Shape } from '../schema/shape.ts'
import { nameTypes } from '../schema/fit.ts'
import { shapeOfType } from '../schema/forms.ts'

/** What a rule reads from. */
export interface Reading {
  source: Shape
  /** Whether the source's type promises that there are no fields but those its schema names. */
  strict: boolean
  /** Name of the source's type, for sentences. */
  type: string
  scopes: readonly Scope[]
  /** What the chain of steps holds (`$value`), and the element a `filter` looks at. */
  value?: Shape
  element?: Shape
}

/** Why a path leads nowhere. */
export interface PathFault { code: 'mapping.source-path' | 'mapping.source-field' | 'mapping.source-list' | 'mapping.type-partly', says: string, /** The path as it was probably meant. */ instead?: string }

/** What stands at a path; with a fault, nothing is known of it. A path that cannot be read is the compiler's to tell. */
export function readShape(text: string, reading: Reading): { shape: Shape, fault?: PathFault } {
  let path: Path
  try { path = parseSourcePath(text) } catch { return { shape: anything } }
  const { scopes, source, value = anything, element = anything } = reading
  switch (path.root) {
    case 'position': return { shape: shapeOfType('integer') }
    case 'context': return { shape: anything }
    case 'value': return follow(path, 0, value, reading)
    case 'element': return follow(path, 0, element, reading)
    case 'source': {
      const depth = boundDepth(path, scopes)
      return follow(path, depth === 0 ? 0 : scopes[depth - 1]?.segments.length ?? 0, source, reading)
    }
  }
}

/** @param bound so many segments are of lists whose elements are at hand: `[]` among them means one element */
function follow({ segments, root }: Pick<Path, 'segments' | 'root'>, bound: number, start: Shape, reading: Reading): { shape: Shape, fault?: PathFault } {
  const { type } = root === 'source' ? reading : { type: 'the value' }
  let shape = start
  let collected = 0
  for (const [index, segment] of segments.entries()) {
    const rest = (inner: typeof segments): string => showSegments([...segments.slice(0, index), ...inner, ...segments.slice(index + 1)])
    if (segment.type === 'key') {
      const field = shape.field(segment.name)
      const place = index === 0 ? type : `${showSegments(segments.slice(0, index))} of ${type}`
      if (field.found === 'list') return { shape: anything, fault: { code: 'mapping.source-list', says: `${showSegments(segments.slice(0, index))} is a list, so it has no field ${segment.name}; write [] for all elements or [0] for the first`, instead: rest([{ type: 'each' }, segment]) } }
      if (field.found === 'plain') return { shape: anything, fault: { code: 'mapping.source-path', says: `${place} is ${nameTypes([...shape.types ?? []].filter(one => one !== 'null'))}, so it has no field ${segment.name}` } }
      if (shape.types?.has('array') === true) return { shape: anything, fault: { code: 'mapping.type-partly', says: `${place} may be a list, and has no field ${segment.name} then` } }
      if (field.found === 'yes') { shape = field.shape; continue }
      const near = nearest(segment.name, field.known)
      const instead = near === undefined ? {} : { instead: rest([{ type: 'key', name: near }]) }
      const hint = near === undefined ? field.known.length > 0 && field.known.length <= 20 ? `; there are ${field.known.join(', ')}` : '' : `; did you mean ${near}?`
      if (field.found === 'no') return { shape: anything, fault: { code: field.closed || reading.strict || root !== 'source' ? 'mapping.source-path' : 'mapping.source-field', says: `${place} has no field ${segment.name}${hint}`, ...instead } }
      return { shape: anything, ...near !== undefined && { fault: { code: 'mapping.source-field', says: `${place} names no field ${segment.name}${hint}`, ...instead } } }
    }
    const element = shape.element()
    if (element === undefined) return { shape: anything, fault: { code: 'mapping.source-list', says: `${showSegments(segments.slice(0, index))} of ${type} is ${nameTypes([...shape.types ?? []].filter(one => one !== 'null'))} and no list, so it has no elements` } }
    const plain = [...shape.types ?? []].filter(one => one !== 'null' && one !== 'array' && one !== 'object')
    if (segment.type === 'each' && plain.length > 0) return { shape: anything, fault: { code: 'mapping.type-partly', says: `${showSegments(segments.slice(0, index))} of ${type} may be ${nameTypes(plain)} and no list, and has no elements then` } }
    if (segment.type === 'each' && index >= bound) collected += 1
    shape = element
  }
  return { shape: collected > 0 ? listOf(shape) : shape }
}
