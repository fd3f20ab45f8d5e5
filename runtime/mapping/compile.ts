/** From rules to one closure. Everything that can be decided before the first message is decided here. */
import { TorgError } from '../errors.ts'
import { createAjv, findings, quote } from '../model/validation.ts'
import { compileChain, readCondition, readPath, RuleError, type StepContext } from './compile-steps.ts'
import { compileExpression, reason } from './expression.ts'
import { type Mapping, mappingSchema, ruleText } from './format.ts'
import type { Path } from './path.ts'
import { asList, compileRead, copy, pointerOf, type Read, type Scope, type State, ValueError } from './read.ts'
import { plain } from './values.ts'
import { buildTree, drivingPath, hasChildren, unbound, type Branch, type NumberedRule, type Problem } from './tree.ts'

/** A mapping ready to use. Without expressions (`sync`) it returns the target itself, otherwise a promise of it. */
export interface CompiledMapping {
  (source: unknown, context?: Readonly<Record<string, unknown>>): unknown
  readonly sync: boolean
}

const validateMapping = createAjv().compile(JSON.parse(JSON.stringify(mappingSchema)))
/** Whether a value has the stored form of a mapping. */
export const isMapping = (value: unknown): value is Mapping => validateMapping(value)

/**
 * Compiles a mapping once; the result is pure and can be used for any number of messages at the same time.
 *
 * @param lookups The project's tables by name: `{ carriers: { Bring: 'bring' } }`.
 * @throws TorgError `mapping.invalid`, naming rule and field, with everything found in `errors`. The function returned
 * throws (or rejects with) `mapping.failed`, with rule, pointer into the source and value.
 */
export function compileMapping(mapping: unknown, { lookups = {} }: { lookups?: Readonly<Record<string, unknown>> } = {}): CompiledMapping {
  if (!isMapping(mapping)) {
    const found = findings(validateMapping, mapping)
    throw new TorgError('mapping.invalid', { detail: `The mapping has the wrong form: ${found[0]?.detail ?? 'it is no object'}`, pointer: found[0]?.pointer ?? '', value: found[0]?.value, errors: found })
  }
  const problems: Problem[] = []
  const root = buildTree(mapping.rules, problems)
  const compiler = new Compiler(lookups, problems)
  const read = problems.length === 0 ? compiler.compileBranch(root, []) : () => undefined
  if (problems.length > 0) throw invalid(problems)
  const whole = hasChildren(root) || root.rules.length === 0
  const empty = () => root.elements.size > 0 ? [] : {}
  const run = (source: unknown, context: unknown, results: readonly unknown[] | undefined, pending: Promise<unknown>[]): unknown => {
    const target = read({ source, context, elements: [], positions: [], value: undefined, element: undefined, results, pending, cursor: 0 })
    return target === undefined && whole ? empty() : target
  }
  if (!compiler.usesExpressions) return Object.assign((source: unknown, context: unknown = {}) => run(source, context, undefined, []), { sync: true })
  // Expressions are asynchronous: a first pass starts them all, a second one, in the same order, uses their results.
  return Object.assign(async (source: unknown, context: unknown = {}) => {
    const pending: Promise<unknown>[] = []
    run(source, context, undefined, pending)
    return run(source, context, await Promise.all(pending), [])
  }, { sync: false })
}

function invalid(problems: Problem[]): TorgError {
  const errors = problems.map(({ rule, message, field }) => ({ detail: `Rule ${rule.index + 1} (${ruleText(rule.rule)}): ${message}.`, pointer: `/rules/${rule.index}${field}` }))
  const [first] = errors
  return new TorgError('mapping.invalid', { detail: `${first?.detail ?? ''}${errors.length > 1 ? ` (and ${errors.length - 1} more)` : ''}`, pointer: first?.pointer ?? '', errors })
}

/** What an expression gave, kept until the rule that wrote it asks. */
class Failed { readonly thrown: unknown; constructor(thrown: unknown) { this.thrown = thrown } }

class Compiler {
  usesExpressions = false
  readonly #lookups: Readonly<Record<string, unknown>>
  readonly #problems: Problem[]

  constructor(lookups: Readonly<Record<string, unknown>>, problems: Problem[]) {
    this.#lookups = lookups
    this.#problems = problems
  }

  /** The closure that makes the value of a place in the target; undefined where nothing is to be written. */
  compileBranch(branch: Branch, scopes: readonly Scope[]): Read {
    if (!hasChildren(branch)) return this.#compileAlternatives(branch.rules, scopes)
    const make = branch.elements.size > 0 ? this.#compileList(branch, scopes) : this.#compileObject(branch, scopes)
    const [guard] = branch.rules
    if (guard?.rule.when === undefined || guard.rule.from !== undefined) return make
    const holds = this.#test(guard, scopes)
    return state => holds(state) ? make(state) : undefined
  }

  #compileObject(branch: Branch, scopes: readonly Scope[]): Read {
    const fields = [...branch.fields].map(([name, child]): [string, Read] => [name, this.compileBranch(child, scopes)])
    return state => {
      let target: Record<string, unknown> | undefined
      for (const [name, read] of fields) {
        const value = read(state)
        if (value !== undefined) (target ??= {})[name] = value
      }
      return target
    }
  }

  /** Lists are put together from their groups; missing where every group is. */
  #compileList(branch: Branch, scopes: readonly Scope[]): Read {
    const entries = [...branch.elements.values()]
    const number = (element: Branch) => { const last = element.segments.at(-1); return last?.type === 'index' ? last.index : -1 }
    if (entries.every(element => number(element) >= 0)) entries.sort((a, b) => number(a) - number(b))
    const groups = entries.map(element => this.#compileElements(element, scopes))
    return state => {
      const target: unknown[] = []
      let found = false
      for (const group of groups) if (group(state, target)) found = true
      return found ? target : undefined
    }
  }

  /** Adds the elements of one group; false where its source is missing. */
  #compileElements(element: Branch, scopes: readonly Scope[]): (state: State, target: unknown[]) => boolean {
    const rule = element.rules[0] ?? firstRule(element)
    const path = rule && this.#attempt(rule, () => drivingPath(element, scopes))
    if (rule === undefined || path === undefined) {
      const read = this.compileBranch(element, scopes)
      return (state, target) => {
        const value = read(state)
        if (value !== undefined) target.push(value)
        return value !== undefined
      }
    }
    const levels = unbound(path, scopes).map(position => path.segments.slice(0, position + 1))
    return this.#compileLoop({ element, rule, path, levels, scopes })
  }

  #compileLoop({ element, rule, path, levels, scopes }: { element: Branch, rule: NumberedRule, path: Path, levels: Path['segments'][], scopes: readonly Scope[] }): (state: State, target: unknown[]) => boolean {
    const [segments, ...inner] = levels
    if (segments === undefined) {
      const holds = hasChildren(element) && element.rules[0]?.rule.from !== undefined && element.rules[0].rule.when !== undefined ? this.#test(element.rules[0], scopes) : undefined
      const read = this.compileBranch(element, scopes)
      return (state, target) => {
        if (holds && !holds(state)) return true
        const value = read(state)
        if (value !== undefined) target.push(value)
        return true
      }
    }
    const listPath: Path = { ...path, segments: segments.slice(0, -1) }
    const list = compileRead(listPath, scopes)
    const depth = scopes.length
    const each = this.#compileLoop({ element, rule, path, levels: inner, scopes: [...scopes, { segments }] })
    return (state, target) => {
      let elements: readonly unknown[] | undefined
      try { elements = asList(list(state), segments) } catch (thrown) { throw failure(rule, thrown, () => pointerOf(listPath, scopes, state)) }
      if (elements === undefined) return false
      for (let index = 0; index < elements.length; index++) {
        const current = elements[index]
        if (current === null || current === undefined) continue
        state.elements[depth] = current
        state.positions[depth] = index
        each(state, target)
      }
      return true
    }
  }

  /** Several rules for one target: the first whose condition holds. */
  #compileAlternatives(rules: readonly NumberedRule[], scopes: readonly Scope[]): Read {
    const compiled = rules.map(rule => ({ holds: rule.rule.when === undefined ? undefined : this.#test(rule, scopes), read: this.#compileRule(rule, scopes) }))
    const [only] = compiled
    if (compiled.length === 1 && only && !only.holds) return only.read
    return state => {
      for (const { holds, read } of compiled) if (!holds || holds(state)) return read(state)
      return undefined
    }
  }

  #compileRule(numbered: NumberedRule, scopes: readonly Scope[]): Read {
    const { rule } = numbered
    const context = this.#context(scopes)
    const compiled = this.#attempt(numbered, () => {
      const chain = rule.steps === undefined ? undefined : compileChain(rule.steps, context, '/steps')
      const base: Read = rule.from !== undefined ? readPath(rule.from, context, '/from') : rule.expression !== undefined ? this.#compileExpression(rule.expression, scopes) : () => rule.value
      return { chain, base }
    })
    if (!compiled) return () => undefined
    const { chain, base } = compiled
    const finish = chain?.fresh === true ? (value: unknown) => value : copy
    const convert = chain === undefined ? (value: unknown) => value : chain.apply
    return state => {
      let value: unknown
      try {
        value = base(state)
        if (value === started) return undefined
        value = convert(value, state)
      } catch (thrown) { throw failure(numbered, thrown, () => base.at?.(state) ?? '') }
      return typeof value === 'object' ? finish(value) : value
    }
  }

  #compileExpression(text: string, scopes: readonly Scope[]): Read {
    let evaluate
    try { evaluate = compileExpression(text) } catch (thrown) { throw new RuleError(thrown instanceof Error ? thrown.message : String(thrown), '/expression') }
    this.usesExpressions = true
    const last = scopes.length - 1
    const read = (state: State): unknown => {
      if (state.results === undefined) {
        const input = last < 0 ? state.source : state.elements[last]
        const bindings = { source: state.source, context: state.context, ...(last >= 0 && { position: (state.positions[last] ?? 0) + 1 }) }
        state.pending.push(evaluate(input, bindings).catch((thrown: unknown) => new Failed(thrown)))
        return started
      }
      const result = state.results[state.cursor++]
      if (result instanceof Failed) throw new ValueError(`is what the expression failed on: ${reason(result.thrown)}`, last < 0 ? undefined : state.elements[last])
      return result === null ? undefined : result
    }
    const scope = scopes[last]
    return Object.assign(read, { at: (state: State) => scope ? pointerOf({ root: 'source', segments: scope.segments, text: '' }, scopes, state) : '' })
  }

  #test(rule: NumberedRule, scopes: readonly Scope[]): (state: State) => boolean {
    const holds = this.#attempt(rule, () => readCondition(rule.rule.when, this.#context(scopes), '/when'))
    return state => {
      try { return holds?.(state) ?? false } catch (thrown) { throw failure(rule, thrown, () => '') }
    }
  }

  #context(scopes: readonly Scope[]): StepContext { return { scopes, lookups: this.#lookups } }

  /** Collects what is wrong with a rule instead of stopping at the first one. */
  #attempt<T>(rule: NumberedRule, compile: () => T): T | undefined {
    try { return compile() } catch (thrown) {
      if (!(thrown instanceof Error)) throw thrown
      this.#problems.push({ rule, message: thrown.message, field: thrown instanceof RuleError ? thrown.field : '/from' })
      return undefined
    }
  }
}

/** Stands for the result of an expression that has been started. */
const started = Symbol('started')

const firstRule = (branch: Branch): NumberedRule | undefined =>
  branch.rules[0] ?? [...branch.fields.values(), ...branch.elements.values()].map(firstRule).find(rule => rule !== undefined)

/** What happened in a rule, as the error people read. */
function failure({ rule, index }: NumberedRule, thrown: unknown, pointer: () => string): unknown {
  if (!(thrown instanceof ValueError)) return thrown
  const value = thrown.value === undefined ? 'The value' : quote(thrown.value)
  return new TorgError('mapping.failed', { detail: `Rule ${index + 1} (${ruleText(rule)}): ${value} ${thrown.message}.`, pointer: thrown.pointer ?? pointer(), value: plain(thrown.value) })
}
