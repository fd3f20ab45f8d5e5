/** What must hold before flows are deployed. Pure. */
import type { ProjectData } from '../hub.ts'
import type { ConfigChecker } from '../kit/checker.ts'
import { findConfigCircles } from './config-circles.ts'
import { findingsError } from './findings.ts'
import { isSystem, systemKeysOf } from './systems.ts'
import { isContainer } from './revision.ts'
import { describeWarning, findRoleFaults, findRoleWarnings, type RoleKind } from './role-checks.ts'
import { toFinding, type RoleFault } from './role-faults.ts'
import { isRoleTable, rolesOf } from './role-table.ts'
import { findPlainSecrets } from './secrets.ts'
import { asNode, findStructureProblems, isFinding, placeOf } from './structure.ts'
import type { FlowFinding, FlowNode } from './types.ts'

/** What is known about the surroundings; what is left out is not checked. */
export interface FlowCheckOptions {
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

/** Everything that is wrong with a flow array; empty when it may be deployed. */
export function findFlowProblems(flows: readonly unknown[], options: FlowCheckOptions = {}): FlowFinding[] {
  const results = flows.map((entry, index) => asNode(entry, index))
  const findings = results.filter(isFinding)
  const nodes = results.filter((result): result is FlowNode => !isFinding(result))
  findings.push(...findStructureProblems(nodes.map(node => ({ node }))))

  const byId = new Map(nodes.map(node => [node.id, node]))
  const containers = new Map(nodes.filter(isContainer).map(node => [node.id, node]))
  const seen = new Set(findings.map(identity))
  const circles = findConfigCircles(nodes)
  for (const node of nodes) {
    const place = placeOf({ node }, containers)
    for (const problem of findNodeProblems(node, { nodes, byId, containers, circles, options })) {
      const finding: FlowFinding = { ...place, ...problem }
      // Two checks may find the same field: the more exact one comes first and stands.
      if (!seen.has(identity(finding))) findings.push(finding)
      seen.add(identity(finding))
    }
  }
  return [...findings, ...findTableProblems(nodes, options.kinds)]
}

/** Sentences about what may be deployed, but is seldom meant. */
export function findFlowWarnings(flows: readonly unknown[], { kinds = new Map() }: Pick<FlowCheckOptions, 'kinds'>): string[] {
  const nodes = flows.map((entry, index) => asNode(entry, index)).filter((result): result is FlowNode => !isFinding(result))
  return findRoleWarnings(rolesOf(nodes), kinds, nodes).map(describeWarning)
}

/** What is wrong with the role table, whose rows name systems of the flows. */
function findTableProblems(nodes: readonly FlowNode[], kinds: FlowCheckOptions['kinds']): FlowFinding[] {
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

/**
 * Refuses flows that may not be deployed.
 * @throws TorgError `flow.invalid` naming tab, node and field; every finding stands in `errors`.
 */
export function checkFlows(flows: readonly unknown[], options: FlowCheckOptions = {}): void {
  const findings = findFlowProblems(flows, options)
  if (findings.length > 0) throw findingsError(findings)
}

const identity = ({ node, field }: FlowFinding): string => `${node ?? ''} ${field ?? ''}`

interface Surroundings { nodes: readonly FlowNode[], byId: ReadonlyMap<string, FlowNode>, containers: ReadonlyMap<string, FlowNode>, circles: ReadonlyMap<string, Problem>, options: FlowCheckOptions }
type Problem = Pick<FlowFinding, 'field' | 'detail' | 'value'>

function findNodeProblems(node: FlowNode, { nodes, byId, containers, circles, options }: Surroundings): Problem[] {
  const problems: Problem[] = []
  const { configChecker, env, kinds, project, types, hasCredential } = options
  // What is switched off may be half made; it never runs.
  const isOff = node['d'] === true || (node.z !== undefined && containers.get(node.z)?.['disabled'] === true)
  if (!isOff) {
    if (types && !isContainer(node) && node.type !== 'group' && !node.type.startsWith('subflow:') && !types.has(node.type)) {
      problems.push({ field: 'type', detail: `the node type "${node.type}" is not installed; add the package that has it to the project, or remove the node`, value: node.type })
    }
    const circle = circles.get(node.id)
    if (circle) problems.push(circle)
    if (configChecker) {
      const hasSecret = hasCredential && ((field: string): boolean => hasPostedCredential(node, field) ?? hasCredential(node.id, field))
      problems.push(...configChecker(node.type, node, { nodes, ...(kinds && { kinds: [...kinds.keys()] }), ...(project && { project }), ...(hasSecret && { hasCredential: hasSecret }) }))
    }
    if (env) problems.push(...findMissingVariables(node, env, byId))
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
  if (typeof key !== 'string' || key === '') return [{ field: 'key', detail: 'a system needs a key of lower case letters, digits and hyphens', value: key }]
  const other = nodes.find(candidate => candidate.id !== node.id && isSystem(candidate) && candidate['d'] !== true && candidate['key'] === key)
  return other === undefined ? [] : [{ field: 'key', detail: `the key "${key}" is also that of the system "${other.name || other.type}" (${other.id}); a key names one system`, value: key }]
}

const reference = /^\$[{(]([A-Za-z_][A-Za-z0-9_]*)[})]$/

/** `${NAME}` as a whole value, which Node-RED and secret fields replace, where neither the flows nor the environment know it. */
function findMissingVariables(node: FlowNode, env: Readonly<Record<string, string | undefined>>, byId: ReadonlyMap<string, FlowNode>): Problem[] {
  const known = knownVariables(node, byId)
  const problems: Problem[] = []
  const visit = (value: unknown, field: string): void => {
    if (typeof value === 'string') {
      const name = reference.exec(value)?.[1]
      // Node-RED itself supplies NR_NODE_ID, NR_FLOW_NAME and their like.
      if (name !== undefined && !name.startsWith('NR_') && !known.has(name) && !env[name]) {
        problems.push({ field, detail: `refers to the environment variable ${name}, which is not set; set it and start again`, value })
      }
    } else if (typeof value === 'object' && value !== null) {
      for (const item of Object.values(value)) visit(item, field)
    }
  }
  for (const [field, value] of Object.entries(node)) if (!['id', 'type', 'z', 'g', 'wires', 'info', 'credentials'].includes(field)) visit(value, field)
  return problems
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
