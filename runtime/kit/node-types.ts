/**
 * The node types a connector makes, with the fields every one of them has besides its own: a system's `name` and
 * `key` and limits, a node's `name` and `system`, a source's `timeLimit`. One list for the editor, the registrar and the checks.
 */
import type { AnyNode, ConnectorDefinition, Field, Fields, Port, Text } from './definition.ts'
import type { FieldRules } from './faults.ts'
import { limitFields } from './limits.ts'
import { texts } from './texts.ts'

/** A node type as palette, registrar and checks see it. */
export interface NodeType {
  type: string
  connector: ConnectorDefinition
  label: Text
  help: Text
  /** Common fields first, then those of the definition, then a system's limits. */
  fields: Fields
  /** Fields whose texts stand in the connector's catalogue; those of the others stand in the kit's. */
  own: readonly string[]
  role: AnyNode['role'] | 'system'
  inputs: readonly Port[]
  outputs: readonly Port[]
  /** Type of the config node it needs; absent on hub nodes and on systems. */
  systemType?: string
  /** The definition of a node; absent on a system. */
  definition?: AnyNode
}

/** Silence limit of a source's runs when none is given, seconds. */
export const defaultTimeLimit = 60

/** Keys stand in lanes, addresses and references: a system is found by it for as long as its records live. */
const keyPattern = '^[a-z0-9]+(-[a-z0-9]+)*$'

const name: Field = { type: 'text', label: texts.fields.name }
const systemName: Field = { type: 'text', label: texts.fields.name, required: true, placeholder: 'Webshop NO' }
const key: Field = { type: 'text', label: texts.fields.key, hint: texts.hints.key, required: true, pattern: keyPattern, placeholder: 'webshop-no' }
const system: Field = { type: 'system', label: texts.fields.system, required: true }
const timeLimit: Field = { type: 'number', label: texts.fields.timeLimit, hint: texts.hints.timeLimit, default: defaultTimeLimit, min: 1, max: 3600, unit: 's' }

/** Fields every system has, which a connector must not name again. */
export const systemFieldNames: readonly string[] = ['name', 'key', ...Object.keys(limitFields)]

/** Type of the config node of a connector's systems. */
const systemTypeOf = (connector: Pick<ConnectorDefinition, 'name'>): string => `${connector.name}-system`

/** Every node type of a connector, its system first. */
export function nodeTypesOf(connector: ConnectorDefinition): NodeType[] {
  const types: NodeType[] = connector.nodes.map(node => nodeTypeOf(connector, node))
  if (!connector.system) return types
  const { fields } = connector.system
  return [{ type: systemTypeOf(connector), connector, label: connector.label, help: connector.help, fields: { name: systemName, key, ...fields, ...limitFields }, own: [...Object.keys(fields), ...Object.keys(limitFields)], role: 'system', inputs: [], outputs: [] }, ...types]
}

function nodeTypeOf(connector: ConnectorDefinition, node: AnyNode): NodeType {
  const { type, label, help, fields, role, inputs, outputs } = node
  const systemType = connector.system && role !== 'custom' && role !== 'config' ? systemTypeOf(connector) : undefined
  const common: Fields = role === 'config' ? {} : { name, ...(systemType && { system }), ...(role === 'source' && { timeLimit }) }
  return { type, connector, label, help, fields: { ...common, ...fields }, own: Object.keys(fields), role, inputs, outputs, definition: node, ...(systemType && { systemType }) }
}

/** Whether Node-RED keeps nodes of this type beside the flows instead of drawing them. */
export const isConfigType = ({ role }: Pick<NodeType, 'role'>): boolean => role === 'system' || role === 'config'

/** The rules of a field without its texts, as checks and forms use them. */
export function rulesOf(field: Field): FieldRules {
  return {
    type: field.type,
    required: field.required === true,
    ...(field.when && { when: field.when }),
    ...(field.type === 'text' && field.pattern !== undefined && { pattern: field.pattern }),
    ...(field.type === 'number' && field.min !== undefined && { min: field.min }),
    ...(field.type === 'number' && field.max !== undefined && { max: field.max }),
    ...((field.type === 'select' || field.type === 'multiselect') && { options: field.options.map(({ value }) => value) }),
  }
}

/** The value of a field that was never filled in; a copy, so that nobody changes the definition. */
export function defaultOf(field: Field): unknown {
  switch (field.type) {
    case 'text': return field.default ?? ''
    case 'number':
    case 'boolean':
    case 'select': return field.default
    case 'multiselect': return [...field.default]
    case 'json': return structuredClone(field.default)
    default: return ''
  }
}
