/**
 * Palette nodes that start messages by themselves (inject, mqtt in, tcp in, http in) run in the hub alone: in every worker too, each
 * message would be there as many times as there are processes. Torg's own sources are told by the engine what to start.
 */
import type { FlowItem } from './facade.ts'

/** Nothing is wired to these, yet they belong to runs; a function may prepare context when it starts. */
const withoutWires = new Set(['catch', 'status', 'complete', 'link in', 'function', 'comment', 'junction', 'group', 'tab', 'subflow'])

/** The flows with such nodes disabled. `isOwn`: whether a type is one of Torg's. Pure. */
export function disablePlainSources(flows: readonly FlowItem[], isOwn: (type: string) => boolean): FlowItem[] {
  const reached = new Set(flows.flatMap(({ wires = [] }) => wires.flat()))
  // What enters a subflow comes from its instance.
  for (const { in: entries } of flows) if (Array.isArray(entries)) for (const entry of entries) for (const id of wiredTo(entry)) reached.add(id)
  return flows.map((item) => {
    const { id, type, wires } = item
    const starts = wires !== undefined && wires.length > 0 && !reached.has(id) && !withoutWires.has(type) && !type.startsWith('subflow:') && !isOwn(type)
    return starts ? { ...item, d: true } : item
  })
}

/** `{ "wires": [{ "id": "…" }] }`, as the inputs of a subflow name what they lead to. */
function wiredTo(entry: unknown): string[] {
  if (typeof entry !== 'object' || entry === null || !('wires' in entry) || !Array.isArray(entry.wires)) return []
  return entry.wires.flatMap((wire: unknown) => typeof wire === 'object' && wire !== null && 'id' in wire ? [String(wire.id)] : [])
}
