/// <reference lib="dom" />
/** What the views have in common: buttons, refusals, links to nodes, trays. */
import { make } from '../../forms/resources/elements.ts'
import type { HubRefusal } from './hub.ts'
import { nameOf, text } from './texts.ts'
import type { RecordSummary } from './types.ts'

/** A button with a text, and an icon before it. */
export function makeButton(label: string, press: () => void, { icon, className = '' }: { icon?: string, className?: string } = {}): HTMLButtonElement {
  const button = make('button', { type: 'button', className: `red-ui-button red-ui-button-small ${className}`.trim() }, ...(icon === undefined ? [] : [makeIcon(icon), ' ']), label)
  button.addEventListener('click', press)
  return button
}

export const makeIcon = (name: string): HTMLElement => make('i', { className: `fa fa-${name}`, ariaHidden: 'true' })

/** What the hub refused, where it was asked for. */
export function makeRefusal({ message, next, errors }: Pick<HubRefusal, 'message' | 'next' | 'errors'>): HTMLElement {
  const further = errors.filter(({ detail }) => detail !== message)
  const box = make('div', { className: 'torg-refusal' }, makeIcon('exclamation-triangle'), make('div', {}, make('div', { textContent: message }),
    ...(further.length > 0 ? [make('ul', {}, ...further.map(({ detail }) => make('li', { textContent: detail })))] : []), ...(next === '' ? [] : [make('div', { className: 'torg-next', textContent: next })])))
  box.setAttribute('role', 'alert')
  return box
}

/** A sentence where a list would be. */
export const makeEmpty = (sentence: string, icon: string): HTMLElement => make('div', { className: 'torg-empty' }, makeIcon(icon), make('div', { textContent: sentence }))

export const makeBusy = (): HTMLElement => make('div', { className: 'torg-busy', role: 'status', textContent: text('loading') })

/** A node's name as the flow has it, else as the hub knew it, else its id. */
export function nodeName(id: string, known?: string | null): string {
  const node = RED.nodes.node(id)
  return (node && RED.utils.getNodeLabel(node, node.type)) ?? known ?? id
}

/** The label of the tab a node stands on; empty where it stands on none. */
export function tabOf(id: string): string {
  const tab = RED.nodes.node(id)?.['z']
  return typeof tab === 'string' ? RED.nodes.workspace(tab)?.label ?? '' : ''
}

/** Shows a node in its tab. A tray would be in front of it. */
export function jumpTo(id: string): void {
  if (document.querySelector('.red-ui-tray')) RED.tray.close(() => RED.view.reveal(id))
  else RED.view.reveal(id)
}

/** A link to a node; its name alone where it is not in the editor any more. */
export function makeNodeLink(id: string, known?: string | null): HTMLElement {
  const name = nodeName(id, known)
  if (!RED.nodes.node(id)) return make('span', { className: 'torg-gone', title: text('gone'), textContent: name })
  const link = make('button', { type: 'button', className: 'torg-link', title: text('jump', { name }), textContent: name })
  link.addEventListener('click', () => jumpTo(id))
  return link
}

export interface TrayPart {
  element: HTMLElement
  /** Buttons after "Close"; a class of `primary` alone would let a click beside the tray press them. */
  buttons: { id?: string, text: string, class?: string, click(): void }[]
}

const trayWidth = 760

/** Opens a form from the side, with a button that closes it and Escape for that. Where it is closed, what had the keyboard gets it back. */
export function openTray(title: string, { element, buttons }: TrayPart): void {
  const before = document.activeElement
  const dialog = make('div', { className: 'torg-tray', tabIndex: -1 }, element)
  // Escape leaves what is being written alone; Ctrl+Escape closes any tray.
  dialog.addEventListener('keydown', (event) => { if (event.key === 'Escape' && !(event.target instanceof HTMLTextAreaElement || event.target instanceof HTMLInputElement)) RED.tray.close() })
  RED.tray.show({
    title: escapeHtml(title), width: trayWidth, focusElement: false,
    buttons: [{ id: 'node-dialog-cancel', text: text('close'), click: () => RED.tray.close() }, ...buttons],
    open: ([tray]) => { tray?.querySelector('.red-ui-tray-body')?.append(dialog) },
    show: () => dialog.focus({ preventScroll: true }),
    close: () => { if (before instanceof HTMLElement) window.setTimeout(() => before.focus()) },
  })
}

/** Node-RED takes a title for HTML. */
const escapeHtml = (given: string): string => make('span', { textContent: given }).innerHTML

/** A disclosure whose content is made when it is opened first. */
export function makeDisclosure(label: string, fill: () => HTMLElement): HTMLElement {
  const details = make('details', { className: 'torg-more' }, make('summary', { textContent: label }))
  details.addEventListener('toggle', () => { if (details.open && details.children.length === 1) details.append(fill()) })
  return details
}

/** A place that says that it waits, then shows what came, or why nothing did. */
export function makePending(work: Promise<HTMLElement>, toRefusal: (thrown: unknown) => HubRefusal): HTMLElement {
  const place = make('div', { className: 'torg-pending' }, makeBusy())
  work.then((element) => place.replaceChildren(element), (thrown: unknown) => place.replaceChildren(makeRefusal(toRefusal(thrown))))
  return place
}

/** `Order 1042`. */
export const recordTitle = ({ label, kind, number, id }: RecordSummary): string => `${nameOf(label, kind)} ${number ?? id}`
