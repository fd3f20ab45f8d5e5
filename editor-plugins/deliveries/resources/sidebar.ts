/// <reference lib="dom" />
/** The sidebar: a search, and below it the overview, dead letters, or what was found. */
import { make, makeIconButton, makeInput } from '../../forms/resources/elements.ts'
import { showBadges } from './badges.ts'
import { askHub, toRefusal, type HubRefusal } from './hub.ts'
import { nodesOf } from './lane-groups.ts'
import { createLetters } from './letters.ts'
import { createOverview } from './overview.ts'
import { makeBusy, makeIcon, makeRefusal, nodeName } from './parts.ts'
import { pollWhileVisible } from './polling.ts'
import { createSearch } from './search.ts'
import { text } from './texts.ts'
import type { LaneRow } from './types.ts'

export interface Sidebar {
  element: HTMLElement
  /** Lists the dead letters of a node; null: all. */
  openLetters(node: string | null): void
  /** Asks the hub at once: something was deployed. */
  refresh(): Promise<void>
}

export function createSidebar(): Sidebar {
  const fault = make('div', { className: 'torg-fault-place' })
  const view = make('div', { className: 'torg-view' }, makeBusy())
  let sought = ''
  const input = makeInput(text('search.hint'), '', (typed) => { sought = typed.trim() })
  input.type = 'search'
  const search = make('form', { className: 'torg-search', role: 'search' }, input, make('button', { type: 'submit', className: 'red-ui-button red-ui-button-small', title: text('search.do'), ariaLabel: text('search.do') }, makeIcon('search')))
  const element = make('div', { className: 'torg-deliveries' }, search, fault, view)

  const overview = createOverview({ openLetters, changed: () => polling.now() })
  const ask = async (): Promise<boolean> => {
    try {
      const { items } = await askHub<{ items: LaneRow[] }>('/lanes')
      showFault(null)
      element.classList.remove('torg-old')
      if (view.firstElementChild?.className === 'torg-busy') view.replaceChildren(overview.element)
      overview.show(items)
      showBadges(nodesOf(items).values())
      return true
    } catch (thrown) {
      // What is shown stays, and says that it is old.
      element.classList.add('torg-old')
      showFault(toRefusal(thrown))
      return false
    }
  }
  let said: string | undefined
  const showFault = (refusal: HubRefusal | null): void => {
    if (said === refusal?.message) return
    said = refusal?.message
    fault.replaceChildren(...refusal ? [makeRefusal(refusal)] : [])
    if (refusal && view.firstElementChild?.className === 'torg-busy') view.replaceChildren(overview.element)
  }
  const polling = pollWhileVisible(element, ask, () => showBadges([]))

  /** Shows something else than the overview, with a way back. */
  const showPage = (title: string, content: HTMLElement): void => {
    const heading = make('h3', { className: 'torg-page-title', tabIndex: -1, textContent: title, title })
    const back = makeIconButton('chevron-left', text('back'), showOverview)
    const page = make('div', {}, make('div', { className: 'torg-page-head' }, back, heading), content)
    page.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || event.target instanceof HTMLInputElement) return
      event.stopPropagation()
      showOverview()
    })
    view.replaceChildren(page)
    view.scrollTop = 0
    heading.focus({ preventScroll: true })
  }
  function showOverview(): void {
    view.replaceChildren(overview.element)
    input.focus({ preventScroll: true })
    void polling.now()
  }
  function openLetters(node: string | null): void {
    const letters = createLetters(node, () => polling.now())
    showPage(node === null ? text('letters.title') : text('letters.of', { name: nodeName(node) }), letters.element)
    void letters.load()
  }
  search.addEventListener('submit', (event) => {
    event.preventDefault()
    if (sought === '') showOverview()
    else showPage(text('search.found', { sought }), createSearch(sought, () => polling.now()))
  })
  return { element, openLetters, refresh: () => polling.now() }
}
