import { stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { TorgError } from '../errors.ts'
import { extendKinds } from '../model/index.ts'
import { readExtensions } from './extensions.ts'
import { isMissing, listFiles, listJsonFiles, readJsonFile } from './files.ts'
import { findingsError } from './findings.ts'
import { isObject } from './json.ts'
import type { Layout, Placement } from './layout.ts'
import { parseRoles } from './parse-roles.ts'
import { findRoleFaults } from './role-checks.ts'
import { toFinding } from './role-faults.ts'
import { roleTable, rolesFile } from './role-table.ts'
import { findCredentials, findPlainSecrets } from './secrets.ts'
import { parseProjectPackage } from './settings.ts'
import { asNode, findStructureProblems, isFinding, placeOf, type LocatedNode } from './structure.ts'
import { isContainer } from './containers.ts'
import { systemKeysOf } from './systems.ts'
import { joinTabs, type FlowFiles, type TabFile } from './tabs.ts'
import type { FlowFinding, FlowNode, Project } from './types.ts'

/**
 * Reads a project folder and checks all of it.
 * @throws TorgError `flow.invalid` naming file, node (id, name) and field; every finding stands in `errors`.
 */
export async function readProject(folder: string): Promise<Project> {
  const { project, findings } = await loadProject(folder)
  if (!project) throw findingsError(findings)
  return project
}

/**
 * The same for who wants to know everything that is wrong: findings, and the project only where there are none.
 * @throws TorgError `flow.invalid` where there is no such folder
 */
export async function loadProject(folder: string): Promise<{ project?: Project, findings: FlowFinding[] }> {
  const root = resolve(folder)
  const isFolder = await stat(root).then(found => found.isDirectory(), thrown => { if (isMissing(thrown)) return false; throw thrown })
  if (!isFolder) throw new TorgError('flow.invalid', { detail: `There is no project folder ${root}.`, next: 'Name an existing folder, or make one with: torg init <folder>' })

  const findings: FlowFinding[] = []
  const { files, located, table } = await readFlowFiles(root, findings)
  findings.push(...findStructureProblems(located))
  const containers = new Map(located.filter(({ node }) => isContainer(node)).map(({ node }) => [node.id, node]))
  for (const entry of located) {
    for (const problem of [...findCredentials(entry.node), ...findPlainSecrets(entry.node)]) findings.push({ ...placeOf(entry, containers), ...problem })
  }

  const take = async (path: string): Promise<unknown> => {
    const read = await readJsonFile(root, path)
    if (read === null) return undefined
    if ('finding' in read) { findings.push(read.finding); return undefined }
    return read.value
  }
  const takeObjects = async (name: string): Promise<Record<string, Record<string, unknown>>> => {
    const objects: Record<string, Record<string, unknown>> = {}
    for (const file of await listJsonFiles(join(root, name))) {
      const path = `${name}/${file}.json`
      const value = await take(path)
      if (isObject(value)) objects[file] = value
      else if (value !== undefined) findings.push({ code: 'file.invalid', file: path, detail: 'must be an object' })
    }
    return objects
  }

  const lookups = await takeObjects('lookups')
  const schemas = await takeObjects('schemas')
  const extensions = await takeObjects('extensions')
  const read = readExtensions(extensions)
  findings.push(...read.findings)
  const kinds = read.findings.length === 0 ? extendKinds(read.extensions) : undefined
  if (table !== undefined) findings.push(...findRoleFaults(table, { systems: systemKeysOf(located.map(({ node }) => node)), kinds }).map(fault => toFinding(fault, { file: rolesFile })))
  const { name, settings, findings: packageFindings } = parseProjectPackage(await take('package.json') ?? {})
  findings.push(...packageFindings)
  if (findings.length > 0 || kinds === undefined) return { findings }
  const project: Project = { folder: root, name: name ?? basename(root), flows: joinTabs(files), lookups, schemas, extensions, kinds, cases: await listFiles(join(root, 'cases')), torg: settings }
  return { project, findings }
}

/** Tabs, layout, systems and role table of a folder, parsed; what is wrong is added to `findings`, but for the rows of the role table, `table`, as they stand in its file. */
export async function readFlowFiles(folder: string, findings: FlowFinding[]): Promise<{ files: FlowFiles, located: LocatedNode[], table?: unknown }> {
  const located: LocatedNode[] = []
  const takeNodes = async (file: string): Promise<FlowNode[]> => {
    const read = await readJsonFile(folder, file)
    if (read === null) return []
    if ('finding' in read) { findings.push(read.finding); return [] }
    if (!Array.isArray(read.value)) { findings.push({ code: 'file.invalid', file, detail: 'must be a list of nodes' }); return [] }
    return read.value.map((entry, index) => asNode(entry, index, file)).flatMap(result => {
      if (!isFinding(result)) return [result]
      findings.push(result)
      return []
    })
  }

  const tabs: TabFile[] = []
  for (const slug of await listJsonFiles(join(folder, 'tabs'))) {
    const file = `tabs/${slug}.json`
    const before = findings.length
    const nodes = await takeNodes(file)
    const container = nodes.find(isContainer)
    if (container === undefined) {
      if (findings.length === before) findings.push({ code: 'file.invalid', file, detail: 'holds no tab or subflow; its first entry is one' })
      continue
    }
    const others = nodes.filter(node => node !== container)
    for (const extra of others.filter(isContainer)) findings.push({ code: 'file.invalid', file, field: 'type', detail: `holds the ${extra.type} ${extra.id} besides ${container.id}; every tab has a file of its own`, value: extra.type })
    for (const node of others) if (node.z !== undefined && node.z !== container.id) findings.push({ code: 'file.invalid', file, node: node.id, type: node.type, field: 'z', detail: `says it is on ${node.z}, but the file is that of ${container.id}; leave z out`, value: node.z })
    tabs.push({ slug, nodes: [container, ...others.map(withoutZ)], layout: await readLayout(folder, slug, findings) })
    located.push({ node: container, file }, ...others.map(node => ({ node: { ...node, z: container.id }, file })))
  }

  const systems = (await takeNodes('systems.json')).filter(node => {
    if (!isContainer(node) && node.wires === undefined) return true
    findings.push({ code: 'file.invalid', file: 'systems.json', node: node.id, type: node.type, detail: 'only config nodes stand here; a tab and its nodes stand in tabs/' })
    return false
  })
  located.push(...systems.map(node => ({ node, file: 'systems.json' })))
  const read = await readJsonFile(folder, rolesFile)
  if (read !== null && 'finding' in read) findings.push(read.finding)
  if (read === null || 'finding' in read) return { files: { tabs, systems, roles: null }, located }
  const { rows } = parseRoles(read.value)
  located.push({ node: roleTable(rows), file: rolesFile })
  return { files: { tabs, systems, roles: rows }, located, table: read.value }
}

function withoutZ(node: FlowNode): FlowNode {
  const rest = { ...node }
  delete rest.z
  return rest
}

async function readLayout(folder: string, slug: string, findings: FlowFinding[]): Promise<Layout> {
  const file = `layout/${slug}.json`
  const read = await readJsonFile(folder, file)
  if (read === null) return {}
  if ('finding' in read) { findings.push(read.finding); return {} }
  if (!isObject(read.value)) { findings.push({ code: 'file.invalid', file, detail: 'must be an object by node id' }); return {} }
  const layout: Record<string, Placement> = {}
  for (const [id, placement] of Object.entries(read.value)) {
    if (!isObject(placement)) { findings.push({ code: 'file.invalid', file, node: id, detail: 'must be an object like { "x": 120, "y": 80 }', value: placement }); continue }
    for (const key of Object.keys(placement)) if (!placementKeys.includes(key)) findings.push({ code: 'file.invalid', file, node: id, field: key, detail: `is not known; a place has ${placementKeys.join(', ')}` })
    for (const key of ['x', 'y', 'w', 'h', 'order']) if (placement[key] !== undefined && typeof placement[key] !== 'number') findings.push({ code: 'file.invalid', file, node: id, field: key, detail: 'must be a number', value: placement[key] })
    layout[id] = placement
  }
  return layout
}

const placementKeys = ['x', 'y', 'w', 'h', 'order', 'in', 'out', 'status']
