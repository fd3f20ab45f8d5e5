/** The shape of the target: rules sorted into a tree of objects, lists and values, and what contradicts itself. */
import { ruleText, type Rule } from './format.ts'
import { RuleError } from './compile-steps.ts'
import { parseSourcePath, parseTargetPath, showSegments, type Path, type Segment } from './path.ts'
import { boundDepth, type Scope } from './read.ts'

export interface NumberedRule { rule: Rule, index: number }

/** A place in the target. It has fields, elements, or rules that give its value. */
export interface Branch {
  segments: Segment[]
  rules: NumberedRule[]
  fields: Map<string, Branch>
  /** Elements of a list by their brackets: `[]`, `[0]`, `[freight]`. */
  elements: Map<string, Branch>
}

/** A contradiction between rules. */
export interface Problem { rule: NumberedRule, message: string, field: string }

/** How a rule stands in messages; people count from 1. */
const nameRule = ({ rule, index }: NumberedRule): string => `rule ${index + 1} (${ruleText(rule)})`

const newBranch = (segments: Segment[]): Branch => ({ segments, rules: [], fields: new Map(), elements: new Map() })

/** Sorts rules into the tree of the target. Everything wrong goes to `problems`. */
export function buildTree(rules: readonly Rule[], problems: Problem[]): Branch {
  const root = newBranch([])
  for (const [index, rule] of rules.entries()) {
    const numbered = { rule, index }
    let segments: Segment[]
    try { segments = parseTargetPath(rule.to) } catch (thrown) {
      problems.push({ rule: numbered, message: `the target path cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}`, field: '/to' })
      continue
    }
    let branch = root
    for (const [depth, segment] of segments.entries()) {
      const path = segments.slice(0, depth + 1)
      const [children, key] = segment.type === 'key' ? [branch.fields, segment.name] : [branch.elements, showSegments([segment])]
      const next = children.get(key) ?? newBranch(path)
      children.set(key, next)
      branch = next
    }
    branch.rules.push(numbered)
  }
  checkBranch(root, problems)
  return root
}

export const hasChildren = (branch: Branch): boolean => branch.fields.size > 0 || branch.elements.size > 0

const sourceCount = ({ rule }: NumberedRule) => Number(rule.from !== undefined) + Number(rule.expression !== undefined) + Number('value' in rule)

const anyRule = (branch: Branch): NumberedRule | undefined =>
  branch.rules[0] ?? [...branch.fields.values(), ...branch.elements.values()].map(anyRule).find(rule => rule !== undefined)

function checkBranch(branch: Branch, problems: Problem[]): void {
  const name = showSegments(branch.segments)
  for (const rule of branch.rules) if (sourceCount(rule) > 1) problems.push({ rule, message: 'it has more than one of from, expression and value', field: '' })
  if (hasChildren(branch)) checkContainer(branch, name, problems)
  else checkValue(branch, name, problems)
  for (const child of [...branch.fields.values(), ...branch.elements.values()]) checkBranch(child, problems)
}

function checkValue(branch: Branch, name: string, problems: Problem[]): void {
  for (const [position, rule] of branch.rules.entries()) {
    if (sourceCount(rule) === 0) problems.push({ rule, message: `it gives ${name} no value; add from, expression or value`, field: '' })
    const later = branch.rules[position + 1]
    if (later && rule.rule.when === undefined) problems.push({ rule: later, message: `${name} already gets its value from ${nameRule(rule)}. Of several rules for one target, all but the last need a condition (when)`, field: '/to' })
  }
}

function checkContainer(branch: Branch, name: string, problems: Problem[]): void {
  const last = branch.segments.at(-1)
  const isElement = last !== undefined && last.type !== 'key'
  const child = [...branch.fields.values(), ...branch.elements.values()].map(anyRule).find(rule => rule !== undefined)
  for (const [position, rule] of branch.rules.entries()) {
    const drives = isElement && last.type !== 'index' && rule.rule.from !== undefined && rule.rule.steps === undefined
    if (sourceCount(rule) > 0 && !drives) problems.push({ rule, message: `${name} gets a value here, but a field of it in ${child ? nameRule(child) : 'another rule'}. Map either the whole or its fields`, field: '/to' })
    else if (sourceCount(rule) === 0 && rule.rule.when === undefined) problems.push({ rule, message: `it does nothing; give it from or when`, field: '' })
    if (position > 0) problems.push({ rule, message: `${name} already has ${nameRule(branch.rules[0] ?? rule)}`, field: '/to' })
  }
  if (branch.fields.size > 0 && branch.elements.size > 0) {
    const rule = [...branch.elements.values()].map(anyRule).find(found => found !== undefined)
    if (rule) problems.push({ rule, message: `${name} is a list here, but an object in ${child ? nameRule(child) : 'another rule'}`, field: '/to' })
  }
  if (branch.elements.has('[]') && branch.elements.size > 1) {
    const other = [...branch.elements].filter(([key]) => key !== '[]').map(([, found]) => anyRule(found)).find(found => found !== undefined)
    if (other) problems.push({ rule: other, message: `${name} is filled by ${name}[] as well. Name every group instead, as in ${name}[first] and ${name}[second]`, field: '/to' })
  }
}

/** The rules of one element: of its own fields, or, apart, of the lists within it. */
function rulesOf(branch: Branch, within: 'fields' | 'lists'): NumberedRule[] {
  const fields = [...branch.fields.values()].flatMap(field => rulesOf(field, within))
  const inner = [...branch.elements.values()].flatMap(element => [...rulesOf(element, 'fields'), ...rulesOf(element, 'lists')])
  return within === 'fields' ? [...branch.rules, ...fields] : [...fields, ...inner]
}

/**
 * The source path whose elements make the elements of `branch`; undefined where it is one element of its own.
 * @throws RuleError where no list, or more than one, comes into question
 */
export function drivingPath(branch: Branch, scopes: readonly Scope[]): Path | undefined {
  const [own] = hasChildren(branch) ? branch.rules : []
  const last = branch.segments.at(-1)
  if (own?.rule.from !== undefined) {
    const path = parseSourcePath(own.rule.from)
    if (path.segments.at(-1)?.type !== 'each' || unbound(path, scopes).length === 0) throw new RuleError(`${own.rule.from} is not a list of its own; a rule for the elements of a list reads from a path that ends in []`, '/from')
    return path
  }
  if (last?.type !== 'each') return undefined
  const direct = listsOf(rulesOf(branch, 'fields'), scopes)
  const [list, ...others] = direct.length > 0 ? direct : listsOf(rulesOf(branch, 'lists'), scopes)
  const name = showSegments(branch.segments)
  if (list === undefined) throw new RuleError(`no list of the source feeds ${name}; read from a path with [], add a rule { "to": "${name}", "from": "...[]" }, write [0] for one element, or leave [] out to write a whole list`, '/to')
  if (others.length > 0) throw new RuleError(`${name} is fed by more than one list: ${[list, ...others].map(path => showSegments(path.segments)).join(', ')}. Add a rule { "to": "${name}", "from": "...[]" } that says which, or use named groups`, '/to')
  return list
}

/** The source path of a rule; one that cannot be read is reported where the rule itself is compiled. */
function readablePath({ from }: Rule): Path | undefined {
  try { return from === undefined ? undefined : parseSourcePath(from) } catch { return undefined }
}

/** The different lists that rules read from and that are not open yet. */
function listsOf(rules: readonly NumberedRule[], scopes: readonly Scope[]): Path[] {
  const found = new Map<string, Path>()
  for (const { rule } of rules) {
    const path = readablePath(rule)
    if (path === undefined) continue
    const [first] = unbound(path, scopes)
    if (first === undefined) continue
    const list = { ...path, segments: path.segments.slice(0, first + 1) }
    found.set(`${path.root} ${showSegments(list.segments)}`, list)
  }
  return [...found.values()]
}

/** Positions of the `[]` of a path that no open list stands for. */
export function unbound(path: Path, scopes: readonly Scope[]): number[] {
  const depth = boundDepth(path, scopes)
  const from = depth === 0 ? 0 : scopes[depth - 1]?.segments.length ?? 0
  return path.segments.flatMap((segment, index) => segment.type === 'each' && index >= from ? [index] : [])
}
