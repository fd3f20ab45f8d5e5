/**
 * A customer's own fields of the kinds: read from JSON Schemas that a partner writes, one per kind (or lines of a kind) and namespace,
 * and put in where a kind's schema has `ext`. Pure.
 */
import { Type, type TSchema } from 'typebox'
import { Check } from 'typebox/value'
import type { Ajv2020 } from 'ajv/dist/2020.js'
import { createAjv, isRecord, nearest, publish, quote, type Finding, type JsonSchema } from './validation.ts'
import { valueType } from './values.ts'

/** Own fields of one namespace, at one place of a kind. */
export interface Extension {
  kind: string
  /** `lines`: of every line; empty: of the record itself. */
  part: string
  namespace: string
  /** As the partner wrote it, closed, with the value types it refers to. Its own definitions are named after the namespace, for they become the kind's. */
  schema: JsonSchema
}

/** One own field that a person may search for. */
export interface SearchableField {
  /** JSON pointer into the document: `/ext/acme/membership`. */
  pointer: string
  type: 'string' | 'number' | 'integer' | 'boolean'
}

/** What a schema of own fields may say beside JSON Schema, beside `pii` and `expects`: a name for people, and whether they search for it. */
const annotations: Readonly<Record<string, { schema: TSchema, expects: string }>> = {
  label: { schema: Type.Object({ en: Type.String({ minLength: 1 }), nb: Type.String({ minLength: 1 }), sv: Type.String({ minLength: 1 }) }, { additionalProperties: false }), expects: 'a text in every language: { "en": …, "nb": …, "sv": … }' },
  pii: { schema: Type.Union([Type.Boolean(), Type.Literal('staff')]), expects: 'true, false, or "staff" for data about an employee' },
  searchable: { schema: Type.Boolean(), expects: 'true or false' },
  expects: { schema: Type.String({ minLength: 1 }), expects: 'words for what fits' },
}

/** Keywords of draft 2020-12 under which further schemas stand: one, a list, or one per name. */
const nested = {
  one: ['items', 'contains', 'not', 'if', 'then', 'else', 'additionalProperties', 'unevaluatedProperties', 'unevaluatedItems', 'propertyNames'],
  list: ['prefixItems', 'allOf', 'anyOf', 'oneOf'],
  named: ['properties', 'patternProperties', '$defs', 'dependentSchemas'],
} as const

/** Characters. Longer texts do not fit into an index. */
const longestSearchable = 500

const scalars = ['string', 'number', 'integer', 'boolean'] as const
const isScalar = (type: unknown): type is SearchableField['type'] => scalars.some(scalar => scalar === type)

/**
 * Checks a schema of own fields and completes it: objects are closed unless they say otherwise, and `#/$defs/Money` and the model's other
 * value types are there without being written.
 */
export function readExtension({ part, namespace }: Pick<Extension, 'part' | 'namespace'>, given: unknown): { schema: JsonSchema, findings: Finding[] } {
  const found: Finding[] = []
  const refuse = (pointer: string, detail: string, value?: unknown): void => { found.push({ pointer, detail, value }) }
  if (!isRecord(given) || !isRecord(given['properties']) || (given['type'] ?? 'object') !== 'object') {
    refuse('', 'must be a JSON Schema of an object: { "type": "object", "properties": { … } }')
    return { schema: {}, findings: found }
  }
  const ajv = createAjv()
  visit(given, '', (schema, pointer) => { found.push(...nodeFindings(schema, pointer, { ajv, root: given })) })
  const schema = complete(given, [namespace, part].filter(step => step !== '').join('.'))
  for (const pointer of markedFields(schema)) {
    if (!isScalar(typeOf(schema, pointer))) refuse(pointer, 'is searchable, which only a text, number or boolean outside of lists can be; give it a "type", or take "searchable" away')
  }
  const bounded = boundSearchable(schema, schema)
  if (found.length === 0) {
    try {
      ajv.compile(bounded)
    } catch (thrown) {
      refuse('', `cannot be used: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
    }
  }
  return { schema: bounded, findings: found }
}

function nodeFindings(schema: JsonSchema, pointer: string, { ajv, root }: { ajv: Ajv2020, root: JsonSchema }): Finding[] {
  return Object.entries(schema).flatMap(([keyword, value]): Finding[] => {
    const at = `${pointer}/${keyword}`
    const annotation = Object.hasOwn(annotations, keyword) ? annotations[keyword] : undefined
    if (annotation) return Check(annotation.schema, value) ? [] : [{ pointer: at, detail: `is ${quote(value)}; expected ${annotation.expects}`, value }]
    if (keyword === '$ref') return typeof value === 'string' && resolves(value, root) ? [] : [{ pointer: at, detail: `refers to ${quote(value)}, which is neither in "$defs" of this file nor a value type of the model`, value }]
    if (keyword === '$schema') return value === draft ? [] : [{ pointer: at, detail: `is ${quote(value)}; it must be ${draft}`, value }]
    if (keyword === '$id' && pointer === '') return []
    if (keyword === 'properties' && isRecord(value)) return Object.keys(value).flatMap(name => fieldName.test(name) ? [] : [{ pointer: at, detail: `has the field ${quote(name)}; names of own fields begin with a letter and have letters, digits, _ and - only`, value: name }])
    if (ajv.RULES.keywords[keyword] === true) return []
    const near = nearest(keyword, Object.keys(ajv.RULES.keywords))
    return [{ pointer: at, detail: `is no keyword of JSON Schema.${near === undefined ? '' : ` Did you mean ${near}?`}`, value }]
  })
}

const draft = 'https://json-schema.org/draft/2020-12/schema'
/** So that every path can be written without quotes, and every pointer without escapes. */
const fieldName = /^[A-Za-z][\w-]*$/
const definitionOf = (reference: string): string | undefined => /^#\/\$defs\/([^/]+)$/.exec(reference)?.[1]

function resolves(reference: string, { $defs }: JsonSchema): boolean {
  const name = definitionOf(reference)
  return name !== undefined && ((isRecord($defs) && Object.hasOwn($defs, name)) || valueType(name) !== undefined)
}

/** Calls with every schema in a schema, itself first. What is not an object is left to the compiler. */
function visit(schema: unknown, pointer: string, each: (schema: JsonSchema, pointer: string) => void): void {
  if (!isRecord(schema)) return
  each(schema, pointer)
  for (const keyword of nested.one) visit(schema[keyword], `${pointer}/${keyword}`, each)
  for (const keyword of nested.list) {
    const list = schema[keyword]
    if (Array.isArray(list)) list.forEach((inner, index) => { visit(inner, `${pointer}/${keyword}/${index}`, each) })
  }
  for (const keyword of nested.named) {
    const map = schema[keyword]
    if (isRecord(map)) for (const [name, inner] of Object.entries(map)) visit(inner, `${pointer}/${keyword}/${name}`, each)
  }
}

/** A closed copy with the value types it refers to, its own definitions named `<prefix>.<name>`. */
function complete({ $schema: _draft, $id: _id, $defs: given, ...body }: JsonSchema, prefix: string): JsonSchema {
  const own = isRecord(given) ? given : {}
  const wanted = new Map<string, TSchema>()
  const renamed = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(renamed)
    if (!isRecord(value)) return value
    const { $ref } = value
    const name = typeof $ref === 'string' ? definitionOf($ref) : undefined
    const type = name === undefined || Object.hasOwn(own, name) ? undefined : valueType(name)
    if (name !== undefined && type) wanted.set(name, type)
    return { ...Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, renamed(inner)])), ...(name !== undefined && Object.hasOwn(own, name) && { $ref: `#/$defs/${prefix}.${name}` }) }
  }
  const closed = renamed(close(body))
  const definitions = Object.fromEntries(Object.entries(own).map(([name, inner]) => [`${prefix}.${name}`, renamed(isRecord(inner) ? close(inner) : inner)]))
  const values = publish(Type.Object(Object.fromEntries(wanted)), { $id: '', title: '' })['$defs']
  return { type: 'object', ...isRecord(closed) ? closed : {}, $defs: { ...isRecord(values) ? values : {}, ...definitions } }
}

/** Objects with named fields take no others, unless they say so or are put together from several schemas. */
function close(schema: JsonSchema): JsonSchema {
  const inner = (value: unknown): unknown => isRecord(value) ? close(value) : value
  const { properties, items } = schema
  const open = ['additionalProperties', 'unevaluatedProperties', 'allOf', 'anyOf', 'oneOf', 'if', '$ref'].some(keyword => keyword in schema)
  return {
    ...schema,
    ...(isRecord(properties) && { properties: Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, inner(value)])), type: schema['type'] ?? 'object' }),
    ...(items !== undefined && { items: inner(items) }),
    ...(isRecord(properties) && !open && { additionalProperties: false }),
  }
}

/** Schema pointers of what is marked searchable. */
function markedFields(schema: JsonSchema): string[] {
  const marked: string[] = []
  visit(schema, '', ({ searchable }, pointer) => { if (searchable === true) marked.push(pointer) })
  return marked
}

/** The type of a field, where the schema pointer leads to it through objects only. */
function typeOf(schema: JsonSchema, pointer: string): unknown {
  if (!/^(\/properties\/[^/]+)+$/.test(pointer)) return undefined
  const field = stepsOf(pointer).reduce<unknown>((at, step) => isRecord(at) && isRecord(at['properties']) ? at['properties'][step] : undefined, schema)
  return isRecord(field) ? scalarOf(field, schema) : undefined
}

/** The type of a field's schema, its own or that of the definition it refers to. */
function scalarOf({ $ref, type }: JsonSchema, { $defs }: JsonSchema): unknown {
  const name = typeof $ref === 'string' ? definitionOf($ref) : undefined
  const definition: unknown = name === undefined || !isRecord($defs) ? undefined : $defs[name]
  return type ?? (isRecord(definition) ? definition['type'] : undefined)
}

const stepsOf = (pointer: string): string[] => pointer.split('/').slice(1).filter((_, index) => index % 2 === 1)

/** With searchable texts no longer than an index takes. */
function boundSearchable(schema: JsonSchema, root: JsonSchema): JsonSchema {
  const { properties } = schema
  if (!isRecord(properties)) return schema
  return { ...schema, properties: Object.fromEntries(Object.entries(properties).map(([name, field]) => {
    if (!isRecord(field)) return [name, field]
    if (field['searchable'] !== true || scalarOf(field, root) !== 'string') return [name, boundSearchable(field, root)]
    return [name, { ...field, type: 'string', maxLength: Math.min(Number(field['maxLength'] ?? longestSearchable), longestSearchable) }]
  })) }
}

/** The own fields of a kind that a person may search for, as its extensions mark them. */
export function searchableFields(extensions: readonly Extension[]): SearchableField[] {
  return extensions.filter(({ part }) => part === '').flatMap(({ namespace, schema }) => markedFields(schema).flatMap(pointer => {
    const type = typeOf(schema, pointer)
    return isScalar(type) ? [{ pointer: ['', 'ext', namespace, ...stepsOf(pointer)].join('/'), type }] : []
  }))
}

/** Parts of a kind that have an `ext` of their own beside the record's: `lines`. */
export function extensibleParts({ properties }: JsonSchema): string[] {
  return isRecord(properties) ? Object.entries(properties).flatMap(([name, list]) => isRecord(list) && isRecord(list['items']) && isRecord(list['items']['properties']) && 'ext' in list['items']['properties'] ? [name] : []) : []
}

/** The schema of a kind in which every `ext` has the given namespaces and no others. */
export function extendSchema(schema: JsonSchema, extensions: readonly Extension[]): JsonSchema {
  const closed = (part: string): JsonSchema => ({
    type: 'object', additionalProperties: false, description: 'Own fields, one object per namespace.', expects: 'none: the project has no own fields here',
    properties: Object.fromEntries(extensions.filter(extension => extension.part === part).map(({ namespace, schema: own }) => [namespace, Object.fromEntries(Object.entries(own).filter(([keyword]) => keyword !== '$defs'))])),
  })
  const withExt = (holder: JsonSchema, part: string): JsonSchema => isRecord(holder['properties']) ? { ...holder, properties: { ...holder['properties'], ext: closed(part) } } : holder
  const { properties, $defs, ...rest } = withExt(schema, '')
  const fields = isRecord(properties) ? properties : {}
  const parts = extensibleParts(schema).flatMap((part): [string, JsonSchema][] => {
    const list = fields[part]
    return isRecord(list) && isRecord(list['items']) ? [[part, { ...list, items: withExt(list['items'], part) }]] : []
  })
  const own = extensions.flatMap(({ schema: { $defs: definitions } }) => isRecord(definitions) ? Object.entries(definitions) : [])
  const { Extensions: _, ...others } = isRecord($defs) ? $defs : {}
  return { ...rest, properties: { ...fields, ...Object.fromEntries(parts) }, $defs: { ...others, ...Object.fromEntries(own) } }
}
