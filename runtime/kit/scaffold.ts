/** Makes a new connector that passes the conformance suite as it is. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { TorgError } from '../errors.ts'
import { isCheckout, packageRoot } from '../version.ts'
import { connectorReadme, connectorSources, scaffoldIcon, type ScaffoldNames } from './scaffold/connector.ts'
import { packageFiles, packageReadme } from './scaffold/package.ts'

export interface ScaffoldOptions {
  /** Lower case letters, digits, hyphens; also the first word of its node types. */
  name: string
  /** The connector's own folder; must be empty or not exist. */
  folder: string
  /** A package outside the repo; else a folder in `nodes/`, listed in its index. */
  asPackage: boolean
}

/**
 * Writes a connector with a system, a webhook source, a sink, an icon and a sample.
 *
 * @throws TorgError `request.invalid` when the name or the folder cannot be used; nothing is written then.
 */
export async function scaffoldConnector({ name, folder: given, asPackage }: ScaffoldOptions): Promise<void> {
  const folder = resolve(given)
  const list = join(dirname(folder), 'index.ts')
  check(name, folder, asPackage ? undefined : list)
  const names: ScaffoldNames = { name, label: labelOf(name), kit: asPackage ? '@torg/hub/kit' : '../../runtime/kit/index.ts' }
  const sources = Object.entries(connectorSources(names)).map(([path, content]) => [asPackage ? `src/${path}` : path, content] as const)
  const readme = connectorReadme(names, 'npm test') + (asPackage ? packageReadme(names) : '')
  const files: (readonly [string, string])[] = [...sources, [`icons/${name}.svg`, scaffoldIcon], ['README.md', readme]]
  if (asPackage) files.push(...Object.entries(packageFiles(names, { folder, hubRoot: packageRoot, hub: await readHubManifest() })))
  for (const [path, content] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), content, { flag: 'wx' })
  }
  if (asPackage) buildHub()
  else await writeFile(list, addToList(await readFile(list, 'utf8'), name))
}

const taken = new Set(['kit', 'torg', 'new', 'default', 'delete', 'export', 'import', 'package', 'switch', 'case', 'class', 'function', 'return', 'with', 'void', 'in', 'for', 'if', 'do'])

function check(name: string, folder: string, list: string | undefined): void {
  const refuse = (detail: string, next: string): never => { throw new TorgError('request.invalid', { detail, next }) }
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) || taken.has(name)) refuse(`"${name}" cannot be the name of a connector`, 'Use lower case letters, digits and hyphens, for example my-shop.')
  if (existsSync(folder) && readdirSync(folder).length > 0) refuse(`${folder} is not empty`, 'Choose another name, or remove the folder.')
  if (list !== undefined && !existsSync(list)) refuse(`there is no ${list} to add the connector to`, 'Make it in nodes/ of the hub, or as a package of its own with --package <folder>.')
}

const labelOf = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1).replaceAll('-', ' ')
const variableOf = (name: string): string => name.replaceAll(/-(.)/g, (_match, letter: string) => letter.toUpperCase())

/** Adds a connector to the text of `nodes/index.ts`: its import among the others, its name at the end of the list. */
export function addToList(text: string, name: string): string {
  const imports = [...text.matchAll(/^import \w+ from '\.\/[a-z0-9-]+\/index\.ts'$/gm)].map(([line]) => line)
  const list = /(\[)([^\]]*)(\]\.map\()/
  const first = imports[0]
  if (first === undefined || !list.test(text)) throw new TorgError('request.invalid', { detail: 'nodes/index.ts does not look as expected', next: 'Add the connector to its list by hand.' })
  const line = `import ${variableOf(name)} from './${name}/index.ts'`
  const place = imports.find(other => pathOf(other) > pathOf(line))
  const withImport = place === undefined ? text.replace(imports.at(-1) ?? first, last => `${last}\n${line}`) : text.replace(place, other => `${line}\n${other}`)
  return withImport.replace(list, (_match, open: string, names: string, close: string) => `${open}${names}, ${variableOf(name)}${close}`)
}

const pathOf = (line: string): string => line.slice(line.indexOf("'"))

async function readHubManifest(): Promise<{ version: string, devDependencies: Readonly<Record<string, string>> }> {
  const manifest: unknown = JSON.parse(await readFile(join(packageRoot, 'package.json'), 'utf8'))
  const { version, devDependencies }: Record<string, unknown> = typeof manifest === 'object' && manifest !== null ? { ...manifest } : {}
  const tools: Record<string, unknown> = typeof devDependencies === 'object' && devDependencies !== null ? { ...devDependencies } : {}
  return { version: String(version), devDependencies: Object.fromEntries(Object.entries(tools).map(([tool, range]) => [tool, String(range)])) }
}

/** A linked checkout serves types and code from `dist/lib`, which only exists once built. */
function buildHub(): void {
  if (isCheckout) execFileSync('npm', ['run', '--silent', 'prepack'], { cwd: packageRoot, stdio: ['ignore', 'inherit', 'inherit'], shell: process.platform === 'win32' })
}
