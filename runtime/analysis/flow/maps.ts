/** Findings of mappings at the nodes that hold them, and required fields where the document is taken as it is. */
import type { FlowNode } from '../../project/types.ts'
import type { NodeFinding } from '../finding.ts'
import type { MappingReport } from '../mapping/report.ts'
import type { Graph } from './graph.ts'
import { outcomeOf, type Outcome } from './outcomes.ts'
import { portType, type NodeFacts } from './ports.ts'

/** A node with a mapping, what is known of it, and what becomes of its documents. */
export interface MapUse { node: FlowNode, field: string, to: string | undefined, report: MappingReport, outcome: Outcome }

/** The field of a node type that holds a mapping: its output's type says so. */
export function mappingField(facts: NodeFacts | undefined): string | undefined {
  const type = facts?.outputs[0]?.type
  return type?.startsWith('config:') && type.endsWith('.to') ? type.slice('config:'.length, -'.to'.length) : undefined
}

/** @param reportOf what is known of a node's mapping; undefined where it cannot be compiled */
export function mapUses({ graph, factsOf, reportOf }: { graph: Graph, factsOf(type: string): NodeFacts | undefined, reportOf(node: FlowNode): MappingReport | undefined }): MapUse[] {
  return [...graph.nodes.values()].flatMap(node => {
    const facts = factsOf(node.type)
    const field = mappingField(facts)
    const [output] = facts?.outputs ?? []
    const report = field === undefined ? undefined : reportOf(node)
    if (!facts || field === undefined || !output || !report) return []
    const { name: to, property } = portType(node, output, facts)
    return [{ node, field, to, report, outcome: outcomeOf(node, property, { graph, factsOf }) }]
  })
}

export function checkMaps(uses: readonly MapUse[]): NodeFinding[] {
  return uses.flatMap(({ node, field, to, report, outcome }) => [
    ...report.findings.map(({ code, at, detail, fix }): NodeFinding => ({ code, node: node.id, field: field + at, detail, ...fix && { fix: { title: fix.title, node: node.id, pointer: `/${field}${fix.pointer}`, value: fix.value } } })),
    ...missingOf({ to, report, outcome }).map((path): NodeFinding => ({ code: 'mapping.required', node: node.id, field, detail: `${path} of ${to} is required, and no rule writes it; add a rule for it`, value: path })),
  ])
}

/** Required fields that are not written, where the document is taken as it is. */
function missingOf({ to, report: { missing, writes }, outcome: { takers, changed } }: Pick<MapUse, 'to' | 'report' | 'outcome'>): readonly string[] {
  // What changes it may add them; a change of a record names only what changes.
  if (to === undefined || changed || takers.some(({ type }) => type === 'hub update')) return []
  const saves = takers.filter(({ type }) => type === 'hub save')
  const refs = to.startsWith('torg:') && saves.length > 0 && writes.size > 0 && !writes.has('refs') ? ['refs'] : []
  const removes = saves.length > 0 && saves.length === takers.length && saves.every(({ operation }) => operation === 'remove')
  return removes ? refs : [...refs, ...missing]
}
