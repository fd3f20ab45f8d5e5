/// <reference lib="dom" />
/** The choice of a wire type: canonical kinds, connectors' types, the project's schemas. */
import type { Widget } from '../../../runtime/kit/editor/api.ts'
import { fetchCatalogue } from './catalogue.ts'
import { make, text } from './elements.ts'
import type { TypeNames } from './types.ts'

/** Fills a choice with the types there are. `any` comes first where it is allowed. */
export function fillTypes(select: HTMLSelectElement, names: TypeNames, value: string, first: { value: string, label: string }): void {
  const groups: [string, string[]][] = [['kinds', names.kinds], ['connectors', names.connectors], ['project', names.project]]
  const known = [first.value, ...groups.flatMap(([, types]) => types)].includes(value)
  select.replaceChildren(
    make('option', { value: first.value, textContent: first.label }),
    ...(known ? [] : [make('option', { value, textContent: value })]),
    ...groups.filter(([, types]) => types.length > 0).map(([key, types]) => make('optgroup', { label: text(`types.${key}`) }, ...types.map((type) => make('option', { value: type, textContent: type })))),
  )
  select.value = value
}

export const typeWidget: Widget = {
  mount(element, { value, field }) {
    const first = { value: '', label: text('types.choose') }
    const select = make('select', { id: `torg-input-${field}` })
    const start = typeof value === 'string' ? value : ''
    fillTypes(select, { kinds: [], connectors: [], project: [] }, start, first)
    element.append(select)
    void fetchCatalogue().then(({ types }) => fillTypes(select, types, select.value, first))
    return { value: () => select.value, validate: () => null }
  },
}
