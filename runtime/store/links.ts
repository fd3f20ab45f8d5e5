/** Links from one document to other records. Pure. */
import type { JsonObject } from './merge.ts'
import type { Reference } from './types.ts'

/** References a document links to at the pointers. A step `*` stands for every element of an array. */
export function findLinks(document: JsonObject, pointers: readonly string[]): Reference[] {
  const found: Reference[] = []
  replaceLinks(document, pointers, reference => {
    found.push(reference)
    return ''
  })
  return found
}

/** The document with each `{ ref: { system, kind, id } }` at the pointers turned into `{ id }`; what else stands in the link stays. */
export function replaceLinks(document: JsonObject, pointers: readonly string[], idOf: (reference: Reference) => string): JsonObject {
  return pointers.reduce<JsonObject>((current, pointer) => {
    const steps = pointer.split('/').slice(1).map(step => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    const replaced = replaceAt(current, steps, idOf)
    return isObject(replaced) ? replaced : current
  }, document)
}

function replaceAt(value: unknown, steps: readonly string[], idOf: (reference: Reference) => string): unknown {
  const [step, ...rest] = steps
  if (step === undefined) return Array.isArray(value) ? value.map(inner => replaceLink(inner, idOf)) : replaceLink(value, idOf)
  if (Array.isArray(value)) {
    return value.map((inner: unknown, index) => step === '*' || step === String(index) ? replaceAt(inner, rest, idOf) : inner)
  }
  if (!isObject(value) || !Object.hasOwn(value, step)) return value
  const replaced = replaceAt(value[step], rest, idOf)
  return replaced === value[step] ? value : { ...value, [step]: replaced }
}

function replaceLink(value: unknown, idOf: (reference: Reference) => string): unknown {
  if (!isObject(value) || !isReference(value.ref)) return value
  const { ref, ...others } = value
  return { ...others, id: idOf(ref) }
}

function isReference(value: unknown): value is Reference {
  return isObject(value) && typeof value.system === 'string' && typeof value.kind === 'string' && typeof value.id === 'string'
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
