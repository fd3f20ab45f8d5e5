/// <reference lib="dom" />
/** What the widgets ask the hub: names of types, steps and paths, and whether a mapping can be compiled. */
import { isRecord, text } from './elements.ts'
import type { Catalogue, MappingFault, RoleFields, RoleReport } from './types.ts'

/** Asks the hub; null where it does not answer, for example while it restarts: the widgets then offer less. */
async function ask(path: string, body?: unknown): Promise<unknown> {
  const headers = new Headers({ 'content-type': 'application/json' })
  const token = RED.settings.get('auth-tokens')
  if (isRecord(token)) headers.set('authorization', `Bearer ${String(token['access_token'])}`)
  try {
    const response = await fetch(`torg/${path}`, { ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }), headers })
    return response.ok ? await response.json() : null
  } catch {
    return null
  }
}

const nothing: Catalogue = { types: { kinds: [], connectors: [], project: [] }, lookups: [], steps: [] }
const isCatalogue = (value: unknown): value is Catalogue => isRecord(value) && 'steps' in value

/** Names the form offers. Asked for each time a form opens: a deploy or a changed file may have brought new ones. */
export async function fetchCatalogue(): Promise<Catalogue> {
  const found = await ask(`catalogue?language=${text('language')}`)
  return isCatalogue(found) ? found : nothing
}

/** Paths into documents of a type; empty where the type is not known. */
export async function fetchPaths(type: string): Promise<string[]> {
  const found = type === '' || type === 'any' ? [] : await ask(`paths?type=${encodeURIComponent(type)}`)
  return Array.isArray(found) ? found.map(String) : []
}

/** What the compiler says of a mapping; null where it is fine or nobody answers. */
export async function checkMapping(mapping: unknown): Promise<MappingFault | null> {
  const found = await ask('mapping', mapping)
  if (!isRecord(found) || typeof found['detail'] !== 'string') return null
  return { detail: found['detail'], rule: typeof found['rule'] === 'number' ? found['rule'] : null }
}

const isRoleFields = (value: unknown): value is RoleFields => isRecord(value) && Array.isArray(value['fields']) && Array.isArray(value['scope'])
const isRoleReport = (value: unknown): value is RoleReport => isRecord(value) && Array.isArray(value['faults']) && Array.isArray(value['warnings'])

/** What a row of the role table may name of a kind; null where the kind does not exist or nobody answers. */
export async function fetchRoleFields(kind: string): Promise<RoleFields | null> {
  const found = await ask(`roles?kind=${encodeURIComponent(kind)}`)
  return isRoleFields(found) ? found : null
}

/** What is wrong with a role table among these nodes, and what is to be looked at; nothing where nobody answers. */
export async function checkRoles(rows: readonly unknown[], nodes: readonly Record<string, unknown>[]): Promise<RoleReport> {
  const found = await ask(`roles?language=${text('language')}`, { rows, nodes })
  return isRoleReport(found) ? found : { faults: [], warnings: [] }
}
