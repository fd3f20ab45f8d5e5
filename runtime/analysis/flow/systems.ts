/** Systems by their keys: unknown ones, changes that go back to where they came from, subscriptions that write elsewhere. */
import { isShown } from '../../kit/faults.ts'
import { isSystem } from '../../project/systems.ts'
import type { FlowNode } from '../../project/types.ts'
import type { NodeFinding } from '../finding.ts'
import type { Graph } from './graph.ts'
import type { NodeFacts } from './ports.ts'
import type { Source } from './runs.ts'

/** Origins that are no systems: a person at the editor, and the hub's own schedules. */
const noSystems = new Set(['', 'manual', 'hub'])

/** Keys of the configured systems by the ids of their nodes. */
export function systemKeys(flows: readonly FlowNode[]): ReadonlyMap<string, string> {
  return new Map(flows.filter(isSystem).flatMap(({ id, key }): [string, string][] => typeof key === 'string' ? [[id, key]] : []))
}

interface Surroundings { graph: Graph, sources: readonly Source[], keys: ReadonlyMap<string, string>, factsOf(type: string): NodeFacts | undefined }

export function checkSystems(surroundings: Surroundings): NodeFinding[] {
  return [...findUnknownKeys(surroundings), ...findEchoes(surroundings), ...findOtherSystems(surroundings)]
}

/** The key of the system a node belongs to. */
export const keyOf = (node: FlowNode, keys: ReadonlyMap<string, string>): string | undefined => typeof node['system'] === 'string' ? keys.get(node['system']) : undefined

function findUnknownKeys({ graph, keys, factsOf }: Surroundings): NodeFinding[] {
  const known = new Set(keys.values())
  return [...graph.nodes.values()].flatMap(node => {
    const facts = factsOf(node.type)
    if (!facts) return []
    const value = (field: string): unknown => node[field] ?? facts.fields[field]?.default
    return fieldsOfKeys(facts).flatMap(([field, definition]): NodeFinding[] => {
      const key = node[field]
      if (typeof key !== 'string' || noSystems.has(key) || known.has(key) || key.startsWith('$') || !isShown(definition, value)) return []
      return [{ code: 'system.unknown-key', node: node.id, field, detail: `there is no system "${key}"; ${known.size === 0 ? 'none is configured' : `there are ${[...known].sort().join(', ')}`}`, value: key }]
    })
  })
}

const keyFields = new WeakMap<NodeFacts, [string, NodeFacts['fields'][string]][]>()

/** The fields of a node type that hold the key of a system. */
function fieldsOfKeys(facts: NodeFacts): [string, NodeFacts['fields'][string]][] {
  const found = keyFields.get(facts) ?? Object.entries(facts.fields).filter(([, { names }]) => names === 'system')
  keyFields.set(facts, found)
  return found
}

/** What came from a system and is saved as another's is delivered to the first again. */
function findEchoes({ graph, sources, keys }: Surroundings): NodeFinding[] {
  const fed = new Set([...graph.nodes.values()].filter(({ type }) => type === 'hub changes').map(node => `${String(node['kind'])} ${keyOf(node, keys)}`))
  return [...graph.nodes.values()].filter(({ type }) => type === 'hub save' || type === 'hub update').flatMap((node): NodeFinding[] => {
    const { id, kind, origin } = node
    if (typeof origin !== 'string' || origin === '') return []
    const systems = [...new Set(sources.filter(({ reached }) => reached.has(id)).flatMap(({ node: source }) => keyOf(source, keys) ?? []))]
    const back = systems.find(system => system !== origin && fed.has(`${String(kind)} ${system}`))
    return back === undefined ? [] : [{ code: 'flow.echo', node: id, field: 'origin', detail: `saves what ${back} says as if ${origin} had said it, so a hub changes node delivers it to ${back} again; leave the origin empty`, value: origin }]
  })
}

/** A subscription keeps changes from the system it feeds: written to another one, that gets its own back. */
function findOtherSystems({ graph, sources, keys, factsOf }: Surroundings): NodeFinding[] {
  return sources.filter(({ node }) => node.type === 'hub changes').flatMap(({ node, reached }): NodeFinding[] => {
    const feeds = keyOf(node, keys)
    const written = new Set([...reached].flatMap(id => { const found = graph.nodes.get(id); return found && factsOf(found.type)?.role === 'sink' ? keyOf(found, keys) ?? [] : [] }))
    if (feeds === undefined || written.size === 0 || written.has(feeds)) return []
    return [{ code: 'flow.other-system', node: node.id, field: 'system', detail: `feeds ${feeds}, but the flow writes to ${[...written].sort().join(', ')}, which is then sent its own changes and not protected by its limits; choose the system that is written to`, value: feeds }]
  })
}
