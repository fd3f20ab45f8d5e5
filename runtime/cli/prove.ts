/** `torg prove`: whether everything that came in is where it belongs, asked of a running hub and of the systems themselves. */
import { parseArgs } from 'node:util'
import type { Completeness, ListingRow, MessageRow, Money, Portion, RecordRow } from '../completeness/report.ts'
import { TorgError } from '../errors.ts'
import { callHub } from './hub-client.ts'
import { print, UsageError } from './usage.ts'

/** A year of a large retailer, and systems that list slowly. */
const limitMs = 3_600_000

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args, allowPositionals: true, allowNegative: true,
    options: { from: { type: 'string' }, to: { type: 'string' }, zone: { type: 'string' }, system: { type: 'string' }, kind: { type: 'string' }, limit: { type: 'string' }, grace: { type: 'string' }, listings: { type: 'boolean', default: true }, json: { type: 'boolean' } },
  })
  if (positionals[0] !== undefined) throw new UsageError(`"${positionals[0]}" is not expected.`)
  const { json, listings, ...asked } = values
  const query = new URLSearchParams({ ...asked, listings: String(listings) })
  const report = await callHub('GET', `/completeness?${query}`, undefined, limitMs)
  if (!isReport(report)) throw new TorgError('request.invalid', { detail: 'The hub answered with something else than a report.', next: 'Use the torg of the same version as the hub.' })
  print(json ? JSON.stringify(report, undefined, 2) : describe(report).join('\n'))
  return report.balanced ? 0 : 1
}

const isReport = (answer: object): answer is Completeness => 'balanced' in answer && 'totals' in answer && 'listings' in answer

/** The report as lines of text. */
export function describe(report: Completeness): string[] {
  const { from, to, zone, seconds, totals, unexplained } = report
  const lines = [`${from.slice(0, 16).replace('T', ' ')} to ${to.slice(0, 16).replace('T', ' ')} UTC, days of ${zone}, proven in ${seconds.toFixed(1)} s`]
  const days = [...new Set([...report.messages, ...report.records].map(({ day }) => day))].sort()
  for (const day of days) {
    const messages = report.messages.filter(row => row.day === day)
    const records = report.records.filter(row => row.day === day)
    for (const system of [...new Set([...messages, ...records].map(row => row.system))].sort()) {
      lines.push('', `${day}  ${system || '(unknown)'}`, ...table([
        ...messages.filter(row => row.system === system).map(describeMessages),
        ...records.filter(row => row.system === system).flatMap(describeRecords),
      ]))
    }
  }
  if (report.listings.length > 0) lines.push('', 'Counted in the systems themselves', ...table(report.listings.map(describeListing)))
  if (unexplained.length > 0) {
    lines.push('', 'Unexplained', ...table(unexplained.map(({ reason, detail }) => [reason, detail])))
    if (unexplained.length < totals.unexplained) lines.push(`  and ${count(totals.unexplained - unexplained.length)} more; name them with --limit`)
  }
  return [...lines, '', summary(report)]
}

function describeMessages({ received, states }: MessageRow): string[] {
  return ['messages', count(received), 'received', states.map(describePortion).join(', ')]
}

function describeRecords({ kind, saved, amounts, targets }: RecordRow): string[][] {
  return [
    [kind, count(saved), 'saved', moneys(amounts)],
    ...targets.map(({ system, name, wanted, acknowledged, amounts, states }) => {
      const others = states.filter(({ state }) => state !== 'delivered').map(describePortion).join(', ')
      return [`  → ${system}`, count(acknowledged), `of ${count(wanted)} acknowledged`, [moneys(amounts), others, name].filter(Boolean).join('; ')]
    }),
  ]
}

function describeListing({ system, kind, there, known, held, amounts, amountsHere, arriving, unexplained, error }: ListingRow): string[] {
  if (error !== undefined) return [system, kind, 'not counted', error]
  const sums = amounts.length === 0 ? '' : sameMoney(amounts, amountsHere) ? `sums equal (${moneys(amounts)})` : `${moneys(amounts)} there, ${moneys(amountsHere)} here`
  const facts = [sums, held === null ? '' : `${count(held)} acknowledged`, arriving > 0 ? `${count(arriving)} on the way here` : '', `${count(unexplained)} unexplained`]
  return [system, kind, `${count(there)} there, ${count(known)} known`, facts.filter(Boolean).join('; ')]
}

const words: Readonly<Record<string, string>> = {
  'saved': 'saved', 'stale': 'older than what was known', 'ended': 'ended by the flow', 'nothing-to-save': 'of flows that save nothing', 'waiting': 'waiting', 'held': 'held',
  'back-off': 'to be tried again', 'dead': 'dead letters', 'closed': 'closed dead letters', 'delivered': 'acknowledged', 'removed': 'taken away again', 'adopted': 'adopted', 'filtered': 'not wanted by the filter',
  'own': 'its own', 'older': 'older than the subscription', 'not-raised': 'NEVER RAISED', 'nothing-saved': 'CAME TO NOTHING', 'record-gone': 'WITHOUT THEIR RECORD',
}

function describePortion({ state, code, count: number, since }: Portion): string {
  return `${count(number)} ${words[state] ?? state}${code ? ` (${code})` : ''}${since ? ` since ${since.slice(0, 19).replace('T', ' ')}` : ''}`
}

/** `order: 1,204 saved, 1,204 in erp, sums equal; 0 unexplained` */
function summary({ totals, listings, balanced }: Completeness): string {
  const counted = listings.map(({ system, kind, there, amounts, amountsHere, error }) =>
    error === undefined ? `${count(there)} ${kind}s in ${system}${amounts.length === 0 ? '' : sameMoney(amounts, amountsHere) ? ', sums equal' : ', SUMS DIFFER'}` : `${system} NOT COUNTED`)
  return `${[`${count(totals.received)} messages received`, `${count(totals.saved)} records saved`, `${count(totals.acknowledged)} of ${count(totals.wanted)} deliveries acknowledged`, ...counted].join('; ')}; ${count(totals.unexplained)} unexplained${balanced ? '.' : '!'}`
}

const count = (number: number): string => number.toLocaleString('en-US')
const sameMoney = (a: Money[], b: Money[]): boolean => moneys(a) === moneys(b)

function moneys(amounts: Money[]): string {
  return amounts.map(({ amount, currency }) => `${amount.replace(/^-?\d+/, whole => whole.replace(/\B(?=(\d{3})+$)/g, ','))} ${currency}`).join(' + ')
}

/** Rows in columns; the last one is as wide as it likes. */
function table(rows: string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)))
  return rows.map(row => `  ${row.map((cell, column) => column === row.length - 1 ? cell : /^[\d,]+$/.test(cell) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
}
