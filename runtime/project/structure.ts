/** Checks that a flow array hangs together: ids, types, wires, groups, tabs. Pure. */
import { isObject } from './json.ts'
import { isContainer, labelOf } from './containers.ts'
import type { FlowFinding, FlowNode } from './types.ts'

/** A node and the file it stands in. */
export interface LocatedNode { node: FlowNode, file?: string }

/** An entry of a flow array as a node; a finding where it is none. */
export function asNode(entry: unknown, index: number, file?: string): FlowNode | FlowFinding {
  const place = file === undefined ? {} : { file }
  if (!isObject(entry)) return { code: 'node.form', ...place, detail: `entry ${index + 1} is not an object, but every entry is a node` }
  const { id, type } = entry
  if (typeof id !== 'string' || id === '') return { code: 'node.form', ...place, ...named(entry), field: 'id', detail: `entry ${index + 1} has no id`, ...(id !== undefined && { value: id }) }
  if (typeof type !== 'string' || type === '') return { code: 'node.form', ...place, node: id, ...named(entry), field: 'type', detail: 'the node has no type', ...(type !== undefined && { value: type }) }
  return isNode(entry) ? entry : { code: 'node.form', ...place, detail: `entry ${index + 1} is no node` }
}

const isNode = (entry: Record<string, unknown>): entry is FlowNode => typeof entry['id'] === 'string' && typeof entry['type'] === 'string'

export const isFinding = (result: FlowNode | FlowFinding): result is FlowFinding => 'detail' in result && !('id' in result)

const named = (entry: Readonly<Record<string, unknown>>): { name?: string } => typeof entry['name'] === 'string' && entry['name'] !== '' ? { name: entry['name'] } : {}

/** Where a finding is. */
export type Place = Pick<FlowFinding, 'file' | 'tab' | 'node' | 'name' | 'type'>

/** The place of a node, for a finding. */
export function placeOf({ node, file }: LocatedNode, containers: ReadonlyMap<string, FlowNode>): Place {
  const container = isContainer(node) ? node : node.z === undefined ? undefined : containers.get(node.z)
  return {
    ...(file !== undefined && { file }),
    ...(container && { tab: labelOf(container) }),
    ...(!isContainer(node) && { node: node.id, ...named(node), type: node.type }),
  }
}

/** What does not hang together; empty when everything does. */
export function findStructureProblems(nodes: readonly LocatedNode[]): FlowFinding[] {
  const containers = new Map(nodes.filter(({ node }) => isContainer(node)).map(({ node }) => [node.id, node]))
  const first = new Map<string, LocatedNode>()
  const findings: FlowFinding[] = []
  for (const located of nodes) {
    const other = first.get(located.node.id)
    if (other === undefined) first.set(located.node.id, located)
    else findings.push({ code: 'node.id-twice', ...placeOf(located, containers), field: 'id', detail: `the id is also that of ${nameOf(other.node)}${other.file === undefined ? '' : ` in ${other.file}`}; every node needs an id of its own`, value: located.node.id })
  }
  for (const located of nodes) {
    for (const problem of findNodeProblems(located.node, first, containers)) findings.push({ ...placeOf(located, containers), ...problem })
  }
  return findings
}

/** What a sentence calls a node. */
const nameOf = (node: FlowNode): string => `${isContainer(node) ? node.type : 'node'} "${isContainer(node) ? labelOf(node) : node.name || node.type}" (${node.id})`

type Problem = Pick<FlowFinding, 'code' | 'field' | 'detail' | 'value'>

function findNodeProblems(node: FlowNode, nodes: ReadonlyMap<string, LocatedNode>, containers: ReadonlyMap<string, FlowNode>): Problem[] {
  const problems: Problem[] = []
  if (node.z && !isContainer(node) && !containers.has(node.z)) problems.push({ code: 'node.place', field: 'z', detail: `is on the tab ${node.z}, which does not exist`, value: node.z })
  const subflow = /^subflow:(.+)$/.exec(node.type)?.[1]
  if (subflow !== undefined && containers.get(subflow)?.type !== 'subflow') problems.push({ code: 'subflow.unknown', field: 'type', detail: `uses the subflow ${subflow}, which does not exist`, value: node.type })
  if (node.g !== undefined && nodes.get(node.g)?.node.type !== 'group') problems.push({ code: 'node.place', field: 'g', detail: `belongs to the group ${node.g}, which does not exist`, value: node.g })
  if (node.type === 'group' && Array.isArray(node['nodes'])) {
    for (const id of node['nodes']) if (typeof id !== 'string' || !nodes.has(id)) problems.push({ code: 'node.place', field: 'nodes', detail: `groups the node ${String(id)}, which does not exist`, value: id })
  }
  if (node.wires !== undefined) problems.push(...findWireProblems(node, nodes))
  if (node.type === 'subflow') problems.push(...findEndProblems(node, nodes))
  return problems
}

/** A subflow's own ends are wired to `{ id, port }` of nodes on it. */
function findEndProblems(subflow: FlowNode, nodes: ReadonlyMap<string, LocatedNode>): Problem[] {
  return ['in', 'out', 'status'].flatMap(field => {
    const ends = [subflow[field] ?? []].flat().filter(isObject)
    const targets = ends.flatMap(({ wires }) => Array.isArray(wires) ? wires as unknown[] : []).filter(isObject).map(({ id }) => id)
    return targets.flatMap((target): Problem[] => {
      const found = typeof target === 'string' ? nodes.get(target)?.node : undefined
      if (found !== undefined && (found.z === subflow.id || found.id === subflow.id)) return []
      return [{ code: 'subflow.end', field, detail: `the ${field} of ${nameOf(subflow)} is wired to the node ${String(target)}, which is not on it`, value: target }]
    })
  })
}

function findWireProblems(node: FlowNode, nodes: ReadonlyMap<string, LocatedNode>): Problem[] {
  const wires: unknown = node.wires
  if (!Array.isArray(wires) || !wires.every(port => Array.isArray(port) && port.every(target => typeof target === 'string'))) {
    return [{ code: 'wire.broken', field: 'wires', detail: 'must be a list of node ids for every output', value: wires }]
  }
  return wires.flatMap((port: string[], index) => port.flatMap((target): Problem[] => {
    const found = nodes.get(target)?.node
    if (found && found.z === node.z && found.wires !== undefined) return []
    const output = `output ${index + 1} of ${nameOf(node)}`
    if (found === undefined) return [{ code: 'wire.broken', field: 'wires', detail: `${output} is wired to the node ${target}, which does not exist`, value: target }]
    if (found.z !== node.z) return [{ code: 'wire.broken', field: 'wires', detail: `${output} is wired to ${nameOf(found)} on another tab; use a link node`, value: target }]
    return [{ code: 'wire.broken', field: 'wires', detail: `${output} is wired to ${nameOf(found)}, which takes no messages; a node that is no config node has "wires": []`, value: target }]
  }))
}
