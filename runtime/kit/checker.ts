/** Checks node configurations against their definitions, before anything is deployed. Pure. */
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import ajvFormats from 'ajv-formats'
import { TorgError } from '../errors.ts'
import type { FindingCode } from '../analysis/catalogue.ts'
import type { ProjectData } from '../hub.ts'
import type { ConnectorDefinition, Field } from './definition.ts'
import { findFault, isShown, type Fault } from './faults.ts'
import { defaultOf, nodeTypesOf, rulesOf, type NodeType } from './node-types.ts'

/** One thing wrong with a node: the field, or a place in it (`mapping.rules[3].from`), and a sentence. */
export interface Finding { field: string, detail: string, /** @defaultValue 'node.config' */ code?: FindingCode }

/** What is known about the surroundings of a node; what is left out is not checked. */
export interface CheckContext {
  /** Every node of the flows, for references to systems and the uniqueness of their keys. */
  nodes?: readonly Readonly<Record<string, unknown>>[]
  /** Canonical kinds. */
  kinds?: readonly string[]
  /** Lookups and schemas, for what a field refers to. */
  project?: ProjectData
  /** Whether the deployment holds an encrypted value of this node's secret field. */
  hasCredential?(field: string): boolean
}

/** Checks one node's configuration as it stands in a flow file; unknown types have no findings. */
export type ConfigChecker = (type: string, config: Readonly<Record<string, unknown>>, context?: CheckContext) => Finding[]

/**
 * A checker for the nodes of these connectors. Findings are sentences in English that name the value; the caller
 * adds file and node.
 */
export function createConfigChecker(connectors: readonly ConnectorDefinition[]): ConfigChecker {
  const types = new Map(connectors.flatMap(nodeTypesOf).map(type => [type.type, type]))
  const schemas = createSchemaCheck()
  const isSystem = (node: Readonly<Record<string, unknown>>): boolean => types.get(String(node['type']))?.role === 'system'

  return (type, config, context = {}) => {
    const known = types.get(type)
    if (!known) return []
    const value = (field: string): unknown => {
      const definition = known.fields[field]
      return config[field] === undefined && definition ? defaultOf(definition) : config[field]
    }
    const findings = Object.entries(known.fields).flatMap(([name, field]) => {
      const rules = rulesOf(field)
      if (!isShown(rules, value)) return []
      const fault = findFault(rules, value(name), context.hasCredential?.(name))
      if (fault) return [{ field: name, detail: describeFault(fault, name) }]
      return checkDeeper({ name, field, value: value(name), known, context, isSystem, schemas })
    })
    return [...findings, ...known.role === 'system' ? checkUnique(config, context, isSystem) : []]
  }
}

interface Deeper { name: string, field: Field, value: unknown, known: NodeType, context: CheckContext, isSystem(node: Readonly<Record<string, unknown>>): boolean, schemas: SchemaCheck }

function checkDeeper({ name, field, value, known, context, isSystem, schemas }: Deeper): Finding[] {
  if (value === undefined || value === '') return []
  if (field.type === 'json') {
    const details = schemas(field, value)
    return details.length > 0 ? details.map(detail => ({ field: name, detail })) : checkByCode(name, () => { if (context.project) field.check?.(value, context.project) })
  }
  if (field.type === 'text') return checkByCode(name, () => { field.check?.(String(value)) })
  if (field.type === 'kind' && context.kinds && !context.kinds.includes(String(value))) return [{ field: name, detail: `"${String(value)}" is not a kind; there are ${context.kinds.join(', ')}` }]
  if (field.type === 'system' && context.nodes) {
    const found = context.nodes.find(node => node['id'] === value)
    if (!found || !isSystem(found)) return [{ code: 'system.unknown', field: name, detail: `refers to the system node ${String(value)}, which does not exist` }]
    if (name === 'system' && known.systemType && found['type'] !== known.systemType) return [{ code: 'system.unknown', field: name, detail: `needs a system of type ${known.systemType}, but ${String(value)} is a ${String(found['type'])}` }]
    if (found['d'] === true) return [{ code: 'system.unknown', field: name, detail: `refers to the system node ${String(value)}, which is disabled` }]
  }
  return []
}

function checkByCode(field: string, check: () => void): Finding[] {
  try {
    check()
    return []
  } catch (thrown) {
    if (!(thrown instanceof TorgError)) throw thrown
    const { code: thrownCode, message, errors = [] } = thrown
    const code = thrownCode === 'mapping.invalid' ? { code: thrownCode } : {}
    return errors.length > 0 ? errors.map(({ detail, pointer = '' }) => ({ field: field + placeOf(pointer), detail, ...code })) : [{ field, detail: message, ...code }]
  }
}

/** `/rules/3/from` as `.rules[3].from`. */
const placeOf = (pointer: string): string => pointer.replaceAll(/\/(\d+)/g, '[$1]').replaceAll('/', '.')

function checkUnique(config: Readonly<Record<string, unknown>>, { nodes }: CheckContext, isSystem: Deeper['isSystem']): Finding[] {
  const twin = nodes?.find(node => node !== config && node['id'] !== config['id'] && node['key'] === config['key'] && isSystem(node))
  return twin ? [{ code: 'system.key', field: 'key', detail: `the key "${String(config['key'])}" is also the key of system node ${String(twin['id'])}` }] : []
}

/** A fault as a sentence in English. */
export function describeFault(fault: Fault, field: string): string {
  switch (fault.name) {
    case 'required': return `"${field}" is required and empty`
    case 'pattern': return `"${field}" does not match ${fault.pattern}`
    case 'number': return `"${field}" must be a number`
    case 'min': return `"${field}" must be at least ${fault.limit}`
    case 'max': return `"${field}" must be at most ${fault.limit}`
    case 'option': return `"${field}" has no choice "${fault.value}"`
    case 'type': return `"${field}" must be ${fault.expected}`
    case 'literal': return `"${field}" is a secret and must not stand in the flow file: write \${NAME} or file:/path, or type it in the editor, which stores it encrypted`
  }
}

type SchemaCheck = (field: Field & { type: 'json' }, value: unknown) => string[]

/** Compiles each JSON field's schema once. */
function createSchemaCheck(): SchemaCheck {
  const ajv = new Ajv2020({ allErrors: true, strict: false })
  ajvFormats.default(ajv)
  const compiled = new Map<Field, ValidateFunction>()
  return (field, value) => {
    const validate = compiled.get(field) ?? ajv.compile(field.schema)
    compiled.set(field, validate)
    return validate(value) ? [] : (validate.errors ?? []).slice(0, 5).map(describeError)
  }
}

const describeError = ({ instancePath, message, params }: ErrorObject): string =>
  `${instancePath === '' ? 'the value' : `the value at ${instancePath}`} ${message ?? 'is not valid'}${'additionalProperty' in params ? ` ("${String(params['additionalProperty'])}")` : ''}`
