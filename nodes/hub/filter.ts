/**
 * The filter of `hub changes`: a short list of rules over a record's document. Data in the flow file, compiled
 * once into a pure predicate; no clock, no I/O, so the store may ask it again for every version.
 */
import Big from 'big.js'
import { Type, type Static } from 'typebox'
import { Check } from 'typebox/value'
import { TorgError } from '../../runtime/errors.ts'

/** The operators of a filter rule, in the order in which the editor offers them. */
export const filterOperators = ['equals', 'not equals', 'one of', 'none of', 'contains', 'starts with', 'greater than', 'at least', 'less than', 'at most', 'present', 'missing'] as const
export type FilterOperator = typeof filterOperators[number]

const ruleSchema = Type.Object({
  /** Dotted path into the document; `lines[].variant.sku` looks at every line. */
  path: Type.String({ minLength: 1 }),
  operator: Type.Enum([...filterOperators]),
  /** Compared value; a list for `one of` and `none of`. Not used by `present` and `missing`. */
  value: Type.Optional(Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Array(Type.Union([Type.String(), Type.Number(), Type.Boolean()]))])),
}, { additionalProperties: false })

export const filterSchema = Type.Object({
  /** Whether all rules must hold, or any one of them. */
  match: Type.Enum(['all', 'any']),
  rules: Type.Array(ruleSchema),
}, { additionalProperties: false })

export type Filter = Static<typeof filterSchema>
type FilterRule = Static<typeof ruleSchema>
type Predicate = (document: Record<string, unknown>) => boolean

/**
 * Compiles a filter into a predicate. Without rules every document matches.
 *
 * A path that passes through a list looks at each element: a rule holds when any element fits; `not equals`,
 * `none of` and `missing` hold when no element contradicts them. Two values that both look like decimals compare
 * as numbers (`"120.00"` equals `120`), everything else as text, which is right for ISO dates and instants.
 *
 * @throws TorgError `flow.invalid`, naming the rule.
 */
export function compileFilter(filter: unknown): Predicate {
  if (!Check(filterSchema, filter)) throw new TorgError('flow.invalid', { detail: describeFault(filter), pointer: '/filter' })
  const rules = filter.rules.map((rule, index) => compileRule(rule, index))
  if (rules.length === 0) return () => true
  return filter.match === 'all'
    ? (document) => rules.every((rule) => rule(document))
    : (document) => rules.some((rule) => rule(document))
}

function describeFault(filter: unknown): string {
  const rules: unknown = typeof filter === 'object' && filter !== null && 'rules' in filter ? filter.rules : undefined
  if (Array.isArray(rules)) {
    const index = rules.findIndex((rule) => !Check(ruleSchema, rule))
    if (index >= 0) return `filter rule ${index + 1} needs a path, an operator (${filterOperators.join(', ')}) and a plain value: ${JSON.stringify(rules[index])}`
  }
  return 'the filter needs "match" (all or any) and a list "rules"'
}

function compileRule(rule: FilterRule, index: number): Predicate {
  const select = compilePath(rule.path, index)
  const { operator, value } = rule
  const expected = Array.isArray(value) ? value : value === undefined ? [] : [value]
  if (operator === 'present') return (document) => select(document).some(isPresent)
  if (operator === 'missing') return (document) => !select(document).some(isPresent)
  if (expected.length === 0) throw new TorgError('flow.invalid', { detail: `filter rule ${index + 1} (${rule.path} ${operator}) has no value to compare with`, pointer: `/filter/rules/${index}/value` })
  const fits = comparisons[operator]
  const anyFits: Predicate = (document) => select(document).some((found) => isPresent(found) && expected.some((one) => fits(found, one)))
  return operator === 'not equals' || operator === 'none of' ? (document) => !anyFits(document) : anyFits
}

type Comparison = (found: unknown, expected: unknown) => boolean

const comparisons: Record<Exclude<FilterOperator, 'present' | 'missing'>, Comparison> = {
  'equals': same,
  'not equals': same,
  'one of': same,
  'none of': same,
  'contains': (found, expected) => typeof found === 'string' && found.toLowerCase().includes(String(expected).toLowerCase()),
  'starts with': (found, expected) => typeof found === 'string' && found.toLowerCase().startsWith(String(expected).toLowerCase()),
  'greater than': (found, expected) => compare(found, expected) > 0,
  'at least': (found, expected) => compare(found, expected) >= 0,
  'less than': (found, expected) => compare(found, expected) < 0,
  'at most': (found, expected) => compare(found, expected) <= 0,
}

const isPresent = (value: unknown): boolean => value !== undefined && value !== null && value !== ''

const decimal = /^-?\d+(\.\d+)?$/
const isDecimal = (value: unknown): value is string | number => typeof value === 'number' ? Number.isFinite(value) : typeof value === 'string' && decimal.test(value)

function same(found: unknown, expected: unknown): boolean {
  return compare(found, expected) === 0
}

/** Order of two plain values; NaN where they cannot be compared, so that every comparison is false. */
function compare(found: unknown, expected: unknown): number {
  if (typeof found === 'object') return Number.NaN
  // Codes such as GTINs and postal codes keep their leading zeros apart: "0150" is not 150.
  if (isDecimal(found) && isDecimal(expected) && !hasLeadingZero(found) && !hasLeadingZero(expected)) return new Big(found).cmp(new Big(expected))
  const left = String(found)
  const right = String(expected)
  return left === right ? 0 : left < right ? -1 : 1
}

const hasLeadingZero = (value: string | number): boolean => typeof value === 'string' && /^-?0\d/.test(value)

/** Values at a dotted path; `[]` after a name goes through a list's elements. */
function compilePath(path: string, index: number): (document: unknown) => unknown[] {
  const segments = path.split('.').map((segment) => ({ name: segment.replace(/\[\]$/, ''), each: segment.endsWith('[]') }))
  if (segments.some(({ name }) => !/^[^[\]\s]+$/.test(name))) throw new TorgError('flow.invalid', { detail: `filter rule ${index + 1} has a path that cannot be read: "${path}". Write it like billing.country or lines[].variant.sku`, pointer: `/filter/rules/${index}/path` })
  return (document) => segments.reduce<unknown[]>((values, { name, each }) => values.flatMap((value) => {
    const next = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
    return each ? (Array.isArray(next) ? next : []) : [next]
    // A list at the end is asked element by element, with or without `[]`.
  }), [document]).flat()
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
