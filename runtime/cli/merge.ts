/** `torg merge`: makes one record part of another one. */
import { parseArgs } from 'node:util'
import { kindOf } from '../model/index.ts'
import type { Merge } from '../store/types.ts'
import { callHub } from './hub-client.ts'
import { print, UsageError } from './usage.ts'

export async function run(args: string[]): Promise<number> {
  const { values: { why }, positionals: [kind, from, into, extra] } = parseArgs({ args, allowPositionals: true, options: { why: { type: 'string' } } })
  if (kind === undefined || from === undefined || into === undefined || extra !== undefined || why === undefined) throw new UsageError('Say the kind, the id of the record that goes, the id of the one that stays, and why.')
  return describeMerge(await callHub<Merge>('POST', `/${kindOf(kind).plural}/${encodeURIComponent(into)}/merge`, { from, why }))
}

/** Prints what became of the two records. */
export function describeMerge({ kind, from, into, undone }: Merge): number {
  if (undone) print(`${kind} ${from} is a record of its own again, and no part of ${into}.`)
  else print(`${kind} ${from} is part of ${into} now. Two again: torg unmerge ${kind} ${from} --why <reason>`)
  return 0
}
