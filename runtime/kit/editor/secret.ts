/** One input for a secret: a reference stays in the flow file, anything else goes to the encrypted credentials. */
import type { EditorNode } from './api.ts'
import { isSecretReference } from '../faults.ts'
import { need } from './elements.ts'
import { kitText } from './texts.ts'

/** What Node-RED sends in place of a stored password. */
const stored = '__PWRD__'

export interface MountedField {
  /** The value as it would be stored now. */
  value(): unknown
  /** What is wrong beyond the rules of the field. */
  fault?(): string | null
  /** For secrets: whether a value is or will be stored encrypted. */
  hasCredential?(): boolean
  /** Writes the value into the node. */
  save(node: EditorNode): void
}

/** Mounts a secret's input in its row. */
export function mountSecret(row: Element, node: EditorNode, field: string): MountedField {
  const input = need(row, 'input', HTMLInputElement)
  const toggle = need(row, 'button', HTMLButtonElement)
  const hint = need(row, '.torg-secret-hint', HTMLElement)
  const had = node.credentials?.[`has_${field}`] === true
  const reference = node[field]
  input.value = typeof reference === 'string' && reference !== '' ? reference : had ? stored : ''
  let shown = false

  const render = (): void => {
    const typed = input.value.trim()
    const isReference = isSecretReference(typed)
    input.type = isReference || shown || typed === '' ? 'text' : 'password'
    toggle.hidden = isReference || typed === '' || typed === stored
    toggle.setAttribute('aria-pressed', String(shown))
    const which = typed === '' ? 'secretEmpty' : typed === stored ? 'secretStored' : !isReference ? 'secretLiteral' : typed.startsWith('file:') ? 'secretFile' : 'secretEnvironment'
    hint.textContent = kitText(`hints.${which}`)
  }
  toggle.title = kitText('choices.show')
  toggle.setAttribute('aria-label', toggle.title)
  toggle.addEventListener('click', () => {
    shown = !shown
    render()
  })
  // The stand-in of a stored value is not text to edit: typing replaces it.
  input.addEventListener('focus', () => { if (input.value === stored) input.select() })
  input.addEventListener('input', render)
  render()

  const typed = (): string => input.value.trim()
  return {
    value: () => isSecretReference(typed()) ? typed() : '',
    hasCredential: () => typed() !== '' && !isSecretReference(typed()),
    save(target) {
      const credentials = target.credentials ?? {}
      target.credentials = credentials
      const literal = typed() !== '' && !isSecretReference(typed())
      target[field] = literal ? '' : typed()
      if (literal && typed() === stored) return
      if (literal || had || credentials[field]) credentials[field] = literal ? input.value : ''
      credentials[`has_${field}`] = literal
    },
  }
}
