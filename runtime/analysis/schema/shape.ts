/** What is known of a value: its JSON types, its possible values, what it means, its fields and elements. */
import { isRecord, type JsonSchema } from '../../model/validation.ts'
import { placesOf, type Place } from './places.ts'
import { commonTraits, inherited, type Traits } from './traits.ts'

export type JsonType = 'string' | 'number' | 'integer' | 'boolean' | 'object' | 'array' | 'null'

/** What is behind a name. */
export type Field =
  | { found: 'yes', shape: Shape }
  /** The schema allows fields it does not name. `near`: the names it has. */
  | { found: 'open', known: readonly string[] }
  /** There is no such field. `closed`: the schema says that there are no others; else it only names none such. */
  | { found: 'no', known: readonly string[], closed: boolean }
  /** The value is a list, so it has elements and no fields. */
  | { found: 'list' }
  /** The value is neither an object nor a list. */
  | { found: 'plain' }

/** Immutable; what was asked for is kept. */
export class Shape {
  /** Undefined: anything. */
  readonly types: ReadonlySet<JsonType> | undefined
  /** Every value it can have; undefined where that is not known. */
  readonly values: readonly unknown[] | undefined
  readonly traits: Traits
  readonly places: readonly Place[]
  readonly #elements: Shape | undefined
  readonly #fields = new Map<string, Field>()
  #element: Shape | undefined

  constructor({ types, values, traits = {}, places = [], element }: { types?: ReadonlySet<JsonType> | undefined, values?: readonly unknown[] | undefined, traits?: Traits, places?: readonly Place[], element?: Shape | undefined }) {
    this.types = types
    this.values = values
    this.traits = traits
    this.places = places
    this.#elements = element
  }

  /** Only these types; false where they are not known. */
  isOnly(...types: JsonType[]): boolean {
    return this.types !== undefined && this.types.size > 0 && [...this.types].every(type => type === 'null' || types.includes(type)) && [...this.types].some(type => type !== 'null')
  }

  field(name: string): Field {
    const known = this.#fields.get(name)
    if (known) return known
    const found = this.#findField(name)
    this.#fields.set(name, found)
    return found
  }

  #findField(name: string): Field {
    if (this.isOnly('array')) return { found: 'list' }
    if (this.types !== undefined && !this.types.has('object')) return { found: 'plain' }
    const objects = this.places.filter(canBeObject)
    if (objects.length === 0) return { found: 'open', known: [] }
    const found = objects.flatMap(place => partOf(place, name))
    if (found.length > 0) return { found: 'yes', shape: joined(found) }
    const known = [...new Set(objects.flatMap(({ node }) => isRecord(node['properties']) ? Object.keys(node['properties']) : []))]
    if (objects.some(isOpen)) return { found: 'open', known }
    return { found: 'no', known, closed: objects.every(({ node }) => node['additionalProperties'] === false) }
  }

  /** What each element of the list is; of a single object the object, as a list of one. Undefined where it can be neither. */
  element(): Shape | undefined {
    return this.#element ??= this.#findElement()
  }

  #findElement(): Shape | undefined {
    if (this.#elements) return this.#elements
    if (this.types === undefined) return anything
    if (this.types.has('array')) {
      const lists = this.places.filter(place => typesOf(place).includes('array'))
      return joined(lists.flatMap(({ node, root }) => [node['items'], ...Array.isArray(node['prefixItems']) ? node['prefixItems'] as unknown[] : []].filter((item, index) => item !== undefined || index === 0).flatMap(item => placesOf(item, root))))
    }
    return this.types.has('object') ? this : undefined
  }

  /** Names of fields that every alternative requires, with those alternatives. */
  required(): string[] {
    const objects = this.places.filter(canBeObject)
    const [first = [], ...others] = objects.map(({ node }) => Array.isArray(node['required']) ? node['required'].filter(name => typeof name === 'string') : [])
    return first.filter(name => others.every(other => other.includes(name)))
  }

  /** The same without the alternatives in which a field cannot have its value. */
  narrowed(field: string, value: unknown): Shape {
    const fitting = this.places.filter(place => {
      const parts = canBeObject(place) ? partOf(place, field) : []
      return parts.length === 0 || parts.some(({ node }) => { const values = valuesOf(node); return values === undefined || values.includes(value) })
    })
    return fitting.length === 0 || fitting.length === this.places.length ? this : joined(fitting)
  }
}

/** Of which nothing is known. */
export const anything = new Shape({})

const shapes = new WeakMap<object, Shape>()

/** The shape a schema describes; the same for the same schema. */
export function shapeOf(schema: JsonSchema, root: JsonSchema = schema): Shape {
  const found = shapes.get(schema) ?? joined(placesOf(schema, root))
  shapes.set(schema, found)
  return found
}

/** One of these. */
function joined(places: readonly Place[]): Shape {
  if (places.length === 0) return anything
  const types = places.map(typesOf)
  const values = places.map(({ node }) => valuesOf(node))
  const said = places.filter(place => typesOf(place).some(type => type !== 'null') || typesOf(place).length === 0)
  return new Shape({
    types: types.some(list => list.length === 0) ? undefined : new Set(types.flat()),
    values: values.some(list => list === undefined) ? undefined : values.flatMap(list => list ?? []),
    traits: commonTraits(said.map(({ traits }) => traits)), places,
  })
}

/** A list of these. */
export const listOf = (element: Shape): Shape => new Shape({ types: new Set<JsonType>(['array']), element })

/** The shape of a constant. */
export function shapeOfValue(value: unknown): Shape { return shapeOf(schemaOfValue(value)) }

function schemaOfValue(value: unknown): JsonSchema {
  if (Array.isArray(value)) return { type: 'array', ...value.length > 0 && { items: { anyOf: value.map(schemaOfValue) } } }
  if (!isRecord(value)) return { const: value }
  return { type: 'object', properties: Object.fromEntries(Object.entries(value).map(([name, part]) => [name, schemaOfValue(part)])), required: Object.keys(value), additionalProperties: false }
}

/** One or the other. */
export function either(one: Shape, other: Shape): Shape {
  if (one === other) return one
  const { types, values } = one
  const [element, otherElement] = [one, other].map(shape => shape.types?.has('array') === true ? shape.element() : undefined)
  return new Shape({
    element: element && otherElement ? either(element, otherElement) : element ?? otherElement,
    types: types && other.types && new Set([...types, ...other.types]),
    values: values && other.values && [...values, ...other.values],
    traits: commonTraits([one, other].filter(shape => !isNothing(shape)).map(({ traits }) => traits)),
    // What is no object has no fields to be known.
    places: [one, other].some(shape => shape.places.length === 0 && (shape.types === undefined || shape.types.has('object'))) ? [] : [...one.places, ...other.places],
  })
}

const isNothing = ({ types }: Shape): boolean => types?.size === 1 && types.has('null')

const jsonTypes: readonly JsonType[] = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null']

/** Types an alternative allows; none where it allows any. */
export function typesOf({ node }: Place): JsonType[] {
  const { type } = node
  const given = [type].flat().flatMap(name => jsonTypes.filter(known => known === name))
  if (given.length > 0) return given
  const values = valuesOf(node)
  if (values) return [...new Set(values.map(typeOfValue))]
  if (['properties', 'required', 'additionalProperties', 'patternProperties'].some(keyword => keyword in node)) return ['object']
  return 'items' in node || 'prefixItems' in node ? ['array'] : []
}

export function typeOfValue(value: unknown): JsonType {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value === 'string' ? 'string' : typeof value === 'boolean' ? 'boolean' : 'object'
}

const valuesOf = (node: JsonSchema): readonly unknown[] | undefined => 'const' in node ? [node['const']] : Array.isArray(node['enum']) ? node['enum'] : undefined

const canBeObject = (place: Place): boolean => { const types = typesOf(place); return types.length === 0 || types.includes('object') }

const isOpen = ({ node }: Place): boolean => !isRecord(node['properties']) && node['additionalProperties'] !== false ? true : node['additionalProperties'] === true || isRecord(node['additionalProperties'])

/** The alternatives of a named field. */
function partOf({ node, root, traits }: Place, name: string): readonly Place[] {
  const { properties, patternProperties, additionalProperties } = node
  const schema = isRecord(properties) && Object.hasOwn(properties, name) ? properties[name]
    : Object.entries(isRecord(patternProperties) ? patternProperties : {}).find(([pattern]) => matches(pattern, name))?.[1] ?? (isRecord(additionalProperties) ? additionalProperties : undefined)
  if (schema === undefined) return []
  const places = placesOf(schema, root)
  return traits.tax === undefined ? places : places.map(place => ({ ...place, traits: inherited(place.traits, traits) }))
}

/** Patterns of projects' schemas may be anything. */
export function matches(pattern: string, text: string): boolean {
  try { return new RegExp(pattern, 'u').test(text) } catch { return true }
}
