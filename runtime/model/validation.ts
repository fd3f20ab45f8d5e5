/** Schemas in, findings for people out. One Ajv for the whole model; every schema is compiled once. */
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { TSchema } from 'typebox'
import { formats } from './codes.ts'
import { mask } from './masking.ts'
import { valueType } from './values.ts'

/** One thing that is wrong with a document. `pointer` is a JSON pointer (RFC 6901), empty for the whole. */
export interface Finding {
  detail: string
  pointer: string
  value: unknown
  /** The keyword of JSON Schema that does not hold; absent where no schema says it. */
  rule?: string
}

export type JsonSchema = Record<string, unknown>

/**
 * Draft 2020-12 with the model's annotations: `pii` marks personal data, `expects` says in words what fits. A customer's own fields have
 * `label` and `searchable` besides, see `extensions.ts`.
 */
export function createAjv(): Ajv2020 {
  const ajv = new Ajv2020({ allErrors: true, verbose: true, strict: true, discriminator: true })
  addFormats.default(ajv)
  for (const [name, holds] of Object.entries(formats)) ajv.addFormat(name, holds)
  ajv.addVocabulary(['pii', 'expects', 'label', 'searchable'])
  return ajv
}

/** What is made when it is first asked for, and kept. */
export function once<Value>(make: () => Value): () => Value {
  let made: { value: Value } | undefined
  return () => (made ??= { value: make() }).value
}

/**
 * The published form of a TypeBox schema: plain JSON, shared value types moved to `$defs` and referred to. A use with
 * its own description keeps it beside the `$ref`.
 */
export function publish(schema: TSchema, head: { $id: string, title: string }): JsonSchema {
  const definitions: Record<string, unknown> = {}
  const walk = (node: unknown, top: boolean): unknown => {
    if (Array.isArray(node)) return node.map(item => walk(item, false))
    if (node === null || typeof node !== 'object') return node
    const entries = Object.entries(node)
    const title = 'title' in node && typeof node.title === 'string' ? node.title : undefined
    const shared = title === undefined || top ? undefined : valueType(title)
    if (title !== undefined && shared !== undefined) {
      if (!(title in definitions)) {
        definitions[title] = true
        definitions[title] = walk(shared, true)
      }
      const description = 'description' in node ? node.description : undefined
      const common: unknown = 'description' in shared ? shared.description : undefined
      return description === common ? { $ref: `#/$defs/${title}` } : { $ref: `#/$defs/${title}`, description }
    }
    const shapes = 'discriminator' in node
    return Object.fromEntries(entries.map(([key, value]) => [shapes && key === 'anyOf' ? 'oneOf' : key, walk(value, false)]))
  }
  const body = walk(schema, true)
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', ...head, ...(typeof body === 'object' ? body : {}), $defs: Object.fromEntries(Object.entries(definitions).sort(([a], [b]) => a < b ? -1 : 1)) }
}

/** Runs a compiled schema and turns Ajv's errors into sentences, without repetitions. */
export function findings(validate: ValidateFunction, document: unknown): Finding[] {
  if (validate(document)) return []
  const seen = new Set<string>()
  const result: Finding[] = []
  for (const error of validate.errors ?? []) {
    const finding = { ...describe(error), rule: error.keyword }
    const key = `${finding.pointer}\u0000${finding.detail}`
    if (!seen.has(key)) result.push(finding)
    seen.add(key)
  }
  return result
}

const escape = (segment: string) => segment.replaceAll('~', '~0').replaceAll('/', '~1')
const place = (pointer: string) => pointer === '' ? 'The document' : pointer

/** A value as it may stand in a sentence: short, on one line. */
export function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined'
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

function describe(error: ErrorObject): Finding {
  const { keyword, params, instancePath: pointer } = error
  const schema = typeof error.parentSchema === 'object' ? error.parentSchema : {}
  // Findings are logged, listed and answered; who needs the value itself has the input.
  const masked = schema.pii !== undefined && schema.pii !== false
  const value: unknown = masked ? mask(error.data) : error.data
  const is = masked ? `looks like ${quote(value)} (personal data, masked)` : `is ${quote(value)}`
  const parameter = (name: string): string => { const found: unknown = params[name]; return typeof found === 'string' ? found : '' }
  switch (keyword) {
    case 'additionalProperties':
    case 'unevaluatedProperties': {
      const name = parameter('additionalProperty') || parameter('unevaluatedProperty')
      const known = Object.keys(isRecord(schema.properties) ? schema.properties : {})
      const near = nearest(name, known)
      const hint = near !== undefined ? ` Did you mean ${near}?` : known.length > 0 ? ` Known fields: ${known.join(', ')}.` : typeof schema.expects === 'string' ? ` Expected ${schema.expects}.` : ''
      return { detail: `${place(pointer)} has an unknown field ${name}.${hint}`, pointer: `${pointer}/${escape(name)}`, value: isRecord(value) ? value[name] : undefined }
    }
    case 'required': return { detail: `${place(pointer)} lacks the field ${parameter('missingProperty')}.`, pointer: `${pointer}/${escape(parameter('missingProperty'))}`, value: undefined }
    case 'propertyNames': return { detail: `${place(pointer)} has a field name that is not allowed: ${parameter('propertyName')}.`, pointer, value: parameter('propertyName') }
    case 'enum': return { detail: `${place(pointer)} ${is}; it must be one of ${list(params.allowedValues)}.${suggestion(value, params.allowedValues)}`, pointer, value }
    case 'discriminator': {
      const tag = parameter('tag')
      const allowed = Array.isArray(schema.oneOf) ? schema.oneOf.map((shape: unknown) => tagOf(shape, tag)) : []
      const given: unknown = params.tagValue
      const found = given === undefined ? `${place(pointer)} lacks the field ${tag}` : `${pointer}/${tag} is ${quote(given)}`
      return { detail: `${found}; it must be one of ${list(allowed)}.${suggestion(given, allowed)}`, pointer: `${pointer}/${tag}`, value: given }
    }
    case 'const': return { detail: `${place(pointer)} ${is}; it must be ${quote(params.allowedValue)}.`, pointer, value }
    default: {
      const expects: unknown = schema.expects
      return { detail: typeof expects === 'string' ? `${place(pointer)} ${is}; expected ${expects}.` : `${place(pointer)} ${is}; it ${error.message ?? `does not fit ${keyword}`}.`, pointer, value }
    }
  }
}

/** The value of the tag by which a shape is known. */
function tagOf(shape: unknown, tag: string): unknown {
  const property = isRecord(shape) && isRecord(shape.properties) ? shape.properties[tag] : undefined
  return isRecord(property) ? property.const : undefined
}

const list = (values: unknown): string => Array.isArray(values) ? values.map(value => typeof value === 'string' ? value : quote(value)).join(', ') : quote(values)

function suggestion(value: unknown, allowed: unknown): string {
  if (typeof value !== 'string' || !Array.isArray(allowed)) return ''
  const near = nearest(value, allowed.filter(entry => typeof entry === 'string'))
  return near === undefined ? '' : ` Did you mean ${near}?`
}

export function isRecord(value: unknown): value is Record<string, unknown> { return typeof value === 'object' && value !== null && !Array.isArray(value) }

/** The candidate a person most likely meant, or undefined where none is near. */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  const plain = (text: string) => text.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
  let best: string | undefined
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1
  for (const candidate of candidates) {
    const distance = editDistance(plain(name), plain(candidate))
    if (distance < bestDistance) { best = candidate; bestDistance = distance }
  }
  return best
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      current.push(Math.min(replaced, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1))
    }
    previous = current
  }
  return previous[b.length] ?? a.length
}
