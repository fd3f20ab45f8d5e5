/** The catalogues of texts the editor looks up. */
import type { ConnectorDefinition, Field, Language, Port, Text } from '../definition.ts'
import { nodeTypesOf, type NodeType } from '../node-types.ts'
import { texts } from '../texts.ts'
import { inLanguage, keyOf } from './keys.ts'

interface Catalogue { [key: string]: string | Catalogue }

/** A connector's catalogue in one language: labels, hints, choices, ports, and the status texts. */
export function connectorCatalogue(connector: ConnectorDefinition, language: Language): Catalogue {
  return {
    ...translate(texts.status, language),
    palette: { label: translate(texts.categories, language) },
    node: Object.fromEntries(nodeTypesOf(connector).map(type => [keyOf(type.type), nodeCatalogue(type, language)])),
  }
}

/** The kit's own catalogue. */
export function kitCatalogue(language: Language): Catalogue {
  const { fields, sections, hints, choices, check, faults } = texts
  return { fields: translate(fields, language), sections: translate(sections, language), hints: translate(hints, language), choices: translate(choices, language), check: translate(check, language), faults: translate(faults, language) }
}

function nodeCatalogue(nodeType: NodeType, language: Language): Catalogue {
  const ports = (all: readonly Port[]): Catalogue => Object.fromEntries(all.map(({ label, type }, index) => [String(index), label ? inLanguage(label, language) : type.startsWith('config:') || type === 'any' || type === 'same' ? '' : type]))
  return {
    label: inLanguage(nodeType.label, language),
    input: ports(nodeType.inputs),
    output: ports(nodeType.outputs),
    field: Object.fromEntries(nodeType.own.flatMap((name) => {
      const field = nodeType.fields[name]
      return field ? [[name, fieldCatalogue(field, language)]] : []
    })),
  }
}

function fieldCatalogue(field: Field, language: Language): Catalogue {
  return {
    label: inLanguage(field.label, language),
    ...(field.hint && { hint: inLanguage(field.hint, language) }),
    ...((field.type === 'select' || field.type === 'multiselect') && { option: Object.fromEntries(field.options.map(({ label }, index) => [String(index), inLanguage(label, language)])) }),
  }
}

const translate = (all: Readonly<Record<string, Text>>, language: Language): Catalogue => Object.fromEntries(Object.entries(all).map(([key, text]) => [key, inLanguage(text, language)]))
