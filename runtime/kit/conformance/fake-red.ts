/** As much of Node-RED as nodes need to be constructed, given messages and closed; no runtime, no flows. */
import { EventEmitter } from 'node:events'
import type { NodeStatus } from '../../hub.ts'
import type { FlowMessage } from '../../runs/types.ts'
import type { KitNode, NodeApi, RawConfig } from '../red.ts'

type Constructor = (this: KitNode, config: RawConfig) => void

export class FakeNode extends EventEmitter implements KitNode {
  id = ''
  type = ''
  name?: string
  credentials?: Record<string, unknown>
  readonly sent: (FlowMessage | (FlowMessage | null)[])[] = []
  readonly statuses: NodeStatus[] = []
  send(msg: FlowMessage | (FlowMessage | null)[]): void { this.sent.push(msg) }
  status(status: NodeStatus): void { this.statuses.push(status) }
  error(): void { /* Node-RED would log it and trigger Catch nodes. */ }

  /** Gives it a message; resolves with the error it completes with, if any. */
  receive(msg: FlowMessage): Promise<unknown> {
    return new Promise((resolve) => {
      if (!this.emit('input', msg, (sent: FlowMessage | (FlowMessage | null)[]) => this.send(sent), resolve)) resolve(new Error(`${this.type} takes no messages`))
    })
  }

  /** Closes it as a deploy does, one listener after the other. */
  async close(): Promise<void> {
    for (const listener of this.listeners('close')) await new Promise<void>((resolve, reject) => { listener.call(this, true, (error?: Error) => error ? reject(error) : resolve()) })
  }
}

export interface FakeRed {
  RED: NodeApi
  types: ReadonlyMap<string, { credentials: readonly string[] }>
  /** Constructs a node as a deploy does, `${NAME}` values replaced like Node-RED replaces them. */
  construct(config: Record<string, unknown> & { id: string, type: string }, env?: NodeJS.ProcessEnv): FakeNode
  /** Closes all nodes, in the reverse order. */
  closeAll(): Promise<void>
}

export function createFakeRed(): FakeRed {
  const constructors = new Map<string, Constructor>()
  const types = new Map<string, { credentials: readonly string[] }>()
  const originals: RawConfig[] = []
  const nodes = new Map<string, FakeNode>()
  const RED: NodeApi = {
    auth: { needsPermission: () => undefined },
    nodes: {
      registerType(type, constructor, options) {
        constructors.set(type, constructor)
        types.set(type, { credentials: Object.keys(options?.credentials ?? {}) })
      },
      createNode(node, config) {
        Object.assign(node, { id: config.id, type: config.type, ...(config.name !== undefined && { name: config.name }) })
      },
      getNode: id => nodes.get(id) ?? null,
      eachNode: (visit) => { for (const config of originals) visit(config) },
    },
  }
  return {
    RED, types,
    construct(config, env = process.env) {
      const constructor = constructors.get(config.type)
      if (!constructor) throw new Error(`no node type ${config.type} is registered`)
      originals.push({ ...config })
      const replaced = Object.fromEntries(Object.entries(config).map(([name, value]) => [name, replaceVariable(value, env)]))
      const node = new FakeNode()
      nodes.set(config.id, node)
      constructor.call(node, { ...replaced, id: config.id, type: config.type })
      return node
    },
    async closeAll() {
      for (const node of [...nodes.values()].toReversed()) await node.close()
      nodes.clear()
      originals.length = 0
    },
  }
}

function replaceVariable(value: unknown, env: NodeJS.ProcessEnv): unknown {
  const name = typeof value === 'string' ? /^\$\{(\S+)\}$/.exec(value)?.[1] : undefined
  return name === undefined ? value : env[name] ?? ''
}
