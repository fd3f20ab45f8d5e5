/** The generated html file of a connector: its forms and the call that registers them. */
import type { ConnectorDefinition, Port } from '../definition.ts'
import { defaultOf, isConfigType, nodeTypesOf, rulesOf, type NodeType } from '../node-types.ts'
import type { EditorField, EditorNodeType } from '../editor/api.ts'
import { renderForm } from './form.ts'
import { keyOf, scriptJson } from './keys.ts'

/** The html of a connector: what Node-RED's editor loads for it. */
export function renderConnector(connector: ConnectorDefinition, kinds: readonly string[]): string {
  const types = nodeTypesOf(connector)
  const registrations = types.map(type => `torg.register(${scriptJson(describe(type))})`)
  return [...types.map(type => renderForm(type, kinds)), '<script type="text/javascript">', ...registrations, '</script>', ''].join('\n')
}

/** File name of a node's icon in the generated module, where icons of all connectors share a folder. */
export const iconFile = (connector: ConnectorDefinition, icon: string): string => `${connector.name}-${icon}`

function describe(nodeType: NodeType): EditorNodeType {
  const { connector, definition } = nodeType
  return {
    type: nodeType.type, key: keyOf(nodeType.type), role: nodeType.role, isConfig: isConfigType(nodeType),
    category: connector.system ? 'Torg systems' : 'Torg hub',
    color: connector.color, icon: iconFile(connector, definition?.icon ?? connector.icon),
    fields: Object.fromEntries(Object.entries(nodeType.fields).map(([name, field]): [string, EditorField] => [name, {
      ...rulesOf(field), default: defaultOf(field),
      ...(field.type === 'json' && field.editor !== undefined && { editor: field.editor }),
      ...(name === 'system' && nodeType.systemType !== undefined && { configType: nodeType.systemType }),
    }])),
    inputs: nodeType.inputs.map(typeOf), outputs: nodeType.outputs.map(typeOf),
    webhook: definition?.role === 'source' && definition.webhook !== undefined,
  }
}

const typeOf = ({ type }: Port): string => type
