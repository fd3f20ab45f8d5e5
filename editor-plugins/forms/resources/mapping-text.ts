/**
 * A mapping's rules as text, one line each, and back:
 *
 *     number <- name
 *     refs[0].id <- id | text
 *     lines[].totals <- line_items[].price | multiply(by: @line_items[].quantity) | totals(currency: @currency)
 *     taxMode = "gross" when taxes_included is true   # else: the next line
 *     shippingAddress when shipping_address exists
 *
 * `@path` is an operand, `|` starts a step, `if` is a step's condition, `when` the rule's. What has no short form is
 * written as JSON, so every rule survives the way to text and back. Pure, and used in the browser: no imports.
 */

type Json = null | boolean | number | string | Json[] | { [key: string]: Json | undefined }
export type JsonObject = { [key: string]: Json | undefined }

/** A rule as it stands in the flow file; only the shape matters here, the compiler knows the meaning. */
export type TextRule = JsonObject & { to: string }

/** What is wrong with a line. `at` is the rest of the line from where it could not be read. */
export interface TextFault { name: 'target' | 'path' | 'step' | 'parameter' | 'value' | 'condition' | 'closing' | 'rest', at: string }

/** Thrown by the parse functions; the widget turns the fault into a sentence. */
export class TextError extends Error {
  readonly fault: TextFault
  constructor(fault: TextFault) {
    super(`${fault.name} expected at: ${fault.at}`)
    this.fault = fault
  }
}

// ---------------------------------------------------------------- reading

class Reader {
  private readonly text: string
  private position = 0
  constructor(text: string) { this.text = text }

  get rest(): string { return this.text.slice(this.position).trimStart() }
  get done(): boolean { return this.rest === '' }
  fail(name: TextFault['name']): never { throw new TextError({ name, at: this.rest }) }

  /** Takes what the pattern matches at the next place that is not white space. */
  take(pattern: RegExp): string | undefined {
    const [found] = new RegExp(`^(?:${pattern.source})`).exec(this.rest) ?? []
    if (found === undefined) return undefined
    this.position = this.text.length - this.rest.length + found.length
    return found
  }

  need(pattern: RegExp, name: TextFault['name']): string { return this.take(pattern) ?? this.fail(name) }

  /** A path: names, `[]` groups and quoted names, up to white space or a mark outside of brackets. */
  path(): string {
    const path = this.take(/(?:'[^']*'|\[[^\]]*\]|[^\s'[\](){},|"`])+/)
    return path === undefined || /^[@=:<]/.test(path) ? this.fail('path') : path
  }

  /** One JSON value as written by JSON.stringify. */
  json(): Json {
    const rest = this.rest
    const scalar = /^(?:-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|"(?:[^"\\]|\\.)*")/.exec(rest)
    const source = scalar ? scalar[0] : balanced(rest)
    if (source === undefined) return this.fail('value')
    try {
      const value: Json = JSON.parse(source)
      this.position = this.text.length - rest.length + source.length
      return value
    } catch {
      return this.fail('value')
    }
  }
}

/** The object or list a text starts with. */
function balanced(text: string): string | undefined {
  if (!/^[[{]/.test(text)) return undefined
  let depth = 0
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/g)) {
    if (token === '[' || token === '{') depth += 1
    if (token === ']' || token === '}') depth -= 1
    if (depth === 0) return text.slice(0, index + 1)
  }
  return undefined
}

function readOperand(reader: Reader): Json {
  if (reader.take(/@/)) {
    const path = reader.path()
    const steps = readSteps(reader)
    return steps.length > 0 ? { path, steps } : { path }
  }
  if (!reader.rest.startsWith('[')) return reader.json()
  reader.take(/\[/)
  const list: Json[] = []
  while (!reader.take(/\]/)) {
    if (list.length > 0) reader.need(/,/, 'closing')
    list.push(readOperand(reader))
  }
  return list
}

function readSteps(reader: Reader): Json[] {
  const steps: Json[] = []
  while (reader.take(/\|/)) steps.push(reader.rest.startsWith('{') ? reader.json() : readStep(reader))
  return steps
}

function readStep(reader: Reader): JsonObject {
  const step: JsonObject = { name: reader.need(/[a-z][a-z-]*/, 'step') }
  if (reader.take(/\(/)) {
    for (let first = true; !reader.take(/\)/); first = false) {
      if (!first) reader.need(/,/, 'closing')
      const parameter = reader.need(/[A-Za-z]\w*/, 'parameter')
      reader.need(/:/, 'parameter')
      step[parameter] = readOperand(reader)
    }
  }
  if (reader.take(/if\b/)) step['when'] = readCondition(reader)
  return step
}

const flags: Record<string, boolean> = { exists: true, missing: false }
const comparisons: Record<string, string> = { 'is': 'is', 'not': 'not', 'above': 'above', 'at-least': 'atLeast', 'below': 'below', 'at-most': 'atMost', 'contains': 'contains' }

function readCondition(reader: Reader): Json {
  if (reader.rest.startsWith('{')) return reader.json()
  const group = reader.take(/(?:all|any|none)(?=\s*\()/)
  if (group !== undefined) {
    reader.take(/\(/)
    const list: Json[] = [readCondition(reader)]
    while (!reader.take(/\)/)) {
      reader.need(/,/, 'closing')
      list.push(readCondition(reader))
    }
    return { [group]: list }
  }
  const path = reader.path()
  const steps = readSteps(reader)
  const word = reader.need(/[a-z-]+/, 'condition')
  const head: JsonObject = { path, ...(steps.length > 0 && { steps }) }
  const flag = flags[word]
  if (flag !== undefined) return { ...head, exists: flag }
  const comparison = comparisons[word]
  return comparison === undefined ? reader.fail('condition') : { ...head, [comparison]: reader.json() }
}

/** Reads one line. Throws a {@link TextError}. */
export function parseRule(line: string): TextRule {
  const reader = new Reader(line)
  if (reader.rest.startsWith('{')) {
    const rule = reader.json()
    return isObject(rule) && isRule(rule) ? rule : reader.fail('target')
  }
  if (reader.done) return reader.fail('target')
  const rule: TextRule = { to: reader.path() }
  if (reader.take(/<-/)) rule['from'] = reader.path()
  else if (reader.take(/:=/)) rule['expression'] = readExpression(reader)
  else if (reader.take(/=/)) rule['value'] = reader.json()
  const steps = readSteps(reader)
  if (steps.length > 0) rule['steps'] = steps
  if (reader.take(/when\b/)) rule['when'] = readCondition(reader)
  const comment = reader.take(/#.*/)
  if (comment !== undefined) rule['comment'] = comment.slice(1).trim()
  return reader.done ? rule : reader.fail('rest')
}

function readExpression(reader: Reader): string {
  const quoted = reader.take(/`[^`]*`/)
  if (quoted !== undefined) return quoted.slice(1, -1)
  const text = reader.json()
  return typeof text === 'string' ? text : reader.fail('value')
}

/** Reads the steps of a rule: `text | pad(length: 8)`, with or without a bar in front. Throws a {@link TextError}. */
export function parseSteps(text: string): Json[] {
  if (text.trim() === '') return []
  const reader = new Reader(text.trim().startsWith('|') ? text : `| ${text}`)
  const steps = readSteps(reader)
  return reader.done ? steps : reader.fail('rest')
}

/** Reads a condition; undefined where the text is empty. Throws a {@link TextError}. */
export function parseCondition(text: string): Json | undefined {
  const reader = new Reader(text)
  if (reader.done) return undefined
  const condition = readCondition(reader)
  return reader.done ? condition : reader.fail('rest')
}

/** Reads a whole text. Empty lines count for nothing; `line` in a fault is counted from 0. */
export function parseRules(text: string): { rules: TextRule[], faults: { line: number, fault: TextFault }[] } {
  const rules: TextRule[] = []
  const faults: { line: number, fault: TextFault }[] = []
  for (const [line, content] of text.split('\n').entries()) {
    if (content.trim() === '') continue
    try {
      rules.push(parseRule(content))
    } catch (error) {
      if (!(error instanceof TextError)) throw error
      faults.push({ line, fault: error.fault })
    }
  }
  return { rules, faults }
}

// ---------------------------------------------------------------- writing

const isObject = (value: Json | undefined): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value)
const isRule = (value: JsonObject): value is TextRule => typeof value['to'] === 'string'

/** The short form where it reads back as the same, else JSON. */
function shortest(value: Json, short: string, parse: (text: string) => Json | undefined): string {
  try {
    if (sameJson(parse(short), value)) return short
  } catch (error) {
    if (!(error instanceof TextError)) throw error
  }
  return JSON.stringify(value)
}

function sameJson(left: Json | undefined, right: Json | undefined): boolean {
  if (Array.isArray(left) && Array.isArray(right)) return left.length === right.length && left.every((item, index) => sameJson(item, right[index]))
  if (isObject(left) && isObject(right)) return [...new Set([...Object.keys(left), ...Object.keys(right)])].every((key) => sameJson(left[key], right[key]))
  return left === right
}

function printOperand(value: Json | undefined): string {
  if (Array.isArray(value)) return `[${value.map(printOperand).join(', ')}]`
  if (isObject(value) && typeof value['path'] === 'string' && Object.keys(value).every((key) => key === 'path' || key === 'steps')) return `@${value['path']}${printTail(value['steps'])}`
  return JSON.stringify(value ?? null)
}

const printTail = (steps: Json | undefined): string => Array.isArray(steps) ? steps.map((step) => ` | ${printStep(step)}`).join('') : ''

function printStep(step: Json): string {
  if (!isObject(step)) return JSON.stringify(step)
  const { name, when, ...parameters } = step
  const list = Object.entries(parameters).filter(([, value]) => value !== undefined).map(([parameter, value]) => `${parameter}: ${printOperand(value)}`)
  const short = `${String(name)}${list.length > 0 ? `(${list.join(', ')})` : ''}${when === undefined ? '' : ` if ${printCondition(when)}`}`
  return shortest(step, short, (text) => parseSteps(text)[0])
}

/** Writes the steps of a rule without the bar in front. */
export function printSteps(steps: Json | undefined): string {
  return printTail(steps).slice(' | '.length)
}

/** Writes a condition; an empty text where there is none. */
export function printCondition(condition: Json | undefined): string {
  if (condition === undefined) return ''
  if (!isObject(condition)) return JSON.stringify(condition)
  const { path, steps, ...rest } = condition
  const [[key = '', value] = []] = Object.entries(rest)
  if (Array.isArray(value) && ['all', 'any', 'none'].includes(key)) return shortest(condition, `${key}(${value.map(printCondition).join(', ')})`, parseCondition)
  const word = key === 'exists' ? (value === true ? 'exists' : 'missing') : Object.entries(comparisons).find(([, name]) => name === key)?.[0] ?? key
  return shortest(condition, `${String(path)}${printTail(steps)} ${word}${key === 'exists' ? '' : ` ${JSON.stringify(value ?? null)}`}`, parseCondition)
}

/** Writes one rule as one line. */
export function printRule(rule: TextRule): string {
  const { to, from, expression, value, steps, when, comment } = rule
  const source = typeof from === 'string' ? ` <- ${from}`
    : typeof expression === 'string' ? ` := ${/[`\n]/.test(expression) ? JSON.stringify(expression) : `\`${expression}\``}`
      : value !== undefined ? ` = ${JSON.stringify(value)}` : ''
  return shortest(rule, `${to}${source}${printTail(steps)}${when === undefined ? '' : ` when ${printCondition(when)}`}${typeof comment === 'string' ? `   # ${comment}` : ''}`, parseRule)
}

/** Writes all rules, one line each. */
export function printRules(rules: readonly TextRule[]): string {
  return rules.map(printRule).join('\n')
}
