/** Whether what a wire carries is what the node at its end takes. */
import type { FlowNode } from '../../project/types.ts'
import type { NodeFinding } from '../finding.ts'
import { misfitOf } from '../schema/fit.ts'
import type { WireType } from '../types.ts'
import type { Graph } from './graph.ts'
import { portType, type NodeFacts, type PortType } from './ports.ts'
import type { Propagation } from './propagate.ts'
import { typesAt, unknown } from './state.ts'

export interface WireSurroundings {
  graph: Graph
  types: Propagation
  factsOf(type: string): NodeFacts | undefined
  typeOf(name: string): WireType | undefined
}

/** What a sentence calls a node. */
export const nameOf = (node: FlowNode): string => `${node.type}${node.name ? ` "${node.name}"` : ` (${node.id})`}`

/** Types that do not exist, and wires that carry another type than the node behind them takes. */
export function checkWires({ graph, types, factsOf, typeOf }: WireSurroundings): NodeFinding[] {
  const misfits = new Map<string, string | null>()
  return [...graph.nodes.values()].flatMap(node => {
    const facts = factsOf(node.type)
    if (!facts) return []
    const ports = [...facts.inputs, ...facts.outputs].map(port => portType(node, port, facts)).filter(({ name }) => name !== undefined && name !== 'same')
    const fields = new Set<string>()
    const missing = ports.flatMap(({ name = '', field }): NodeFinding[] => {
      // A kind that does not exist is a fault of its field, and told there.
      if (typeOf(name) || fields.has(field) || name.startsWith('torg:') && facts.fields[field]?.type === 'kind') return []
      fields.add(field)
      return [{ code: 'type.unknown', node: node.id, field, detail: `the type "${name}" does not exist`, value: name }]
    })
    const [input] = facts.inputs
    if (!input) return missing
    const wanted = portType(node, input, facts)
    const target = wanted.name === undefined ? undefined : typeOf(wanted.name)
    if (!target) return missing
    const seen = new Set<string>()
    return [...missing, ...graph.incoming(node.id).flatMap(({ from, port }) => [...typesAt(types.atOutput(from, port) ?? new Map(), wanted.property)].flatMap((carried): NodeFinding[] => {
      const source = graph.nodes.get(from)
      if (!source || carried === unknown || seen.has(`${from} ${carried}`)) return []
      seen.add(`${from} ${carried}`)
      const place = { node: node.id, field: wanted.field, from, value: carried }
      if (carried.endsWith('[]') && input.batch !== true) return [{ ...place, code: 'type.list', detail: `${nameOf(source)} sends a list of ${carried.slice(0, -2)} in msg.${wanted.property}, but the node takes one ${wanted.name}; put a split node between them` }]
      const why = whyNot(carried.replace(/\[\]$/, ''), { wanted, target, typeOf, misfits })
      return why === null ? [] : [{ ...place, code: 'type.mismatch', detail: `${nameOf(source)} sends ${typeOf(carried)?.name ?? carried} in msg.${wanted.property}, but the node takes ${wanted.name}: ${why}; put a map between them, or correct ${wanted.field}` }]
    }))]
  })
}

/** Why a type does not fit; null where it does. */
function whyNot(carried: string, { wanted, target, typeOf, misfits }: { wanted: PortType, target: WireType, typeOf: WireSurroundings['typeOf'], misfits: Map<string, string | null> }): string | null {
  if (carried === wanted.name) return null
  const key = `${carried} ${wanted.name}`
  const known = misfits.get(key)
  if (known !== undefined) return known
  const source = typeOf(carried)
  const misfit = source && misfitOf(source.shape, target.shape)
  const why = misfit === undefined || misfit.reason === 'partly' ? null : misfit.path === '' || misfit.reason === 'missing' || misfit.reason === 'unknown' ? `it ${misfit.says}` : `its ${misfit.path} ${misfit.says}`
  misfits.set(key, why)
  return why
}
