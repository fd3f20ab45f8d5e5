/** Links from one document to other records. Pure. */
import { isObject } from './json.ts'
import type { JsonObject } from './merge.ts'
import type { Reference } from './types.ts'

/** References a document links to at the pointers. A step `*` stands for every element of an array. */
export function findLinks(document: JsonObject, pointers: readonly string[]): Reference[] {
  const found: Reference[] = []
  replaceLinks(document, pointers, reference => {
    found.push(reference)
    return null
  })
  return found
}

/**
 * The document with each `{ ref: { system, kind, id } }` at the pointers turned into `{ id }`; what else stands in the link stays, and so
 * does a link for which `idOf` answers null. Only what holds a link that was replaced is copied.
 */
export function replaceLinks(document: JsonObject, pointers: readonly string[], idOf: (reference: Reference) => string | null): JsonObject {
  return pointers.reduce<JsonObject>((current, pointer) => {
    const replaced = replaceAt(current, stepsOf(pointer), 0, idOf)
    return isObject(replaced) ? replaced : current
  }, document)
}

const knownSteps = new Map<string, readonly string[]>()

/** The steps of a pointer, kept: there are as many as the model has links. */
function stepsOf(pointer: string): readonly string[] {
  const known = knownSteps.get(pointer)
  if (known) return known
  const steps = pointer.split('/').slice(1).map(step => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  knownSteps.set(pointer, steps)
  return steps
}

function replaceAt(value: unknown, steps: readonly string[], at: number, idOf: (reference: Reference) => string | null): unknown {
  const step = steps[at]
  if (Array.isArray(value)) {
    if (step === undefined) return replaceEach(value, inner => replaceLink(inner, idOf))
    return replaceEach(value, (inner, index) => step === '*' || step === String(index) ? replaceAt(inner, steps, at + 1, idOf) : inner)
  }
  if (step === undefined) return replaceLink(value, idOf)
  if (!isObject(value) || !Object.hasOwn(value, step)) return value
  const replaced = replaceAt(value[step], steps, at + 1, idOf)
  return replaced === value[step] ? value : { ...value, [step]: replaced }
}

/** The list itself where nothing in it was replaced. */
function replaceEach(list: readonly unknown[], replace: (value: unknown, index: number) => unknown): readonly unknown[] {
  let copy: unknown[] | undefined
  for (const [index, value] of list.entries()) {
    const replaced = replace(value, index)
    if (replaced === value) continue
    copy ??= [...list]
    copy[index] = replaced
  }
  return copy ?? list
}

function replaceLink(value: unknown, idOf: (reference: Reference) => string | null): unknown {
  if (!isObject(value) || !isReference(value.ref)) return value
  const { ref, ...others } = value
  const id = idOf(ref)
  return id === null ? value : { ...others, id }
}

function isReference(value: unknown): value is Reference {
  return isObject(value) && typeof value.system === 'string' && typeof value.kind === 'string' && typeof value.id === 'string'
}
