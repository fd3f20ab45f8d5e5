/** Where things stand in the editor, apart from what they do. Pure. */
import { isObject } from './json.ts'
import type { FlowNode } from './types.ts'

/** Position and size of one node; of a subflow also those of its ends; of a tab its place among the tabs. */
export type Placement = Readonly<Record<string, unknown>>
/** A layout file: node id -> placement. */
export type Layout = Readonly<Record<string, Placement>>

const positionKeys = ['x', 'y', 'w', 'h'] as const
/** Ends of a subflow; each entry (or the object itself) carries x and y beside its wires. */
const subflowEnds = ['in', 'out', 'status'] as const

/** Whether Node-RED draws the node: one with x and y. Everything else is a config node to it. */
export const isDrawn = (node: FlowNode): boolean => typeof node['x'] === 'number' && typeof node['y'] === 'number'

/** Parts a node from its place. Placement is null for a config node, whose every field is logic. */
export function splitPlacement(node: FlowNode): { logic: FlowNode, placement: Placement | null } {
  if (node.type === 'subflow') return splitSubflow(node)
  if (!isDrawn(node)) return { logic: node, placement: null }
  return { logic: omit(node, positionKeys), placement: pick(node, positionKeys) }
}

/** Puts a node back to its place. */
export function joinPlacement(logic: FlowNode, placement: Placement | undefined): FlowNode {
  if (placement === undefined) return logic
  if (logic.type === 'subflow') return joinSubflow(logic, placement)
  return { ...logic, ...pick(placement, positionKeys) }
}

function splitSubflow(node: FlowNode): { logic: FlowNode, placement: Placement | null } {
  const logic: FlowNode = { ...node }
  const placement: Record<string, unknown> = {}
  for (const end of subflowEnds) {
    const value = node[end]
    if (Array.isArray(value)) {
      logic[end] = value.map(item => isObject(item) ? omit(item, positionKeys) : item)
      placement[end] = value.map(item => isObject(item) ? pick(item, positionKeys) : {})
    } else if (isObject(value)) {
      logic[end] = omit(value, positionKeys)
      placement[end] = pick(value, positionKeys)
    }
  }
  return { logic, placement: Object.keys(placement).length === 0 ? null : placement }
}

function joinSubflow(logic: FlowNode, placement: Placement): FlowNode {
  const node: FlowNode = { ...logic }
  for (const end of subflowEnds) {
    const value = logic[end]
    const place = placement[end]
    if (Array.isArray(value)) node[end] = value.map((item, index) => isObject(item) ? { ...endPlace(end, index), ...placeAt(place, index), ...item } : item)
    else if (isObject(value)) node[end] = { ...endPlace(end, 0), ...(isObject(place) ? place : {}), ...value }
  }
  return node
}

const placeAt = (places: unknown, index: number): Record<string, unknown> => {
  const place = Array.isArray(places) ? places[index] as unknown : undefined
  return isObject(place) ? pick(place, positionKeys) : {}
}
const endPlace = (end: string, index: number): Record<string, unknown> => ({ x: end === 'in' ? 60 : 640, y: 80 + 60 * index })

function pick(from: Readonly<Record<string, unknown>>, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(keys.filter(key => from[key] !== undefined).map(key => [key, from[key]]))
}

function omit<T extends Record<string, unknown>>(from: T, keys: readonly string[]): T {
  const rest = { ...from }
  for (const key of keys) delete rest[key]
  return rest
}

/**
 * Places for the nodes of one tab that have none, as in a file written by hand: columns by distance from the sources, rows
 * in the order of the file. Without a place Node-RED would take them for config nodes.
 */
export function placeNodes(nodes: readonly FlowNode[]): FlowNode[] {
  const homeless = nodes.filter(node => node.wires !== undefined && !isDrawn(node))
  if (homeless.length === 0) return [...nodes]
  const columns = columnsOf(nodes)
  const lowest = Math.max(0, ...nodes.filter(isDrawn).map(node => Number(node['y'])))
  const taken = new Map<number, number>()
  const places = new Map<string, { x: number, y: number }>()
  for (const { id } of homeless) {
    const column = columns.get(id) ?? 0
    const row = taken.get(column) ?? 0
    taken.set(column, row + 1)
    places.set(id, { x: 150 + 240 * column, y: lowest + 80 + 80 * row })
  }
  return nodes.map(node => ({ ...node, ...places.get(node.id) }))
}

/** Longest distance from a node without incoming wires; a loop ends at the node it comes back to. */
function columnsOf(nodes: readonly FlowNode[]): Map<string, number> {
  const columns = new Map<string, number>()
  const order = sortByWires(nodes)
  for (const { id } of order) columns.set(id, 0)
  const position = new Map(order.map(({ id }, index) => [id, index]))
  for (const node of order) {
    for (const target of (node.wires ?? []).flat()) {
      const later = (position.get(target) ?? -1) > (position.get(node.id) ?? 0)
      if (later) columns.set(target, Math.max(columns.get(target) ?? 0, (columns.get(node.id) ?? 0) + 1))
    }
  }
  return columns
}

/** Nodes from sources to sinks: reverse post-order over the wires, stable for equal input. */
export function sortByWires(nodes: readonly FlowNode[]): FlowNode[] {
  const byId = new Map(nodes.map(node => [node.id, node]))
  const hasInput = new Set(nodes.flatMap(node => (node.wires ?? []).flat()))
  const seen = new Set<string>()
  const sorted: FlowNode[] = []
  const visit = (start: FlowNode): void => {
    // An explicit stack: a long chain must not exhaust the call stack.
    const stack: { node: FlowNode, targets: string[] }[] = []
    const enter = (node: FlowNode): void => {
      seen.add(node.id)
      stack.push({ node, targets: (node.wires ?? []).flat().reverse() })
    }
    enter(start)
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const target = top.targets.shift()
      const next = target === undefined ? undefined : byId.get(target)
      if (target === undefined) { sorted.push(top.node); stack.pop() }
      else if (next !== undefined && !seen.has(target)) enter(next)
    }
  }
  const sources = nodes.filter(({ id }) => !hasInput.has(id))
  // Backwards, because the result is turned round; what no source reaches is a loop and comes first.
  for (const node of [...sources].reverse()) if (!seen.has(node.id)) visit(node)
  for (const node of [...nodes].reverse()) if (!seen.has(node.id)) visit(node)
  return sorted.reverse()
}
