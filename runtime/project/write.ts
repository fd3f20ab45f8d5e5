import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { replaceFiles } from './files.ts'
import { canonicalJson, formatJson } from './json.ts'
import { readFlowFiles } from './read.ts'
import { rolesFile } from './role-table.ts'
import { splitTabs, type FlowFiles, type TabFile } from './tabs.ts'
import type { Flows } from './types.ts'

/** Paths relative to the project folder, with forward slashes. */
export interface WrittenFiles { written: string[], removed: string[] }

/**
 * Writes a flow array as the project's flow files. Files whose content is the same are not touched, those of deleted tabs
 * are removed; credentials are never written.
 */
export async function writeProject(folder: string, flows: Flows): Promise<WrittenFiles> {
  const { files: existing } = await readFlowFiles(folder, [])
  const wanted = splitTabs(flows.map(withoutCredentials), existing)
  const before = textsOf(existing)
  const after = textsOf(wanted)
  const changed = new Map([...after].filter(([path, { content }]) => before.get(path)?.content !== content).map(([path, { text }]) => [path, text]))
  await replaceFiles(folder, changed)
  const removed = existing.tabs.filter(({ slug }) => !wanted.tabs.some(tab => tab.slug === slug)).flatMap(({ slug }) => [`tabs/${slug}.json`, `layout/${slug}.json`])
  if (existing.roles !== null && wanted.roles === null) removed.push(rolesFile)
  for (const path of removed) await rm(join(folder, path), { force: true })
  return { written: [...changed.keys()], removed }
}

function withoutCredentials(node: Flows[number]): Flows[number] {
  const rest = { ...node }
  delete rest['credentials']
  return rest
}

/** By path: what is compared and what is written. The order of nodes counts, that of keys and the white space do not. */
function textsOf({ tabs, systems, roles }: FlowFiles): Map<string, { content: string, text: string }> {
  const entries = tabs.flatMap(({ slug, nodes, layout }: TabFile): [string, { content: string, text: string }][] => [
    [`tabs/${slug}.json`, { content: canonicalJson(nodes), text: formatJson(nodes, 2) }],
    [`layout/${slug}.json`, { content: canonicalJson(layout), text: formatJson(layout, 1) }],
  ])
  if (roles !== null) entries.push([rolesFile, { content: canonicalJson(roles), text: formatJson(roles, 1) }])
  return new Map([...entries, ['systems.json', { content: canonicalJson(systems), text: formatJson(systems, 2) }]])
}
