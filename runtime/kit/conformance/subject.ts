/** The connector under test, and values to try it with where its author gave none. */
import { TorgError } from '../../errors.ts'
import type { Hub } from '../../hub.ts'
import type { AnyNode, Config, ConnectorDefinition, Field, Fields, RawRequest, Sample } from '../definition.ts'
import { isShown } from '../faults.ts'
import { defaultOf, nodeTypesOf, rulesOf, type NodeType } from '../node-types.ts'

/** What the suite cannot know: values for fields whose rules a made-up text does not meet, and samples. */
export interface ConformanceOptions {
  /** The connector's folder, with `icons/`. */
  folder: string
  /** Values of the system's fields, beside the defaults; secrets are made up. */
  system?: Readonly<Record<string, unknown>>
  /** By node type: values of its fields, and what it gets. */
  nodes?: Readonly<Record<string, {
    config?: Readonly<Record<string, unknown>>
    /** Of a sink: the payload it writes. @defaultValue the first example of its input's type, else `{ id: '1' }` */
    payload?: unknown
    /** Of a webhook source: a request of the vendor. @defaultValue the examples of its output's type */
    webhook?: { body: unknown, headers?: Record<string, string> }
  }>>
  /** The canonical kinds; only the hub's own nodes know them. */
  kinds?: Hub['project']['kinds']
  /** Secrets its twin is started with. @defaultValue one made up per secret field of the system */
  twinSecrets?: Readonly<Record<string, string>>
}

export interface Subject {
  definition: ConnectorDefinition
  options: ConformanceOptions
  types: NodeType[]
}

export const createSubject = (definition: ConnectorDefinition, options: ConformanceOptions): Subject => {
  const named = { ...definition, folder: options.folder }
  return { definition: named, options, types: nodeTypesOf(named) }
}

/** A text no connector would hold by itself, so that it is found wherever it leaks. */
export const secretOf = (field: string): string => `conformance-secret-${field}-2f1c9a`

/** The variable a secret field refers to in the suite. */
export const secretVariable = (field: string): string => `TORG_CONFORMANCE_${field.replace(/[^A-Za-z0-9]/g, '_').toUpperCase()}`

/** A configuration as a flow file would hold it. */
export function flowConfig({ options }: Subject, type: NodeType): Record<string, unknown> {
  const given: Readonly<Record<string, unknown>> = (type.role === 'system' ? options.system : options.nodes?.[type.type]?.config) ?? {}
  const config: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(type.fields)) config[name] = name in given ? given[name] : makeUp(name, field)
  if (type.role === 'system') return { ...config, name: 'Conformance', key: 'conformance' }
  return 'system' in type.fields ? { ...config, system: type.systemType === undefined ? 'stand-in' : 'system' } : config
}

function makeUp(name: string, field: Field): unknown {
  const value = defaultOf(field)
  if (field.type === 'secret') return `\${${secretVariable(name)}}`
  if (!field.required || (value !== '' && !(Array.isArray(value) && value.length === 0))) return value
  if (field.type === 'text') return field.placeholder ?? 'sample'
  if (field.type === 'multiselect') return field.options.slice(0, 1).map(option => option.value)
  return field.type === 'kind' ? 'order' : value
}

/** The same configuration as a node's code gets it. */
export function runtimeConfig(subject: Subject, type: NodeType): Config<Fields> {
  const flow = flowConfig(subject, type)
  return Object.fromEntries(Object.entries(type.fields).map(([name, field]) => {
    if (!isShown(rulesOf(field), other => flow[other])) return [name, defaultOf(field)]
    if (field.type === 'secret' && flow[name] === `\${${secretVariable(name)}}`) return [name, secretOf(name)]
    return [name, field.type === 'system' ? 'conformance' : flow[name]]
  }))
}

/** Examples of a wire type of this connector. */
export const examplesOf = ({ definition }: Subject, type: string | undefined): readonly Sample[] => type === undefined ? [] : definition.types?.[type]?.examples ?? []

/** Webhook requests to try a source with: the author's, else its output type's examples. */
export function sampleRequests(subject: Subject, node: AnyNode): RawRequest[] {
  const given = subject.options.nodes?.[node.type]?.webhook
  const samples = given ? [{ payload: given.body, headers: given.headers }] : examplesOf(subject, node.outputs[0]?.type)
  return samples.map((sample) => {
    const topic = 'topic' in sample && sample.topic !== undefined ? { 'x-topic': sample.topic } : {}
    const headers = Object.fromEntries(Object.entries({ 'content-type': 'application/json', ...topic, ...sample.headers }).map(([name, value]) => [name.toLowerCase(), value]))
    return { method: 'POST', path: '/in/conformance', url: 'http://localhost:1880/in/conformance', headers, body: Buffer.from(JSON.stringify(sample.payload)) }
  })
}

/** The error code of what a call throws; fails with `what` when it does not throw a TorgError. */
export async function codeThrownBy(call: () => unknown, what: string): Promise<TorgError> {
  try {
    await call()
  } catch (error) {
    if (error instanceof TorgError) return error
    throw new Error(`${what}: threw ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)} instead of a TorgError`, { cause: error })
  }
  throw new Error(`${what}: nothing was thrown`)
}
