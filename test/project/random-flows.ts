/** Random but valid flow arrays, the same for the same seed. */
import type { FlowNode, Flows } from '../../runtime/project/index.ts'

export type Random = () => number

/** Mulberry32: small, seedable, good enough to vary tests. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const labels = ['Orders', 'ERP', 'Ordre til kassa', 'Åpne ærend', 'orders', 'ERP / CRM', '注文', '', 'a'.repeat(80)]
const texts = ['', 'short', 'two\nlines', '"quoted" \\ back', 'æøå 🛒', '\u2028', 'x'.repeat(150)]

export function randomFlows(random: Random): Flows {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T
  const count = (most: number): number => Math.floor(random() * (most + 1))
  let next = 0
  const id = (): string => `${(next++).toString(16).padStart(4, '0')}${Math.floor(random() * 0xffff_ffff).toString(16)}`
  const value = (depth: number): unknown => pick<() => unknown>([
    () => pick(texts), () => Math.round(random() * 1000) / 10, () => random() < 0.5, () => null,
    () => depth > 2 ? [] : Array.from({ length: count(3) }, () => value(depth + 1)),
    () => depth > 2 ? {} : Object.fromEntries(Array.from({ length: count(3) }, (_, index) => [`k${index}`, value(depth + 1)])),
  ])()
  const fields = (): Record<string, unknown> => Object.fromEntries(Array.from({ length: count(4) }, (_, index) => [`${pick(['rule', 'zeta', 'alpha', 'func'])}${index}`, value(0)]))
  const place = (): { x: number, y: number } => ({ x: Math.round(random() * 900), y: Math.round(random() * 900) })

  const systems: FlowNode[] = Array.from({ length: count(3) }, (_, index) => ({ id: id(), type: 'rest-system', name: pick(texts), key: `system-${index}`, ...fields() }))
  const subflows: FlowNode[] = Array.from({ length: count(2) }, () => ({ id: id(), type: 'subflow', name: pick(labels), info: pick(texts), env: [{ name: 'LIMIT', type: 'num', value: '3' }] }))
  const tabs: FlowNode[] = Array.from({ length: 1 + count(4) }, () => ({ id: id(), type: 'tab', label: pick(labels), disabled: random() < 0.2, info: pick(texts), env: [] }))

  const members = (container: FlowNode): FlowNode[] => {
    const z = container.id
    const group: FlowNode | null = random() < 0.5 ? { id: id(), type: 'group', z, name: 'Group', nodes: [], style: { label: true }, ...place(), w: 200, h: 120 } : null
    const config: FlowNode[] = random() < 0.3 ? [{ id: id(), type: 'tls-config', z, name: 'on this tab', ...fields() }] : []
    const nodes: FlowNode[] = Array.from({ length: count(8) }, () => ({
      id: id(), z,
      type: pick(['function', 'map', 'junction', 'comment', 'rest out', ...(container.type === 'tab' ? subflows.map(subflow => `subflow:${subflow.id}`) : [])]),
      name: pick(texts), ...fields(), ...(random() < 0.2 && { d: true }), ...(random() < 0.2 && { l: false }), ...place(), wires: [],
    }))
    for (const node of nodes) {
      node.wires = Array.from({ length: count(3) }, () => Array.from({ length: count(2) }, () => pick(nodes).id))
      if (group !== null && random() < 0.4) {
        node.g = group.id
        group['nodes'] = [...group['nodes'] as string[], node.id]
      }
    }
    if (container.type === 'subflow') {
      container['in'] = [{ ...place(), wires: nodes.slice(0, 1).map(node => ({ id: node.id })) }]
      container['out'] = nodes.slice(0, 2).map(node => ({ ...place(), wires: [{ id: node.id, port: 0 }] }))
      if (random() < 0.5) container['status'] = { ...place(), wires: [{ id: nodes[0]?.id ?? z, port: 0 }] }
    }
    return [...group ? [group] : [], ...config, ...nodes]
  }
  const all = [...tabs, ...subflows, ...systems, ...tabs.flatMap(members), ...subflows.flatMap(members)]
  return random() < 0.5 ? all : all.sort(() => random() - 0.5)
}
