/** Chains of steps, followed by what each takes and gives, and the conditions that chains and rules have. */
import { isOperandPath } from '../../mapping/format.ts'
import type { AnyStep, Taken } from '../../mapping/step.ts'
import { steps as registry } from '../../mapping/steps/index.ts'
import { isRecord } from '../../model/validation.ts'
import { nameTypes } from '../schema/fit.ts'
import { shapeOfType } from '../schema/forms.ts'
import { anything, either, listOf, Shape, shapeOfValue, type JsonType } from '../schema/shape.ts'
import { readShape, type Reading } from './source.ts'
import type { MappingFinding } from './report.ts'

/** What to put instead. Without a pointer it is the place of the finding itself; else one within the rule. */
export interface Suggestion { title: string, pointer?: string, value: unknown }

/** Where findings of a rule go. `at` is a place within the rule. */
export type Tell = (finding: Pick<MappingFinding, 'code' | 'at' | 'detail'> & { fix?: Suggestion }) => void

export interface ChainContext { reading: Reading, lookups: Readonly<Record<string, unknown>>, tell: Tell }

/** The shape of what a path reads; tells where it leads nowhere. */
export function readAt(path: string, { reading, tell }: ChainContext, at: string): Shape {
  const { shape, fault } = readShape(path, reading)
  if (fault) tell({ code: fault.code, at, detail: fault.says, ...fault.instead !== undefined && { fix: { title: `Read ${fault.instead}`, value: fault.instead } } })
  return shape
}

/** The shape of a literal, or of what `{ path, steps? }` reads. */
function operandShape(operand: unknown, context: ChainContext, at: string): Shape {
  if (!isOperandPath(operand)) return shapeOfValue(operand)
  const start = readAt(operand.path, context, `${at}.path`)
  return operand.steps === undefined ? start : followChain(operand.steps, start, context, `${at}.steps`)
}

/** What a chain makes of a value. */
export function followChain(steps: unknown, start: Shape, context: ChainContext, at: string): Shape {
  if (!Array.isArray(steps)) return anything
  return steps.reduce<Shape>((shape, step: unknown, index) => followStep(step, shape, context, `${at}[${index}]`), start)
}

function followStep(step: unknown, before: Shape, outer: ChainContext, at: string): Shape {
  const definition = isRecord(step) && typeof step['name'] === 'string' ? registry.get(step['name']) : undefined
  // What the compiler refuses it tells itself.
  if (!isRecord(step) || !definition) return anything
  const context: ChainContext = { ...outer, reading: { ...outer.reading, value: before } }
  if (step['when'] !== undefined) checkCondition(step['when'], context, `${at}.when`)
  const operands = checkParameters(definition, step, context, at)
  // A step for one value converts each element of a list.
  const each = definition.list !== true && before.types?.has('array') === true
  const taken = each ? elementOrSelf(before) : before
  const refused = refusal(definition.takes, taken)
  if (refused !== undefined) {
    context.tell({ code: 'mapping.step-type', at, detail: `the step ${definition.name} takes ${takenWords[definition.takes]}, but the value is ${refused}${taken.traits.meaning?.endsWith('Money') === true ? '; read its .amount' : ''}` })
    return anything
  }
  // Of lists within lists only the outer one is taken apart.
  const odd = elementOrSelf(taken).types?.has('object') === true ? 'an object' : each && taken.types?.has('array') === true ? 'a list within a list' : undefined
  if (odd !== undefined && takesPlain.has(definition.takes)) context.tell({ code: 'mapping.type-partly', at, detail: `the step ${definition.name} takes ${takenWords[definition.takes]}, but the value may be ${odd}` })
  const { unit } = taken.traits
  if ((definition.name === 'minor' && unit === 'minor') || (definition.name === 'money' && step['minor'] === true && unit === 'major')) context.tell({ code: 'mapping.unit', at, detail: `the value is in ${unit} units already; leave ${definition.name === 'minor' ? 'the step minor' : 'minor: true'} out` })
  if (definition.name === 'money' && step['minor'] !== true && unit === 'minor') context.tell({ code: 'mapping.unit', at, detail: 'the value is in minor units; give the step money minor: true', fix: { title: 'Read it as minor units', value: { ...step, minor: true } } })
  const one = given(definition, step, { taken, operands, context, at })
  const after = !each ? one : before.isOnly('array') ? listOf(one) : either(listOf(one), one)
  return step['when'] === undefined ? after : either(before, after)
}

/** Checks operands and conditions; gives the operands' shapes by name. */
function checkParameters({ parameters, name: stepName }: AnyStep, step: Record<string, unknown>, context: ChainContext, at: string): ReadonlyMap<string, Shape> {
  const shapes = new Map<string, Shape>()
  for (const [name, parameter] of Object.entries(parameters)) {
    const value = step[name]
    if (value === undefined) continue
    if (parameter.type === 'operand') {
      const shape = operandShape(value, context, `${at}.${name}`)
      const refused = refusal(parameter.takes ?? 'any', shape)
      if (refused !== undefined) context.tell({ code: 'mapping.step-type', at: `${at}.${name}`, detail: `the parameter ${name} of the step ${stepName} takes ${takenWords[parameter.takes ?? 'any']}, but the value is ${refused}` })
      shapes.set(name, shape)
    } else if (parameter.type === 'operands' && Array.isArray(value)) value.forEach((operand: unknown, index) => { operandShape(operand, context, `${at}.${name}[${index}]`) })
    else if (parameter.type === 'condition') checkCondition(value, { ...context, reading: { ...context.reading, element: context.reading.value?.element() ?? anything } }, `${at}.${name}`)
  }
  if (stepName === 'template' && typeof step['text'] === 'string') {
    for (const [, path = ''] of step['text'].matchAll(/\{([^{}]+)\}/g)) {
      const shape = readAt(path.trim(), context, `${at}.text`)
      if (shape.isOnly('object', 'array')) context.tell({ code: 'mapping.step-type', at: `${at}.text`, detail: `{${path}} must be ${takenWords.text}, but the value is ${nameTypes([...shape.types ?? []].filter(type => type !== 'null'))}` })
    }
  }
  return shapes
}

const takenWords: Readonly<Record<Taken, string>> = { any: 'anything', text: 'a text, number or boolean', decimal: 'a number', instant: 'a moment or date', list: 'a list', texts: 'a list of texts', object: 'an object' }

/** What a value is that a step never takes; undefined where it may take it. */
function refusal(takes: Taken, shape: Shape): string | undefined {
  const words = (): string => nameTypes([...shape.types ?? []].filter(type => type !== 'null'))
  switch (takes) {
    case 'text': return shape.isOnly('object', 'array') ? words() : undefined
    case 'texts': return elementOrSelf(shape).isOnly('object', 'array') ? shape.isOnly('array') ? 'a list of objects' : words() : undefined
    case 'decimal': {
      if (shape.isOnly('object', 'boolean')) return words()
      const { meaning } = shape.traits
      if (meaning !== undefined && notNumbers.has(meaning)) return `a ${meaning}`
      const values = shape.values?.filter(value => value !== null)
      return values && values.length > 0 && values.every(value => typeof value === 'string' && !/^\s*[+-]?(\d+(\.\d*)?|\.\d+)\s*$/.test(value)) ? values.slice(0, 3).map(value => JSON.stringify(value)).join(', ') : undefined
    }
    case 'instant': return shape.isOnly('object', 'array', 'boolean') ? words() : undefined
    case 'object': return shape.isOnly('string', 'number', 'integer', 'boolean') ? words() : undefined
    default: return undefined
  }
}

/** Steps that take these fail on an object. */
const takesPlain: ReadonlySet<Taken> = new Set(['text', 'decimal', 'instant', 'texts'])

const notNumbers = new Set(['Instant', 'DateTime', 'BusinessDate', 'Currency', 'Country', 'Email', 'Url', 'TimeZone', 'Language'])

/** What a step gives of one value. */
function given(definition: AnyStep, step: Record<string, unknown>, { taken, operands, context, at }: { taken: Shape, operands: ReadonlyMap<string, Shape>, context: ChainContext, at: string }): Shape {
  const { gives, keeps } = definition
  switch (gives) {
    case 'same': return definition.name === 'default' ? either(taken, operands.get('value') ?? anything) : taken.isOnly('array') || definition.takes !== 'list' || taken.types === undefined ? taken : listOf(taken)
    case 'element': return elementOrSelf(taken)
    case 'field': return typeof step['path'] === 'string' && !step['path'].startsWith('$') ? readAt(`$value.${step['path']}`, { ...context, reading: { ...context.reading, value: taken } }, `${at}.path`) : anything
    case 'codes': return codes(step, taken, context, at)
    default: {
      if (step['invalid'] === 'keep') return shapeOfType('text')
      const shape = shapeOfType(gives)
      const kept = keeps === true ? { ...taken.traits.tax !== undefined && { tax: taken.traits.tax }, ...taken.traits.unit !== undefined && gives !== 'money' && gives !== 'minor' && { unit: taken.traits.unit } } : {}
      // The elements of a list that is summed mean the same as their sum.
      const summed = keeps === true && taken.isOnly('array') ? taken.element()?.traits ?? {} : {}
      const tax = kept.tax ?? summed.tax
      const unit = kept.unit ?? (gives === 'money' ? undefined : summed.unit)
      return tax === undefined && unit === undefined ? shape : new Shape({ types: shape.types, values: shape.values, places: shape.places, traits: { ...shape.traits, ...tax !== undefined && { tax }, ...unit !== undefined && { unit } } })
    }
  }
}

/** The element of a list; what is no list is its own. */
function elementOrSelf(shape: Shape): Shape {
  const { types, traits } = shape
  if (types === undefined) return anything
  if (!types.has('array')) return shape
  const element = shape.element() ?? anything
  const others = [...types].filter(type => type !== 'array' && type !== 'null')
  return others.length === 0 ? element : either(element, new Shape({ types: new Set(others), traits, places: shape.places }))
}

/** The values of a lookup, which should have one for every code the value can be. */
function codes(step: Record<string, unknown>, taken: Shape, { lookups, tell }: ChainContext, at: string): Shape {
  const { table: name, values, default: otherwise } = step
  const table: unknown = typeof name === 'string' ? lookups[name] : values
  if (!isRecord(table)) return anything
  const gap = (taken.values ?? []).filter(value => value !== null && typeof value !== 'object' && !Object.hasOwn(table, String(value)))
  if (gap.length > 0 && otherwise === undefined && (step['otherwise'] ?? 'fail') === 'fail') {
    tell({ code: 'mapping.lookup-gap', at, detail: `the lookup has no value for ${gap.map(value => JSON.stringify(value)).join(', ')}; add ${gap.length === 1 ? 'it' : 'them'}${typeof name === 'string' ? ` to lookups/${name}.json` : ''}, or say with default what else holds` })
  }
  const reached = taken.values ? taken.values.flatMap(value => Object.hasOwn(table, String(value)) ? [table[String(value)]] : []) : Object.values(table)
  const found = reached.length === 0 ? otherwise === undefined ? anything : shapeOfValue(otherwise) : [...reached, ...otherwise === undefined ? [] : [otherwise]].map(shapeOfPlain).reduce(either)
  return step['otherwise'] === 'keep' && otherwise === undefined ? either(found, taken) : found
}

const plainTypes: ReadonlyMap<string, JsonType> = new Map([['string', 'string'], ['boolean', 'boolean'], ['number', 'number']])

/** Cheaper than a schema for each of a table's many values. */
function shapeOfPlain(value: unknown): Shape {
  const type = plainTypes.get(typeof value)
  return type === undefined ? shapeOfValue(value) : new Shape({ types: new Set([type]), values: [value] })
}

const combinations = ['all', 'any', 'none']

/** Tells what is wrong with a condition; what the compiler refuses it tells itself. */
export function checkCondition(condition: unknown, context: ChainContext, at: string): void {
  if (!isRecord(condition)) return
  for (const name of combinations) {
    const parts = condition[name]
    if (Array.isArray(parts)) return parts.forEach((part: unknown, index) => { checkCondition(part, context, `${at}.${name}[${index}]`) })
  }
  const { path, steps, is } = condition
  if (typeof path !== 'string') return
  const start = readAt(path, context, `${at}.path`)
  const read = steps === undefined ? start : followChain(steps, start, context, `${at}.steps`)
  const shape = read.isOnly('array') ? read.element() ?? read : read
  const expected = [is].flat()
  const values = shape.values?.filter(value => value !== null)
  if (is === undefined || !values || values.length === 0 || expected.some(one => one === null || typeof one === 'object' || values.some(value => String(value) === String(one)))) return
  context.tell({ code: 'mapping.never', at: `${at}.is`, detail: `the condition never holds: ${path} is one of ${values.map(value => JSON.stringify(value)).join(', ')}` })
}
