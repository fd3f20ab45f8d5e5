/** Schemas with their references followed and their alternatives side by side. */
import { isRecord, type JsonSchema } from '../../model/validation.ts'
import { traitsOf, withTraits, type Traits } from './traits.ts'

/** One alternative of a schema: no `$ref`, `anyOf`, `oneOf` or `allOf` is left at its top. */
export interface Place {
  readonly node: JsonSchema
  /** Where the references within it lead. */
  readonly root: JsonSchema
  readonly traits: Traits
}

/** References to references, and alternatives of alternatives, end here: a schema that only refers to itself says nothing. */
const deepest = 12

const known = new WeakMap<object, WeakMap<object, readonly Place[]>>()

/** The alternatives of a schema. `root` is the document its `$ref`s are about. The same schema gives the same list. */
export function placesOf(schema: unknown, root: JsonSchema): readonly Place[] {
  if (!isRecord(schema)) return schema === false ? [] : [{ node: {}, root, traits: {} }]
  const ofRoot = known.get(root) ?? new WeakMap<object, readonly Place[]>()
  known.set(root, ofRoot)
  const found = ofRoot.get(schema) ?? expand(schema, root, 0)
  ofRoot.set(schema, found)
  return found
}

function expand(schema: unknown, root: JsonSchema, depth: number): Place[] {
  if (schema === false) return []
  if (!isRecord(schema) || depth > deepest) return [{ node: {}, root, traits: {} }]
  const { $ref, anyOf, oneOf, allOf, ...own } = schema
  const traits = traitsOf(schema)
  let places: Place[] = [{ node: own, root, traits }]
  const parts = [
    ...typeof $ref === 'string' ? [expand(refer($ref, root), root, depth + 1)] : [],
    ...[anyOf, oneOf].flatMap(list => Array.isArray(list) ? [list.flatMap((part: unknown) => expand(part, root, depth + 1))] : []),
    ...Array.isArray(allOf) ? allOf.map((part: unknown) => expand(part, root, depth + 1)) : [],
  ]
  for (const part of parts) places = places.flatMap(place => part.map(other => both(place, other)))
  return places
}

/** What a local reference leads to; anything where it leads nowhere, which is told where the schema itself is read. */
function refer(reference: string, root: JsonSchema): unknown {
  if (!reference.startsWith('#')) return true
  return reference.slice(1).split('/').slice(1).map(part => part.replaceAll('~1', '/').replaceAll('~0', '~')).reduce<unknown>((at, part) => isRecord(at) ? at[part] : true, root)
}

/** Both must hold. */
function both(one: Place, other: Place): Place {
  const record = (value: unknown): JsonSchema => isRecord(value) ? value : {}
  const list = (value: unknown): unknown[] => Array.isArray(value) ? value : []
  const [a, b] = [one.node, other.node]
  const properties = a['properties'] === undefined && b['properties'] === undefined ? {} : { properties: { ...record(a['properties']), ...record(b['properties']) } }
  const required = a['required'] === undefined && b['required'] === undefined ? {} : { required: [...new Set([...list(a['required']), ...list(b['required'])])] }
  return { node: { ...b, ...a, ...properties, ...required }, root: one.root, traits: withTraits(other.traits, one.traits) }
}
