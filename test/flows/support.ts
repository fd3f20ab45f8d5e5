/** The reference retailer's mappings, compiled as the hub compiles them. */
import { join } from 'node:path'
import { compileMapping } from '../../runtime/mapping/index.ts'
import type { CompiledMapping } from '../../runtime/mapping/index.ts'
import { readProject } from '../../runtime/project/index.ts'

export const folder = join(import.meta.dirname, '../../flows')

const { kinds } = await readProject(folder)

export type Document = Record<string, unknown>

/** The mapping of a `map` node by its id. */
export async function mappingOf(id: string): Promise<CompiledMapping> {
  const project = await readProject(folder)
  const node = project.flows.find(candidate => candidate.id === id)
  if (!node) throw new Error(`flows/ has no node ${id}`)
  return compileMapping(node['mapping'], { lookups: project.lookups })
}

/** The canonical order that the webshop tab makes of a Shopify order, before it is saved. */
export async function orderMapping(): Promise<(source: unknown) => Promise<Document>> {
  const toOrder = await mappingOf('webshop-order')
  const showDifference = await mappingOf('webshop-sums')
  return async source => asDocument(await showDifference(await toOrder(source, { system: 'webshop-no' })))
}

/** What is wrong with a canonical entity, as `hub save` would say it; empty where it may be saved. */
export function faultsOf(kindName: string, entity: unknown): string[] {
  const kind = kinds.get(kindName)
  if (!kind) throw new Error(`there is no kind ${kindName}`)
  const { refs: _refs, number: _number, ...document } = asDocument(entity)
  const { findings, fault } = kind.examine(document)
  return fault ? [fault.message] : findings.map(({ detail, pointer }) => `${pointer}: ${detail}`)
}

export function asDocument(value: unknown): Document {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`expected an object, got ${JSON.stringify(value)}`)
  return { ...value }
}
