/// <reference lib="dom" />
/** One row of the role table: kind, field and rule; scope; masters; readers. */
import { make, makeIconButton, makeInput, makeSelect, text } from './elements.ts'
import { makeAdder, makeRanks } from './roles-ranks.ts'
import type { MergeRule, RoleDraft } from './roles-draft.ts'
import type { RoleFields } from './types.ts'

export interface RoleRowOptions {
  draft: RoleDraft
  index: number
  kinds: readonly string[]
  /** Of the row's kind; null until the hub has said. */
  fields: RoleFields | null
  systems: readonly string[]
  /** Id of the datalist with the paths of the row's kind. */
  paths: string
  /** Something was typed: what is offered stays as it is. */
  changed(): void
  /** What is offered is another: the row is drawn again, and this part of it gets the keyboard. */
  redraw(focus: string): void
  move(by: -1 | 1): void
  remove(): void
}

/** Makes the row. It changes `draft` as the person edits. */
export function makeRoleRow(options: RoleRowOptions): HTMLElement {
  const { draft, index, kinds, fields, paths, changed, redraw, move, remove } = options
  const number = index + 1
  const kind = makeSelect(text('roles.kind'), [{ value: '', label: text('roles.chooseKind') }, ...kinds.map((value) => ({ value, label: value }))], draft.kind, (chosen) => {
    draft.kind = chosen
    redraw('kind')
  })
  kind.dataset['part'] = 'kind'
  const field = makeInput(text('roles.allFields'), draft.field, (typed) => {
    draft.field = typed
    changed()
  })
  field.classList.add('torg-code')
  field.setAttribute('list', paths)
  field.setAttribute('aria-label', text('roles.field'))
  field.dataset['part'] = 'field'
  // Whether a field is a list decides which rules there are.
  field.addEventListener('change', () => offerRules())
  const merge = makeSelect(text('roles.merge'), [], draft.merge, (chosen) => {
    draft.merge = (['rank', 'newest', 'union'] as const).find((rule) => rule === chosen) ?? 'rank'
    redraw('merge')
  })
  merge.dataset['part'] = 'merge'
  merge.title = text('roles.merge')
  const offerRules = (): void => {
    const rules = mergeRules(draft, fields)
    merge.replaceChildren(...[...rules, ...(rules.includes(draft.merge) ? [] : [draft.merge])].map((rule) => make('option', { value: rule, textContent: text(`roles.merges.${rule}`) })))
    merge.value = draft.merge
  }
  offerRules()
  const grip = make('span', { className: 'torg-rule-grip', title: text('roles.drag'), draggable: true }, make('i', { className: 'fa fa-bars', ariaHidden: 'true' }))
  const masters = makeRanks({
    ranks: draft.ranks, systems: options.systems, equal: draft.merge !== 'rank',
    change: (ranks, focus) => {
      draft.ranks = ranks
      redraw(focus === null ? 'masters' : `master ${focus}`)
    },
  })
  const row = make('div', { className: 'torg-rule torg-role', role: 'group', ariaLabel: text('roles.row', { number }) },
    make('div', { className: 'torg-role-main' }, grip, kind, field, merge, makeIconButton('times', text('roles.remove', { number }), remove)),
    part('masters', masters), make('div', { className: 'torg-role-parts' }, makeScope(options), makeReaders(options)), make('div', { className: 'torg-role-faults', role: 'alert' }))
  row.addEventListener('keydown', (event) => {
    if (!event.altKey || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return
    event.preventDefault()
    move(event.key === 'ArrowUp' ? -1 : 1)
  })
  return row
}

/** Lists can be united; without a field the row may be about lists too. */
function mergeRules({ field }: RoleDraft, fields: RoleFields | null): MergeRule[] {
  const known = fields?.fields.find(({ path }) => path === field.trim())
  return field.trim() === '' || known === undefined || known.list ? ['rank', 'newest', 'union'] : ['rank', 'newest']
}

function part(name: string, ...controls: HTMLElement[]): HTMLElement {
  const box = make('div', { className: 'torg-role-part' }, make('span', { className: 'torg-rule-label', textContent: text(`roles.${name}`) }), ...controls)
  box.dataset['part'] = name
  return box
}

/** Which records the row is about: a value for each field that tells records of the kind apart. */
function makeScope({ draft, fields, changed, redraw }: RoleRowOptions): HTMLElement {
  const pairs = draft.scope.map((pair, index) => {
    const value = makeInput(text('roles.scopeValue', { name: pair.name }), pair.value, (typed) => {
      pair.value = typed
      changed()
    })
    value.dataset['part'] = `scope ${pair.name}`
    value.placeholder = text('roles.value')
    return make('span', { className: 'torg-scope' }, make('span', { className: 'torg-code', textContent: `${pair.name} =` }), value, makeIconButton('times', text('roles.removeScope', { name: pair.name }), () => {
      draft.scope.splice(index, 1)
      redraw('scope')
    }))
  })
  const free = (fields?.scope ?? []).filter((name) => !draft.scope.some((pair) => pair.name === name))
  const box = part('scope', ...pairs, ...(free.length > 0 ? [makeAdder('roles.addScope', free, (name) => {
    draft.scope.push({ name, value: '' })
    redraw(`scope ${name}`)
  })] : []))
  box.hidden = pairs.length === 0 && free.length === 0
  return box
}

function makeReaders({ draft, systems, redraw }: RoleRowOptions): HTMLElement {
  const { readers } = draft
  const who = makeSelect(text('roles.readers'), [{ value: 'all', label: text('roles.everyReader') }, { value: 'some', label: text('roles.someReaders') }], readers === null ? 'all' : 'some', (chosen) => {
    draft.readers = chosen === 'all' ? null : []
    redraw('readers')
  })
  if (readers === null) return part('readers', who)
  const chips = readers.map((system) => make('span', { className: 'torg-chip' }, system, makeIconButton('times', text('roles.removeReader', { system }), () => {
    draft.readers = readers.filter((other) => other !== system)
    redraw('readers')
  })))
  const free = systems.filter((system) => !readers.includes(system))
  const nobody = readers.length === 0 ? [make('span', { className: 'torg-hint-inline', textContent: text('roles.nobody') })] : []
  return part('readers', who, ...nobody, ...chips, ...(free.length > 0 ? [makeAdder('roles.addReader', free, (system) => {
    draft.readers = [...readers, system]
    redraw('readers')
  })] : []))
}
