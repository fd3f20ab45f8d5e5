/** The open form of a node: prepares what Node-RED cannot, shows and hides rows, says what is wrong, saves. */
import type { EditorNode, EditorNodeType } from './api.ts'
import { findFault, isShown } from '../faults.ts'
import { make, need } from './elements.ts'
import { mountCheck } from './check.ts'
import { fillSystems, mountChoices, mountJson } from './fields.ts'
import { mountSecret, type MountedField } from './secret.ts'
import { faultText, kitText } from './texts.ts'

export interface OpenForm { save(node: EditorNode): void }

/** Prepares the form Node-RED has just put on the screen. */
export function openForm(type: EditorNodeType, node: EditorNode): OpenForm {
  const prefix = type.isConfig ? 'node-config-input' : 'node-input'
  const forms = document.querySelectorAll(`.torg-form[data-torg-type="${CSS.escape(type.type)}"]`)
  const root = forms[forms.length - 1]
  if (!root) throw new Error(`the form of ${type.type} is not on the screen`)
  const rowOf = (field: string): HTMLElement => need(root, `[data-torg-field="${CSS.escape(field)}"]`, HTMLElement)
  const mounted = new Map<string, MountedField>()
  for (const [field, definition] of Object.entries(type.fields)) mounted.set(field, mountField({ type, node, field, row: rowOf(field), input: `#${prefix}-${field}` }) ?? readInput(definition.type, rowOf(field), `#${prefix}-${CSS.escape(field)}`, field))

  const valueOf = (field: string): unknown => mounted.get(field)?.value()
  const render = (): void => {
    for (const [field, rules] of Object.entries(type.fields)) {
      const row = rowOf(field)
      row.hidden = !isShown(rules, valueOf)
      const part = mounted.get(field)
      const fault = part?.fault?.() ?? null
      const broken = row.hidden ? null : findFault(rules, part?.value(), part?.hasCredential?.())
      showFault(row, fault ?? (broken ? faultText(broken) : null))
    }
    if (type.webhook) showAddress(root, valueOf('system'), valueOf('path'))
  }
  root.addEventListener('input', render)
  root.addEventListener('change', render)
  for (const control of root.querySelectorAll('input, select, textarea')) $(control).on('change', render)
  render()
  mountCheck(root, node)
  return { save: (target) => { for (const part of mounted.values()) part.save(target) } }
}

function mountField({ type, node, field, row, input }: { type: EditorNodeType, node: EditorNode, field: string, row: HTMLElement, input: string }): MountedField | undefined {
  const definition = type.fields[field]
  switch (definition?.type) {
    case 'secret': return mountSecret(row, node, field)
    case 'multiselect': return mountChoices(row, node, field)
    case 'json': return mountJson(row, node, field, definition)
    case 'system':
      if (definition.configType === undefined) fillSystems(row, node, field)
      return undefined
    case 'kind':
      keepUnknownChoice(need(row, input, HTMLSelectElement), node[field])
      return undefined
    default: return undefined
  }
}

/** A value that is not among the choices stays visible instead of turning into another. */
function keepUnknownChoice(select: HTMLSelectElement, value: unknown): void {
  const current = String(value ?? '')
  if (![...select.options].some(option => option.value === current)) select.append(make('option', { value: current, textContent: current }))
  select.value = current
}

/** A field that is a plain input; Node-RED fills and stores it, but as text. */
function readInput(type: string, row: HTMLElement, selector: string, field: string): MountedField {
  const value = (): unknown => {
    const input = row.querySelector(selector)
    if (input instanceof HTMLInputElement && input.type === 'checkbox') return input.checked
    if (!(input instanceof HTMLInputElement || input instanceof HTMLSelectElement || input instanceof HTMLTextAreaElement)) return ''
    if (input.value === '_ADD_') return ''
    return type === 'number' && input.value.trim() !== '' && Number.isFinite(Number(input.value)) ? Number(input.value) : input.value
  }
  // Node-RED compares loosely afterwards, so a number set here stays a number.
  return { value, save: (target) => { if (type === 'number') target[field] = value() } }
}

function showFault(row: HTMLElement, text: string | null): void {
  const place = need(row, '.torg-fault', HTMLElement)
  place.textContent = text ?? ''
  place.hidden = text === null
  row.classList.toggle('torg-row-faulty', text !== null)
  for (const control of row.querySelectorAll('input, select, textarea')) control.setAttribute('aria-invalid', String(text !== null))
}

/** The address a sender posts to, once the system is chosen; by agreement a field `path` continues it. */
function showAddress(root: Element, system: unknown, path: unknown): void {
  const key = typeof system === 'string' ? RED.nodes.node(system)?.['key'] : undefined
  const row = need(root, '.torg-address', HTMLElement)
  row.hidden = typeof key !== 'string' || key === ''
  need(row, 'code', HTMLElement).textContent = `${location.origin}/in/${String(key)}${typeof path === 'string' && path !== '' ? `/${path}` : ''}`
  need(row, 'label', HTMLElement).textContent = kitText('hints.webhookAddress')
}
