/// <reference lib="dom" />
/** Small helpers around the document, and texts in the language of the editor. */

/** A text of this plugin's catalogue. */
export function text(key: string, options?: Record<string, unknown>): string {
  return RED._(`torg-nodes/forms:${key}`, options)
}

/** Makes an element with properties and children. */
export function make<K extends keyof HTMLElementTagNameMap>(tag: K, properties: Partial<HTMLElementTagNameMap[K]>, ...children: (Node | string)[]): HTMLElementTagNameMap[K] {
  const element = Object.assign(document.createElement(tag), properties)
  element.append(...children)
  return element
}

/** A button that shows an icon and says its name to whoever cannot see it. */
export function makeIconButton(icon: string, label: string, press: () => void): HTMLButtonElement {
  const button = make('button', { type: 'button', className: 'torg-icon-button', title: label }, make('i', { className: `fa fa-${icon}`, ariaHidden: 'true' }))
  button.setAttribute('aria-label', label)
  button.addEventListener('click', press)
  return button
}

/** A text input that names itself to screen readers. */
export function makeInput(label: string, value: string, change: (value: string) => void): HTMLInputElement {
  const input = make('input', { type: 'text', value, placeholder: label, spellcheck: false, autocomplete: 'off' })
  input.setAttribute('aria-label', label)
  input.addEventListener('input', () => change(input.value))
  return input
}

/** A choice; a value that is not among the options stays visible instead of turning into another. */
export function makeSelect(label: string, options: readonly { value: string, label: string }[], value: string, change: (value: string) => void): HTMLSelectElement {
  const known = options.some((option) => option.value === value)
  const select = make('select', {}, ...[...options, ...(known ? [] : [{ value, label: value }])].map((option) => make('option', { value: option.value, textContent: option.label })))
  select.setAttribute('aria-label', label)
  select.value = value
  select.addEventListener('change', () => change(select.value))
  return select
}

/** Tells the form that a value changed without an input of the person, for example by a button. */
export function announceChange(element: Element): void {
  element.dispatchEvent(new Event('input', { bubbles: true }))
}

export const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
