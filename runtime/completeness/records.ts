/** Records and their deliveries, added up, with the filter's word on those that have none. */
import type { Kind } from '../model/index.ts'
import type { RegisteredSubscription } from '../hub.ts'
import type { Census, CensusPeriod, DeliveryCount, OpenRecord } from '../store/census-types.ts'
import type { Portion, RecordRow, TargetRow, Unexplained } from './report.ts'
import { obtain, Tally } from './sums.ts'

/** What became of a record towards a subscription, as the report has it. */
type State = Exclude<DeliveryCount['state'], 'unraised' | 'behind'> | 'filtered' | 'own' | 'not-raised'

/** The system is to have the record, or is to lose it. */
const wantedStates = new Set<State>(['delivered', 'waiting', 'held', 'back-off', 'dead', 'closed', 'not-raised'])

interface Channel { saved: Tally, targets: Map<string, { target: string, states: Map<string, Tally> }> }

export interface RecordsWant {
  census: Census
  period: CensusPeriod
  kinds: ReadonlyMap<string, Pick<Kind, 'worth'>>
  subscriptions: readonly RegisteredSubscription[]
  /** Since when each subscription is deployed as it is. */
  since: ReadonlyMap<string, string>
  /** Only what came from this system or goes to it. */
  system?: string
  kind?: string
  name(found: Unexplained): void
}

export async function proveRecords({ census, period, kinds, subscriptions, since, system, kind, name }: RecordsWant): Promise<RecordRow[]> {
  const channels = new Map<string, Channel>()
  const byId = new Map(subscriptions.map(subscription => [subscription.nodeId, subscription]))
  const channelOf = (row: { channel: string, kind: string, day: string }): Channel =>
    obtain(channels, JSON.stringify([row.day, row.channel, row.kind]), () => ({ saved: new Tally(), targets: new Map() }))
  const count = (row: { channel: string, kind: string, day: string, amount: string | null, currency: string | null, count?: number, since?: string | null }, to: { subscription: string, target: string }, state: State, code: string | null): void => {
    const { states } = obtain(channelOf(row).targets, to.subscription, () => ({ target: to.target, states: new Map() }))
    obtain(states, JSON.stringify([state, code]), () => new Tally()).add(row)
  }

  const slices = census.records(period, {
    ...(kind !== undefined && { kind }),
    amounts: Object.fromEntries([...kinds].flatMap(([name, { worth }]) => worth ? [[name, worth]] : [])),
    wanted: subscriptions.map(({ nodeId, kind, system }) => ({ subscription: nodeId, kind, system: system.key, since: since.get(nodeId) ?? period.from })),
  })
  // What began within the last minute may be on its way.
  const moments = [Date.now() - 60_000, Date.now()].map(at => new Date(at).toISOString())
  for await (const { counts, open } of slices) {
    for (const row of counts) {
      if (row.subscription === null || row.target === null) channelOf(row).saved.add(row)
      else if (row.state !== 'unraised' && row.state !== 'behind') count(row, { subscription: row.subscription, target: row.target }, row.state, row.code)
    }
    const others = await othersOf(census, open, byId)
    for (const record of open) {
      const state = judge(record, byId.get(record.subscription), { moments, others: others.get(record.subscription)?.(record.id) ?? [] })
      count(record, record, state, null)
      if (state !== 'not-raised' || !isOf(system, record.channel, record.target)) continue
      name({
        reason: 'not-raised', system: record.target, kind: record.kind, id: record.id, ...(record.number !== null && { number: record.number }), day: record.day,
        detail: `${record.kind} ${record.number ?? record.id} fits the subscription ${nameOf(byId.get(record.subscription), record.subscription)}, but ${record.state === 'behind' ? 'its newest version' : 'it'} was never to be delivered to ${record.target}.`,
      })
    }
  }
  return [...channels].sort(([a], [b]) => a < b ? -1 : 1).flatMap(([key, channel]) => toRow(key, channel, byId, system) ?? [])
}

const isOf = (system: string | undefined, ...names: string[]): boolean => system === undefined || names.includes(system)
const nameOf = (subscription: RegisteredSubscription | undefined, id: string): string => subscription?.name ? `"${subscription.name}"` : id

/** What subscriptions need beside the records themselves, for those that need something. */
async function othersOf(census: Census, open: readonly OpenRecord[], subscriptions: ReadonlyMap<string, RegisteredSubscription>): Promise<Map<string, Awaited<ReturnType<Census['others']>>>> {
  const found = new Map<string, Awaited<ReturnType<Census['others']>>>()
  for (const [id, records] of Map.groupBy(open, record => record.subscription)) {
    const needs = subscriptions.get(id)?.needs
    if (needs) found.set(id, await census.others(needs, records))
  }
  return found
}

/** Why a record has no delivery, or none of its newest version. */
function judge({ state, target, deleted, raising, looking, document, origins: unsorted }: OpenRecord, subscription: RegisteredSubscription | undefined, { moments, others }: { moments: readonly string[], others: readonly Record<string, unknown>[] }): State {
  const needs = subscription?.needs
  // Whatever it will be told, it has not been looked at yet.
  if (needs && looking) return 'waiting'
  const origins = [...unsorted].sort((a, b) => a.at < b.at ? -1 : 1)
  // A system is not told what it said itself.
  if (state === 'behind') return origins.at(-1)?.system === target || !subscription ? 'delivered' : 'not-raised'
  if (origins.every(({ system }) => system === target)) return 'own'
  // What was deleted before it was ever sent is not sent.
  return !deleted && subscription && moments.every(at => subscription.matches(document, at) && (needs?.met(others, at) ?? true)) ? raising ? 'waiting' : 'not-raised' : 'filtered'
}

function toRow(key: string, { saved, targets }: Channel, byId: ReadonlyMap<string, RegisteredSubscription>, only: string | undefined): RecordRow | undefined {
  const [day = '', system = '', kind = ''] = JSON.parse(key) as string[]
  const rows = [...targets].filter(([, { target }]) => isOf(only, system, target)).map(([id, { target, states }]): TargetRow => {
    const portions = toPortions(states)
    const sum = (of: (portion: Portion) => boolean): number => portions.reduce((total, portion) => total + (of(portion) ? portion.count : 0), 0)
    const name = byId.get(id)?.name
    return {
      subscription: id, ...(name !== undefined && { name }), system: target,
      wanted: sum(({ state }) => wantedStates.has(state as State)), acknowledged: sum(({ state }) => state === 'delivered'),
      amounts: portions.find(({ state }) => state === 'delivered')?.amounts ?? [], states: portions, unexplained: sum(({ state }) => state === 'not-raised'),
    }
  }).sort((a, b) => a.system < b.system ? -1 : 1)
  if (rows.length === 0 && !isOf(only, system)) return undefined
  return { system, kind, day, saved: saved.count, amounts: saved.sums.toMoney(), targets: rows, unexplained: rows.reduce((total, row) => total + row.unexplained, 0) }
}

/** Tallies under `[state, code]`, largest first. */
export function toPortions(states: ReadonlyMap<string, Tally>): Portion[] {
  return [...states].map(([key, { count, sums, since }]): Portion => {
    const [state = '', code] = JSON.parse(key) as [string, string | null]
    return { state, ...(code && { code }), count, amounts: sums.toMoney(), ...(since !== null && ['waiting', 'held', 'back-off', 'dead'].includes(state) && { since }) }
  }).sort((a, b) => b.count - a.count)
}
