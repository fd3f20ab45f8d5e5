/**
 * Personal data of a document, found by the marks in its schema: `pii: true` is data about the person the document is about, `pii: "staff"` about
 * an employee, which an erasure of the customer leaves. Pure.
 */
import { mask } from './masking.ts'
import { nationalPhone } from './phones.ts'
import { isRecord, type JsonSchema } from './validation.ts'

type Json = Record<string, unknown>

/** What stands for a text about a person in a field of the document itself that may not be missing. */
const erasedText = 'erased'

/** What a kind knows of the personal data in its documents. */
export interface PersonalData {
  /** The document without it. What cannot be missing takes the object along that it stands in: an e-mail address its entry of the list. */
  without(document: Json): Json
  /** The same, and of the rest only what the schema requires. */
  bare(document: Json): Json
  /** The document with what is about a person masked, also about an employee. */
  masked(document: Json): Json
  /** E-mail addresses and phone numbers in it, these in E.164 form and in the digits that people write within their country: what also finds the person elsewhere. */
  identifiers(document: Json): string[]
}

/** @param schema as published: shared types by `$ref` to its `$defs` */
export function personalData(schema: JsonSchema): PersonalData {
  const definitions = isRecord(schema.$defs) ? schema.$defs : {}
  const nameOf = (node: Json): string | undefined => typeof node.$ref === 'string' ? node.$ref.replace('#/$defs/', '') : undefined
  const resolve = (node: unknown): Json => {
    if (!isRecord(node)) return {}
    const name = nameOf(node)
    return name === undefined ? node : resolve(definitions[name])
  }
  const fieldOf = (node: Json, name: string): unknown => {
    if (isRecord(node.properties) && Object.hasOwn(node.properties, name)) return node.properties[name]
    const pattern = Object.entries(isRecord(node.patternProperties) ? node.patternProperties : {}).find(([expression]) => new RegExp(expression).test(name))
    return pattern?.[1] ?? node.additionalProperties
  }
  const requires = (node: Json, name: string): boolean => Array.isArray(node.required) && node.required.includes(name)
  const shapesOf = (node: Json): unknown[] => [node.oneOf, node.anyOf, node.allOf].flatMap(shapes => Array.isArray(shapes) ? shapes : [])

  /** Undefined: it is gone. */
  const scrub = (given: unknown, value: unknown, top = false): unknown => {
    const node = resolve(given)
    if (node.pii === true) return undefined
    // Of shapes told apart by a tag the others say nothing about this value's fields, or the same.
    const kept = shapesOf(node).reduce((current, shape) => current === undefined ? undefined : scrub(shape, current, top), value)
    if (Array.isArray(kept)) {
      const left = kept.map(item => scrub(node.items, item)).filter(item => item !== undefined)
      return left.length === 0 && kept.length > 0 ? undefined : left
    }
    if (!isRecord(kept)) return kept
    const fields: [string, unknown][] = []
    for (const [name, inner] of Object.entries(kept)) {
      const left = scrub(fieldOf(node, name), inner)
      if (left !== undefined) fields.push([name, left])
      else if (requires(node, name)) {
        const { type, pattern, format } = resolve(fieldOf(node, name))
        if (type === 'array') fields.push([name, []])
        else if (top && type === 'string' && pattern === undefined && format === undefined) fields.push([name, erasedText])
        else return undefined
      }
    }
    return Object.fromEntries(fields)
  }
  const hide = (given: unknown, value: unknown): unknown => {
    const node = resolve(given)
    if (node.pii !== undefined && node.pii !== false) return mask(value)
    const kept = shapesOf(node).reduce((current, shape) => hide(shape, current), value)
    if (Array.isArray(kept)) return kept.map(item => hide(node.items, item))
    return isRecord(kept) ? Object.fromEntries(Object.entries(kept).map(([name, inner]) => [name, hide(fieldOf(node, name), inner)])) : kept
  }
  const identify = (given: unknown, value: unknown, into: Set<string>): void => {
    const node = resolve(given)
    if (typeof value === 'string') {
      const name = isRecord(given) ? nameOf(given) : undefined
      if (name === 'Email' || name === 'Phone') into.add(value)
      const national = name === 'Phone' ? nationalPhone(value) : undefined
      if (national !== undefined) into.add(national)
    }
    for (const shape of shapesOf(node)) identify(shape, value, into)
    if (Array.isArray(value)) for (const item of value) identify(node.items, item, into)
    else if (isRecord(value)) for (const [name, inner] of Object.entries(value)) identify(fieldOf(node, name), inner, into)
  }
  const without = (document: Json): Json => {
    const left = scrub(schema, document, true)
    return isRecord(left) ? left : {}
  }
  return {
    without,
    bare: document => Object.fromEntries(Object.entries(without(document)).filter(([name]) => requires(schema, name))),
    masked: document => {
      const hidden = hide(schema, document)
      return isRecord(hidden) ? hidden : {}
    },
    identifiers: document => {
      const found = new Set<string>()
      identify(schema, document, found)
      return [...found]
    },
  }
}
