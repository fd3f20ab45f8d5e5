/** What `torg rerun`, `torg redeliver` and `torg backfill` share: counted first, then done with the number that was counted. */
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util'
import type { Repair, RepairGroup, RepairPreview, RepairSample, Selection } from '../store/repair-types.ts'
import { callHub } from './hub-client.ts'
import { onlyArgument, print, UsageError } from './usage.ts'

type Placed = { name: string | null, tab: string | null }
type Preview = Omit<RepairPreview, 'groups' | 'sample'> & { groups: (RepairGroup & Placed)[], sample: (RepairSample & Placed)[] }

const common = {
  'system': { type: 'string' }, 'flow': { type: 'string' }, 'state': { type: 'string' }, 'code': { type: 'string' }, 'from': { type: 'string' }, 'to': { type: 'string' },
  'dry-run': { type: 'boolean' }, 'expect': { type: 'string' }, 'force': { type: 'boolean' }, 'why': { type: 'string' }, 'json': { type: 'boolean' },
} as const satisfies ParseArgsOptionsConfig

export interface RepairCommand {
  type: Selection['type']
  /** Further options, and under which name the API knows each. */
  options: Record<string, { option: ParseArgsOptionsConfig[string], field: string }>
  /** What happens to them: "run again". */
  again: string
  /** What the command's one argument names, where it takes one; the API knows it as `flow`. */
  names?: string
}

/** Makes one of these commands. */
export function repairCommand({ type, options, again, names }: RepairCommand) {
  return async (args: string[]): Promise<number> => {
    const own = Object.fromEntries(Object.entries(options).map(([key, { option }]) => [key, option]))
    const { values, positionals } = parseArgs({ args, options: { ...own, ...common }, allowPositionals: names !== undefined })
    const { system, flow = names && onlyArgument(positionals, names), state, code, from, to, expect, force = false, why, json = false } = values
    const given: Record<string, unknown> = values
    const conditions = { system, flow, state, code, from, to, ...Object.fromEntries(Object.entries(options).map(([key, { field }]) => [field, given[key]])) }
    const selection = { type, ...conditions }
    if (values['dry-run']) {
      const preview = await callHub<Preview>('POST', '/repairs', { selection, dryRun: true })
      if (json) print(JSON.stringify(preview, undefined, 2))
      else printPreview(preview, { type, again })
      return 0
    }
    if (expect === undefined && !force) throw new UsageError(`See first with --dry-run what is ${again}, then say --expect <count> and --why <reason>.`)
    if (expect !== undefined && !/^\d+$/.test(expect)) throw new UsageError('--expect is the count of a dry run.')
    if (!why) throw new UsageError('Say --why; the reason is kept with the repair.')
    const repair = await callHub<Repair>('POST', '/repairs', { selection, why, ...(force ? { force } : { expected: Number(expect) }) })
    if (json) print(JSON.stringify(repair, undefined, 2))
    else print(`Repair ${repair.id}: ${countOf(repair.total, type)} ${are(repair.total)} ${again}.${passed(repair.passedOver)} Follow it: torg repairs show ${repair.id}`)
    return 0
  }
}

function printPreview({ count, waiting, passedOver, groups, sample }: Preview, { type, again }: { type: Selection['type'], again: string }): void {
  print(`${countOf(count, type)} would be ${again}.${passed(passedOver)}${waiting > 0 ? ` ${waiting} more ${waiting === 1 ? 'waits' : 'wait'} already.` : ''}`)
  for (const group of groups) print(`  ${String(group.count).padStart(7)}  ${group.system}  ${placeOf(group)}  ${group.what}  ${group.state}${group.code ? ` ${group.code}` : ''}`)
  if (sample.length > 0) print(sample.length < count ? 'Such as:' : 'These are:')
  for (const one of sample) print(`  ${one.name}  ${one.at}  ${one.what}  ${one.state}  ${one.id}`)
  if (count > 0) print(`To do it, say the same with --expect ${count} --why <reason> instead of --dry-run.`)
}

const placeOf = ({ node, name, tab }: Placed & { node: string }): string => tab === null ? `${node} (not deployed)` : `${tab} / ${name ?? node}`
const singular = { messages: 'message', deliveries: 'delivery', records: 'record' } as const
const countOf = (count: number, type: Selection['type']): string => `${count} ${count === 1 ? singular[type] : type}`
const are = (count: number): string => count === 1 ? 'is' : 'are'
const passed = (count: number): string => count > 0 ? ` ${count} older ${are(count)} passed over: of each key the newest is taken.` : ''
