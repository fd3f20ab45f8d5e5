/// <reference lib="dom" />
/** The dead letters of a node or of all: opened, run again and closed, one or a selection. */
import { make, makeInput } from '../../forms/resources/elements.ts'
import { askHub, toRefusal } from './hub.ts'
import { letterTitle, openLetter } from './letter.ts'
import { makeBusy, makeButton, makeEmpty, makeNodeLink, makeRefusal } from './parts.ts'
import { counted, formatAgo, formatTime, text } from './texts.ts'
import type { ListedLetter } from './types.ts'

export interface Letters { element: HTMLElement, load(): Promise<void> }

interface Page { items: ListedLetter[], next: string | null }

const pageSize = 50

export function createLetters(node: string | null, changed: () => Promise<void>): Letters {
  let items: ListedLetter[] = []
  let next: string | null = null
  const chosen = new Set<string>()
  const says = make('div', { className: 'torg-says', role: 'status' })
  const all = make('input', { type: 'checkbox' })
  all.setAttribute('aria-label', text('letters.all'))
  const again = makeButton(text('letters.rerun'), () => void act('rerun'), { icon: 'repeat' })
  const close = makeButton(text('letters.close'), () => askNote(), { icon: 'archive' })
  const bar = make('div', { className: 'torg-bar' }, all, again, close)
  const list = make('ul', { className: 'torg-letters' })
  const more = makeButton(text('letters.more'), () => void loadMore(), { className: 'torg-show-more' })
  const element = make('div', {}, bar, says, list, more)

  all.addEventListener('change', () => {
    chosen.clear()
    if (all.checked) for (const { id } of items) chosen.add(id)
    for (const box of list.querySelectorAll('input')) box.checked = all.checked
    offer()
  })

  const offer = (): void => {
    bar.hidden = items.length === 0
    more.hidden = next === null
    all.checked = items.length > 0 && chosen.size === items.length
    all.indeterminate = chosen.size > 0 && chosen.size < items.length
    again.disabled = close.disabled = chosen.size === 0
    again.title = close.title = chosen.size === 0 ? text('letters.choose') : counted('letters.chosen', chosen.size)
  }
  const draw = (): void => {
    list.replaceChildren(...items.map(makeItem), ...items.length > 0 ? [] : [make('li', {}, makeEmpty(text('letters.none'), 'check-circle'))])
    offer()
  }
  const fetchPage = (after: string | null): Promise<Page> =>
    askHub<Page>(`/dead-letters?${new URLSearchParams({ limit: String(pageSize), masked: 'true', ...(node !== null && { node }), ...(after !== null && { after }) }).toString()}`)
  const load = async (): Promise<void> => {
    if (items.length === 0) list.replaceChildren(make('li', {}, makeBusy()))
    try {
      const page = await fetchPage(null)
      ;({ items, next } = page)
      for (const id of chosen) if (!items.some((item) => item.id === id)) chosen.delete(id)
      const hadFocus = document.activeElement === document.body || list.contains(document.activeElement)
      draw()
      // What had the keyboard may be gone.
      if (hadFocus) list.querySelector('button')?.focus({ preventScroll: true })
    } catch (thrown) {
      list.replaceChildren(make('li', {}, makeRefusal(toRefusal(thrown))))
      offer()
    }
  }
  const loadMore = async (): Promise<void> => {
    try {
      const page = await fetchPage(next)
      items = [...items, ...page.items]
      next = page.next
      draw()
    } catch (thrown) {
      says.replaceChildren(makeRefusal(toRefusal(thrown)))
    }
  }
  const act = async (what: 'rerun' | 'close', note?: string): Promise<void> => {
    again.disabled = close.disabled = true
    try {
      const { gone, reopened, closed } = await askHub<{ gone: string[], reopened?: number, closed?: number }>(`/dead-letters/${what}`, { method: 'POST', body: { ids: [...chosen], ...(note !== undefined && note !== '' && { note }) } })
      says.textContent = [counted(`letters.${what === 'rerun' ? 'reran' : 'closed'}`, reopened ?? closed ?? 0), ...(gone.length > 0 ? [counted('letters.gone', gone.length)] : [])].join(' ')
      chosen.clear()
      await Promise.all([load(), changed()])
    } catch (thrown) {
      says.replaceChildren(makeRefusal(toRefusal(thrown)))
      offer()
    }
  }
  const askNote = (): void => {
    let note = ''
    const input = makeInput(text('letters.note'), '', (typed) => { note = typed })
    const form = make('form', { className: 'torg-pause' }, input, make('button', { type: 'submit', className: 'red-ui-button red-ui-button-small primary', textContent: text('letters.close') }), makeButton(text('cancel'), () => says.replaceChildren()))
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      says.replaceChildren()
      void act('close', note)
    })
    says.replaceChildren(form)
    input.focus()
  }

  const makeItem = (letter: ListedLetter): HTMLElement => {
    const { id, at, error, node: own } = letter
    const box = make('input', { type: 'checkbox', checked: chosen.has(id) })
    box.setAttribute('aria-label', text('letters.one', { key: letterTitle(letter) }))
    box.addEventListener('change', () => {
      if (box.checked) chosen.add(id)
      else chosen.delete(id)
      offer()
    })
    const name = letterTitle(letter)
    const open = make('button', { type: 'button', className: 'torg-letter' },
      make('div', { className: 'torg-letter-head' }, make('span', { className: 'torg-letter-name', textContent: name }), make('time', { textContent: formatAgo(at), title: formatTime(at), dateTime: at })),
      make('div', { className: 'torg-letter-detail', textContent: error.detail }))
    open.addEventListener('click', () => openLetter(id, name, async () => { await Promise.all([load(), changed()]) }))
    const item = make('li', {}, box, make('div', { className: 'torg-letter-body' }, open, make('div', { className: 'torg-tab' }, error.title, ...(node === null ? [' · ', makeNodeLink(own)] : []))))
    item.dataset['letter'] = id
    return item
  }
  return { element, load }
}
