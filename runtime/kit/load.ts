/** Loads the connector packages a project names. */
import { existsSync, readFileSync } from 'node:fs'
import { createRequire, registerHooks } from 'node:module'
import { dirname, extname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { TorgError } from '../errors.ts'
import { languages, type ConnectorDefinition } from './definition.ts'

/**
 * Loads connectors from the project's `node_modules`. Each package names its module in `torg.connector` of its
 * package.json; the module default-exports the definition. A name that starts with `.` is a folder of the project.
 *
 * Whatever copy of `@torg/hub` a package has beside it, it gets the running hub's: there is one kit per process.
 *
 * @throws TorgError `flow.invalid`, naming the package and what is wrong with it.
 */
export async function loadConnectors(projectFolder: string, packageNames: readonly string[]): Promise<ConnectorDefinition[]> {
  if (packageNames.length === 0) return []
  provideHub()
  const connectors: ConnectorDefinition[] = []
  for (const name of packageNames) connectors.push(await loadConnector(resolve(projectFolder), name))
  return connectors
}

async function loadConnector(projectFolder: string, name: string): Promise<ConnectorDefinition> {
  const folder = findPackage(projectFolder, name)
  const file = join(folder, readEntry(folder, name))
  if (!existsSync(file)) throw refusal(name, `its package.json names the connector ${file}, which does not exist`, 'Build the package (npm run build in its folder) or install a released version.')
  let module: unknown
  try {
    module = await import(pathToFileURL(file).href)
  } catch (cause) {
    throw refusal(name, `${file} cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`, 'Correct the package, or remove it from torg.connectors in the project\'s package.json.', cause)
  }
  const definition: unknown = typeof module === 'object' && module !== null && 'default' in module ? module.default : undefined
  const fault = findShapeFault(definition)
  if (!isConnector(definition)) throw refusal(name, `${file} ${fault ?? 'is not a connector'}`, 'Export defineConnector({ … }) as the default.')
  return { ...definition, folder: findIconFolder(dirname(file), folder, definition.icon) }
}

function findPackage(projectFolder: string, name: string): string {
  if (name.startsWith('.')) return resolve(projectFolder, name)
  const places = createRequire(join(projectFolder, 'package.json')).resolve.paths(name) ?? []
  const found = places.map(place => join(place, name)).find(place => existsSync(join(place, 'package.json')))
  if (found === undefined) throw refusal(name, `is not installed in ${projectFolder}`, `Run npm install ${name} in the project's folder.`)
  return found
}

function readEntry(folder: string, name: string): string {
  const file = join(folder, 'package.json')
  let manifest: unknown
  try {
    manifest = JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw refusal(name, `${file} cannot be read`, 'Install the package again.', cause)
  }
  const torg = typeof manifest === 'object' && manifest !== null && 'torg' in manifest ? manifest.torg : undefined
  const entry = typeof torg === 'object' && torg !== null && 'connector' in torg ? torg.connector : undefined
  if (typeof entry !== 'string') throw refusal(name, `${file} has no "torg": { "connector": "./dist/index.js" }`, 'Name a Torg connector package in torg.connectors.')
  return entry
}

const isConnector = (value: unknown): value is ConnectorDefinition => findShapeFault(value) === null

/** What makes a module's default export no connector, as the end of a sentence. Packages may be plain JavaScript. */
function findShapeFault(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return 'has no default export that is a connector'
  const { name, icon, color, label, nodes }: Record<string, unknown> = { ...value }
  if (typeof name !== 'string' || typeof icon !== 'string' || typeof color !== 'string') return 'needs name, icon and color'
  if (!isText(label)) return `needs label in ${languages.join(', ')}`
  if (!Array.isArray(nodes)) return 'needs a list of nodes'
  const nameless = nodes.findIndex(node => !isNode(node))
  return nameless === -1 ? null : `has a node (number ${nameless + 1}) without type, role, fields, inputs or outputs`
}

function isNode(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { type, role, fields, inputs, outputs }: Record<string, unknown> = { ...value }
  return typeof type === 'string' && typeof role === 'string' && typeof fields === 'object' && Array.isArray(inputs) && Array.isArray(outputs)
}

function isText(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const texts: Record<string, unknown> = { ...value }
  return languages.every(language => typeof texts[language] === 'string')
}

/** Icons lie beside the module, or in a folder above it up to the package's own: `dist/` holds code only. */
function findIconFolder(start: string, root: string, icon: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'icons', icon))) return folder
    if (folder === root || folder === dirname(folder)) return root
  }
}

/** `.ts` from source, `.js` in the built package. */
const extension = extname(import.meta.filename)
const entries: Readonly<Record<string, string>> = {
  '@torg/hub/kit': new URL(`./index${extension}`, import.meta.url).href,
  '@torg/hub/conformance': new URL(`./conformance/index${extension}`, import.meta.url).href,
}
let provided = false

/** Resolves `@torg/hub/kit` and `/conformance` to this very code, wherever they are imported from. */
function provideHub(): void {
  if (provided) return
  provided = true
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const url = entries[specifier]
      return url === undefined ? nextResolve(specifier, context) : { url, shortCircuit: true }
    },
  })
}

function refusal(name: string, what: string, next: string, cause?: unknown): TorgError {
  return new TorgError('flow.invalid', { detail: `connector package "${name}": ${what}.`, next, ...(cause !== undefined && { cause }) })
}
