/**
 * Editor plugins: folders with a `plugin.html`, and beside it what it needs.
 *
 * - `plugin.html`: scripts, templates, styles. `{{resources}}` stands for the address of its resources.
 * - `resources/`: files of the browser; a `.ts` is served as `.js`, its types stripped. It stays a module and may import
 *   others of the folder, and of another plugin's (`../../<plugin>/resources/<file>.ts`): load the first one with `<script type="module">`.
 * - `locales/{en-US,nb,sv}.json`: its catalogue, namespace `torg-nodes/<name>`.
 * - `runtime.ts` (or `.js`): default-exports a function that gets Node-RED's `RED`.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join, posix } from 'node:path'
import { pathToFileURL } from 'node:url'
import { localeFolders, moduleName } from './keys.ts'
import { stripTypes } from './strip-types.ts'

/** Files of the generated module by their path in it. */
export type Files = Map<string, string | Buffer>

/** Names of the plugins in a folder, sorted. */
export function listPlugins(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true }).filter(entry => entry.isDirectory() && existsSync(join(folder, entry.name, 'plugin.html'))).map(({ name }) => name).toSorted()
}

/**
 * Adds a plugin's files.
 *
 * @throws Error when its html needs a resource that is not there: the editor would wait for it for ever, for everybody.
 */
export function addPlugin(files: Files, folder: string, name: string): void {
  const place = join(folder, name)
  const address = `resources/${moduleName}/${name}`
  const html = readFileSync(join(place, 'plugin.html'), 'utf8').replaceAll('{{resources}}', address)
  addResources(files, join(place, 'resources'), name)
  for (const [, found] of html.matchAll(/<(?:script|link|img)\b[^>]*?\s(?:src|href)\s*=\s*["']([^"']+)["']/g)) checkResource(files, name, found ?? '')
  files.set(`plugins/${name}.html`, html)
  for (const locale of Object.values(localeFolders)) {
    const catalogue = join(place, 'locales', `${locale}.json`)
    files.set(`plugins/locales/${locale}/${name}.json`, existsSync(catalogue) ? readFileSync(catalogue, 'utf8') : '{}\n')
  }
  const runtime = ['runtime.ts', 'runtime.js'].map(file => join(place, file)).find(file => existsSync(file))
  if (runtime) files.set(`plugins/${name}.js`, `export { default } from ${JSON.stringify(pathToFileURL(runtime).href)}\n`)
}

function addResources(files: Files, folder: string, name: string): void {
  if (!existsSync(folder)) return
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || /\.(d\.ts|map)$/.test(entry.name)) continue
    const file = join(entry.parentPath, entry.name)
    const path = `resources/${name}/${file.slice(folder.length + 1).replaceAll('\\', '/')}`
    if (extname(file) === '.ts') files.set(path.replace(/\.ts$/, '.js'), asServed(stripTypes(readFileSync(file, 'utf8'))))
    else files.set(path, extname(file) === '.js' ? asServed(readFileSync(file, 'utf8')) : readFileSync(file))
  }
}

const imports = /^(?:import|export)\b[^'"\n]*?(['"])(\.[^'"\n]+)\1/gm

/** The module with imports of what is served: resources of a plugin stand in one folder. */
function asServed(module: string): string {
  return module.replace(imports, found => found.replace(/\.ts(['"])$/, '.js$1').replace(/\.\.\/\.\.\/([a-z0-9-]+)\/resources\//, '../$1/')).replace(/[ \t]+$/gm, '')
}

/**
 * To be called once all plugins are there.
 * @throws Error for a module that imports what is not there: it never loads, and the editor waits for it
 */
export function checkImports(files: Files): void {
  for (const [path, content] of files) {
    if (!/^resources\/.*\.js$/.test(path)) continue
    for (const [, , found = ''] of String(content).matchAll(imports)) {
      if (!files.has(posix.join(posix.dirname(path), found))) throw new Error(`editor plugin "${path.split('/')[1] ?? ''}": ${path} imports ${found}, which is not in its resources`)
    }
  }
}

function checkResource(files: Files, name: string, reference: string): void {
  if (/^(data:|#)/.test(reference)) return
  const path = reference.startsWith(`resources/${moduleName}/`) ? `resources/${reference.slice(`resources/${moduleName}/`.length)}` : undefined
  if (path === undefined) throw new Error(`editor plugin "${name}": plugin.html loads ${reference}; load only from {{resources}}, an address elsewhere may be missing`)
  if (!files.has(path)) throw new Error(`editor plugin "${name}": plugin.html loads ${reference}, but there is no ${path.replace(`resources/${name}/`, 'resources/')} in its folder`)
}
