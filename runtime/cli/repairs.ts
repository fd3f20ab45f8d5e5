/** `torg repairs`: what is or was done again, by whom and why; and ending it. */
import { parseArgs } from 'node:util'
import type { Repair, RepairProgress, Selection } from '../store/repair-types.ts'
import { callHub } from './hub-client.ts'
import { print, UsageError } from './usage.ts'

const shown = 50

interface Page { items: Repair[], next: number | null }

export async function run(args: string[]): Promise<number> {
  const { values: { json = false }, positionals: [action = 'list', id, extra] } = parseArgs({ args, allowPositionals: true, options: { json: { type: 'boolean' } } })
  const show = <Answer extends object>(answer: Answer, describe: (answer: Answer) => void): number => {
    if (json) print(JSON.stringify(answer, undefined, 2))
    else describe(answer)
    return 0
  }
  if (extra === undefined) {
    if (action === 'list' && id === undefined) return show(await callHub<Page>('GET', `/repairs?limit=${shown}`), printAll)
    if (action === 'show' && id !== undefined) return show(await callHub<RepairProgress>('GET', `/repairs/${encodeURIComponent(id)}`), printOne)
    if (action === 'cancel' && id !== undefined) return show(await callHub<Repair>('POST', `/repairs/${encodeURIComponent(id)}/cancel`), printCancelled)
  }
  throw new UsageError('Say what to do: list them, show one, or cancel one.')
}

function printAll({ items, next }: Page): void {
  for (const repair of items) print(lineOf(repair))
  if (items.length === 0) print('No repairs yet. Start one with torg rerun or torg redeliver.')
  if (next !== null) print(`Older ones: GET /api/v1/repairs?after=${next}`)
}

function printOne(repair: RepairProgress): void {
  const { selection, passedOver, skipped, now, endedAt, endedBy } = repair
  print(lineOf(repair))
  print(`  selection: ${describe(selection)}`)
  if (passedOver > 0) print(`  passed over: ${passedOver} older messages, of whose key a newer one was taken`)
  if (skipped > 0) print(`  left alone: ${skipped}, which had come to wait by themselves or were gone`)
  print(`  of what was handed over now: ${now.done} done, ${now.waiting} waiting${now.held > 0 ? `, ${now.held} held` : ''}, ${now.dead} dead letters`)
  if (endedAt !== null) print(`  ended: ${endedAt}${endedBy === null ? '' : ` by ${endedBy}`}`)
}

function printCancelled({ id, handedOver, total, selection }: Repair): void {
  print(`Repair ${id} is cancelled. ${handedOver} of ${total} ${selection.type} were handed over and go on.`)
}

const lineOf = ({ id, state, selection, handedOver, total, at, by, why }: Repair): string => `${id}  ${state}  ${handedOver} of ${total} ${selection.type} handed over  ${at}  ${by}: ${why}`

/** `nodes` is only what `flow` stood for. */
function describe({ type, ...conditions }: Selection): string {
  const given = Object.entries(conditions).filter(([name]) => name !== 'nodes').map(([name, value]) => `${name} ${Array.isArray(value) && value.length > 5 ? `${value.slice(0, 5).join(', ')} and ${value.length - 5} more` : String(value)}`)
  return given.length === 0 ? `all ${type}` : `${type} of ${given.join(', ')}`
}
