/**
 * The analysis of a whole customer: nodes, wires, mappings, runs, systems and roles. Pure, and the same for the editor, `torg check` and a
 * deploy. What a node says by itself is kept by its content, so that after an edit only what changed is looked at again.
 */
import type { JsonSchema } from '../model/validation.ts'
import { findConfigCircles } from '../project/config-circles.ts'
import { isContainer } from '../project/containers.ts'
import { findRoleWarnings } from '../project/role-checks.ts'
import { toFinding } from '../project/role-faults.ts'
import { rolesFile, rolesOf } from '../project/role-table.ts'
import { asNode, findStructureProblems, isFinding, placeOf } from '../project/structure.ts'
import type { FlowFinding, FlowNode } from '../project/types.ts'
import { severityOf } from './catalogue.ts'
import type { Finding, NodeFinding } from './finding.ts'
import { createGraph } from './flow/graph.ts'
import { checkMaps, mapUses } from './flow/maps.ts'
import type { NodeFacts } from './flow/ports.ts'
import { propagate } from './flow/propagate.ts'
import { checkRuns, sourcesOf } from './flow/runs.ts'
import { checkSystems, systemKeys } from './flow/systems.ts'
import { checkWires } from './flow/wires.ts'
import { checkWriters } from './flow/writers.ts'
import { createNodeMemory } from './memory.ts'
import { findMissingVariables, findTableProblems, isOff, type NodeSurroundings } from './nodes.ts'
import { createWireTypes } from './types.ts'

/** What flows are analysed against; what is left out is not looked at. */
export interface Surroundings extends NodeSurroundings {
  /** Definitions of the node types of all connectors; without them only the form of the flows is looked at. */
  nodeTypes?: ReadonlyMap<string, NodeFacts>
  /** Schemas of the connectors' types by name. */
  wireTypes?: ReadonlyMap<string, JsonSchema>
}

export interface Analyser {
  /** Everything there is to say about flows, errors first told by those that are nearest to the node. A node must not be changed after it was given; give a new one. */
  analyse(flows: readonly unknown[]): Finding[]
}

/** An analyser for one hub or project. It may be asked again and again; each time it looks only at what is new. */
export function createAnalyser(surroundings: Surroundings = {}): Analyser {
  const { env, kinds, project, nodeTypes, wireTypes = new Map() } = surroundings
  const factsOf = (type: string): NodeFacts | undefined => nodeTypes?.get(type)
  const typeOf = createWireTypes({ project: { kinds: kinds ?? new Map(), schemas: project?.schemas ?? {} }, types: wireTypes })
  const memory = createNodeMemory(surroundings, { factsOf, typeOf })

  return {
    analyse(flows) {
      const results = flows.map((entry, index) => asNode(entry, index))
      const found: FlowFinding[] = results.filter(isFinding)
      const nodes = results.filter((result): result is FlowNode => !isFinding(result))
      found.push(...findStructureProblems(nodes.map(node => ({ node }))))

      const byId = new Map(nodes.map(node => [node.id, node]))
      const containers = new Map(nodes.filter(isContainer).map(node => [node.id, node]))
      const known = memory.recall(nodes, { containers, circles: findConfigCircles(nodes) })
      const seen = new Set(found.map(identity))
      for (const node of nodes) {
        const { problems = [], variables = [] } = known.get(node) ?? {}
        const missing = env && !isOff(node, containers) ? findMissingVariables(node, variables, { env, byId }) : []
        for (const problem of [...problems, ...missing]) {
          const finding: FlowFinding = { ...placeOf({ node }, containers), ...problem }
          // Two checks may find the same field: the more exact one comes first and stands.
          if (!seen.has(identity(finding))) found.push(finding)
          seen.add(identity(finding))
        }
      }
      found.push(...findTableProblems(nodes, kinds))
      const rows = rolesOf(nodes)
      found.push(...findRoleWarnings(rows, kinds ?? new Map(), nodes).map(fault => toFinding(fault, { file: rolesFile })))
      const graded = found.map((finding): Finding => ({ ...finding, severity: severityOf(finding.code) }))
      if (!nodeTypes) return graded

      const graph = createGraph(nodes)
      const sources = sourcesOf(graph, factsOf)
      const uses = mapUses({ graph, factsOf, reportOf: node => known.get(node)?.report })
      const keys = systemKeys(nodes)
      const behind: NodeFinding[] = [
        ...checkWires({ graph, types: propagate(graph, factsOf), factsOf, typeOf }), ...checkMaps(uses),
        ...[...graph.nodes.values()].flatMap(node => known.get(node)?.filter.map(problem => ({ ...problem, node: node.id })) ?? []),
        ...checkRuns(nodes, { graph, sources, factsOf }), ...checkSystems({ graph, sources, keys, factsOf }), ...checkWriters(uses, { sources, keys, rows }),
      ]
      return [...graded, ...behind.map((finding): Finding => {
        const node = byId.get(finding.node)
        return { ...node && placeOf({ node }, containers), ...finding, severity: severityOf(finding.code) }
      })]
    },
  }
}

const identity = ({ node, field }: FlowFinding): string => `${node ?? ''} ${field ?? ''}`
