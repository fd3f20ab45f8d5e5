/** What becomes of a document that a map makes: who takes it as it is. */
import type { FlowNode } from '../../project/types.ts'
import { touchedBy } from './core-nodes.ts'
import type { Graph } from './graph.ts'
import { portType, type NodeFacts } from './ports.ts'

export interface Outcome {
  /** Nodes that take the document as the map made it. */
  takers: readonly FlowNode[]
  /** Whether some node may still change it. */
  changed: boolean
}

/** Follows a property of the messages a node sends. */
export function outcomeOf(start: FlowNode, property: string, { graph, factsOf }: { graph: Graph, factsOf(type: string): NodeFacts | undefined }): Outcome {
  const takers: FlowNode[] = []
  let changed = false
  const seen = new Set(graph.targets(start.id))
  const goOn = (id: string): void => { for (const target of graph.targets(id)) seen.add(target) }
  for (const id of seen) {
    const node = graph.nodes.get(id)
    if (!node) continue
    const facts = factsOf(node.type)
    if (!facts) {
      const touched = touchedBy(node)
      if (touched === null || touched.some(one => overlaps(one, property))) changed = true
      else goOn(id)
      continue
    }
    const [input] = facts.inputs
    if (input && portType(node, input, facts).property === property) takers.push(node)
    const writes = facts.outputs.filter(({ type }) => type !== 'same').map(port => portType(node, port, facts).property)
    if (writes.some(one => one !== property && overlaps(one, property))) changed = true
    if (!writes.some(one => overlaps(one, property))) goOn(id)
  }
  return { takers, changed }
}

const overlaps = (one: string, other: string): boolean => one === other || one.startsWith(`${other}.`) || other.startsWith(`${one}.`)
