/** `torg imports`: how far imports are, which lines were refused and why; confirming and cancelling one. */
import { parseArgs } from 'node:util'
import type { Import, ImportError } from '../store/import-types.ts'
import { callHub } from './hub-client.ts'
import { print, UsageError } from './usage.ts'

const shown = 50

interface Page<Item> { items: Item[], next: string | number | null }

export async function run(args: string[]): Promise<number> {
  const { values: { json = false }, positionals: [action = 'list', id, extra] } = parseArgs({ args, allowPositionals: true, options: { json: { type: 'boolean' } } })
  const answer = <Value extends object>(value: Value, describe: (value: Value) => string): number => {
    print(json ? JSON.stringify(value, undefined, 2) : describe(value))
    return 0
  }
  if (extra !== undefined) throw new UsageError(`"${extra}" is not expected.`)
  if (action === 'list' && id === undefined) return answer(await callHub<Page<Import>>('GET', `/imports?limit=${shown}`), describePage)
  if (id !== undefined) {
    const path = `/imports/${encodeURIComponent(id)}`
    if (action === 'show') {
      const [found, { items: errors, next }] = await Promise.all([callHub<Import>('GET', path), callHub<Page<ImportError>>('GET', `${path}/errors?limit=${json ? 1_000 : shown}`)])
      return answer({ ...found, errors, more: next }, one => [describeImport(one), ...one.errors.map(describeError), ...(one.more === null ? [] : [`  and more: GET /api/v1/imports/${id}/errors?after=${one.more}`])].join('\n'))
    }
    if (action === 'confirm' || action === 'cancel') return answer(await callHub<Import>('POST', `${path}/${action}`), describeOutcome)
  }
  throw new UsageError('Say list, show <id>, confirm <id> or cancel <id>.')
}

function describePage({ items }: Page<Import>): string {
  return items.length === 0 ? 'No file was imported.' : items.map(one => `${one.id}  ${one.at.slice(0, 19).replace('T', ' ')}  ${one.kind} from ${one.system}  ${one.state}  ${count(one.rows)} lines, ${count(one.failed)} refused`).join('\n')
}

/** How an import stands, and what a person can do about it. */
function describeImport(one: Import): string {
  const { id, kind, system, mode, dryRun, state, rows, created, updated, unchanged, stale, removed, failed, kept, absent, known, raising, reason } = one
  const parts = dryRun ? [`${count(rows - failed)} valid`] : [`${count(created)} created`, `${count(updated)} updated`, `${count(unchanged)} unchanged`, ...(stale > 0 ? [`${count(stale)} older than known or erased`] : []), ...(removed > 0 ? [`${count(removed)} removed`] : []), ...(kept > 0 ? [`${count(kept)} not ${system}'s to remove`] : [])]
  const absence = absent === null || absent === 0 ? [] : [`${count(absent)} of ${count(known ?? 0)} records are not in the file${dryRun ? ' and would be removed' : ''}.`]
  return [`${dryRun ? 'Dry run' : 'Import'} ${id}: ${mode} file of ${kind} from ${system}, ${stateText(one)}. ${count(rows)} lines: ${[...parts, `${count(failed)} refused`].join(', ')}.`,
    ...absence, ...(raising > 0 ? [`${count(raising)} deliveries of it are still to be handed over.`] : []), ...(reason === null ? [] : [reason]),
    ...(state === 'confirm' ? [`To remove them: torg imports confirm ${id}; not to: torg imports cancel ${id}`] : []),
    ...(state === 'waiting' ? [`To go on behind line ${one.line}: torg import <the same file> --id ${id}`] : [])].join('\n')
}

/** The same, and where refused lines are listed. */
export const describeOutcome = (one: Import): string => [describeImport(one), ...(one.failed > 0 ? [`Why lines were refused: torg imports show ${one.id}`] : [])].join('\n')

const stateText = ({ state }: Import): string => ({
  waiting: 'waits for its file', receiving: 'is being received', confirm: 'waits for a person', removing: 'is read, and what it does not hold is being removed', done: 'done', cancelled: 'cancelled',
})[state]

/** A refused line, why, and what stood there. */
export function describeError({ line, error: { code, detail, next, pointer }, text }: ImportError): string {
  return `  line ${line}: ${detail}${pointer ? ` (${pointer})` : ''} [${code}]\n    ${next}\n    ${text.length > 160 ? `${text.slice(0, 160)}…` : text}`
}

const count = (number: number): string => number.toLocaleString('en-US')
