/** Whether runs can do what they are for: nodes that break them, calls that never return, sources that come to nothing, nodes no message reaches. */
import { judgeNode } from '../../runs/fitness.ts'
import type { FlowNode } from '../../project/types.ts'
import type { NodeFinding } from '../finding.ts'
import { reachedFrom, returnsOf, type Graph } from './graph.ts'
import type { NodeFacts } from './ports.ts'
import { takesInput } from './propagate.ts'
import { nameOf } from './wires.ts'

/** A source node of durable runs, and all that its messages can arrive at. */
export interface Source { node: FlowNode, reached: ReadonlySet<string> }

/** Where durable runs start. */
export function sourcesOf(graph: Graph, factsOf: (type: string) => NodeFacts | undefined): Source[] {
  return [...graph.nodes.values()].flatMap(node => {
    const role = factsOf(node.type)?.role
    return role === 'source' || role === 'custom' ? [{ node, reached: reachedFrom([node.id], graph) }] : []
  })
}

/** Core nodes that change or pass on a message and do nothing else. */
const withoutEffect = new Set(['junction', 'switch', 'change', 'template', 'split', 'join', 'sort', 'json', 'xml', 'yaml', 'html', 'csv', 'range', 'delay', 'debug', 'link in', 'link out', 'link call', 'comment'])
/** Nodes of the hub that do something, beside the sinks of connectors. */
const hubEffects = new Set(['hub save', 'hub update', 'hub settle'])

function hasEffect({ type }: FlowNode, factsOf: (type: string) => NodeFacts | undefined): boolean {
  const facts = factsOf(type)
  return facts ? facts.role === 'sink' || hubEffects.has(type) || (facts.role === 'step' && facts.outputs.length === 0) : !withoutEffect.has(type) && !type.startsWith('subflow:')
}

/** @param flows every node, also those that are switched off */
export function checkRuns(flows: readonly FlowNode[], { graph, sources, factsOf }: { graph: Graph, sources: readonly Source[], factsOf(type: string): NodeFacts | undefined }): NodeFinding[] {
  const inRuns = new Set(sources.flatMap(({ reached }) => [...reached]))
  const nodes = [...graph.nodes.values()]
  return [
    ...nodes.filter(({ id }) => inRuns.has(id)).flatMap((node): NodeFinding[] => {
      const { unfit } = judgeNode(node, node)
      return unfit === undefined ? [] : [{ code: 'flow.unfit-node', node: node.id, field: 'type', detail: `cannot be part of a durable run. ${unfit}` }]
    }),
    ...nodes.filter(({ type, linkType }) => type === 'link call' && linkType !== 'dynamic').flatMap((node): NodeFinding[] => returnsOf(node.id, graph).length > 0 ? [] : [{ code: 'flow.no-return', node: node.id, field: 'links', detail: 'calls a flow that has no link out which returns, so every message waits until its run fails; add one, in the mode "return"' }]),
    ...sources.flatMap(({ node, reached }): NodeFinding[] => [...reached].some(id => { const found = graph.nodes.get(id); return found !== undefined && hasEffect(found, factsOf) }) ? []
      : [{ code: 'flow.nowhere', node: node.id, field: 'wires', detail: reached.size === 1 ? 'is wired to nothing, so what it takes is acknowledged and nothing is done with it' : 'leads to no node that saves, sends or settles, so what it takes is acknowledged and nothing is done with it' }]),
    ...findUnreached(flows, nodes, { graph, factsOf }),
    ...graph.toDisabled.filter(([{ id }]) => inRuns.has(id)).map(([{ id }, target]): NodeFinding => ({ code: 'wire.disabled', node: id, field: 'wires', detail: `is wired to ${nameOf(target)}, which is disabled; a message sent there fails its run`, value: target.id })),
  ]
}

function findUnreached(flows: readonly FlowNode[], nodes: readonly FlowNode[], { graph, factsOf }: { graph: Graph, factsOf(type: string): NodeFacts | undefined }): NodeFinding[] {
  const dynamic = nodes.some(({ type, linkType }) => type === 'link call' && linkType === 'dynamic')
  // What only a disabled node leads to waits for that one.
  const fromDisabled = flows.filter(({ id }) => !graph.nodes.has(id)).flatMap(({ wires }) => Array.isArray(wires) ? wires.flat() : [])
  const reached = reachedFrom([...nodes.filter(node => !takesInput(node, factsOf) || (dynamic && node.type === 'link in')).map(({ id }) => id), ...fromDisabled], graph)
  const subflows = new Set(flows.filter(({ type }) => type === 'subflow').map(({ id }) => id))
  return nodes.filter(node => {
    const facts = factsOf(node.type)
    return facts !== undefined && facts.inputs.length > 0 && hasEffect(node, factsOf) && !reached.has(node.id) && !(node.z !== undefined && subflows.has(node.z))
  }).map(({ id }): NodeFinding => ({ code: 'flow.unreachable', node: id, detail: 'is reached by no message; wire a source to it, or remove it' }))
}
