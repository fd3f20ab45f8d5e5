/// <reference lib="dom" />
/** Puts the Deliveries sidebar into the editor, and its action into the list of actions. */
import { registerBadges } from './badges.ts'
import { createSidebar } from './sidebar.ts'
import { text } from './texts.ts'

const id = 'torg-deliveries'
const action = 'torg:show-deliveries'

const sidebar = createSidebar()
RED.actions.add(action, () => RED.sidebar.show(id), { label: text('show') })
RED.sidebar.addTab({ id, label: text('name'), name: text('name'), iconClass: 'fa fa-truck', content: sidebar.element, action, enableOnEdit: false })
registerBadges((node) => {
  RED.sidebar.show(id)
  sidebar.openLetters(node)
})
RED.events.on('deploy', () => void sidebar.refresh())
