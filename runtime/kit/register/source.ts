/** Sources of a system: a webhook, a poll, or both, registered with the hub. */
import { TorgError } from '../../errors.ts'
import type { RegisteredSource, RegisteredSystem } from '../../hub.ts'
import type { FlowMessage } from '../../runs/types.ts'
import type { Message } from '../../store/types.ts'
import type { Fields, NodeContext, SourceNode } from '../definition.ts'
import { takeJson } from '../json-body.ts'
import { defaultTimeLimit } from '../node-types.ts'
import type { Construction } from './construction.ts'

/**
 * Registers a source with the hub for as long as its node lives. One whose configuration cannot be read is
 * registered too, where its system has a key: what is sent to it is refused with the reason instead of a 404 that
 * a sender would take as final.
 */
export function attachSource(construction: Construction, definition: SourceNode): void {
  const { hub, node, registeredSystem } = construction
  if (!registeredSystem) return
  const unregister = hub.registerSource(describeSource(construction, definition, registeredSystem))
  node.on('close', (_removed, done) => { unregister(); done() })
}

function describeSource({ node, raw, context, status }: Construction, definition: SourceNode, system: RegisteredSystem): RegisteredSource {
  const nodeFacts = { id: node.id, type: node.type, ...(raw.name ? { name: raw.name } : {}) }
  const source: RegisteredSource = {
    nodeId: node.id, type: node.type, ...(raw.name ? { name: raw.name } : {}), system, lane: `${system.key}.in`,
    limitMs: (context.ok ? Number(context.value.config['timeLimit']) : defaultTimeLimit) * 1000,
    toFlow(message, envelope): FlowMessage {
      if (!context.ok) throw context.fault
      return { payload: readPayload(message, definition, context.value), topic: message.topic, torg: envelope }
    },
    node: { ...nodeFacts, send: msg => node.send(msg), status },
  }
  const { webhook, poll } = definition
  if (webhook && context.ok) {
    const { value } = context
    source.webhook = {
      path: webhook.path?.(value) ?? '',
      accepts: request => webhook.accepts?.(request, value) ?? true,
      verify: request => webhook.verify(request, value),
      describe: request => webhook.describe(request, value),
    }
  } else if (webhook && !context.ok) {
    const refuse = (): never => { throw context.fault }
    source.webhook = { path: '', accepts: () => true, verify: refuse, describe: refuse }
  }
  if (poll && context.ok) {
    const { value } = context
    source.poll = { everyMs: poll.everyMs(value), next: (cursor, signal) => poll.next(cursor, signal, value) }
  }
  return source
}

function readPayload(message: Message, definition: SourceNode, context: NodeContext<Fields>): unknown {
  if (definition.payload) return definition.payload(message, context)
  try {
    return takeJson(message.body)
  } catch (cause) {
    throw new TorgError('message.not-json', { detail: `message ${message.id} from ${message.system} is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`, node: { id: context.id, type: definition.type }, cause })
  }
}
