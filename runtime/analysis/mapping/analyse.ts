/** One mapping against the schemas of its source and its target. */
import { ruleText, type Mapping, type Rule } from '../../mapping/format.ts'
import type { Scope } from '../../mapping/read.ts'
import { showSegments } from '../../mapping/path.ts'
import { buildTree, drivingPath, hasChildren, unbound, type Branch, type NumberedRule } from '../../mapping/tree.ts'
import { nearest } from '../../model/validation.ts'
import type { FindingCode } from '../catalogue.ts'
import { converterFor } from '../schema/converter.ts'
import { misfitOf, nameTypes, type Misfit } from '../schema/fit.ts'
import { anything, shapeOfValue, type Shape } from '../schema/shape.ts'
import type { WireType } from '../types.ts'
import { checkCondition, followChain, readAt, type ChainContext, type Suggestion, type Tell } from './chain.ts'
import { narrowedBy } from './narrow.ts'
import type { MappingFinding, MappingReport } from './report.ts'

/** What a mapping is checked against; a type that is not known is not looked into. */
export interface MappingSurroundings { from: WireType | undefined, to: WireType | undefined, lookups: Readonly<Record<string, unknown>> }

/** Everything the schemas say about a mapping that can be compiled. Pure; the same for the same arguments. */
export function analyseMapping(mapping: Mapping, { from, to, lookups }: MappingSurroundings): MappingReport {
  const findings: MappingFinding[] = []
  const missing: string[] = []
  const root = buildTree(mapping.rules, [])
  const source = from?.shape ?? anything

  const teller = ({ rule, index }: NumberedRule): Tell => ({ code, at, detail, fix }) => {
    findings.push({ code, at: `.rules[${index}]${at}`, detail: `rule ${index + 1} (${ruleText(rule)}): ${detail}`, ...fix && { fix: { title: fix.title, pointer: `/rules/${index}${fix.pointer ?? pointerOf(at)}`, value: fix.value } } })
  }
  const contextOf = (rule: NumberedRule, scopes: readonly Scope[]): ChainContext => ({ reading: { source, strict: from?.strict ?? false, type: from?.name ?? 'the source', scopes }, lookups, tell: teller(rule) })
  const testOf = (rule: NumberedRule, scopes: readonly Scope[]): void => { if (rule.rule.when !== undefined) checkCondition(rule.rule.when, contextOf(rule, scopes), '.when') }

  const visit = (branch: Branch, scopes: readonly Scope[], target: Shape): void => {
    if (!hasChildren(branch)) {
      for (const [index, rule] of branch.rules.entries()) {
        testOf(rule, scopes)
        checkRule(rule, { context: contextOf(rule, scopes), target, before: branch.rules.slice(0, index).map(other => other.rule) })
      }
      return
    }
    for (const rule of branch.rules) if (rule.rule.from === undefined) testOf(rule, scopes)
    if (branch.elements.size > 0) for (const element of branch.elements.values()) visitElement(element, scopes, elementOf(target, branch))
    else visitFields(branch, scopes, target)
  }

  const elementOf = (target: Shape, branch: Branch): Shape => {
    if (target.types === undefined || target.types.has('array')) return target.element() ?? anything
    const rule = firstRule(branch)
    if (rule) teller(rule)({ code: 'mapping.target-list', at: '.to', detail: `${showSegments(branch.segments)} of ${to?.name ?? 'the target'} is ${nameTypes([...target.types].filter(type => type !== 'null'))} and no list, so it has no elements` })
    return anything
  }

  const visitElement = (element: Branch, scopes: readonly Scope[], target: Shape): void => {
    const rule = element.rules[0] ?? firstRule(element)
    let inner = scopes
    try {
      const path = drivingPath(element, scopes)
      if (path && rule) {
        inner = [...scopes, ...unbound(path, scopes).map(position => ({ segments: path.segments.slice(0, position + 1) }))]
        // What the rules of the element read tells the rest.
        if (hasChildren(element) && rule.rule.from !== undefined) readAt(rule.rule.from, contextOf(rule, scopes), '.from')
      }
    } catch { return }
    if (hasChildren(element)) for (const own of element.rules) if (own.rule.from !== undefined) testOf(own, inner)
    visit(element, inner, target)
  }

  const visitFields = (branch: Branch, scopes: readonly Scope[], given: Shape): void => {
    let target = given
    for (const [name, { rules, fields, elements }] of branch.fields) {
      const [only, ...others] = rules
      if (only && others.length === 0 && fields.size === 0 && elements.size === 0 && only.rule.when === undefined && 'value' in only.rule) target = target.narrowed(name, only.rule.value)
    }
    for (const [name, child] of branch.fields) visit(child, scopes, fieldOf(target, name, child))
    if (target.types === undefined || target.types.has('object')) {
      for (const name of target.required()) if (!branch.fields.has(name)) missing.push(showSegments([...branch.segments, { type: 'key', name }]))
    }
  }

  const fieldOf = (target: Shape, name: string, child: Branch): Shape => {
    const field = target.field(name)
    const rule = firstRule(child)
    if (field.found === 'yes') return field.shape
    if (!rule || (field.found === 'open' && field.known.length === 0)) return anything
    const holder = child.segments.length === 1 ? to?.name ?? 'the target' : `${showSegments(child.segments.slice(0, -1))} of ${to?.name ?? 'the target'}`
    const near = field.found === 'no' || field.found === 'open' ? nearest(name, field.known) : undefined
    const instead = (inner: Branch['segments']): { fix: Suggestion } => {
      const path = `${showSegments([...child.segments.slice(0, -1), ...inner])}${rule.rule.to.slice(showSegments(child.segments).length)}`
      return { fix: { title: `Write to ${path}`, value: path } }
    }
    if (field.found === 'list') teller(rule)({ code: 'mapping.target-list', at: '.to', detail: `${showSegments(child.segments.slice(0, -1))} is a list, so it has no field ${name}; write [] for an element per element of the source, or [0] for one`, ...instead([{ type: 'each' }, { type: 'key', name }]) })
    else if (field.found === 'plain') teller(rule)({ code: 'mapping.target-path', at: '.to', detail: `${holder} is ${nameTypes([...target.types ?? []].filter(type => type !== 'null'))}, so it has no field ${name}` })
    else if (field.found === 'no') teller(rule)({ code: field.closed || to?.strict === true ? 'mapping.target-path' : 'mapping.target-field', at: '.to', detail: `${holder} has no field ${name}${hintOf(near, field.known)}`, ...near !== undefined && instead([{ type: 'key', name: near }]) })
    else if (near !== undefined) teller(rule)({ code: 'mapping.target-field', at: '.to', detail: `${holder} names no field ${name}${hintOf(near, field.known)}`, ...instead([{ type: 'key', name: near }]) })
    return anything
  }

  const checkRule = ({ rule }: NumberedRule, { context, target, before }: { context: ChainContext, target: Shape, before: readonly Rule[] }): void => {
    const start = rule.from !== undefined ? narrowedBy(readAt(rule.from, context, '.from'), rule, before) : rule.expression !== undefined || !('value' in rule) ? anything : shapeOfValue(rule.value)
    const made = rule.steps === undefined ? start : followChain(rule.steps, start, context, '.steps')
    const misfit = misfitOf(made, target)
    if (misfit) context.tell({ at: rule.from === undefined && 'value' in rule ? '.value' : '.to', ...sayMisfit(misfit, rule) })
  }

  visit(root, [], to?.written ?? anything)
  return { findings, missing, writes: new Set([...root.fields.keys()]) }
}

/** The code, the sentence and the converter of a value that does not fit its place. */
function sayMisfit(misfit: Misfit, rule: NumberedRule['rule']): { code: FindingCode, detail: string, fix?: Suggestion } {
  const converter = converterFor(misfit)
  const what = misfit.path === '' ? 'the value' : `the value's ${misfit.path}`
  const says = misfit.reason === 'missing' || misfit.reason === 'unknown' ? `the value ${misfit.says}` : `${what} ${misfit.says}`
  const whole = misfit.path === '' || misfit.path === '[]'
  const advice = converter && whole ? `; the step ${converter.step.name} converts it` : ''
  const steps = rule.steps ?? []
  return {
    code: codeOf(misfit), detail: says + advice,
    ...converter?.complete === true && whole && misfit.path === '' && rule.from !== undefined && { fix: { title: `Add the step ${converter.step.name}`, pointer: '/steps', value: [...steps, converter.step] } },
  }
}

/** A list for one value, or one value for a list, is told apart from other forms. */
const codeOf = ({ reason, source, target }: Misfit): FindingCode => reason === 'type' && source.isOnly('array') !== target.isOnly('array') ? 'mapping.list' : codes[reason]

const codes: Readonly<Record<Misfit['reason'], FindingCode>> = {
  type: 'mapping.type', partly: 'mapping.type-partly', value: 'mapping.value', meaning: 'mapping.meaning', tax: 'mapping.tax', unit: 'mapping.unit', missing: 'mapping.shape', unknown: 'mapping.shape',
}

const hintOf = (near: string | undefined, known: readonly string[]): string => near !== undefined ? `; did you mean ${near}?` : known.length > 0 && known.length <= 30 ? `; there are ${known.join(', ')}` : ''

const firstRule = (branch: Branch): NumberedRule | undefined => branch.rules[0] ?? [...branch.fields.values(), ...branch.elements.values()].map(firstRule).find(rule => rule !== undefined)

/** `.steps[0].by` as `/steps/0/by`. */
const pointerOf = (at: string): string => at.replaceAll(/\[(\d+)\]/g, '.$1').replaceAll('.', '/')
