import { createHash } from 'node:crypto'
import { isContainer, labelOf } from './containers.ts'
import { canonicalJson } from './json.ts'
import { isRoleTable, rolesOf } from './role-table.ts'

type AnyNode = Readonly<Record<string, unknown>>

/** Node-RED's own revision of a flow array (`@node-red/runtime/lib/storage/index.js`): SHA-256 over its JSON, in hex. */
export function revisionOf(flows: readonly AnyNode[]): string {
  return createHash('sha256').update(JSON.stringify(flows)).digest('hex')
}

/** What `changedTabs` calls the config nodes that belong to no tab. */
const systemsLabel = 'systems'

/** And the role table. */
const rolesLabel = 'roles'

/**
 * Labels of the tabs and subflows that differ between two flow arrays, sorted; {@link systemsLabel} where a global config
 * node does, {@link rolesLabel} where the rows of the role table do. The order of nodes and keys does not count, the order of tabs neither.
 */
export function changedTabs(before: readonly AnyNode[], after: readonly AnyNode[]): string[] {
  const old = byId(before)
  const now = byId(after)
  const labels = new Map([...labelsOf(before), ...labelsOf(after)])
  const changed = new Set<string>()
  if (canonicalJson(rolesOf(before)) !== canonicalJson(rolesOf(after))) changed.add(rolesLabel)
  for (const id of new Set([...old.keys(), ...now.keys()])) {
    const was = old.get(id)
    const is = now.get(id)
    if (was !== undefined && is !== undefined && contentOf(was) === contentOf(is)) continue
    for (const node of [was, is]) {
      if (node !== undefined) changed.add(ownerLabel(node, labels))
    }
  }
  return [...changed].sort()
}

/** But for the role table, whose rows are all that counts: none is as good as one without rows. */
const byId = (flows: readonly AnyNode[]): Map<string, AnyNode> => new Map(flows.filter(node => !isRoleTable(node)).map(node => [String(node['id']), node]))
const labelsOf = (flows: readonly AnyNode[]): [string, string][] => flows.filter(isContainer).map(tab => [String(tab['id']), labelOf(tab)])

function ownerLabel(node: AnyNode, labels: ReadonlyMap<string, string>): string {
  const owner = isContainer(node) ? node['id'] : node['z']
  return typeof owner === 'string' && owner !== '' ? labels.get(owner) ?? owner : systemsLabel
}

function contentOf(node: AnyNode): string {
  const { credentials: _, ...content } = node
  // The editor writes an empty z on global config nodes in some versions and leaves it out in others.
  return canonicalJson(content['z'] === '' ? { ...content, z: undefined } : content)
}
