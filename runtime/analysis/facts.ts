/** What the analysis needs of the definitions of connectors. */
import type { ConnectorDefinition } from '../kit/definition.ts'
import { nodeTypesOf } from '../kit/node-types.ts'
import type { NodeFacts } from './flow/ports.ts'
import type { Surroundings } from './analyse.ts'

/** Node types and wire types of connectors, as data. */
export function factsOf(connectors: readonly ConnectorDefinition[]): Required<Pick<Surroundings, 'nodeTypes' | 'wireTypes'>> {
  return {
    nodeTypes: new Map(connectors.flatMap(nodeTypesOf).map(({ type, role, inputs, outputs, fields }): [string, NodeFacts] => [type, { role, inputs, outputs, fields }])),
    wireTypes: new Map(connectors.flatMap(({ types = {} }) => Object.entries(types).map(([name, { schema }]): [string, Record<string, unknown>] => [name, { ...schema }]))),
  }
}
