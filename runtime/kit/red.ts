/**
 * What the kit uses of the `RED` object Node-RED hands to a node module, and of its nodes. Written by hand: the
 * published types describe an old version.
 */
import type { NodeStatus } from '../hub.ts'
import type { FlowMessage } from '../runs/types.ts'

/** A node's configuration as Node-RED hands it to the constructor: `${NAME}` values already replaced. */
export type RawConfig = Readonly<Record<string, unknown>> & { readonly id: string, readonly type: string, readonly name?: string }

/** A running node. */
export interface KitNode {
  id: string
  type: string
  name?: string
  /** Id in the flow file, on a node inside a subflow instance. */
  _alias?: string
  credentials?: Record<string, unknown>
  send(msg: FlowMessage | (FlowMessage | null)[]): void
  status(status: NodeStatus): void
  error(error: unknown, msg?: unknown): void
  on(event: 'input', listener: (msg: FlowMessage, send: (msg: FlowMessage | (FlowMessage | null)[]) => void, done: (error?: Error) => void) => void): void
  on(event: 'close', listener: (removed: boolean, done: (error?: Error) => void) => void): void
}

interface AdminRequest { params: Readonly<Record<string, string>> }
interface AdminResponse { status(code: number): AdminResponse, type(type: string): AdminResponse, send(body: string): void, end(): void }

export interface NodeApi {
  /** The editor's admin API; absent or without routes where Node-RED runs headless. */
  httpAdmin?: { post(path: string, guard: unknown, handler: (request: AdminRequest, response: AdminResponse) => void): void }
  auth: { needsPermission(permission: string): unknown }
  nodes: {
    registerType(type: string, constructor: (this: KitNode, config: RawConfig) => void, options?: { credentials?: Record<string, { type: 'password' }> }): void
    createNode(node: KitNode, config: RawConfig): void
    getNode(id: string): object | null
    /** Every node of the flows as it stands in the flow file. */
    eachNode(visit: (config: RawConfig) => void): void
  }
}
