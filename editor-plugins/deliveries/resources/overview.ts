/// <reference lib="dom" />
/** What waits and what failed beside each source and subscription, by system; lanes paused and resumed. */
import { make, makeIconButton, makeInput } from '../../forms/resources/elements.ts'
import { askHub, toRefusal } from './hub.ts'
import { groupLanes, sumLanes, type Sums } from './lane-groups.ts'
import { makeButton, makeEmpty, makeIcon, makeNodeLink, makeRefusal, tabOf, nodeName } from './parts.ts'
import { counted, formatAgo, formatCount, formatDuration, formatMoment, text } from './texts.ts'
import type { LaneRow, NodeRow } from './types.ts'

export interface Overview {
  element: HTMLElement
  /** Shows what the hub said; null: it has not been asked yet. */
  show(lanes: readonly LaneRow[] | null): void
}

export interface OverviewOptions {
  /** Lists the dead letters of a node; null: all. */
  openLetters(node: string | null): void
  /** Something was changed: what is shown is old. */
  changed(): Promise<void>
}

const direction = (lane: string): 'in' | 'out' => lane.endsWith('.in') ? 'in' : 'out'

export function createOverview({ openLetters, changed }: OverviewOptions): Overview {
  let lanes: readonly LaneRow[] | null = null
  let onlyBusy = false
  /** The lane whose pause is being written; nothing is drawn anew under the hands of the person. */
  let pausing: string | undefined
  let shown = ''
  const summary = make('div', { className: 'torg-summary', role: 'status' })
  const list = make('div', { className: 'torg-lanes' })
  const filter = make('label', { className: 'torg-filter' }, makeCheckbox(), text('onlyBusy'))
  const element = make('div', { className: 'torg-overview' }, summary, make('div', { className: 'torg-columns' }, filter, ...['pending', 'oldest', 'failed'].map((column) => make('span', { textContent: text(`column.${column}`) }))), list)

  function makeCheckbox(): HTMLInputElement {
    const box = make('input', { type: 'checkbox' })
    box.addEventListener('change', () => {
      onlyBusy = box.checked
      draw()
    })
    return box
  }

  const draw = (): void => {
    if (!lanes || pausing !== undefined) return
    const focus = document.activeElement instanceof HTMLElement && element.contains(document.activeElement) ? document.activeElement.dataset['focus'] : undefined
    const sums = sumLanes(lanes)
    summary.replaceChildren(...makeSummary(sums, openLetters))
    const groups = groupLanes(lanes, onlyBusy)
    list.replaceChildren(...groups.map(({ label, lanes: own }) => {
      const section = make('section', {}, make('h3', { className: 'torg-system', textContent: label }), ...own.flatMap((lane) => [makeLaneHead(lane), ...lane.nodes.map((node) => makeNodeRow(node, openLetters))]))
      section.setAttribute('aria-label', label)
      return section
    }), ...groups.length > 0 ? [] : [onlyBusy && lanes.length > 0 ? makeEmpty(text('allDone'), 'check-circle') : makeEmpty(text('noLanes'), 'plug')])
    if (focus !== undefined) for (const one of element.querySelectorAll('[data-focus]')) if (one instanceof HTMLElement && one.dataset['focus'] === focus) one.focus({ preventScroll: true })
  }

  const makeLaneHead = (lane: LaneRow): HTMLElement => {
    const { lane: name, state } = lane
    const place = make('div', { className: `torg-lane torg-lane-${state}` })
    const label = text(`direction.${direction(name)}`)
    const act = async (path: string, body?: object): Promise<void> => {
      try {
        await askHub(`/lanes/${name}/${path}`, { method: 'POST', body: body ?? {} })
        pausing = undefined
        await changed()
      } catch (thrown) {
        place.querySelector('.torg-refusal')?.remove()
        place.append(makeRefusal(toRefusal(thrown)))
      }
    }
    const head = make('div', { className: 'torg-lane-head' }, make('span', { className: 'torg-direction' }, makeIcon(direction(name) === 'in' ? 'long-arrow-right' : 'long-arrow-left'), ` ${label}`))
    if (state === 'working') {
      const pause = makeIconButton('pause', text('pause.of', { lane: name }), () => {
        pausing = name
        const reason = makeInput(text('pause.reason'), '', () => { confirm.disabled = reason.value.trim() === '' })
        const confirm = make('button', { type: 'submit', className: 'red-ui-button red-ui-button-small primary', disabled: true, textContent: text('pause.do') })
        const giveUp = (): void => {
          pausing = undefined
          shown = ''
          form.remove()
          pause.focus()
          draw()
        }
        const form = make('form', { className: 'torg-pause' }, reason, confirm, makeButton(text('cancel'), giveUp))
        form.addEventListener('submit', (event) => {
          event.preventDefault()
          void act('pause', { reason: reason.value })
        })
        form.addEventListener('keydown', (event) => {
          if (event.key !== 'Escape') return
          // The editor looks for what is around a key's target, which is about to go.
          event.stopPropagation()
          giveUp()
        })
        place.querySelector('form')?.remove()
        place.append(form)
        reason.focus()
      })
      pause.dataset['focus'] = `lane ${name}`
      head.append(pause)
    } else {
      const resume = makeButton(text(state === 'paused' ? 'resume.do' : 'resume.try'), () => void act('resume'), { icon: 'play' })
      resume.setAttribute('aria-label', `${resume.textContent ?? ''}: ${name}`)
      resume.dataset['focus'] = `lane ${name}`
      head.append(resume)
    }
    place.append(head, ...describeState(lane).map((line) => make('div', { className: 'torg-state', textContent: line })))
    return place
  }

  return {
    element,
    show(given) {
      lanes = given
      // The same is not drawn again: it would only take the keyboard's place away from under a reader.
      const now = JSON.stringify(given)
      if (now === shown) return
      shown = now
      draw()
    },
  }
}

function makeSummary({ pending, held, dead, paused, open }: Sums, openLetters: OverviewOptions['openLetters']): HTMLElement[] {
  const parts = [counted('waiting', pending), ...(held > 0 ? [counted('held', held)] : []), ...(paused > 0 ? [counted('paused', paused)] : []), ...(open > 0 ? [counted('open', open)] : [])]
  const failed = makeButton(dead === 0 ? text('noneFailed') : counted('failed', dead), () => openLetters(null), { icon: dead === 0 ? 'check' : 'exclamation-circle', className: dead === 0 ? 'torg-fine' : 'torg-failed' })
  failed.disabled = dead === 0
  failed.dataset['focus'] = 'all failed'
  return [make('span', { textContent: parts.join(' · ') }), failed]
}

/** Why a lane does not work as usual. */
function describeState({ state, paused, open, throttledUntil, error }: LaneRow): string[] {
  if (state === 'paused' && paused) return [text('state.paused', { by: paused.by, ago: formatAgo(paused.at) }), paused.reason]
  if (state === 'open' && open) return [text('state.open', { since: formatMoment(open.since), time: formatMoment(open.nextTryAt) }), ...(error ? [error.detail] : [])]
  if (state === 'throttled' && throttledUntil !== null) return [text('state.throttled', { time: formatMoment(throttledUntil) })]
  return []
}

function makeNodeRow({ node, name, pending, held, dead, oldestMs }: NodeRow, openLetters: OverviewOptions['openLetters']): HTMLElement {
  const tab = tabOf(node)
  const link = makeNodeLink(node, name)
  link.dataset['focus'] = `node ${node}`
  const row = make('div', { className: 'torg-node' }, make('div', { className: 'torg-node-name' }, link, ...(tab === '' ? [] : [make('div', { className: 'torg-tab', textContent: tab, title: tab })])))
  row.dataset['node'] = node
  row.append(
    makeCount(pending, 'pending', held > 0 ? counted('held', held) : undefined),
    make('span', { className: pending === 0 ? 'torg-none' : '', textContent: pending === 0 ? '–' : formatDuration(oldestMs) }),
  )
  if (dead === 0) {
    row.append(makeCount(0, 'dead'))
    return row
  }
  const failed = make('button', { type: 'button', className: 'torg-count-failed', textContent: formatCount(dead), title: text('showFailed', { name: nodeName(node, name) }) })
  failed.setAttribute('aria-label', `${counted('failed', dead)}: ${failed.title}`)
  failed.dataset['focus'] = `failed ${node}`
  failed.addEventListener('click', () => openLetters(node))
  row.append(failed)
  return row
}

function makeCount(count: number, part: string, beside?: string): HTMLElement {
  const place = make('span', { className: count === 0 ? 'torg-none' : 'torg-count', textContent: count === 0 ? '–' : formatCount(count) })
  place.dataset['part'] = part
  if (beside !== undefined) place.append(make('div', { className: 'torg-tab', textContent: beside }))
  return place
}
