/// <reference lib="dom" />
/** The form of a mapping: its types, its rules as rows, or as text with one line each. */
import type { Widget } from '../../../runtime/kit/editor/api.ts'
import { checkMapping, fetchCatalogue, fetchPaths } from './catalogue.ts'
import { announceChange, isRecord, make, text } from './elements.ts'
import { parseRules, printRules, type JsonObject, type TextFault, type TextRule } from './mapping-text.ts'
import { faultSentence, makeRow, toState, type RowState } from './mapping-row.ts'
import { makeSortable } from './sortable.ts'
import { fillTypes } from './type.ts'
import type { Catalogue, MappingFault } from './types.ts'

/** Typing pauses this long before the compiler is asked. */
const checkAfterMs = 400

const isRule = (value: unknown): value is TextRule & JsonObject => isRecord(value) && typeof value['to'] === 'string'

export const mappingWidget: Widget = {
  mount(element, { value, node, field }) {
    const given = isRecord(value) ? value : {}
    const any = { value: 'any', label: text('types.any') }
    const types = { from: String(given['from'] ?? 'any'), to: String(given['to'] ?? 'any') }
    let rows = (Array.isArray(given['rules']) ? given['rules'] : []).filter(isRule).map(toState)
    let textFaults: { line: number, fault: TextFault }[] = []
    let compilerFault: MappingFault | null = null
    let catalogue: Catalogue = { types: { kinds: [], connectors: [], project: [] }, lookups: [], steps: [] }

    const id = `torg-mapping-${node.id}-${field}`
    const paths = { from: make('datalist', { id: `${id}-from` }), to: make('datalist', { id: `${id}-to` }) }
    const list = make('div', { className: 'torg-rules' })
    const empty = make('div', { className: 'torg-hint', textContent: text('mapping.empty') })
    const area = make('textarea', { className: 'torg-code torg-mapping-text', rows: 16, spellcheck: false, ariaLabel: text('mapping.text') })
    const faultList = make('ul', { className: 'torg-mapping-faults', role: 'alert' })
    const current = () => ({ ...types, rules: rows.map(({ rule }) => rule) })

    // ---------------------------------------------------------- types and paths

    const makeType = (side: 'from' | 'to'): HTMLSelectElement => {
      const select = make('select', { ariaLabel: text(`mapping.${side}`) })
      fillTypes(select, catalogue.types, types[side], any)
      select.addEventListener('change', () => {
        types[side] = select.value
        void offerPaths(side)
        check()
      })
      return select
    }
    const offerPaths = async (side: 'from' | 'to'): Promise<void> => {
      paths[side].replaceChildren(...(await fetchPaths(types[side])).map((path) => make('option', { value: path })))
    }
    const selects = { from: makeType('from'), to: makeType('to') }

    // ---------------------------------------------------------- what the compiler says

    let timer: number | undefined
    let asked = 0
    const check = (): void => {
      window.clearTimeout(timer)
      timer = window.setTimeout(() => void ask(), checkAfterMs)
    }
    const ask = async (): Promise<void> => {
      const number = asked += 1
      const found = await checkMapping(current())
      if (number !== asked) return
      compilerFault = found
      showFaults()
      announceChange(element)
    }
    const showFaults = (): void => {
      for (const [index, row] of [...list.children].entries()) {
        const detail = compilerFault?.rule === index ? compilerFault.detail : null
        row.classList.toggle('torg-rule-faulty', detail !== null)
        const place = row.querySelector('.torg-compiler-fault')
        if (place) place.textContent = detail
      }
      const lines = textFaults.map(({ line, fault }) => text('mapping.line', { number: line + 1, fault: faultSentence(fault) }))
      faultList.replaceChildren(...lines.map((line) => make('li', { textContent: line })))
      faultList.hidden = lines.length === 0
    }

    // ---------------------------------------------------------- rows

    const render = (focus?: { index: number, input: number }): void => {
      list.replaceChildren(...rows.map((state, index) => makeRow({
        state, index, sourcePaths: paths.from.id, targetPaths: paths.to.id, steps: catalogue.steps,
        changed: check,
        move: (by) => move(index, index + by),
        remove: () => {
          rows.splice(index, 1)
          changeRows({ index: Math.min(index, rows.length - 1), input: 0 })
        },
        addBelow: () => insert(index + 1),
      })))
      empty.hidden = rows.length > 0
      showFaults()
      if (!focus) return
      const row = list.children[focus.index]
      const input = row?.querySelectorAll<HTMLElement>('input, select')[focus.input]
      ;(input ?? add).focus()
      row?.scrollIntoView({ block: 'nearest' })
    }
    const changeRows = (focus: { index: number, input: number }): void => {
      render(focus)
      check()
      announceChange(element)
    }
    const insert = (index: number): void => {
      rows.splice(index, 0, toState({ to: '', from: '' }))
      changeRows({ index, input: 0 })
    }
    const move = (from: number, to: number): void => {
      const state: RowState | undefined = rows[from]
      if (!state || to < 0 || to >= rows.length || from === to) return
      const focused = [...list.children[from]?.querySelectorAll('input, select') ?? []].findIndex((input) => input === document.activeElement)
      rows.splice(from, 1)
      rows.splice(to, 0, state)
      changeRows({ index: to, input: Math.max(focused, 0) })
    }
    makeSortable(list, move)
    const add = make('button', { type: 'button', className: 'red-ui-button red-ui-button-small', id: `torg-input-${field}` }, make('i', { className: 'fa fa-plus', ariaHidden: 'true' }), ` ${text('mapping.add')}`)
    add.addEventListener('click', () => insert(rows.length))

    // ---------------------------------------------------------- text

    const rowsView = make('div', {}, list, empty, add)
    const textView = make('div', { hidden: true }, area, faultList, make('div', { className: 'torg-hint', textContent: text('mapping.textHint') }))
    area.addEventListener('input', () => {
      const { rules, faults } = parseRules(area.value)
      rows = rules.map(toState)
      textFaults = faults
      showFaults()
      check()
    })
    const makeTab = (name: 'rows' | 'text'): HTMLButtonElement => {
      const tab = make('button', { type: 'button', className: 'red-ui-button red-ui-button-small toggle', textContent: text(`mapping.views.${name}`) })
      tab.addEventListener('click', () => show(name))
      return tab
    }
    const tabs = { rows: makeTab('rows'), text: makeTab('text') }
    const show = (name: 'rows' | 'text'): void => {
      // A text that cannot be read would lose its lines on the way to the rows.
      if (name === 'rows' && textFaults.length > 0) return
      if (name === 'text') area.value = printRules(rows.map(({ rule }) => rule))
      else render()
      rowsView.hidden = name === 'text'
      textView.hidden = name === 'rows'
      for (const [key, tab] of Object.entries(tabs)) {
        tab.classList.toggle('selected', key === name)
        tab.setAttribute('aria-pressed', String(key === name))
      }
    }

    element.classList.add('torg-mapping')
    element.append(
      make('div', { className: 'torg-mapping-head' },
        make('div', { className: 'torg-mapping-types' }, selects.from, make('span', { textContent: '→', ariaHidden: 'true' }), selects.to),
        make('div', { className: 'button-group torg-mapping-views', role: 'group', ariaLabel: text('mapping.view') }, tabs.rows, tabs.text)),
      rowsView, textView, paths.from, paths.to)
    show('rows')
    void offerPaths('from')
    void offerPaths('to')
    void fetchCatalogue().then((found) => {
      catalogue = found
      for (const side of ['from', 'to'] as const) fillTypes(selects[side], found.types, types[side], any)
      if (!element.contains(document.activeElement)) render()
    })
    check()

    return {
      value: current,
      validate: () => {
        const [line] = textFaults
        if (line) return text('mapping.line', { number: line.line + 1, fault: faultSentence(line.fault) })
        for (const [index, { faults }] of rows.entries()) {
          const [fault] = Object.values(faults)
          if (fault) return text('mapping.line', { number: index + 1, fault: faultSentence(fault) })
        }
        return compilerFault?.detail ?? null
      },
    }
  },
}
