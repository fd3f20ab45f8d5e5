/** From the configuration Node-RED hands to a node to the one its code gets: defaults, types, secrets, references. */
import { TorgError } from '../errors.ts'
import { describeFault } from './checker.ts'
import type { Config, Field, Fields } from './definition.ts'
import { environmentReference, findFault, isSecretReference, isShown } from './faults.ts'
import { defaultOf, rulesOf, type NodeType } from './node-types.ts'
import type { RawConfig } from './red.ts'

/** Where a node's values come from. */
export interface ConfigSource {
  nodeType: NodeType
  raw: RawConfig
  /** Decrypted values of secret fields. */
  credentials: Readonly<Record<string, unknown>>
  /** The value of a field as it stands in the flow file, before Node-RED replaced `${NAME}`. */
  original(field: string): unknown
  /** Throws `settings.invalid`, naming the variable or file. */
  resolveSecret(reference: string): string
  /** Key of the system with this config node. */
  systemKey(nodeId: string): string | undefined
}

/**
 * Reads a node's configuration. Node-RED replaces a value that is a whole `${NAME}` by the environment's before it
 * creates the node, and by nothing where the variable is missing: so a reference that is gone from the value is
 * looked up again in the flow file, to name what is missing.
 *
 * @throws TorgError `settings.invalid` (a missing variable or file), `flow.invalid` (a value that breaks its rules),
 * `system.unknown`.
 */
export function readConfig(source: ConfigSource): Config<Fields> {
  const { nodeType, raw } = source
  const rawValue = (name: string): unknown => {
    const field = nodeType.fields[name]
    return raw[name] === undefined && field ? defaultOf(field) : raw[name]
  }
  return Object.fromEntries(Object.entries(nodeType.fields).map(([name, field]) => {
    if (!isShown(rulesOf(field), rawValue)) return [name, defaultOf(field)]
    return [name, field.type === 'secret' ? readSecret(source, name, field) : readPlain(source, name, field, rawValue(name))]
  }))
}

function readSecret(source: ConfigSource, name: string, field: Field): string {
  const value = source.raw[name]
  if (typeof value === 'string' && isSecretReference(value)) return resolve(source, name, value)
  if (typeof value === 'string' && value !== '') return value
  const missing = missingReference(source, name)
  if (missing !== undefined) return resolve(source, name, missing)
  const stored = source.credentials[name]
  if (typeof stored === 'string' && stored !== '') return isSecretReference(stored) ? resolve(source, name, stored) : stored
  if (field.required) throw settingFault(source, name, 'has no value: write ${NAME} or file:/path in it, or type the secret in the editor')
  return ''
}

function resolve(source: ConfigSource, name: string, reference: string): string {
  try {
    const value = source.resolveSecret(reference)
    if (value !== '') return value
  } catch (error) {
    throw settingFault(source, name, `refers to ${reference}, ${error instanceof Error ? lowerFirst(error.message) : 'which cannot be read'}`, error)
  }
  throw settingFault(source, name, `refers to ${reference}, which is empty`)
}

function readPlain(source: ConfigSource, name: string, field: Field, value: unknown): unknown {
  const missing = value === '' || (typeof value === 'string' && environmentReference.test(value)) ? missingReference(source, name) : undefined
  if (missing !== undefined) throw settingFault(source, name, `refers to ${missing}, which is not set in the environment`)
  const fault = findFault(rulesOf(field), value)
  if (fault) throw new TorgError('flow.invalid', { detail: `${nodeName(source)}: ${describeFault(fault, name)}`, pointer: `/${name}`, value, node: factsOf(source) })
  switch (field.type) {
    case 'number': return Number(value)
    case 'boolean': return value === true || value === 'true'
    case 'system': return readSystem(source, name, String(value))
    default: return value
  }
}

function readSystem(source: ConfigSource, name: string, id: string): string {
  if (id === '') return ''
  const key = source.systemKey(id)
  if (key === undefined) throw new TorgError('system.unknown', { detail: `${nodeName(source)}: the field "${name}" refers to the system node ${id}, which does not exist or is not valid`, pointer: `/${name}`, node: factsOf(source) })
  return key
}

/** The reference in the flow file behind a value that came out empty. */
function missingReference(source: ConfigSource, name: string): string | undefined {
  const original = source.original(name)
  return typeof original === 'string' && environmentReference.test(original) ? original : undefined
}

function settingFault(source: ConfigSource, name: string, what: string, cause?: unknown): TorgError {
  return new TorgError('settings.invalid', { detail: `${nodeName(source)}: the field "${name}" ${what}`, pointer: `/${name}`, node: factsOf(source), cause })
}

/** A node as errors name it. */
export const factsOf = ({ raw }: Pick<ConfigSource, 'raw'>) => ({ id: raw.id, type: raw.type, ...(raw.name ? { name: raw.name } : {}) })
const nodeName = ({ raw }: ConfigSource): string => raw.name ? `${raw.type} "${raw.name}"` : `${raw.type} ${raw.id}`
const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)
