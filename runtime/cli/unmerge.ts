/** `torg unmerge`: what became part of another record is one of its own again. */
import { parseArgs } from 'node:util'
import { kindOf } from '../model/index.ts'
import type { Merge } from '../store/types.ts'
import { callHub } from './hub-client.ts'
import { describeMerge } from './merge.ts'
import { UsageError } from './usage.ts'

export async function run(args: string[]): Promise<number> {
  const { values: { why }, positionals: [kind, id, extra] } = parseArgs({ args, allowPositionals: true, options: { why: { type: 'string' } } })
  if (kind === undefined || id === undefined || extra !== undefined || why === undefined) throw new UsageError('Say the kind, the id of the record that was merged, and why.')
  return describeMerge(await callHub<Merge>('POST', `/${kindOf(kind).plural}/${encodeURIComponent(id)}/unmerge`, { why }))
}
