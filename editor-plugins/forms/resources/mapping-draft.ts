/** A rule as its row in the form has it: every part a text a person types. Pure, and used in the browser. */
import { parseCondition, parseRule, parseSteps, printCondition, printSteps, TextError, type JsonObject, type TextFault, type TextRule } from './mapping-text.ts'

/** Where a rule takes its value from; `none` only guards what lies below its target. */
export type SourceKind = 'from' | 'value' | 'expression' | 'none'

export interface RuleDraft {
  to: string
  kind: SourceKind
  source: string
  steps: string
  when: string
  comment: string
}
export type DraftField = 'to' | 'source' | 'steps' | 'when'
export type DraftFaults = Partial<Record<DraftField, TextFault>>

/** The parts of a rule as texts. */
export function toDraft({ to, from, expression, value, steps, when, comment }: TextRule): RuleDraft {
  const texts = { to, steps: printSteps(steps), when: printCondition(when), comment: typeof comment === 'string' ? comment : '' }
  if (typeof from === 'string') return { ...texts, kind: 'from', source: from }
  if (typeof expression === 'string') return { ...texts, kind: 'expression', source: expression }
  return value === undefined ? { ...texts, kind: 'none', source: '' } : { ...texts, kind: 'value', source: printValue(value) }
}

/**
 * The rule a row stands for, with what cannot be read. A part with a fault is left as it is in `before`, so that a
 * half-typed text never stands in a flow.
 */
export function fromDraft(draft: RuleDraft, before: TextRule): { rule: TextRule, faults: DraftFaults } {
  const faults: DraftFaults = {}
  const attempt = <T>(field: DraftField, read: () => T, otherwise: T): T => {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof TextError)) throw error
      faults[field] = error.fault
      return otherwise
    }
  }
  const { to: _to, from: _from, expression: _expression, value: _value, steps: _steps, when: _when, comment: _comment, ...unknown } = before
  const to = draft.to.trim()
  attempt('to', () => onlyPath(to), undefined)
  const source = readSource(draft)
  if (source === undefined) faults.source = { name: draft.kind === 'from' ? 'path' : 'value', at: draft.source }
  if (draft.kind === 'from' && source !== undefined) attempt('source', () => onlyPath(draft.source.trim()), undefined)
  const steps = attempt('steps', () => parseSteps(draft.steps), Array.isArray(before['steps']) ? before['steps'] : [])
  const when = attempt('when', () => parseCondition(draft.when), before['when'])
  const comment = draft.comment.trim()
  return {
    faults,
    rule: { to, ...source, ...(steps.length > 0 && { steps }), ...(when !== undefined && { when }), ...(comment !== '' && { comment }), ...unknown },
  }
}

function readSource({ kind, source }: RuleDraft): JsonObject | undefined {
  const text = source.trim()
  if (kind === 'none') return {}
  if (kind === 'value') return { value: readValue(text) }
  return text === '' ? undefined : { [kind]: text }
}

/** The text is one path and nothing else; odd names need quotes. */
function onlyPath(text: string): void {
  const rule = parseRule(text)
  if (rule.to !== text) throw new TextError({ name: 'path', at: text })
}

/** A constant as typed: JSON where it is JSON, plain text otherwise. */
function readValue(text: string): JsonObject[string] {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function printValue(value: JsonObject[string]): string {
  return typeof value === 'string' && readValue(value) === value ? value : JSON.stringify(value)
}
