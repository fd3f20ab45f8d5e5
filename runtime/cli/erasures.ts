/** `torg erasures`: erasing a customer, and the systems that are waited for; handing out what is known of one. */
import { parseArgs } from 'node:util'
import type { ErasedSystem, Erasure } from '../store/types.ts'
import { callHub } from './hub-client.ts'
import { print, UsageError } from './usage.ts'

export async function run(args: string[]): Promise<number> {
  const { values, positionals: [action = 'list', id, system, extra] } = parseArgs({ args, allowPositionals: true, options: { why: { type: 'string' }, note: { type: 'string' } } })
  if (extra === undefined) {
    if (action === 'list' && id === undefined) return list((await callHub<{ items: Erasure[] }>('GET', '/privacy/erasures')).items)
    if (action === 'show' && id !== undefined && system === undefined) return show(await callHub<Erasure>('GET', `/privacy/erasures/${encodeURIComponent(id)}`))
    if (action === 'start' && id !== undefined && system === undefined && values.why !== undefined) return show(await callHub<Erasure>('POST', '/privacy/erasures', { customer: id, why: values.why }))
    if (action === 'confirm' && id !== undefined && system !== undefined) return show(await callHub<Erasure>('POST', `/privacy/erasures/${encodeURIComponent(id)}/confirm`, { system, note: values.note ?? null }))
    if (action === 'export' && id !== undefined && system === undefined) {
      print(JSON.stringify(await callHub('GET', `/privacy/customers/${encodeURIComponent(id)}`), undefined, 2))
      return 0
    }
  }
  throw new UsageError('Say what to do: list them, show one, start one with the reason, confirm a system, or export a customer.')
}

function list(erasures: Erasure[]): number {
  for (const erasure of erasures) print(lineOf(erasure))
  if (erasures.length === 0) print('No customer has been erased.')
  return 0
}

function show(erasure: Erasure): number {
  print(lineOf(erasure))
  for (const { system, state, confirmed } of erasure.systems) print(`  ${system}: ${words[state]}${confirmed === null ? '' : ` by ${confirmed.by}${confirmed.note === null ? '' : ` (${confirmed.note})`}`}`)
  if (erasure.systems.some(({ state }) => state === 'by-hand')) print('Once it is erased there: torg erasures confirm <id> <system>')
  return 0
}

const words: Record<ErasedSystem['state'], string> = {
  'confirmed': 'confirmed', 'waiting': 'on its way', 'dead': 'failed, see torg dead-letters', 'held': 'its subscription is held', 'by-hand': 'is not told by the hub, erase the customer there by hand',
}

const lineOf = ({ id, state, customer, number, records, at, by, why }: Erasure): string => `${id}  ${state}  customer ${number ?? customer}, ${records} records  ${at}  ${by}: ${why}`
