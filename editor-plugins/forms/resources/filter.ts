/// <reference lib="dom" />
/** The rules of a filter: path, operator, value; all or any must hold. */
import type { Widget } from '../../../runtime/kit/editor/api.ts'
import type { FilterOperator } from '../../../nodes/hub/filter.ts'
import { fetchCatalogue, fetchPaths } from './catalogue.ts'
import { announceChange, isRecord, make, makeIconButton, makeInput, makeSelect, text } from './elements.ts'

interface FilterRule { path: string, operator: string, value?: unknown }

const unary = new Set<string>(['present', 'missing'])
const lists = new Set<string>(['one of', 'none of'])
const operators: readonly FilterOperator[] = ['equals', 'not equals', 'one of', 'none of', 'contains', 'starts with', 'greater than', 'at least', 'less than', 'at most', 'present', 'missing']

const toText = (value: unknown): string => Array.isArray(value) ? value.join(', ') : value === undefined ? '' : String(value)
const toValue = (operator: string, typed: string): unknown => lists.has(operator) ? typed.split(',').map((part) => part.trim()).filter((part) => part !== '') : typed.trim()

export const filterWidget: Widget = {
  mount(element, { value, node, field }) {
    const given = isRecord(value) ? value : {}
    let match = given['match'] === 'any' ? 'any' : 'all'
    const rules: FilterRule[] = (Array.isArray(given['rules']) ? given['rules'] : []).filter(isRecord).map(({ path, operator, value: expected }) => ({ path: String(path ?? ''), operator: String(operator ?? 'equals'), value: expected }))
    const paths = make('datalist', { id: `torg-filter-paths-${node.id}-${field}` })
    const list = make('div', { className: 'torg-filter-rules' })
    const matchRow = make('div', { className: 'torg-filter-match' }, makeSelect(text('filter.match'), ['all', 'any'].map((name) => ({ value: name, label: text(`filter.${name}`) })), match, (chosen) => {
      match = chosen
      announceChange(element)
    }))

    const renderRule = (rule: FilterRule, index: number): HTMLElement => {
      const path = makeInput(text('filter.path'), rule.path, (typed) => { rule.path = typed.trim() })
      path.setAttribute('list', paths.id)
      path.className = 'torg-code'
      const expected = makeInput(text(lists.has(rule.operator) ? 'filter.values' : 'filter.value'), toText(rule.value), (typed) => { rule.value = toValue(rule.operator, typed) })
      expected.hidden = unary.has(rule.operator)
      const operator = makeSelect(text('filter.operator'), operators.map((name) => ({ value: name, label: text(`operator.${name.replaceAll(' ', '-')}`) })), rule.operator, (chosen) => {
        rule.operator = chosen
        rule.value = unary.has(chosen) ? undefined : toValue(chosen, expected.value)
        render(index, 'select')
      })
      return make('div', { className: 'torg-filter-rule' }, path, operator, expected, makeIconButton('times', text('filter.remove', { number: index + 1 }), () => {
        rules.splice(index, 1)
        render(Math.min(index, rules.length - 1), 'input')
      }))
    }
    const render = (focus?: number, selector = 'input'): void => {
      list.replaceChildren(...rules.map(renderRule))
      list.hidden = rules.length === 0
      matchRow.hidden = rules.length < 2
      if (focus === undefined) return
      const target: HTMLElement | null = list.children[focus]?.querySelector(selector) ?? add
      target.focus()
      announceChange(element)
    }
    const add = make('button', { type: 'button', className: 'red-ui-button red-ui-button-small', id: `torg-input-${field}` }, make('i', { className: 'fa fa-plus' }), ` ${text('filter.add')}`)
    add.addEventListener('click', () => {
      rules.push({ path: '', operator: 'equals', value: '' })
      render(rules.length - 1)
    })
    element.classList.add('torg-filter')
    element.append(matchRow, list, add, paths)
    render()
    void offerPaths(node['kind'], paths)

    return {
      value: () => ({ match, rules: rules.map(({ path, operator, value: expected }) => ({ path, operator, ...(!unary.has(operator) && { value: expected ?? '' }) })) }),
      validate: () => {
        const faulty = rules.findIndex(({ path, operator, value: expected }) => path === '' || (!unary.has(operator) && toText(expected) === ''))
        return faulty < 0 ? null : text('filter.incomplete', { number: faulty + 1 })
      },
    }
  },
}

/** Offers the paths of the chosen kind while typing. */
async function offerPaths(kind: unknown, datalist: HTMLDataListElement): Promise<void> {
  const { types } = await fetchCatalogue()
  const type = `torg:${String(kind)}`
  if (types.kinds.includes(type)) datalist.replaceChildren(...(await fetchPaths(type)).map((value) => make('option', { value })))
}
