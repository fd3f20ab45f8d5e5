/** Where the hub's own files are and which version it is, from source as from a package. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The folder with `nodes/`, `runtime/` and `editor-plugins/`: the repository, or `dist/lib` of the package. */
export const hubRoot = dirname(import.meta.dirname)

function findPackage(folder: string): string {
  const file = join(folder, 'package.json')
  return existsSync(file) ? file : findPackage(dirname(folder))
}

const description: unknown = JSON.parse(readFileSync(findPackage(hubRoot), 'utf8'))

/** Version of the package. */
export const version = typeof description === 'object' && description !== null && 'version' in description ? String(description.version) : '0.0.0'
