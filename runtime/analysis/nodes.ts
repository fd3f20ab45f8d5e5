/** What is wrong with each node by itself: its type, its fields, its secrets and variables. Pure. */
import type { ProjectData } from '../hub.ts'
import type { ConfigChecker } from '../kit/checker.ts'
import { isContainer } from '../project/containers.ts'
import { findRoleFaults, type RoleKind } from '../project/role-checks.ts'
import { toFinding, type RoleFault } from '../project/role-faults.ts'
import { isRoleTable } from '../project/role-table.ts'
import { findPlainSecrets } from '../project/secrets.ts'
import { isSystem, systemKeysOf } from '../project/systems.ts'
import type { FlowFinding, FlowNode } from '../project/types.ts'

/** What is known about the surroundings; what is left out is not checked. */
export interface NodeSurroundings {
  /** Checks one node's fields against its definition. */
  configChecker?: ConfigChecker
  /** Environment that `${NAME}` refers to. */
  env?: Readonly<Record<string, string | undefined>>
  /** Canonical kinds, for fields that name one, and for rows of the role table. */
  kinds?: ReadonlyMap<string, RoleKind>
  /** Lookups and schemas that fields refer to. */
  project?: ProjectData
  /** Installed node types. */
  types?: ReadonlySet<string>
  /** Whether an encrypted value of a node's secret field is deployed. */
  hasCredential?(nodeId: string, field: string): boolean
}

/** What is wrong with the role table, whose rows name systems of the flows. */
export function findTableProblems(nodes: readonly FlowNode[], kinds: NodeSurroundings['kinds']): FlowFinding[] {
  return nodes.filter(isRoleTable).flatMap((table, index) => {
    const { id: node, type, z, d } = table
    const faults: RoleFault[] = [
      ...index > 0 ? [{ name: 'tables' } as const] : [],
      ...d === true ? [{ name: 'off', at: 'd' } as const] : [],
      ...z ? [{ name: 'tab', at: 'z' } as const] : [],
      ...findRoleFaults(table['rows'], { systems: systemKeysOf(nodes), kinds }),
    ]
    return faults.map(fault => toFinding(fault, { node, name: 'Role table', type }))
  })
}

/** Whether a node is switched off, by itself or with its tab. */
export const isOff = (node: FlowNode, containers: ReadonlyMap<string, FlowNode>): boolean => node['d'] === true || (node.z !== undefined && containers.get(node.z)?.['disabled'] === true)

/** The other nodes. */
export interface Neighbours { nodes: readonly FlowNode[], containers: ReadonlyMap<string, FlowNode>, circles: ReadonlyMap<string, Problem>, options: NodeSurroundings }
export type Problem = Pick<FlowFinding, 'code' | 'field' | 'detail' | 'value'>

/** Everything that is wrong with a node, whatever it is wired to. */
export function findNodeProblems(node: FlowNode, { nodes, containers, circles, options }: Neighbours): Problem[] {
  const problems: Problem[] = []
  const { configChecker, kinds, project, types, hasCredential } = options
  // What is switched off may be half made; it never runs.
  if (!isOff(node, containers)) {
    if (types && !isContainer(node) && node.type !== 'group' && !node.type.startsWith('subflow:') && !types.has(node.type)) {
      problems.push({ code: 'node.type-unknown', field: 'type', detail: `the node type "${node.type}" is not installed; add the package that has it to the project, or remove the node`, value: node.type })
    }
    const circle = circles.get(node.id)
    if (circle) problems.push(circle)
    if (configChecker) {
      const hasSecret = hasCredential && ((field: string): boolean => hasPostedCredential(node, field) ?? hasCredential(node.id, field))
      problems.push(...configChecker(node.type, node, { nodes, ...(kinds && { kinds: [...kinds.keys()] }), ...(project && { project }), ...(hasSecret && { hasCredential: hasSecret }) }).map(({ code = 'node.config' as const, ...problem }) => ({ code, ...problem })))
    }
    if (isSystem(node)) problems.push(...findSystemKeyProblems(node, nodes))
  }
  problems.push(...findPlainSecrets(node))
  return problems
}

/** The editor sends a typed secret beside the node's fields; an unchanged one is not sent. */
function hasPostedCredential(node: FlowNode, field: string): boolean | undefined {
  const credentials: unknown = node['credentials']
  if (typeof credentials !== 'object' || credentials === null || !(field in credentials)) return undefined
  return Object.entries(credentials).some(([name, value]) => name === field && typeof value === 'string' && value !== '')
}

function findSystemKeyProblems(node: FlowNode, nodes: readonly FlowNode[]): Problem[] {
  const { key } = node
  if (typeof key !== 'string' || key === '') return [{ code: 'system.key', field: 'key', detail: 'a system needs a key of lower case letters, digits and hyphens', value: key }]
  const other = nodes.find(candidate => candidate.id !== node.id && isSystem(candidate) && candidate['d'] !== true && candidate['key'] === key)
  return other === undefined ? [] : [{ code: 'system.key', field: 'key', detail: `the key "${key}" is also that of the system "${other.name || other.type}" (${other.id}); a key names one system`, value: key }]
}

const reference = /^\$[{(]([A-Za-z_][A-Za-z0-9_]*)[})]$/

/** A field, or a part of it, that is `${NAME}` as a whole, which Node-RED and secret fields replace. */
export interface VariableUse { field: string, name: string, value: string }

/** The environment variables a node refers to. */
export function variablesOf(node: FlowNode): VariableUse[] {
  const found: VariableUse[] = []
  const visit = (value: unknown, field: string): void => {
    if (typeof value === 'string') {
      const name = value.startsWith('$') ? reference.exec(value)?.[1] : undefined
      // Node-RED itself supplies NR_NODE_ID, NR_FLOW_NAME and their like.
      if (name !== undefined && !name.startsWith('NR_')) found.push({ field, name, value })
    } else if (typeof value === 'object' && value !== null) {
      for (const item of Object.values(value)) visit(item, field)
    }
  }
  for (const [field, value] of Object.entries(node)) if (!['id', 'type', 'z', 'g', 'wires', 'info', 'credentials'].includes(field)) visit(value, field)
  return found
}

/** Those that neither the flows nor the environment know. */
export function findMissingVariables(node: FlowNode, uses: readonly VariableUse[], { env, byId }: { env: Readonly<Record<string, string | undefined>>, byId: ReadonlyMap<string, FlowNode> }): Problem[] {
  if (uses.length === 0) return []
  const known = knownVariables(node, byId)
  return uses.filter(({ name }) => !known.has(name) && !env[name]).map(({ field, name, value }) => ({ code: 'env.missing', field, detail: `refers to the environment variable ${name}, which is not set; set it and start again`, value }))
}

/** Variables that groups, the tab or subflow, the node itself and the global configuration define. */
function knownVariables(node: FlowNode, byId: ReadonlyMap<string, FlowNode>): Set<string> {
  const known = new Set<string>()
  const add = (owner: FlowNode | undefined): void => {
    if (!Array.isArray(owner?.['env'])) return
    for (const entry of owner['env'] as unknown[]) {
      if (typeof entry === 'object' && entry !== null && 'name' in entry && typeof entry.name === 'string') known.add(entry.name)
    }
  }
  const visited = new Set<string>()
  for (let owner: FlowNode | undefined = node; owner !== undefined && !visited.has(owner.id); owner = byId.get(owner.g ?? owner.z ?? '')) {
    visited.add(owner.id)
    add(owner)
  }
  add(node.z === undefined ? undefined : byId.get(node.z))
  for (const global of byId.values()) if (global.type === 'global-config') add(global)
  return known
}
