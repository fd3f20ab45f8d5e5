/** The types of a node's ports, as its definition and its configuration say. */
import type { Field, Port } from '../../kit/definition.ts'
import { isObject } from '../../project/json.ts'
import type { FlowNode } from '../../project/types.ts'

/** What the analysis needs of a node type's definition: data only, so that an editor can have it too. */
export interface NodeFacts {
  role: 'step' | 'sink' | 'source' | 'custom' | 'config' | 'system'
  inputs: readonly Port[]
  outputs: readonly Port[]
  fields: Readonly<Record<string, Pick<Field, 'type' | 'when'> & { default?: unknown, names?: 'system' }>>
}

/** Where a type's name, or a property's, stands in the configuration. */
export interface PortType {
  /** A type's name; undefined: any, or not known. */
  name: string | undefined
  /** Message property. */
  property: string
  /** Field of the node that says the type; `input` where the definition does. */
  field: string
}

const known = new WeakMap<FlowNode, Map<Port, PortType>>()

/** The type of a port of a node; what was asked for is kept with the node, which nobody changes. */
export function portType(node: FlowNode, port: Port, facts: NodeFacts): PortType {
  const ports = known.get(node) ?? new Map<Port, PortType>()
  known.set(node, ports)
  const found = ports.get(port) ?? readType(node, port, facts)
  ports.set(port, found)
  return found
}

function readType(node: FlowNode, { type, property = 'payload' }: Port, facts: NodeFacts): PortType {
  const field = type.startsWith('config:') ? type.slice('config:'.length) : 'input'
  const name = field === 'input' ? type : nameAt(node, field, facts)
  return { name: name === 'any' || name === '' ? undefined : name, field, property: propertyName(property.startsWith('config:') ? textAt(node, property.slice('config:'.length), facts) ?? 'payload' : property) }
}

function nameAt(node: FlowNode, path: string, facts: NodeFacts): string | undefined {
  const text = textAt(node, path, facts)
  return text !== undefined && text !== '' && facts.fields[path]?.type === 'kind' ? `torg:${text}` : text
}

/** A text in the configuration, or its default. */
function textAt(node: FlowNode, path: string, { fields }: NodeFacts): string | undefined {
  const [head = '', ...rest] = path.split('.')
  const value = rest.reduce<unknown>((at, part) => isObject(at) ? at[part] : undefined, node[head] ?? fields[head]?.default)
  return typeof value === 'string' ? value : undefined
}

/** Whether an output gives a list. */
export function givesList(node: FlowNode, { batch }: Port, { fields }: NodeFacts): boolean {
  return typeof batch === 'string' && Number(node[batch] ?? fields[batch]?.default ?? 0) >= 2
}

/** `msg.payload` and `payload` are the same. */
export const propertyName = (text: string): string => text.trim().replace(/^msg\./, '')
