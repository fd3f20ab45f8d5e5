/** Where a message of a flow can go. Pure. */

type Node = Readonly<Record<string, unknown>>

/**
 * Whether a node of this type can be reached from a node of the flow array: over wires, links and subflows. Where that cannot be told (a
 * link call whose target is chosen at run time) the answer is yes, and so it is for what a Catch of the same tab leads to.
 */
export function canReach(flows: readonly Node[], from: string, type: string): boolean {
  const byId = new Map(flows.map(node => [String(node['id']), node]))
  const onTab = Map.groupBy(flows, node => String(node['z'] ?? ''))
  const seen = new Set<string>()
  const open = [from]
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const node = byId.get(id)
    if (!node || seen.has(id)) continue
    seen.add(id)
    if (node['type'] === type || (node['type'] === 'link call' && node['linkType'] === 'dynamic')) return true
    open.push(...textsIn(node['wires']), ...textsIn(node['links']))
    const tab = String(node['z'] ?? '')
    open.push(...(onTab.get(tab) ?? []).filter(other => other['type'] === 'catch').map(other => String(other['id'])))
    const subflow = /^subflow:(.+)$/.exec(String(node['type']))?.[1]
    if (subflow !== undefined) open.push(...(onTab.get(subflow) ?? []).map(inner => String(inner['id'])))
  }
  return false
}

/** All texts of a list of lists. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return Array.isArray(value) ? value.flatMap(textsIn) : []
}
