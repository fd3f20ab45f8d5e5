/// <reference lib="dom" />
/** One dead letter: why it failed, its input with the place, mended there, run again, or closed. */
import { isRecord, make, makeInput } from '../../forms/resources/elements.ts'
import { askHub, HubRefusal, toRefusal } from './hub.ts'
import { changesOf, findFault, findLines, layOut, toLines, type JsonLine } from './json-text.ts'
import { makeJsonView, showFirstMark, type Mark } from './json-view.ts'
import { makeBusy, makeButton, makeNodeLink, makeRefusal, openTray } from './parts.ts'
import { counted, formatTime, nameOf, text } from './texts.ts'
import type { Changed, ListedLetter, OpenedLetter, StoredError } from './types.ts'

/** `P-1 from erp`, `Order 1042 to erp`. */
export const letterTitle = ({ system, key, record, kind }: ListedLetter): string =>
  record ? text('letters.delivery', { system, name: `${nameOf(kind?.label, record.kind)} ${record.number ?? ''}`.trim() }) : text('letters.message', { system, key })

/** What a person has typed and not sent yet, by the dead letter: closing a tray by accident loses nothing. */
const drafts = new Map<string, string>()

/** @param changed told once it was run again or closed */
export function openLetter(id: string, title: string, changed: () => Promise<void>): void {
  const place = make('div', {}, makeBusy())
  const says = make('div', { className: 'torg-says', role: 'status' })
  const path = `/dead-letters/${encodeURIComponent(id)}`
  let mend: (() => Promise<string>) | undefined

  const done = (sentence: string): void => {
    drafts.delete(id)
    RED.tray.close()
    // A text would be taken for HTML.
    RED.notify(make('p', { textContent: sentence }), { type: 'success', timeout: 4_000 })
    void changed()
  }
  const attempt = async (work: () => Promise<string>): Promise<void> => {
    setBusy(true)
    try {
      done(await work())
    } catch (thrown) {
      says.replaceChildren(makeRefusal(toRefusal(thrown)))
      says.scrollIntoView({ block: 'nearest' })
      setBusy(false)
    }
  }
  const rerun = async (): Promise<string> => {
    await askHub(`${path}/rerun`, { method: 'POST', body: {} })
    return counted('letters.reran', 1)
  }
  const setBusy = (busy: boolean): void => { for (const button of document.querySelectorAll('.red-ui-tray-toolbar button')) if (button instanceof HTMLButtonElement) button.disabled = busy }
  const askNote = (): void => {
    const input = makeInput(text('letters.note'), '', () => undefined)
    const form = make('form', { className: 'torg-pause' }, input, make('button', { type: 'submit', className: 'red-ui-button red-ui-button-small primary', textContent: text('letters.close') }), makeButton(text('cancel'), () => says.replaceChildren()))
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      void attempt(async () => {
        await askHub(`${path}/close`, { method: 'POST', body: { note: input.value.trim() === '' ? null : input.value.trim() } })
        return counted('letters.closed', 1)
      })
    })
    says.replaceChildren(form)
    input.focus()
  }
  /** Draws the letter; with its input as it is where that is asked for. */
  const load = async (how: 'masked' | 'plain' | 'edited'): Promise<void> => {
    try {
      const letter = await askHub<OpenedLetter>(`${path}?masked=${how === 'masked'}`)
      const input = describeInput(letter)
      const editing = how === 'edited' ? createMending(letter, input) : undefined
      mend = editing?.mend
      const view = editing?.element ?? makeJsonView(input.lines, marksOf(letter.error))
      const actions = how === 'edited'
        ? [makeButton(text('letter.stop'), () => void load('plain'))]
        : [how === 'masked' ? makeButton(text('letter.reveal'), () => void load('plain'), { icon: 'eye' }) : makeButton(text('letter.hide'), () => void load('masked'), { icon: 'eye-slash' }),
            ...(letter.kind?.fact ? [] : [makeButton(text(letter.type === 'message' ? 'letter.mend' : 'letter.change'), () => void load('edited'), { icon: 'pencil' })])]
      place.replaceChildren(makeReason(letter, input.lines), make('div', { className: 'torg-input-head' }, make('h4', { textContent: input.title }), ...actions), view,
        make('div', { className: 'torg-hint-line', textContent: text(how === 'edited' ? `letter.mending.${letter.type}` : letter.kind?.fact ? 'letter.fact' : how === 'masked' ? 'letter.masked' : 'letter.plain') }))
      const run = document.querySelector('#torg-letter-run')
      if (run) run.textContent = text(how === 'edited' ? `letter.run.${letter.type}` : letter.type === 'message' ? 'letters.rerun' : 'letter.redeliver')
      if (editing) editing.focus()
      else showFirstMark(view)
    } catch (thrown) {
      place.replaceChildren(makeRefusal(toRefusal(thrown)))
    }
  }
  openTray(title, {
    element: make('div', { className: 'torg-letter-form' }, says, place),
    buttons: [{ text: text('letters.closeNote'), click: askNote }, { id: 'torg-letter-run', text: text('letters.rerun'), class: 'primary torg-act', click: () => void attempt(mend ?? rerun) }],
  })
  void load('masked')
}

interface Input { title: string, text: string, lines: JsonLine[] }

function describeInput({ input, kind }: OpenedLetter): Input {
  if ('body' in input) return { title: text('letter.received'), ...layOut(input.body) }
  const lines = toLines(input.document)
  return { title: text('letter.record', { kind: nameOf(kind?.label, input.kind), number: input.number ?? '', version: input.version }), text: lines.map((line) => line.text).join('\n'), lines }
}

function marksOf({ pointer, detail, errors }: StoredError): Mark[] {
  const all = errors ?? (pointer === undefined ? [] : [{ pointer, detail }])
  return all.flatMap((one) => one.pointer === undefined || one.pointer === '' ? [] : [{ pointer: one.pointer, detail: one.detail }])
}

/** Why it failed, where, and what to do. */
function makeReason({ error, node, lane, at, attempts, key }: OpenedLetter, lines: readonly JsonLine[]): HTMLElement {
  const marks = marksOf(error)
  // A node deep in the flow speaks of what the flow made of the input.
  const elsewhere = marks.filter(({ pointer }) => !findLines(lines, pointer))
  const fact = (name: string, value: Node | string): HTMLElement[] => [make('dt', { textContent: text(`letter.facts.${name}`) }), make('dd', {}, value)]
  return make('div', { className: 'torg-reason' },
    make('div', { className: 'torg-reason-title', textContent: error.title }),
    make('div', { className: 'torg-reason-detail', textContent: error.detail }),
    ...(marks.length > 1 ? [make('ul', {}, ...marks.map(({ detail }) => make('li', { textContent: detail })))] : []),
    make('div', { className: 'torg-next', textContent: error.next }),
    make('dl', { className: 'torg-facts' },
      ...(error.node ? fact('at', makeNodeLink(error.node.id, error.node.name ?? error.node.type)) : []),
      ...fact('from', makeNodeLink(node)), ...fact('lane', `${lane} · ${key}`), ...fact('when', `${formatTime(at)} · ${counted('attempts', attempts)}`),
      ...(elsewhere.length > 0 ? fact('pointer', make('code', { textContent: elsewhere.map(({ pointer }) => pointer).join(', ') })) : [])))
}

interface Mending { element: HTMLElement, focus(): void, mend(): Promise<string> }

/** The input to be written in, with what is wrong said below it. */
function createMending(letter: OpenedLetter, { text: before, lines }: Input): Mending {
  const area = make('textarea', { className: 'torg-mend', value: drafts.get(letter.id) ?? before, spellcheck: false, rows: Math.min(24, Math.max(8, lines.length + 1)) })
  area.setAttribute('aria-label', text('letter.received'))
  const fault = make('div', { className: 'torg-line-fault', role: 'status' })
  const isJson = letter.type === 'delivery' || findFault(before) === null || ('contentType' in letter.input && /json/.test(letter.input.contentType))
  const reason = make('div', { className: 'torg-mend-marks' }, ...marksOf(letter.error).map(({ pointer, detail }) => make('div', { textContent: `${pointer}: ${detail}` })))
  const check = (): void => {
    if (area.value === before) drafts.delete(letter.id)
    else drafts.set(letter.id, area.value)
    const found = isJson ? findFault(area.value) : null
    fault.textContent = found ? text(found.line === null ? 'letter.notJson' : 'letter.notJsonAt', { detail: found.detail, line: found.line }) : ''
    area.classList.toggle('torg-mend-faulty', found !== null)
  }
  area.addEventListener('input', check)
  check()
  return {
    element: make('div', {}, reason, area, fault),
    focus() {
      area.focus()
      const [first] = marksOf(letter.error).flatMap(({ pointer }) => findLines(lines, pointer) ?? [])
      if (!first || drafts.has(letter.id)) return
      const start = lines.slice(0, first.first).reduce((length, line) => length + line.text.length + 1, 0)
      const end = start + (lines[first.first]?.text.length ?? 0)
      area.setSelectionRange(start, end)
      area.scrollTop = (area.scrollHeight / Math.max(1, lines.length)) * Math.max(0, first.first - 4)
    },
    mend: () => letter.type === 'message' ? mendMessage(letter.id, area.value) : changeRecord(letter, area.value),
  }
}

async function mendMessage(id: string, body: string): Promise<string> {
  await askHub(`/dead-letters/${encodeURIComponent(id)}/mend`, { method: 'POST', body: { body } })
  return text('letter.mended')
}

/** Saves what the person changed of the record, by which its new version is delivered. */
async function changeRecord({ input, kind }: OpenedLetter, typed: string): Promise<string> {
  if (!('document' in input) || !kind) throw new HubRefusal(text('letter.noRecord'))
  const document: unknown = JSON.parse(typed)
  if (!isRecord(document)) throw new HubRefusal(text('letter.noObject'))
  const changes = changesOf(input.document, document)
  if (Object.keys(changes).length === 0) throw new HubRefusal(text('letter.unchanged'))
  const { outcome, refused } = await askHub<Changed>(`/${kind.plural}/${input.id}`, { method: 'PATCH', body: changes, version: input.version })
  if (outcome !== 'updated') throw new HubRefusal(text('letter.refused'), '', refused.map(({ pointer, master }) => ({ detail: text('letter.refusedField', { pointer, master }), pointer })))
  return refused.length === 0 ? text('letter.changed') : text('letter.changedPartly', { fields: refused.map(({ pointer, master }) => `${pointer.slice(1)} (${master})`).join(', ') })
}
