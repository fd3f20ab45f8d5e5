/** Where the hub's own files are and which version it is, from source as from a package. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'

/** The folder with `nodes/`, `runtime/` and `editor-plugins/`: the repository, or `dist/lib` of the package. */
export const hubRoot = dirname(import.meta.dirname)

function findPackage(folder: string): string {
  const file = join(folder, 'package.json')
  return existsSync(file) ? file : findPackage(dirname(folder))
}

const packageFile = findPackage(hubRoot)

/** The folder with the package.json: the repository, or where npm installed the package. */
export const packageRoot = dirname(packageFile)

/** Whether this is a checkout, which runs from source; what is imported from it by its name needs `npm run prepack` first. */
export const isCheckout = extname(import.meta.filename) === '.ts'

const description: unknown = JSON.parse(readFileSync(packageFile, 'utf8'))

/** Version of the package. */
export const version = typeof description === 'object' && description !== null && 'version' in description ? String(description.version) : '0.0.0'
