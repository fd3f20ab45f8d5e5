/** The nodes that run and how messages go between them: wires, link nodes, link calls, subflows. */
import { isObject } from '../../project/json.ts'
import type { FlowNode } from '../../project/types.ts'

/** A message from an output of a node. `enters`: from several callers, each of which gets its own back. */
export interface Edge { from: string, port: number, enters: boolean }

export interface Graph {
  /** Enabled nodes that take or send messages. */
  readonly nodes: ReadonlyMap<string, FlowNode>
  /** What arrives at a node. */
  incoming(id: string): readonly Edge[]
  /** Ids of the nodes a node's messages arrive at. */
  targets(id: string): readonly string[]
  /** The inner outputs an output of a subflow's instance, or of a link call, passes on; undefined for any other node. */
  passed(id: string, port: number): readonly { from: string, port: number }[] | undefined
  /** Wires to nodes that are switched off, as `[from, to]`. */
  readonly toDisabled: readonly [FlowNode, FlowNode][]
}

const none: readonly never[] = []

/** What is switched off, alone or with its tab, is left out. */
export function createGraph(flows: readonly FlowNode[]): Graph {
  const containers = new Map(flows.filter(({ type }) => type === 'tab' || type === 'subflow').map(node => [node.id, node]))
  const isOff = (node: FlowNode): boolean => node['d'] === true || (node.z !== undefined && containers.get(node.z)?.['disabled'] === true)
  const all = new Map(flows.filter(({ wires }) => Array.isArray(wires)).map(node => [node.id, node]))
  const nodes = new Map([...all].filter(([, node]) => !isOff(node)))
  const incoming = new Map<string, Edge[]>()
  const targets = new Map<string, string[]>()
  const toDisabled: [FlowNode, FlowNode][] = []

  const connect = (from: string, port: number, to: string, enters = false): void => {
    if (!nodes.has(to)) {
      const [source, target] = [nodes.get(from), all.get(to)]
      if (source && target) toDisabled.push([source, target])
      return
    }
    const known = incoming.get(to)
    if (known === undefined) incoming.set(to, [{ from, port, enters }])
    else if (!known.some(edge => edge.from === from && edge.port === port)) known.push({ from, port, enters })
    const list = targets.get(from)
    if (list === undefined) targets.set(from, [to])
    else list.push(to)
  }

  const inner = new Map([...containers.values()].filter(({ type }) => type === 'subflow').map(subflow => [subflow.id, endsOf(subflow['out']).map(wiresOf)]))
  for (const node of nodes.values()) {
    (node.wires ?? []).forEach((port, index) => { for (const target of port) connect(node.id, index, target) })
    const subflow = subflowOf(node)
    if (subflow !== undefined) for (const end of endsOf(containers.get(subflow)?.['in'])) for (const { id } of wiresOf(end)) connect(node.id, 0, id, true)
    if (node.type === 'link out' && node['mode'] !== 'return') for (const id of idsOf(node['links'])) connect(node.id, 0, id)
    if (node.type === 'link in') for (const id of idsOf(node['links'])) if (nodes.get(id)?.type === 'link out' && nodes.get(id)?.['mode'] !== 'return') connect(id, 0, node.id)
    if (node.type === 'link call' && node['linkType'] !== 'dynamic') for (const id of idsOf(node['links'])) connect(node.id, 0, id, true)
  }
  const ways = { nodes, targets: (id: string) => targets.get(id) ?? none }
  return {
    ...ways, toDisabled,
    incoming: id => incoming.get(id) ?? none,
    passed(id, port) {
      const node = nodes.get(id)
      const subflow = node && subflowOf(node)
      if (subflow !== undefined) return (inner.get(subflow)?.[port] ?? []).map(({ id: from, port: at }) => ({ from, port: at }))
      return node?.type === 'link call' ? returnsOf(id, ways).map(from => ({ from, port: 0 })) : undefined
    },
  }
}

/** Ids of the link outs that return to a link call. */
export function returnsOf(call: string, graph: Pick<Graph, 'nodes' | 'targets'>): string[] {
  const reached = reachedFrom(idsOf(graph.nodes.get(call)?.['links']), graph)
  return [...reached].filter(id => { const node = graph.nodes.get(id); return node?.type === 'link out' && node['mode'] === 'return' })
}

/** Everything that messages of these nodes can arrive at, the nodes themselves included. */
export function reachedFrom(starts: readonly string[], { nodes, targets }: Pick<Graph, 'nodes' | 'targets'>): Set<string> {
  const reached = new Set(starts.filter(id => nodes.has(id)))
  for (const id of reached) for (const target of targets(id)) reached.add(target)
  return reached
}

export const subflowOf = ({ type }: Pick<FlowNode, 'type'>): string | undefined => type.startsWith('subflow:') ? type.slice('subflow:'.length) : undefined

const idsOf = (value: unknown): string[] => Array.isArray(value) ? value.filter(id => typeof id === 'string') : []
const endsOf = (value: unknown): Record<string, unknown>[] => Array.isArray(value) ? value.filter(isObject) : []
const wiresOf = ({ wires }: Record<string, unknown>): { id: string, port: number }[] => Array.isArray(wires)
  ? wires.filter(isObject).flatMap(({ id, port }) => typeof id === 'string' ? [{ id, port: typeof port === 'number' ? port : 0 }] : [])
  : []
