/** `torg import`: a file of entities into a running hub, with what is settled shown while it goes. */
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { Transform } from 'node:stream'
import { parseArgs } from 'node:util'
import { TorgError } from '../errors.ts'
import type { Import } from '../store/import-types.ts'
import { callHub } from './hub-client.ts'
import { describeOutcome } from './imports.ts'
import { createProgress } from './progress.ts'
import { onlyArgument, print, UsageError } from './usage.ts'

/** A file of many millions of lines. */
const limitMs = 24 * 3_600_000
const followMs = 500

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args, allowPositionals: true,
    options: {
      'kind': { type: 'string' }, 'system': { type: 'string' }, 'full': { type: 'boolean' }, 'csv': { type: 'boolean' }, 'mapping': { type: 'string' },
      'dry-run': { type: 'boolean' }, 'id': { type: 'string' }, 'json': { type: 'boolean' },
    },
  })
  const file = onlyArgument(positionals, 'file')
  const { size } = await stat(file).catch((cause: unknown) => { throw new UsageError(`There is no file ${file}: ${cause instanceof Error ? cause.message : ''}`) })
  const { id } = values.id === undefined ? await declare(file, values) : await callHub<Import>('GET', `/imports/${encodeURIComponent(values.id)}`)
  if (!values.json) print(`Import ${id}. If it is cut off, go on with: torg import ${file} --id ${id}`)
  const done = await send({ id, file, size, quiet: values.json === true })
  print(values.json ? JSON.stringify(done, undefined, 2) : describeOutcome(done))
  return done.failed > 0 || done.state !== 'done' ? 1 : 0
}

async function declare(file: string, { kind, system, full = false, csv = isCsv(file), mapping, 'dry-run': dryRun = false }: { kind?: string | undefined, system?: string | undefined, full?: boolean | undefined, csv?: boolean | undefined, mapping?: string | undefined, 'dry-run'?: boolean | undefined }): Promise<Import> {
  if (kind === undefined || system === undefined) throw new UsageError('Say --kind and --system; or --id of an import that was cut off.')
  return callHub<Import>('POST', '/imports', { kind, system, mode: full ? 'full' : 'partial', format: csv ? 'csv' : 'ndjson', dryRun, ...(mapping !== undefined && { mapping: await readMapping(mapping) }) })
}

/** By the name of the file. */
export const isCsv = (file: string): boolean => /\.csv(\.gz)?$/i.test(file)

/** A mapping in a file, or else the name of a node. */
async function readMapping(given: string): Promise<unknown> {
  const text = await readFile(given, 'utf8').catch(() => undefined)
  if (text === undefined) return given
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new TorgError('mapping.invalid', { detail: `${given} is not JSON.`, cause })
  }
}

/** Sends the file, and stays until the hub has done with it what it does without a person. */
async function send({ id, file, size, quiet }: { id: string, file: string, size: number, quiet: boolean }): Promise<Import> {
  const progress = createProgress({ size, quiet })
  const counted = createReadStream(file).pipe(new Transform({ transform(chunk: Buffer, _, next) { progress.sent(chunk.length); next(null, chunk) } }))
  const path = `/imports/${encodeURIComponent(id)}`
  const show = async (): Promise<Import> => {
    const now = await callHub<Import>('GET', path)
    progress.show(now)
    return now
  }
  const timer = setInterval(() => { show().catch(() => undefined) }, followMs)
  try {
    let now = await callHub<Import>('POST', `${path}/lines`, { stream: counted, gzip: file.endsWith('.gz'), type: 'application/octet-stream' }, limitMs)
    while (now.state === 'removing') {
      await new Promise(resolve => { setTimeout(resolve, followMs) })
      now = await show()
    }
    return now
  } finally {
    clearInterval(timer)
    progress.end()
  }
}
