import { isDrawn } from './layout.ts'
import { isContainer } from './containers.ts'
import type { FlowNode } from './types.ts'

interface Circle { code: 'node.circle', field: string, detail: string, value: unknown }

/**
 * Config nodes that wait for each other, by id. To Node-RED any field whose value is the id of a config node refers to it,
 * also where the two are alike by chance, and it makes a config node only after those it refers to
 * (`@node-red/runtime/lib/flows/Flow.js`). One circle, be it a node and itself, and no flow starts.
 */
export function findConfigCircles(nodes: readonly FlowNode[]): Map<string, Circle> {
  const configs = new Map(nodes.filter(node => !isDrawn(node) && !isContainer(node) && node.type !== 'group' && node['d'] !== true).map(node => [node.id, node]))
  const circles = new Map<string, Circle>()
  for (const node of configs.values()) {
    for (const { field, other } of referencesOf(node, configs)) {
      if (!leadsTo(other, node, configs)) continue
      const detail = other === node
        ? `has the value "${node.id}", which is also the id of the node itself; Node-RED takes that for a reference and starts no flow. Give the field another value, or the node another id`
        : `refers to the config node ${other.name || other.type} (${other.id}), which refers back to this one; Node-RED can make neither. Remove one of the references`
      circles.set(node.id, { code: 'node.circle', field, detail, value: node[field] })
      break
    }
  }
  return circles
}

function leadsTo(from: FlowNode, target: FlowNode, configs: ReadonlyMap<string, FlowNode>): boolean {
  const seen = new Set<FlowNode>()
  const open = [from]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node === target) return true
    if (seen.has(node)) continue
    seen.add(node)
    open.push(...referencesOf(node, configs).map(({ other }) => other))
  }
  return false
}

/** Node-RED looks among the config nodes of the same tab, or among the global ones for a global one. */
function referencesOf(node: FlowNode, configs: ReadonlyMap<string, FlowNode>): { field: string, other: FlowNode }[] {
  return Object.entries(node).flatMap(([field, value]) => {
    const other = field === 'id' || field === 'wires' || typeof value !== 'string' ? undefined : configs.get(value)
    return other === undefined || (other.z ?? '') !== (node.z ?? '') ? [] : [{ field, other }]
  })
}
