/** Fields Node-RED has no input for: lists of choices, JSON, systems of any connector. The rest is read as it is. */
import type { EditorField, EditorNode } from './api.ts'
import { make, need } from './elements.ts'
import type { MountedField } from './secret.ts'
import { kitText } from './texts.ts'

/** Mounts a list of checkboxes. The order stored is that of the choices, so that it is good in a diff. */
export function mountChoices(row: Element, node: EditorNode, field: string): MountedField {
  const boxes = [...row.querySelectorAll('input')]
  const chosen = Array.isArray(node[field]) ? node[field].map(String) : []
  for (const box of boxes) box.checked = chosen.includes(box.value)
  const value = (): string[] => boxes.filter(box => box.checked).map(box => box.value)
  return { value, save: (target) => { target[field] = value() } }
}

/** Mounts JSON as the widget a plugin offers, or as text with Node-RED's own JSON editor behind a button. */
export function mountJson(row: Element, node: EditorNode, field: string, definition: EditorField): MountedField {
  const place = need(row, '.torg-json', HTMLElement)
  const start = structuredClone(node[field] ?? definition.default)
  const widget = definition.editor === undefined ? undefined : window.torg.widgets[definition.editor]
  if (widget) {
    const mounted = widget.mount(place, { value: start, node, field })
    const fault = (): string | null => {
      const answer = mounted.validate()
      return typeof answer === 'string' ? answer : answer === false ? kitText('faults.json') : null
    }
    return { value: () => mounted.value(), fault, save: (target) => { target[field] = mounted.value() } }
  }
  return mountJsonText(place, start, field, definition)
}

function mountJsonText(place: HTMLElement, start: unknown, field: string, definition: EditorField): MountedField {
  const text = JSON.stringify(start, null, 2)
  const area = make('textarea', { id: `torg-input-${field}`, rows: Math.min(14, Math.max(3, text.split('\n').length + 1)), value: text, spellcheck: false, className: 'torg-code' })
  const edit = make('button', { type: 'button', className: 'red-ui-button red-ui-button-small', textContent: kitText('choices.edit') })
  edit.addEventListener('click', () => RED.editor.editJSON({ value: area.value, complete: (text) => {
    area.value = text
    area.dispatchEvent(new Event('input', { bubbles: true }))
  } }))
  place.append(area, edit)
  if (definition.editor !== undefined) place.append(make('div', { className: 'torg-hint', textContent: kitText('faults.widget') }))
  const parse = (): { value: unknown } | null => {
    try {
      return { value: area.value.trim() === '' ? definition.default : JSON.parse(area.value) }
    } catch {
      return null
    }
  }
  return {
    value: () => parse()?.value ?? start,
    fault: () => parse() ? null : kitText('faults.json'),
    save(target) {
      const parsed = parse()
      if (parsed) target[field] = parsed.value
    },
  }
}

/** Fills the choice of systems of any connector: Node-RED's own lists config nodes of one type only. */
export function fillSystems(row: Element, node: EditorNode, field: string): void {
  const select = need(row, 'select', HTMLSelectElement)
  const current = String(node[field] ?? '')
  select.append(make('option', { value: '', textContent: kitText('choices.system') }))
  const systems: EditorNode[] = []
  RED.nodes.eachConfig((config) => {
    if (systemTypes.has(config.type)) systems.push(config)
    return true
  })
  for (const { id, name, key } of systems.toSorted((a, b) => String(a.name ?? a['key']).localeCompare(String(b.name ?? b['key'])))) {
    select.append(make('option', { value: id, textContent: name ? `${name} (${String(key)})` : String(key) }))
  }
  if (current !== '' && !systems.some(({ id }) => id === current)) select.append(make('option', { value: current, textContent: `${current} (${kitText('choices.deleted')})` }))
  select.value = current
}

/** Types of config nodes that are systems; every generated one adds itself. */
export const systemTypes = new Set<string>()
