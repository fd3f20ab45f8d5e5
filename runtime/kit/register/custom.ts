/** Hub sources that register themselves, such as `hub changes`. */
import { toTorgError } from '../../errors.ts'
import type { CustomNode } from '../definition.ts'
import { showFault, withNode, type Construction } from './construction.ts'

/** Attaches a custom node; one that cannot be attached shows why and starts nothing. */
export function attachCustom(construction: Construction, definition: CustomNode): void {
  const { hub, node, raw, context } = construction
  if (!context.ok) return
  try {
    const detach = definition.attach(context.value, { send: msg => node.send(msg) })
    node.on('close', (_removed, done) => { detach(); done() })
  } catch (error) {
    const fault = withNode(toTorgError(error, 'flow.invalid'), raw)
    showFault(construction, fault)
    hub.log.error({ node: node.id, type: node.type, code: fault.code }, `${fault.message} ${fault.next}`)
  }
}
