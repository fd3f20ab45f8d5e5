/** The proof of completeness: what was received, saved, wanted and acknowledged, and by name what nobody can account for. */
import { isDeepStrictEqual } from 'node:util'
import type { RegisteredSource, RegisteredSubscription, RegisteredSystem } from '../hub.ts'
import type { Kind } from '../model/index.ts'
import type { Census, CensusPeriod } from '../store/census-types.ts'
import { proveListing } from './listings.ts'
import { proveMessages } from './messages.ts'
import { canReach } from './reach.ts'
import { proveRecords } from './records.ts'
import type { Completeness, ListingRow, Unexplained } from './report.ts'

/** What is deployed, and the store's counts. */
export interface Provable {
  census: Census
  kinds: ReadonlyMap<string, Pick<Kind, 'worth'>>
  systems(): readonly RegisteredSystem[]
  sources(): readonly RegisteredSource[]
  subscriptions(): readonly RegisteredSubscription[]
  /** The flow array in force. */
  flows(): Promise<readonly Readonly<Record<string, unknown>>[]>
}

export interface ProofOptions extends CensusPeriod {
  /** Only what came from this system or goes to it. */
  system?: string
  kind?: string
  /** Whether the systems themselves are asked. */
  listings: boolean
  /** How much is named at most. */
  names: number
  /** What a system has got so recently may be on its way to the hub, milliseconds. */
  graceMs: number
  signal: AbortSignal
}

/**
 * Proves a period. Reads only; messages count on the day they were received, records on the day the hub first had them.
 *
 * @throws TorgError `hub.unavailable` where the database cannot be asked. A system that cannot be asked is told in its row.
 */
export async function prove({ census, kinds, ...deployed }: Provable, { system, kind, listings, names, graceMs, signal, ...period }: ProofOptions): Promise<Completeness> {
  const begun = Date.now()
  const named: Unexplained[] = []
  const name = (found: Unexplained): void => { if (named.length < names) named.push(found) }
  const only = { ...(system !== undefined && { system }), ...(kind !== undefined && { kind }) }
  const subscriptions = deployed.subscriptions()

  const flows = await deployed.flows()
  const saveNothing = deployed.sources().map(({ nodeId }) => nodeId).filter(id => !canReach(flows, id, 'hub save'))
  const messages = await proveMessages({ census, period, ...(system !== undefined && { system }), saveNothing, names, name })
  signal.throwIfAborted()
  const records = await proveRecords({ census, period, kinds, subscriptions, since: await deployedSince(census, subscriptions, period.from), ...only, name })
  signal.throwIfAborted()

  const rows: ListingRow[] = []
  const asked = listings ? deployed.systems().filter(({ key }) => system === undefined || key === system) : []
  for (const one of asked) {
    for (const [kindName, { worth }] of kinds) {
      if (kind !== undefined && kind !== kindName) continue
      const delivered = subscriptions.some(subscription => subscription.system.key === one.key && subscription.kind === kindName)
      const row = await proveListing({ census, period, system: one, kind: kindName, worth, delivered, settledBefore: new Date(begun - graceMs).toISOString(), signal, name })
      if (row) rows.push(row)
      signal.throwIfAborted()
    }
  }

  const targets = records.flatMap(row => row.targets)
  const sum = <Row>(of: readonly Row[], value: (row: Row) => number): number => of.reduce((total, row) => total + value(row), 0)
  const unexplained = sum([...messages, ...records, ...rows], row => row.unexplained)
  return {
    from: period.from, to: period.to, zone: period.zone, at: new Date(begun).toISOString(), seconds: (Date.now() - begun) / 1000,
    balanced: unexplained === 0 && rows.every(row => row.error === undefined),
    totals: { received: sum(messages, row => row.received), saved: sum(records, row => row.saved), wanted: sum(targets, row => row.wanted), acknowledged: sum(targets, row => row.acknowledged), unexplained },
    messages, records, listings: rows, unexplained: named,
  }
}

/** What of a subscription's node decides which records it wants. */
const deciding = ['kind', 'system', 'filter']

/** Since when each subscription is deployed with the same kind, system and filter. Before that nothing was wanted by it. */
async function deployedSince(census: Census, subscriptions: readonly RegisteredSubscription[], from: string): Promise<Map<string, string>> {
  const ids = subscriptions.map(({ nodeId }) => nodeId)
  const deployments = await census.deployedNodes(ids, from)
  return new Map(ids.flatMap((id): [string, string][] => {
    const history = deployments.map(({ at, nodes }) => ({ at, decides: decidingOf(nodes.find(node => node['id'] === id)) }))
    const changed = history.findIndex(({ decides }) => !isDeepStrictEqual(decides, history[0]?.decides))
    const first = history.at(changed < 0 ? -1 : changed - 1)
    return first ? [[id, first.at]] : []
  }))
}

const decidingOf = (node: Readonly<Record<string, unknown>> | undefined): unknown => node && deciding.map(field => node[field])
