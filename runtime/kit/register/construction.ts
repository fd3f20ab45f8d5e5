/** What the roles have in common when a node is made. */
import type { TorgError } from '../../errors.ts'
import type { Hub, NodeStatus, RegisteredSystem } from '../../hub.ts'
import { factsOf } from '../config.ts'
import type { Fields, NodeContext } from '../definition.ts'
import type { NodeType } from '../node-types.ts'
import type { KitNode, RawConfig } from '../red.ts'

/** What a node is made of, as the attachments of each role get it. */
export interface Construction {
  hub: Hub
  nodeType: NodeType
  node: KitNode
  raw: RawConfig
  /** The configuration and system, or why there are none: the node then refuses its work with this. */
  context: { ok: true, value: NodeContext<Fields> } | { ok: false, fault: TorgError }
  /** Of a connector's node, also where its configuration is faulty. */
  registeredSystem: RegisteredSystem | undefined
  status(status: NodeStatus): void
}

/** Shows why a node refuses its work. */
export function showFault({ status }: Pick<Construction, 'status'>, fault: TorgError): void {
  status({ fill: 'red', shape: 'ring', text: shorten(fault.message) })
}

/** A text that fits beside a node. */
export const shorten = (text: string): string => text.length > 80 ? `${text.slice(0, 79)}…` : text

/** The same error, naming the node unless it names a deeper one already. */
export function withNode(error: TorgError, raw: RawConfig): TorgError {
  error.node ??= factsOf({ raw })
  return error
}
