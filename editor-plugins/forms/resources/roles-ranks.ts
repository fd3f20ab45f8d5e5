/// <reference lib="dom" />
/** The ranked masters of a row: systems in their order, those of equal rank side by side, moved by mouse or keyboard. */
import { make, makeIconButton, makeSelect, text } from './elements.ts'
import { moveMaster, placeMaster, removeMaster, type RankPlace } from './roles-draft.ts'

export interface RanksOptions {
  ranks: string[][]
  systems: readonly string[]
  /** Whether systems may have equal rank: by rank alone nothing would decide between them. */
  equal: boolean
  /** `focus`: the system to give the keyboard to when the list is drawn again; null: the choice of one more. */
  change(ranks: string[][], focus: string | null): void
}

export function makeRanks({ ranks, systems, equal, change }: RanksOptions): HTMLElement {
  const list = make('div', { className: 'torg-ranks', role: 'list', ariaLabel: text('roles.masters') })
  let dragged: string | undefined
  const takeDrops = (target: HTMLElement, place: RankPlace): HTMLElement => {
    target.addEventListener('dragover', (event) => {
      if (dragged === undefined) return
      event.preventDefault()
      event.stopPropagation()
      target.classList.add('torg-rank-target')
    })
    target.addEventListener('dragleave', () => target.classList.remove('torg-rank-target'))
    target.addEventListener('drop', (event) => {
      if (dragged === undefined) return
      event.preventDefault()
      event.stopPropagation()
      change(placeMaster(ranks, dragged, place), dragged)
    })
    return target
  }
  const makeChip = (system: string, rank: number): HTMLElement => {
    const label = text('roles.rank', { system, rank: rank + 1 })
    const chip = make('span', { className: 'torg-chip', draggable: true, tabIndex: 0, title: text('roles.move'), ariaLabel: label }, system)
    chip.setAttribute('role', 'listitem')
    chip.dataset['system'] = system
    chip.append(makeIconButton('times', text('roles.removeMaster', { system }), () => change(removeMaster(ranks, system), null)))
    chip.addEventListener('keydown', (event) => {
      const by = ['ArrowUp', 'ArrowLeft'].includes(event.key) ? -1 : ['ArrowDown', 'ArrowRight'].includes(event.key) ? 1 : undefined
      if (event.altKey && by !== undefined) change(moveMaster(ranks, system, { by, equal }), system)
      else if ((event.key === 'Delete' || event.key === 'Backspace') && event.target === chip) change(removeMaster(ranks, system), null)
      else return
      event.preventDefault()
      // The row has the same keys.
      event.stopPropagation()
    })
    chip.addEventListener('dragstart', (event) => {
      event.stopPropagation()
      dragged = system
      event.dataTransfer?.setData('text/plain', system)
      list.classList.add('torg-ranks-dragging')
    })
    chip.addEventListener('dragend', () => {
      dragged = undefined
      list.classList.remove('torg-ranks-dragging')
    })
    return chip
  }
  const makeGap = (rank: number): HTMLElement => takeDrops(make('span', { className: 'torg-rank-gap', textContent: rank > 0 && rank < ranks.length ? '›' : '', ariaHidden: 'true' }), { rank, beside: false })

  for (const [rank, group] of ranks.entries()) {
    const place = make('span', { className: 'torg-rank' }, make('span', { className: 'torg-rank-number', textContent: String(rank + 1), ariaHidden: 'true' }), ...group.map((system) => makeChip(system, rank)))
    list.append(makeGap(rank), equal ? takeDrops(place, { rank, beside: true }) : place)
  }
  list.append(makeGap(ranks.length))
  const free = systems.filter((system) => !ranks.flat().includes(system))
  if (free.length > 0) list.append(makeAdder('roles.addMaster', free, (system) => change([...ranks, [system]], null)))
  return list
}

/** A choice that adds what is chosen and stands at "add" again. */
export function makeAdder(key: string, choices: readonly string[], add: (choice: string) => void): HTMLSelectElement {
  const select = makeSelect(text(key), [{ value: '', label: `+ ${text(key)}` }, ...choices.map((value) => ({ value, label: value }))], '', (chosen) => { if (chosen !== '') add(chosen) })
  select.classList.add('torg-adder')
  return select
}
