/**
 * The stored form of a mapping. It stands in flow files, so it changes only with a version and a migration.
 * What the parts mean is in README.md.
 */
import { Type, type Static } from 'typebox'

/** A literal, or a path into the source with steps of its own. */
export interface OperandPath { path: string, steps?: Step[] }

/** What must hold for a rule or step to apply. Several tests beside one `path` must all hold. */
export type Condition =
  | { all: Condition[] }
  | { any: Condition[] }
  | { none: Condition[] }
  | {
    path: string
    steps?: Step[]
    is?: unknown
    not?: unknown
    exists?: boolean
    above?: number | string
    atLeast?: number | string
    below?: number | string
    atMost?: number | string
    contains?: string
  }

/** A named conversion with its parameters. */
export interface Step { name: string, when?: Condition, [parameter: string]: unknown }

const ConditionSchema = Type.Unsafe<Condition>({
  type: 'object', minProperties: 1,
  description: 'What must hold: a path with one or more of is, not, exists, above, atLeast, below, atMost, contains; or all, any, none with a list of conditions.',
})
const StepSchema = Type.Unsafe<Step>({
  type: 'object', required: ['name'], properties: { name: { type: 'string' }, when: { type: 'object' } },
  description: 'A named conversion with its parameters.',
})

export const ruleSchema = Type.Object({
  to: Type.String({ minLength: 1, description: 'Target path: `lines[].sku`.' }),
  from: Type.Optional(Type.String({ minLength: 1, description: 'Source path, from the root of the document: `line_items[].sku`.' })),
  expression: Type.Optional(Type.String({ minLength: 1, description: 'JSONata, instead of a source path.' })),
  value: Type.Optional(Type.Unknown({ description: 'A constant, instead of a source path.' })),
  steps: Type.Optional(Type.Array(StepSchema, { description: 'Conversions, applied one after the other.' })),
  when: Type.Optional(ConditionSchema),
  comment: Type.Optional(Type.String({ description: 'Why, for the next reader.' })),
}, { additionalProperties: false })

/** JSON Schema of the stored form. What it cannot say is checked by `compileMapping`. */
export const mappingSchema = Type.Object({
  from: Type.String({ description: 'Type of the source: `shopify:order`, or `any`.' }),
  to: Type.String({ description: 'Type of the target: `torg:order`, or `any`.' }),
  rules: Type.Array(ruleSchema),
}, { additionalProperties: false })

export type Rule = Static<typeof ruleSchema>
export type Mapping = Static<typeof mappingSchema>

/** The rules of a stored mapping that write this top-level field, or a part of it, or all there is; each on one line, and whether it takes the value as it is from the same place. */
export function rulesTo(mapping: unknown, field: string): { text: string, passesOn: boolean }[] {
  const rules: unknown = typeof mapping === 'object' && mapping !== null && 'rules' in mapping ? mapping.rules : []
  const all = Array.isArray(rules) ? rules.filter(isRule) : []
  const own = all.filter(({ to }) => to.split(/[.[]/)[0] === field)
  return (own.length > 0 ? own : all.filter(({ to }) => to === '$')).map(rule => ({ text: ruleText(rule), passesOn: passesOn(rule) }))
}

/** `charges[given].code <- charges[].code` as well: groups have no name where they are read. */
const passesOn = ({ to, from, steps = [], when }: Rule): boolean => from !== undefined && steps.length === 0 && when === undefined && to.replaceAll(/\[[^\]]*\]/g, '[]') === from.replaceAll(/\[[^\]]*\]/g, '[]')

/** What is deployed was checked. */
const isRule = (value: unknown): value is Rule => typeof value === 'object' && value !== null && 'to' in value && typeof value.to === 'string'

/** A rule on one line, as shown in errors: `lines[].sku <- line_items[].sku | trim | upper`. */
export function ruleText(rule: Rule): string {
  const source = rule.from ?? (rule.expression !== undefined ? `(${shorten(rule.expression)})` : 'value' in rule ? shorten(JSON.stringify(rule.value)) : '')
  const steps = (rule.steps ?? []).map(step => ` | ${stepText(step)}`).join('')
  return `${rule.to}${source === '' ? '' : ` <- ${source}`}${steps}${rule.when ? ' when ...' : ''}`
}

const shorten = (text: string) => text.length > 40 ? `${text.slice(0, 37)}...` : text

function stepText({ name, ...parameters }: Step): string {
  const shown = Object.entries(parameters).map(([key, value]) => `${key}=${isOperandPath(value) ? `@${value.path}` : shorten(JSON.stringify(value) ?? '')}`)
  return [name, ...shown].join(' ')
}

export function isOperandPath(value: unknown): value is OperandPath {
  return typeof value === 'object' && value !== null && 'path' in value && typeof value.path === 'string'
}
