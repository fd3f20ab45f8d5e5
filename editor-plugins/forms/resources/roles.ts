/// <reference lib="dom" />
/** The form of the role table: its rows, what is wrong with each of them, and what a person should look at. */
import type { Widget } from '../../../runtime/kit/editor/api.ts'
import { checkRoles, fetchCatalogue, fetchRoleFields } from './catalogue.ts'
import { announceChange, make, text } from './elements.ts'
import { emptyDraft, fromDraft, toDraft, type RoleDraft } from './roles-draft.ts'
import { makeRoleRow } from './roles-row.ts'
import { makeSortable } from './sortable.ts'
import { systemKeys, tableSurroundings } from './role-table.ts'
import type { RoleFields, RoleReport } from './types.ts'

/** Typing pauses this long before the hub is asked. */
const checkAfterMs = 400

export const rolesWidget: Widget = {
  mount(element, { value, node, field }) {
    const rows: RoleDraft[] = (Array.isArray(value) ? value : []).map(toDraft)
    const systems = systemKeys()
    const known = new Map<string, RoleFields | null>()
    let kinds: string[] = []
    let report: RoleReport = { faults: [], warnings: [] }

    const id = `torg-roles-${node.id}-${field}`
    const list = make('div', { className: 'torg-rules torg-roles-rows' })
    const empty = make('div', { className: 'torg-hint', textContent: text('roles.empty') })
    const warnings = make('ul', { className: 'torg-roles-warnings', role: 'status' })
    const paths = make('div', { hidden: true })
    const current = () => rows.map(fromDraft)

    // ---------------------------------------------------------- what the hub says

    let timer: number | undefined
    let asked = 0
    const check = (): void => {
      window.clearTimeout(timer)
      timer = window.setTimeout(() => void ask(), checkAfterMs)
    }
    const ask = async (): Promise<void> => {
      const number = asked += 1
      const found = await checkRoles(current(), tableSurroundings())
      if (number !== asked) return
      report = found
      showReport()
      announceChange(element)
    }
    const showReport = (): void => {
      for (const [index, row] of [...list.children].entries()) {
        const faults = report.faults.filter((fault) => fault.row === index)
        row.classList.toggle('torg-rule-faulty', faults.length > 0)
        row.querySelector('.torg-role-faults')?.replaceChildren(...faults.map(({ at, detail }) => make('div', { className: 'torg-rule-fault', textContent: at === undefined ? detail : `${text(`roles.${at}`)}: ${detail}` })))
      }
      warnings.replaceChildren(...report.warnings.map((warning) => make('li', { textContent: warning })))
      warnings.hidden = report.warnings.length === 0
    }

    // ---------------------------------------------------------- rows

    const pathsOf = (kind: string): string => `${id}-${kind}`
    /** Asks for the fields of a kind once, and draws again when they are there. */
    const know = (kind: string): RoleFields | null => {
      if (kind === '' || known.has(kind)) return known.get(kind) ?? null
      known.set(kind, null)
      void fetchRoleFields(kind).then((fields) => {
        known.set(kind, fields)
        paths.append(make('datalist', { id: pathsOf(kind) }, ...(fields?.fields ?? []).map(({ path }) => make('option', { value: path }))))
        render(focusNow())
      })
      return null
    }
    /** What has the keyboard: a row and a part of it. */
    const focusNow = (): { index: number, part: string } | undefined => {
      const index = [...list.children].findIndex((row) => row.contains(document.activeElement))
      const active = document.activeElement
      if (index < 0 || !(active instanceof HTMLElement)) return undefined
      return { index, part: active.dataset['system'] === undefined ? active.closest<HTMLElement>('[data-part]')?.dataset['part'] ?? '' : `master ${active.dataset['system']}` }
    }
    const render = (focus?: { index: number, part: string }): void => {
      list.replaceChildren(...rows.map((draft, index) => makeRoleRow({
        draft, index, kinds, systems, fields: know(draft.kind), paths: pathsOf(draft.kind),
        changed: check,
        redraw: (part) => changeRows({ index, part }),
        move: (by) => move(index, index + by),
        remove: () => {
          rows.splice(index, 1)
          changeRows({ index: Math.min(index, rows.length - 1), part: 'kind' })
        },
      })))
      empty.hidden = rows.length > 0
      showReport()
      if (!focus) return
      const row = list.children[focus.index]
      const part = focus.part.startsWith('master ') ? row?.querySelector<HTMLElement>(`[data-system="${CSS.escape(focus.part.slice('master '.length))}"]`) : row?.querySelector<HTMLElement>(`[data-part="${CSS.escape(focus.part)}"]`)
      const control = part?.matches('input, select, [tabindex]') ? part : part?.querySelector<HTMLElement>('select:last-of-type, input') ?? part?.querySelector<HTMLElement>('[tabindex], button')
      ;(control ?? row?.querySelector<HTMLElement>('select') ?? add).focus()
      row?.scrollIntoView({ block: 'nearest' })
    }
    const changeRows = (focus: { index: number, part: string }): void => {
      // Rows move: what was said of them holds no more.
      report = { faults: [], warnings: report.warnings }
      render(focus)
      check()
      announceChange(element)
    }
    const move = (from: number, to: number): void => {
      const draft = rows[from]
      if (!draft || to < 0 || to >= rows.length || from === to) return
      const part = focusNow()?.part ?? 'kind'
      rows.splice(from, 1)
      rows.splice(to, 0, draft)
      changeRows({ index: to, part })
    }
    makeSortable(list, move)
    const add = make('button', { type: 'button', className: 'red-ui-button red-ui-button-small', id: `torg-input-${field}` }, make('i', { className: 'fa fa-plus', ariaHidden: 'true' }), ` ${text('roles.add')}`)
    add.addEventListener('click', () => {
      rows.push(emptyDraft(rows.at(-1)?.kind))
      changeRows({ index: rows.length - 1, part: rows.at(-1)?.kind === '' ? 'kind' : 'field' })
    })

    element.classList.add('torg-roles')
    element.append(warnings, list, empty, add, paths)
    render()
    void fetchCatalogue().then(({ types }) => {
      kinds = types.kinds.map((type) => type.slice('torg:'.length))
      render(focusNow())
    })
    check()

    return {
      value: current,
      validate: () => {
        const [fault] = report.faults
        return fault === undefined ? null : fault.row === undefined ? fault.detail : text('roles.faulty', { number: fault.row + 1 })
      },
    }
  },
}
