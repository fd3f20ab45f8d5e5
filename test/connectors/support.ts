/** Vendor-written samples, read from where they are kept: they are never copied into the project. */
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const specs = resolve(process.env['TORG_SPECS'] ?? join(import.meta.dirname, '../../../shared/specs'))

/** A JSON file of the vendors' samples. Throws, naming TORG_SPECS, where the folder is missing: such a test is never skipped. */
export function readSpec(path: string): unknown {
  const file = join(specs, path)
  if (!existsSync(file)) throw new Error(`The vendors' samples are not here: ${file}. Set TORG_SPECS to the folder that holds them.`)
  return JSON.parse(readFileSync(file, 'utf8'))
}
