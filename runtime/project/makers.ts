/** Which mappings of a flow make a field, and which only pass it on. Pure. */

/** A rule of a mapping that writes a field. */
export interface FieldRule {
  /** On one line. */
  text: string
  /** It takes the value as it is, from the place where it puts it. */
  passesOn: boolean
}

type Node = Readonly<Record<string, unknown>>

export interface Maker { id: string, rules: string[] }

/**
 * The nodes whose mappings make what the mapping of a node says of a field: itself, or where it only passes the field on, those before it in the flow; several where several wires lead to it.
 *
 * @param id of the node that was the last to map
 * @param rulesOf rules of a node's mapping that write the field
 */
export function makersOf(nodes: ReadonlyMap<string, Node>, id: string, rulesOf: (node: Node) => FieldRule[]): Maker[] {
  const before = predecessorsOf(nodes)
  const seen = new Set<string>()
  const follow = (node: Node, last: boolean): Maker[] => {
    const own = String(node['id'])
    if (seen.has(own)) return []
    seen.add(own)
    const rules = rulesOf(node)
    const makers = rules.length > 0 && rules.every(({ passesOn }) => passesOn) ? mapsBefore(own, propertyOf(node, 'source'), before).flatMap(one => follow(one, false)) : []
    // What no mapping before it makes came with the message.
    return makers.length > 0 ? makers : rules.length > 0 || last ? [{ id: own, rules: rules.map(({ text }) => text) }] : []
  }
  const node = nodes.get(id)
  return node ? follow(node, true) : []
}

const propertyOf = (node: Node, which: 'source' | 'target'): string => typeof node[which] === 'string' && node[which] !== '' ? node[which] : 'payload'

/** The next nodes upstream that map into this property of the message. */
function mapsBefore(id: string, property: string, before: ReadonlyMap<string, readonly Node[]>): Node[] {
  const maps: Node[] = []
  const passed = new Set([id])
  for (const at of passed) {
    for (const node of before.get(at) ?? []) {
      if (node['type'] === 'map' && propertyOf(node, 'target') === property) maps.push(node)
      else passed.add(String(node['id']))
    }
  }
  return [...new Set(maps)]
}

/** By wires and links. */
function predecessorsOf(nodes: ReadonlyMap<string, Node>): Map<string, Node[]> {
  const before = new Map<string, Node[]>()
  for (const node of nodes.values()) {
    const next = [...textsIn(node['wires']), ...node['type'] === 'link out' ? textsIn(node['links']) : []]
    for (const id of next) before.set(id, [...before.get(id) ?? [], node])
  }
  return before
}

const textsIn = (value: unknown): string[] => Array.isArray(value) ? value.flatMap(textsIn) : typeof value === 'string' ? [value] : []
