/** The types of messages on every wire. */
import type { FlowNode } from '../../project/types.ts'
import { afterCoreNode } from './core-nodes.ts'
import type { Edge, Graph } from './graph.ts'
import { givesList, portType, type NodeFacts } from './ports.ts'
import { certain, merged, nothingKnown, sameState, typesAt, unknown, written, type State } from './state.ts'

/** What is known of messages at the outputs and inputs of nodes; undefined where none ever comes. */
export interface Propagation {
  atInput(id: string): State | undefined
  atOutput(id: string, port: number): State | undefined
}

/** So often a node is looked at again in a loop; then nothing is said to be known there. */
const mostRounds = 24

/** @param factsOf definition of a node type of a connector; undefined for any other */
export function propagate(graph: Graph, factsOf: (type: string) => NodeFacts | undefined): Propagation {
  const inputs = new Map<string, State>()
  const outputs = new Map<string, readonly State[]>()
  const rounds = new Map<string, number>()
  const scopes = new Map([...graph.nodes.values()].filter(isWatcher).map(node => [node.id, watchedBy(node, graph)]))
  const dynamic = [...graph.nodes.values()].some(({ type, linkType }) => type === 'link call' && linkType === 'dynamic')

  const outputAt = ({ from, port }: Pick<Edge, 'from' | 'port'>): State | undefined => {
    const list = outputs.get(from)
    return list && (list[port] ?? list[0])
  }
  const inputOf = (node: FlowNode): State | undefined => {
    const scope = scopes.get(node.id)
    if (scope) return certain(merged(scope.flatMap(id => leftBy(id) ?? [])))
    const edges = graph.incoming(node.id)
    if (node.type === 'link in' && dynamic) return nothingKnown
    if (edges.length === 0) return takesInput(node, factsOf) ? undefined : nothingKnown
    const states = edges.flatMap(edge => outputAt(edge) ?? [])
    if (states.length === 0) return undefined
    const all = merged(states)
    return edges.some(({ enters }) => enters) ? certain(all) : all
  }
  /** The message as it is when a node has failed with it or is done: a definition's node leaves it as it came, a core node changes it in place. */
  const leftBy = (id: string): State | undefined => {
    const node = graph.nodes.get(id)
    const input = inputs.get(id)
    return node && input && (factsOf(node.type) ? input : afterCoreNode(input, node))
  }
  const outputsOf = (node: FlowNode, input: State): readonly State[] => {
    const facts = factsOf(node.type)
    if (facts) return facts.outputs.map(port => {
      if (port.type === 'same') return input
      const { name = unknown, property } = portType(node, port, facts)
      const listed = givesList(node, port, facts) || isBatch(node, facts, input)
      return written(facts.inputs.length === 0 ? nothingKnown : input, property, listed && name !== unknown ? `${name}[]` : name)
    })
    const passed = graph.passed(node.id, 0)
    if (!passed) return [afterCoreNode(input, node)]
    return Array.from({ length: Math.max(1, node.wires?.length ?? 1) }, (_, port) => {
      const ends = graph.passed(node.id, port) ?? []
      return ends.some(({ from }) => !graph.nodes.has(from)) ? nothingKnown : certain(merged(ends.flatMap(end => outputAt(end) ?? [])))
    })
  }

  // Whatever else gets a message gets it from one of these.
  const waiting = new Set([...graph.nodes.values()].filter(({ id, type }) => graph.incoming(id).length === 0 || scopes.has(id) || (dynamic && type === 'link in')).map(({ id }) => id))
  const dependents = dependentsOf(graph, scopes)
  for (const id of waiting) {
    waiting.delete(id)
    const node = graph.nodes.get(id)
    const input = node && inputOf(node)
    if (!node || !input) continue
    const round = (rounds.get(id) ?? 0) + 1
    rounds.set(id, round)
    const next = outputsOf(node, input)
    const before = outputs.get(id)
    const known = inputs.get(id)
    const settled = before !== undefined && before.length === next.length && before.every((state, index) => sameState(state, next[index] ?? nothingKnown))
    inputs.set(id, input)
    if (settled && known && sameState(known, input)) continue
    outputs.set(id, round > mostRounds ? next.map(() => nothingKnown) : next)
    if (round > mostRounds + 1) continue
    for (const target of graph.targets(id)) waiting.add(target)
    for (const dependent of dependents.get(id) ?? []) waiting.add(dependent)
  }
  return { atInput: id => inputs.get(id), atOutput: (from, port) => outputAt({ from, port }) }
}

/** A node that handles the items of a batch gives as many. */
function isBatch(node: FlowNode, facts: NodeFacts, input: State): boolean {
  const [port] = facts.inputs
  if (!port || port.batch !== true) return false
  return [...typesAt(input, portType(node, port, facts).property)].every(type => type.endsWith('[]'))
}

const isWatcher = ({ type }: FlowNode): boolean => type === 'catch' || type === 'complete'

/** The nodes whose messages a catch or complete node gets. */
function watchedBy(node: FlowNode, { nodes }: Graph): string[] {
  const { scope } = node
  if (Array.isArray(scope)) return scope.filter(id => typeof id === 'string')
  return [...nodes.values()].filter(({ id, z, g }) => id !== node.id && z === node.z && (scope !== 'group' || g === node.g)).map(({ id }) => id)
}

/** Who else than the nodes behind it depends on a node: what watches it, and what passes its messages on. */
function dependentsOf({ nodes, passed }: Graph, scopes: ReadonlyMap<string, readonly string[]>): ReadonlyMap<string, readonly string[]> {
  const dependents = new Map<string, string[]>()
  const add = (on: string, id: string): void => { dependents.set(on, [...dependents.get(on) ?? [], id]) }
  for (const [watcher, scope] of scopes) for (const id of scope) add(id, watcher)
  for (const { id, wires = [] } of nodes.values()) wires.forEach((_, port) => { for (const { from } of passed(id, port) ?? []) add(from, id) })
  return dependents
}

/** Core nodes that do nothing by themselves. Of others it is not known, so they may be the start of a flow. */
const passive = new Set(['junction', 'switch', 'change', 'template', 'function', 'split', 'join', 'sort', 'batch', 'json', 'xml', 'yaml', 'html', 'csv', 'range', 'delay', 'rbe', 'debug', 'link in', 'link out', 'link call', 'http request', 'http response', 'exec', 'file'])

/** Whether a node only acts on messages it gets. */
export function takesInput(node: FlowNode, factsOf: (type: string) => NodeFacts | undefined): boolean {
  const facts = factsOf(node.type)
  return facts ? facts.inputs.length > 0 : passive.has(node.type) || node.type.startsWith('subflow:')
}
