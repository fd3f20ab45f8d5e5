/** `torg lanes`: what waits where, and why. */
import { parseArgs } from 'node:util'
import type { LaneDepth, LaneState } from '../store/types.ts'
import { callHub } from './hub-client.ts'
import { print } from './usage.ts'

type Lane = Omit<LaneState, 'probing'> & LaneDepth & { limits: { concurrency: number | null, rate: { tokenMs: number, burst: number } | null, breakAfter: number } | null }

export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { json: { type: 'boolean' } } })
  const { items } = await callHub<{ items: Lane[] }>('GET', '/lanes')
  if (values.json) print(JSON.stringify(items, undefined, 2))
  else if (items.length === 0) print('No lanes: no deployed node reads from a system or writes to one.')
  else for (const lane of items) print(describeLane(lane))
  return 0
}

/** A lane in a line, and one more for what holds it back. */
export function describeLane(item: Lane): string {
  const { lane, pending, due, dead } = item
  const limits = describeLimits(item)
  const counts = `${pending} waiting${pending > due ? ` (${pending - due} of them later)` : ''}, ${dead} dead ${dead === 1 ? 'letter' : 'letters'}`
  return [`${lane}  ${item.state}  ${counts}${limits && `  ${limits}`}`, ...describeState(item).map(line => `  ${line}`)].join('\n')
}

function describeState({ paused, open, throttledUntil, failures, error }: Lane): string[] {
  return [
    ...paused ? [`paused by ${paused.by} at ${paused.at}: ${paused.reason}`] : [],
    ...open ? [`open since ${open.since}, after ${failures} failures; the next try is at ${open.nextTryAt}`] : [],
    ...throttledUntil ? [`left alone until ${throttledUntil}, as its system asked`] : [],
    ...error ? [error.detail] : [],
  ]
}

function describeLimits({ limits }: Lane): string {
  const { concurrency, rate } = limits ?? {}
  return [
    ...concurrency ? [`at most ${concurrency} at once`] : [],
    ...rate ? [`one every ${rate.tokenMs >= 1_000 ? `${rate.tokenMs / 1_000} s` : `${Math.round(rate.tokenMs * 100) / 100} ms`}, ${rate.burst} without a pause`] : [],
  ].join(', ')
}
