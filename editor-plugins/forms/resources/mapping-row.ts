/// <reference lib="dom" />
/** One rule of a mapping as a row of the form. */
import { make, makeIconButton, makeInput, makeSelect, text } from './elements.ts'
import { fromDraft, toDraft, type DraftFaults, type DraftField, type RuleDraft, type SourceKind } from './mapping-draft.ts'
import type { TextFault, TextRule } from './mapping-text.ts'
import type { StepInfo } from './types.ts'

/** A rule with what its row knows of it. */
export interface RowState {
  rule: TextRule
  draft: RuleDraft
  faults: DraftFaults
  /** Whether steps, condition and comment are shown although they are empty. */
  open: boolean
}

export interface RowOptions {
  state: RowState
  index: number
  /** Ids of the datalists with paths of source and target. */
  sourcePaths: string
  targetPaths: string
  steps: readonly StepInfo[]
  changed(): void
  move(by: -1 | 1): void
  remove(): void
  addBelow(): void
}

export const toState = (rule: TextRule): RowState => ({ rule, draft: toDraft(rule), faults: {}, open: false })

/** What is wrong with a text, as a sentence. */
export function faultSentence({ name, at }: TextFault): string {
  return text(`fault.${name}`, { at: at === '' ? text('fault.end') : at.length > 40 ? `${at.slice(0, 39)}…` : at })
}

const sourceKinds: readonly SourceKind[] = ['from', 'value', 'expression', 'none']

/** Makes the row. It changes `state` as the person types. */
export function makeRow({ state, index, sourcePaths, targetPaths, steps, changed, move, remove, addBelow }: RowOptions): HTMLElement {
  const { draft } = state
  const number = index + 1
  const fault = make('div', { className: 'torg-rule-fault' })
  const inputs: Partial<Record<DraftField, HTMLInputElement>> = {}

  const update = (part: Partial<RuleDraft>): void => {
    Object.assign(draft, part)
    const read = fromDraft(draft, state.rule)
    state.rule = read.rule
    state.faults = read.faults
    showFaults()
    changed()
  }
  const showFaults = (): void => {
    for (const [field, input] of Object.entries(inputs)) input.classList.toggle('torg-input-faulty', field in state.faults)
    const [first] = Object.values(state.faults)
    fault.textContent = first ? faultSentence(first) : ''
  }
  const makeField = (field: DraftField, label: string, list?: string): HTMLInputElement => {
    const input = makeInput(label, draft[field], (typed) => update({ [field]: typed }))
    input.classList.add('torg-code')
    if (list !== undefined) input.setAttribute('list', list)
    inputs[field] = input
    return input
  }

  const target = makeField('to', text('mapping.target'), targetPaths)
  const source = makeField('source', text('mapping.source.from'))
  const showSource = (): void => {
    source.hidden = draft.kind === 'none'
    source.placeholder = text(`mapping.source.${draft.kind}`)
    if (draft.kind === 'from') source.setAttribute('list', sourcePaths)
    else source.removeAttribute('list')
  }
  const kind = makeSelect(text('mapping.kind'), sourceKinds.map((name) => ({ value: name, label: text(`mapping.kinds.${name}`) })), draft.kind, (chosen) => {
    update({ kind: sourceKinds.find((name) => name === chosen) ?? 'from' })
    showSource()
  })
  showSource()

  const stepInput = makeField('steps', text('mapping.stepsExample'))
  const stepChoice = makeSelect(text('mapping.addStep'), [{ value: '', label: '+' }, ...steps.map(({ name, label }) => ({ value: name, label: `${name}: ${label}` }))], '', (chosen) => {
    const template = steps.find(({ name }) => name === chosen)?.template ?? chosen
    stepInput.value = stepInput.value.trim() === '' ? template : `${stepInput.value.trim()} | ${template}`
    stepChoice.value = ''
    update({ steps: stepInput.value })
    stepInput.focus()
  })
  const details = make('div', { className: 'torg-rule-details' },
    detail('steps', draft.steps, stepInput, stepChoice),
    detail('when', draft.when, makeField('when', text('mapping.whenExample'))),
    detail('comment', draft.comment, makeInput(text('mapping.commentExample'), draft.comment, (typed) => update({ comment: typed }))),
  )
  const more = makeIconButton('ellipsis-h', text('mapping.more', { number }), () => {
    state.open = !state.open
    row.classList.toggle('torg-rule-open', state.open)
    more.setAttribute('aria-expanded', String(state.open))
    if (state.open) details.querySelector('input')?.focus()
  })
  more.setAttribute('aria-expanded', String(state.open))
  const grip = make('span', { className: 'torg-rule-grip', title: text('mapping.drag'), draggable: true }, make('i', { className: 'fa fa-bars', ariaHidden: 'true' }))
  const row = make('div', { className: `torg-rule${state.open ? ' torg-rule-open' : ''}`, role: 'group', ariaLabel: text('mapping.rule', { number }) },
    make('div', { className: 'torg-rule-main' }, grip, target, make('span', { className: 'torg-rule-arrow', textContent: '←', ariaHidden: 'true' }), kind, source, more, makeIconButton('times', text('mapping.remove', { number }), remove)),
    details, fault, make('div', { className: 'torg-rule-fault torg-compiler-fault' }))
  row.addEventListener('keydown', (event) => {
    if (event.altKey && (event.key === 'ArrowUp' || event.key === 'ArrowDown')) {
      event.preventDefault()
      move(event.key === 'ArrowUp' ? -1 : 1)
    } else if (event.key === 'Enter' && event.target instanceof HTMLInputElement) {
      event.preventDefault()
      addBelow()
    }
  })
  showFaults()
  return row
}

function detail(name: string, value: string, ...controls: HTMLElement[]): HTMLElement {
  return make('div', { className: `torg-rule-detail${value === '' ? ' torg-rule-empty' : ''}` }, make('span', { className: 'torg-rule-label', textContent: text(`mapping.${name}`) }), ...controls)
}
