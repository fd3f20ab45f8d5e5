/** `torg refs import`: tells a running hub which ids a system has for records it knows, before anything is delivered there. */
import { createReadStream } from 'node:fs'
import { parseArgs } from 'node:util'
import type { LinkedReferences } from '../imports/references.ts'
import { callHub } from './hub-client.ts'
import { isCsv } from './import.ts'
import { describeError } from './imports.ts'
import { onlyArgument, print, UsageError } from './usage.ts'

const limitMs = 3_600_000

export async function run([action, ...args]: string[]): Promise<number> {
  if (action !== 'import') throw new UsageError('Say import.')
  const { values, positionals } = parseArgs({
    args, allowPositionals: true,
    options: { 'kind': { type: 'string' }, 'system': { type: 'string' }, 'csv': { type: 'boolean' }, 'dry-run': { type: 'boolean' }, 'json': { type: 'boolean' } },
  })
  const file = onlyArgument(positionals, 'file')
  const { kind, system, csv = isCsv(file), 'dry-run': dryRun = false, json = false } = values
  if (kind === undefined || system === undefined) throw new UsageError('Say --kind and --system.')
  const query = new URLSearchParams({ kind, system, dryRun: String(dryRun) })
  const linked = await callHub<LinkedReferences>('POST', `/references?${query}`, { stream: createReadStream(file), gzip: file.endsWith('.gz'), type: csv ? 'text/csv' : 'application/x-ndjson' }, limitMs)
  if (json) print(JSON.stringify(linked, undefined, 2))
  else {
    const { rows, linked: count, known, failed, errors } = linked
    print(`${rows} lines: ${count} ${dryRun ? 'would be linked' : 'linked'}, ${known} known already, ${failed} refused.`)
    for (const error of errors) print(describeError(error))
    if (failed > errors.length) print(`  and ${failed - errors.length} more`)
  }
  return linked.failed > 0 ? 1 : 0
}
