/** Between Node-RED's one flow array and the project's files, one per tab. Pure. */
import { joinPlacement, placeNodes, sortByWires, splitPlacement, type Layout, type Placement } from './layout.ts'
import { isContainer, labelOf } from './containers.ts'
import { isRoleTable, roleTable, rolesOf } from './role-table.ts'
import type { FlowNode, Flows, RoleRow } from './types.ts'

/** One tab or subflow with all that is on it, as its two files hold it. */
export interface TabFile {
  /** File name without `.json`, in `tabs/` and `layout/`. */
  slug: string
  /** The tab or subflow itself, then its nodes, without `z` and without places. */
  nodes: FlowNode[]
  layout: Layout
}

/** All flow files of a project, parsed. */
export interface FlowFiles {
  tabs: TabFile[]
  /** Global config nodes, but for the role table. */
  systems: FlowNode[]
  /** Rows of the role table; null where there is none. */
  roles: RoleRow[] | null
}

/** Distance of the numbers that keep tabs in order, so that one can be put between two without touching them. */
const orderStep = 10

/** The flow array of these files: tabs in their order, subflows, global config nodes, the role table; each tab's nodes follow it. */
export function joinTabs({ tabs, systems, roles }: FlowFiles): Flows {
  const sorted = [...tabs].sort((a, b) => rank(a) - rank(b) || orderOf(a) - orderOf(b) || (a.slug < b.slug ? -1 : 1))
  return [...sorted.flatMap(joinTab), ...systems, ...roles ? [roleTable(roles)] : []]
}

const rank = ({ nodes }: TabFile): number => nodes[0]?.type === 'tab' ? 0 : 1

function orderOf({ nodes, layout }: TabFile): number {
  const order = nodes[0] && layout[nodes[0].id]?.['order']
  return typeof order === 'number' ? order : Number.MAX_SAFE_INTEGER
}

function joinTab({ nodes: [container, ...nodes], layout }: TabFile): FlowNode[] {
  if (container === undefined) return []
  const placed = nodes.map(({ id, type, ...rest }): FlowNode => joinPlacement({ id, type, z: container.id, ...rest }, layout[id]))
  return [joinPlacement(container, layout[container.id]), ...placeNodes(placed)]
}

/**
 * The files of a flow array. What stands in `existing` keeps its slug, the order of its nodes and its place among the tabs;
 * new nodes are appended in the order of their wires.
 */
export function splitTabs(all: Flows, existing: FlowFiles = { tabs: [], systems: [], roles: null }): FlowFiles {
  const flows = all.filter(node => !isRoleTable(node))
  const containers = flows.filter(isContainer)
  const members = Map.groupBy(flows.filter(node => !isContainer(node)), node => node.z || undefined)
  const known = new Map(existing.tabs.flatMap(tab => tab.nodes[0] ? [[tab.nodes[0].id, tab] as const] : []))
  const slugs = chooseSlugs(containers, known)
  const orders = new Map(['tab', 'subflow'].flatMap(type => [...chooseOrders(containers.filter(node => node.type === type), known)]))
  const tabs = containers.map((container): TabFile => splitTab({
    slug: slugs.get(container.id) ?? container.id,
    container,
    order: orders.get(container.id) ?? 0,
    nodes: inStableOrder(members.get(container.id) ?? [], known.get(container.id)?.nodes ?? []),
  }))
  const owners = new Set<string | undefined>(containers.map(({ id }) => id))
  const systems = flows.filter(node => !isContainer(node) && !owners.has(node.z || undefined))
  return { tabs, systems: inStableOrder(systems, existing.systems).map(node => sortKeys(node.z ? node : omitZ(node))), roles: all.some(isRoleTable) ? rolesOf(all) : null }
}

function splitTab({ slug, container, order, nodes }: { slug: string, container: FlowNode, order: number, nodes: FlowNode[] }): TabFile {
  const own = splitPlacement(container)
  const parts = nodes.map(splitPlacement)
  const layout: Record<string, Placement> = { [container.id]: { order, ...own.placement } }
  for (const { logic, placement } of parts) if (placement !== null) layout[logic.id] = placement
  return { slug, nodes: [sortKeys(own.logic), ...parts.map(({ logic }) => sortKeys(omitZ(logic)))], layout }
}

function omitZ(node: FlowNode): FlowNode {
  const rest = { ...node }
  delete rest.z
  return rest
}

function inStableOrder(nodes: readonly FlowNode[], before: readonly FlowNode[]): FlowNode[] {
  const positions = new Map(before.map(({ id }, index) => [id, index]))
  const old = nodes.filter(({ id }) => positions.has(id)).sort((a, b) => (positions.get(a.id) ?? 0) - (positions.get(b.id) ?? 0))
  const added = nodes.filter(({ id }) => !positions.has(id))
  const withoutWires = added.filter(node => node.wires === undefined)
  return [...old, ...withoutWires, ...sortByWires(added.filter(node => node.wires !== undefined))]
}

/** id, type and what people call it first, wires last, the rest by name. */
function sortKeys(node: FlowNode): FlowNode {
  const first = ['id', 'type', 'z', 'label', 'name', 'key']
  const last = ['wires']
  const place = (key: string): number => first.includes(key) ? first.indexOf(key) : last.includes(key) ? 1000 : 100
  const keys = Object.keys(node).filter(key => node[key] !== undefined).sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1))
  return { id: node.id, type: node.type, ...Object.fromEntries(keys.map(key => [key, node[key]])) }
}

function chooseSlugs(containers: readonly FlowNode[], known: ReadonlyMap<string, TabFile>): Map<string, string> {
  const slugs = new Map<string, string>()
  const taken = new Set<string>()
  for (const { id } of containers) {
    const slug = known.get(id)?.slug
    if (slug === undefined) continue
    slugs.set(id, slug)
    taken.add(slug)
  }
  for (const container of containers) {
    if (slugs.has(container.id)) continue
    const wanted = slugify(labelOf(container)) || container.type
    let slug = wanted
    for (let number = 2; taken.has(slug); number++) slug = `${wanted}-${number}`
    slugs.set(container.id, slug)
    taken.add(slug)
  }
  return slugs
}

/** A file name of a label: lower case ASCII letters, digits and hyphens. */
function slugify(label: string): string {
  const ascii = label.toLowerCase().replaceAll('æ', 'ae').replaceAll('ø', 'o').replaceAll('å', 'a').replaceAll('ß', 'ss').normalize('NFKD')
  return ascii.replaceAll(/\p{Mark}/gu, '').replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-+|-+$/g, '').slice(0, 60)
}

/** Keeps the numbers that still rise, and numbers the others in between. */
function chooseOrders(containers: readonly FlowNode[], known: ReadonlyMap<string, TabFile>): Map<string, number> {
  const old = containers.map(({ id }) => {
    const tab = known.get(id)
    const order = tab && orderOf(tab)
    return order === Number.MAX_SAFE_INTEGER ? undefined : order
  })
  const orders = new Map<string, number>()
  let previous = 0
  containers.forEach(({ id }, index) => {
    const kept = old[index]
    const next = old.slice(index + 1).find(order => order !== undefined && order > previous)
    if (kept !== undefined && kept > previous) previous = kept
    else if (next !== undefined && next - previous > 1) previous = Math.floor((previous + next) / 2)
    else previous += orderStep
    orders.set(id, previous)
  })
  return orders
}
