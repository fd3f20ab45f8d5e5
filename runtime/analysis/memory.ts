/** What nodes say by themselves, kept by their content. */
import { isMapping } from '../mapping/compile.ts'
import { isObject } from '../project/json.ts'
import { isContainer } from '../project/containers.ts'
import { isRoleTable } from '../project/role-table.ts'
import type { FlowNode } from '../project/types.ts'
import { checkFilter } from './flow/filters.ts'
import { mappingField } from './flow/maps.ts'
import type { NodeFacts } from './flow/ports.ts'
import { analyseMapping } from './mapping/analyse.ts'
import type { MappingReport } from './mapping/report.ts'
import { findNodeProblems, isOff, variablesOf, type Neighbours, type NodeSurroundings, type Problem, type VariableUse } from './nodes.ts'
import type { WireType } from './types.ts'

/** What does not depend on wires. */
export interface NodeKnowledge {
  problems: readonly Problem[]
  variables: readonly VariableUse[]
  filter: readonly Problem[]
  /** Of a node with a mapping that can be compiled. */
  report: MappingReport | undefined
}

export interface NodeMemory {
  recall(nodes: readonly FlowNode[], around: Pick<Neighbours, 'containers' | 'circles'>): ReadonlyMap<FlowNode, NodeKnowledge>
}

interface Tools { factsOf(type: string): NodeFacts | undefined, typeOf(name: string): WireType | undefined }

export function createNodeMemory(options: NodeSurroundings, { factsOf, typeOf }: Tools): NodeMemory {
  let surroundingsBefore = ''
  let before = new Map<string, NodeKnowledge>()

  const reportOf = (node: FlowNode, problems: readonly Problem[]): MappingReport | undefined => {
    const field = mappingField(factsOf(node.type))
    const mapping = field === undefined ? undefined : node[field]
    if (field === undefined || !isMapping(mapping) || problems.some(problem => problem.field?.startsWith(field))) return undefined
    return analyseMapping(mapping, { from: typeOf(mapping.from), to: typeOf(mapping.to), lookups: options.project?.lookups ?? {} })
  }
  const filterOf = (node: FlowNode): Problem[] => {
    const schema = node.type === 'hub changes' ? options.kinds?.get(String(node['kind']))?.schema : undefined
    return isObject(schema) ? checkFilter(node, schema) : []
  }

  return {
    recall(nodes, { containers, circles }) {
      // A node is checked with the systems it refers to and the tab it is on; where these stand, and the role table, is nothing to it.
      const surroundings = JSON.stringify(nodes.filter(node => (node.wires === undefined || isContainer(node)) && !isRoleTable(node)).map(({ x: _x, y: _y, w: _w, h: _h, nodes: _nodes, ...rest }) => rest))
      // Whether a secret is deployed may change without any node changing.
      const remembered = surroundings === surroundingsBefore && !options.hasCredential ? before : new Map<string, NodeKnowledge>()
      const now = new Map<string, NodeKnowledge>()
      const result = new Map<FlowNode, NodeKnowledge>()
      for (const node of nodes) {
        const content = contentOf(node)
        const known = remembered.get(content) ?? (() => {
          const problems = findNodeProblems(node, { nodes, containers, circles, options })
          const off = isOff(node, containers)
          return { problems, variables: variablesOf(node), filter: off ? [] : filterOf(node), report: off ? undefined : reportOf(node, problems) }
        })()
        now.set(content, known)
        result.set(node, known)
      }
      surroundingsBefore = surroundings
      before = now
      return result
    },
  }
}

const contents = new WeakMap<object, string>()

/** A node's content without its place; what was asked for is kept with the node, which nobody changes. */
function contentOf(node: FlowNode): string {
  const known = contents.get(node)
  if (known !== undefined) return known
  const { x: _x, y: _y, wires: _wires, ...rest } = node
  const content = JSON.stringify(rest)
  contents.set(node, content)
  return content
}
