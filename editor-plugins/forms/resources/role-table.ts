/// <reference lib="dom" />
/** The role table's place in the editor: an entry of the menu, and what is to be looked at after a deploy. */
import type { EditorNode } from '../../../runtime/kit/editor/api.ts'
import { checkRoles } from './catalogue.ts'
import { make, text } from './elements.ts'

const type = 'hub roles'
/** As files have it. */
const id = 'hub-roles'
const action = 'torg:show-role-table'

const configNodes = (): EditorNode[] => {
  const found: EditorNode[] = []
  RED.nodes.eachConfig((node) => {
    found.push(node)
    return true
  })
  return found
}
const systems = (): EditorNode[] => configNodes().filter((node) => node.type.endsWith('-system'))

/** Keys of the systems as they are in the editor now, deployed or not. */
export const systemKeys = (): string[] => systems().map((node) => String(node['key'] ?? '')).filter((key) => key !== '').sort()

/** What of the flows in the editor the checks of the table look at: systems, and who is fed what. */
export function tableSurroundings(): Record<string, unknown>[] {
  return [
    ...systems().map((node) => ({ id: node.id, type: node.type, key: node['key'] })),
    ...RED.nodes.filterNodes({ type: 'hub changes' }).map((node) => ({ id: node.id, type: node.type, kind: node['kind'], system: node['system'], d: node['d'] === true })),
  ]
}

/** Opens the table; one that is missing is put back without rows first. */
function showRoleTable(): void {
  const table = configNodes().find((node) => node.type === type) ?? addRoleTable()
  RED.editor.editConfig('', type, table.id)
}

function addRoleTable(): EditorNode {
  const definition = RED.nodes.getType(type)
  const table = RED.nodes.add({ id, type, z: '', rows: [], users: [], changed: true, _def: definition })
  RED.history.push({ t: 'add', nodes: [id], dirty: RED.nodes.dirty() })
  RED.nodes.dirty(true)
  RED.editor.validateNode(table)
  return table
}

/** What the warnings of the last deploy were: the same are not shown twice. */
let shown = '[]'

/** After a deploy: warnings about the table that runs now, in the language of the editor. */
async function showWarnings(): Promise<void> {
  const table = configNodes().find((node) => node.type === type)
  const rows = table?.['rows']
  const { warnings } = await checkRoles(Array.isArray(rows) ? rows : [], tableSurroundings())
  const now = JSON.stringify(warnings)
  if (warnings.length === 0 || now === shown) {
    shown = now
    return
  }
  shown = now
  const notice = RED.notify(make('div', { className: 'torg-roles-notice' }, make('p', { textContent: text('roles.lookAt') }), make('ul', {}, ...warnings.map((warning) => make('li', { textContent: warning })))), {
    id: 'torg-roles', type: 'warning', fixed: true,
    buttons: [
      { text: text('roles.close'), click: () => notice.close() },
      { text: text('roles.open'), class: 'primary', click: () => {
        notice.close()
        showRoleTable()
      } },
    ],
  })
}

/** Puts the table into the main menu, beside the configuration nodes, and into the list of actions. */
export function registerRoleTable(): void {
  RED.actions.add(action, showRoleTable, { label: text('roles.show') })
  RED.menu.addItem('red-ui-header-button-sidemenu', { id: 'menu-item-torg-roles', label: text('roles.show'), onselect: action })
  const entry = document.getElementById('menu-item-torg-roles')?.parentElement
  const neighbour = document.getElementById('menu-item-config-nodes')?.parentElement
  if (entry && neighbour) neighbour.after(entry)
  RED.events.on('deploy', () => void showWarnings())
}
