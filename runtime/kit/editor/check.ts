/** The button that asks a deployed system whether its address and credentials are right. */
import type { EditorNode } from './api.ts'
import { need } from './elements.ts'
import { kitText } from './texts.ts'

/** Makes the button work, where the form has one. */
export function mountCheck(root: Element, node: EditorNode): void {
  const row = root.querySelector('.torg-check-row')
  if (!row) return
  const button = need(row, 'button', HTMLButtonElement)
  const result = need(row, '.torg-check-result', HTMLElement)
  const show = (text: string, state: '' | 'torg-passed' | 'torg-failed'): void => {
    result.textContent = text
    result.classList.remove('torg-passed', 'torg-failed')
    if (state !== '') result.classList.add(state)
    button.disabled = state === ''
  }
  button.addEventListener('click', () => {
    show(kitText('check.running'), '')
    $.ajax({
      url: `torg/systems/${encodeURIComponent(node.id)}/check`, method: 'POST',
      success: () => show(kitText('check.passed'), 'torg-passed'),
      error: ({ status, responseText }) => show(status === 404 ? kitText('check.notDeployed') : detailOf(responseText), 'torg-failed'),
    })
  })
}

/** The sentences of a problem+json answer. */
function detailOf(text: string): string {
  try {
    const problem: unknown = JSON.parse(text)
    const { detail, next } = { detail: undefined, next: undefined, ...(typeof problem === 'object' && problem) }
    return [detail, next].filter(Boolean).join(' ')
  } catch {
    return text
  }
}
