/** `torg reviews`: records that may be of the same thing, and deciding it. */
import { parseArgs } from 'node:util'
import type { Merge, Review } from '../store/types.ts'
import { callHub } from './hub-client.ts'
import { describeMerge } from './merge.ts'
import { print, UsageError } from './usage.ts'

const shown = 50

export async function run(args: string[]): Promise<number> {
  const { values, positionals: [action = 'list', id, extra] } = parseArgs({ args, allowPositionals: true, options: { all: { type: 'boolean' }, why: { type: 'string' }, into: { type: 'string' }, note: { type: 'string' } } })
  if (extra === undefined) {
    if (action === 'list' && id === undefined) return list(await callHub<{ items: Review[], next: number | null }>('GET', `/reviews?limit=${shown}&state=${values.all ? 'all' : 'open'}`))
    if (action === 'show' && id !== undefined) return show(await callHub<Review>('GET', `/reviews/${encodeURIComponent(id)}`))
    if (action === 'merge' && id !== undefined && values.why !== undefined) {
      return describeMerge(await callHub<Merge>('POST', `/reviews/${encodeURIComponent(id)}/merge`, { why: values.why, ...(values.into !== undefined && { into: values.into }) }))
    }
    if (action === 'distinct' && id !== undefined) return show(await callHub<Review>('POST', `/reviews/${encodeURIComponent(id)}/distinct`, { note: values.note ?? null }))
  }
  throw new UsageError('Say what to do: list them, show one, merge its records with the reason, or say that they are distinct.')
}

function list({ items, next }: { items: Review[], next: number | null }): number {
  for (const review of items) print(lineOf(review))
  if (items.length === 0) print('No reviews.')
  if (next !== null) print(`Older ones: GET /api/v1/reviews?after=${next}`)
  return 0
}

function show(review: Review): number {
  print(lineOf(review))
  for (const { id, number, refs } of review.records) print(`  ${id}${number === null ? '' : `  ${number}`}  ${refs.map(({ system, id: own }) => `${system} ${own}`).join(', ') || 'no references'}`)
  if (review.decidedAt !== null) print(`  ${review.state} by ${review.decidedBy ?? 'somebody'} at ${review.decidedAt}${review.note === null ? '' : `: ${review.note}`}`)
  else print(`Decide: torg reviews merge ${review.id} --why <reason>, or torg reviews distinct ${review.id}`)
  return 0
}

const lineOf = ({ id, state, kind, openedAt, reason }: Review): string => `${id}  ${state}  ${kind}  ${openedAt}  ${reason}`
