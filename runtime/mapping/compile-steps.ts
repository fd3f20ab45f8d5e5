/** Chains of steps, operands and conditions as closures. */
import { nearest } from '../model/validation.ts'
import { compileCondition, type Test } from './condition.ts'
import { isOperandPath } from './format.ts'
import { parseSourcePath } from './path.ts'
import { compileRead, compileWalk, pointerOf, type Read, type Scope, type State, ValueError } from './read.ts'
import type { AnyStep, Convert, Parameter } from './step.ts'
import { steps as registry } from './steps/index.ts'
import { isRecord, plain } from './values.ts'

/** Something wrong with a mapping; `field` is where in the rule, as a JSON pointer. */
export class RuleError extends Error {
  readonly field: string
  constructor(message: string, field: string) { super(message); this.field = field }
}

export interface StepContext { scopes: readonly Scope[], lookups: Readonly<Record<string, unknown>> }

export interface Chain {
  /** What the chain makes of a value, numbers as decimal text. */
  apply(value: unknown, state: State): unknown
  /** The same with numbers still as decimals, for further arithmetic. */
  applyExactly(value: unknown, state: State): unknown
  /** The chain's result is made anew each time and needs no copy. */
  fresh: boolean
}

/** Runs `compile`; what it throws becomes a RuleError at `field`. */
function at<T>(field: string, compile: () => T): T {
  try { return compile() } catch (thrown) {
    if (thrown instanceof RuleError) throw thrown
    throw new RuleError(thrown instanceof ValueError ? `${JSON.stringify(thrown.value)} ${thrown.message}` : thrown instanceof Error ? thrown.message : String(thrown), field)
  }
}

/** A path that is read, with the pointer of what it reads. */
export function readPath(text: string, { scopes }: StepContext, field: string): Read {
  const path = at(field, () => parseSourcePath(text))
  return Object.assign(compileRead(path, scopes), { at: (state: State) => pointerOf(path, scopes, state) })
}

export function readCondition(condition: unknown, context: StepContext, field: string): Test {
  return at(field, () => compileCondition(condition, operand => readOperand(operand, context, field)))
}

/** A literal as a constant, `{ path, steps? }` as what stands there. */
function readOperand(operand: unknown, context: StepContext, field: string): Read {
  if (!isOperandPath(operand)) return () => operand
  const unknown = Object.keys(operand).find(key => key !== 'path' && key !== 'steps')
  if (unknown !== undefined) throw new RuleError(`an operand has no ${unknown}; it has path and steps`, `${field}/${unknown}`)
  const read = readPath(operand.path, context, `${field}/path`)
  if (operand.steps === undefined) return read
  const chain = compileChain(operand.steps, context, `${field}/steps`)
  return Object.assign((state: State) => {
    const outer = state.value
    const result = chain.applyExactly(read(state), state)
    state.value = outer
    return result
  }, { at: read.at })
}

const freshTypes = new Set(['money', 'totals', 'quantity'])

/** Compiles a list of steps. Missing values skip the steps that do not ask for them. */
export function compileChain(steps: unknown, context: StepContext, field: string): Chain {
  if (!Array.isArray(steps)) throw new RuleError('steps is not a list', field)
  const compiled = steps.map((step: unknown, index) => compileStep(step, context, `${field}/${index}`))
  const last: unknown = steps.at(-1)
  const gives = isRecord(last) && typeof last.name === 'string' ? registry.get(last.name)?.gives : undefined
  const applyExactly = (value: unknown, state: State): unknown => {
    let current = value
    for (const { convert, exact } of compiled) {
      if (!exact) current = plain(current)
      state.value = current
      current = convert(current, state)
    }
    return current
  }
  return {
    fresh: gives !== undefined && freshTypes.has(gives) && !(isRecord(last) && 'when' in last),
    apply: (value, state) => plain(applyExactly(value, state)),
    applyExactly,
  }
}

/** `exact`: the step takes decimals as they are. */
function compileStep(step: unknown, context: StepContext, field: string): { convert: Convert, exact: boolean } {
  if (!isRecord(step) || typeof step.name !== 'string') throw new RuleError('a step is an object with a name', field)
  const { name, when, ...parameters } = step
  const definition = registry.get(name)
  if (!definition) {
    const near = nearest(name, [...registry.keys()])
    throw new RuleError(`there is no step "${name}"${near === undefined ? '' : `; did you mean ${near}?`}`, `${field}/name`)
  }
  const given = resolveParameters(definition, parameters, context, field)
  const convert = at(field, () => definition.compile(given, { lookups: context.lookups, read: path => readPath(path, context, field) }))
  const applied = perElement(definition, convert)
  const exact = definition.takes === 'decimal'
  if (when === undefined) return { convert: applied, exact }
  const holds = readCondition(when, context, `${field}/when`)
  return { convert: (value, state) => holds(state) ? applied(value, state) : value, exact }
}

/** Missing values and elements of lists are the registry's business, not each step's. */
function perElement({ name, missing, list }: AnyStep, convert: Convert): Convert {
  const safe: Convert = (value, state) => {
    try { return convert(value, state) } catch (thrown) {
      throw thrown instanceof ValueError ? new ValueError(`${thrown.message} (step ${name})`, thrown.value, thrown.pointer) : thrown
    }
  }
  const one: Convert = missing === true ? (value, state) => safe(value ?? undefined, state) : (value, state) => value === undefined || value === null ? value : safe(value, state)
  if (list === true) return one
  return (value, state) => Array.isArray(value) ? value.map(item => one(item, state)).filter(item => item !== undefined) : one(value, state)
}

function resolveParameters({ name, parameters }: AnyStep, given: Record<string, unknown>, context: StepContext, field: string): Record<string, unknown> {
  for (const key of Object.keys(given)) {
    if (Object.hasOwn(parameters, key)) continue
    const near = nearest(key, Object.keys(parameters))
    throw new RuleError(`the step ${name} has no parameter ${key}${near !== undefined ? `; did you mean ${near}?` : Object.keys(parameters).length > 0 ? `; it has ${Object.keys(parameters).join(', ')}` : ''}`, `${field}/${key}`)
  }
  return Object.fromEntries(Object.entries(parameters).map(([key, parameter]) => {
    const value = given[key] ?? ('default' in parameter ? parameter.default : undefined)
    if (value === undefined && !(key in given)) {
      if (parameter.required === true) throw new RuleError(`the step ${name} needs the parameter ${key}`, `${field}/${key}`)
      return [key, undefined]
    }
    return [key, resolveParameter(parameter, key in given && given[key] === null ? null : value, { name, key }, context, `${field}/${key}`)]
  }))
}

function resolveParameter(parameter: Parameter, value: unknown, { name, key }: { name: string, key: string }, context: StepContext, field: string): unknown {
  const refuse = (expected: string): never => { throw new RuleError(`the parameter ${key} of the step ${name} is ${JSON.stringify(value)}; expected ${expected}`, field) }
  switch (parameter.type) {
    case 'text': return typeof value === 'string' ? value : refuse('a text')
    case 'boolean': return typeof value === 'boolean' ? value : refuse('true or false')
    case 'integer': return typeof value === 'number' && Number.isInteger(value) && value >= (parameter.min ?? -Infinity) && value <= (parameter.max ?? Infinity) ? value : refuse(`a whole number${parameter.min === undefined ? '' : ` from ${parameter.min}`}${parameter.max === undefined ? '' : ` to ${parameter.max}`}`)
    case 'choice': return typeof value === 'string' && parameter.options.includes(value) ? value : refuse(`one of ${parameter.options.join(', ')}`)
    case 'texts': return Array.isArray(value) && value.every(item => typeof item === 'string') ? value : refuse('a list of texts')
    case 'table': return isRecord(value) ? value : refuse('an object with codes and values')
    case 'constant': return value
    case 'operand': return isRecord(value) && !isOperandPath(value) ? refuse('a literal or { "path": "..." }') : readOperand(value, context, field)
    case 'operands': return Array.isArray(value) ? value.map((item: unknown, index) => readOperand(item, context, `${field}/${index}`)) : refuse('a list of literals or { "path": "..." }')
    case 'condition': return readCondition(value, context, field)
    case 'field': {
      if (typeof value !== 'string') return refuse('a path within the value')
      const { root, segments } = at(field, () => parseSourcePath(value))
      return root === 'source' ? compileWalk(segments) : refuse('a path within the value, which starts with a field name')
    }
  }
}
