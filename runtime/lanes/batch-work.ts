/**
 * Several keys in one run, for systems that take many documents with one request. Each key keeps its own lease and each delivery ends
 * by itself: with the failure its node reported for it, else as the run ended. A refusal of the whole is believed of a single
 * delivery only, so one that cannot be delivered never parks its neighbours.
 */
import { failAt } from '../fail-points.ts'
import type { RegisteredSubscription } from '../hub.ts'
import { newId } from '../ids.ts'
import type { ItemFailure, RunOutcome } from '../runs/types.ts'
import type { Delivery, DeliveryClaim, Lease } from '../store/types.ts'
import { batchEnvelope, idempotencyKey } from './envelope.ts'
import type { Claim, KeyEnd, KeyWorkOptions, RunTools } from './key-work.ts'
import { isOld, leaseMsOf, type WorkedLane } from './lease.ts'
import { judge } from './verdict.ts'

/** What can be worked off in one place of a lane: one key, or several of one `group`. */
export interface Takeable { claims: Claim[], group?: string }

/**
 * Takes what comes next out of `ready`: a key, or as many as its subscription has in one batch. A batch that is not full waits while another
 * of its group is being worked on (`under`), so that batches grow with the load and a lone delivery never waits for others.
 */
export function takeNext(ready: Claim[], { subscriptions, under, alone }: {
  subscriptions: ReadonlyMap<string, RegisteredSubscription>
  under: ReadonlySet<Takeable>
  /** Each key by itself: to be given back, or to try whether the system is there. */
  alone: boolean
}): Takeable | undefined {
  const groups = new Map<string, Claim[]>()
  for (const [index, claim] of ready.entries()) {
    const first = 'deliveries' in claim ? claim.deliveries[0] : undefined
    const size = first && subscriptions.get(first.subscription)?.batch?.size
    if (!first || size === undefined) {
      ready.splice(index, 1)
      return { claims: [claim] }
    }
    const group = `${first.subscription} ${first.operation}`
    const claims = groups.get(group) ?? []
    if (claims.length === 0) groups.set(group, claims)
    claims.push(claim)
    if (alone || claims.length >= size) return take(ready, group, claims)
  }
  const busy = new Set([...under].map(({ group }) => group))
  for (const [group, claims] of groups) if (!busy.has(group)) return take(ready, group, claims)
  return undefined
}

function take(ready: Claim[], group: string, claims: Claim[]): Takeable {
  const taken = new Set(claims)
  ready.splice(0, ready.length, ...ready.filter((claim) => !taken.has(claim)))
  return { group, claims }
}

/** One delivery of a leased key. */
interface Item { lease: Lease, leasedAt: number, probe: boolean, delivery: Delivery, name: string, started: boolean }

type BatchWorkOptions = Omit<KeyWorkOptions, 'runs'> & RunTools

/** Makes the function that works off the first delivery of each key, all of one subscription and operation. */
export function createBatchWork({ store, events, status, log, flows, mayRun, breakAfter, runOf, decide, report, insist }: BatchWorkOptions) {
  /** Those whose lease is long enough for another run. */
  const prolong = async (lane: WorkedLane, items: Item[]): Promise<Item[]> => {
    const old = items.filter(({ leasedAt }) => isOld(leasedAt))
    if (old.length === 0) return items
    const lost = new Set(await insist(() => store.renew(old.map(({ lease }) => lease), leaseMsOf(lane))))
    for (const item of old) item.leasedAt = Date.now()
    return items.filter(({ lease }) => !lost.has(lease))
  }

  /** One run for all; answers what must be tried again with fewer, and whether a key that was given back has more to do. */
  const runTogether = async (lane: WorkedLane, subscription: RegisteredSubscription, { size, toFlow }: NonNullable<RegisteredSubscription['batch']>, items: Item[]): Promise<KeyEnd & { again: Item[] }> => {
    for (const item of items) {
      if (!item.started) status.started(subscription.nodeId)
      item.started = true
    }
    const batch = newId()
    const startedAt = new Date()
    const deliveries = items.map(({ delivery }) => delivery)
    const envelope = batchEnvelope({ run: batch, deployment: flows().deployment, deliveries })
    const whole = await runOf({ id: batch, node: subscription.node, limitMs: subscription.limitMs, message: () => toFlow(deliveries, envelope) })
    // The same pause for all, so that what failed together comes together again.
    const random = Math.random()
    // Of the system it was one request, whatever its items came to.
    let verdict = judge(whole, whole.outcome === 'failed' ? decide(whole, 0, false, random) : { outcome: 'done' }, breakAfter(lane.name))
    const judged = verdict !== undefined
    const again: Item[] = []
    const settled: Promise<boolean>[] = []
    for (const item of items) {
      const { outcome, shared } = endOf(whole, item.name)
      const { delivery, lease, probe } = item
      const result = decide(outcome, delivery.attempts, probe, random)
      if (result.outcome === 'dead' && shared && items.length > 1) {
        again.push(item)
        continue
      }
      const facts = { record: delivery.recordId, version: delivery.version, operation: delivery.operation, batch, items: items.length }
      const run = report({ lane, node: subscription.nodeId, attempts: delivery.attempts, facts, id: newId(), startedAt, outcome, result })
      const references = outcome.outcome === 'done' ? outcome.references.map(({ kind, id }) => ({ kind, id })) : []
      if (result.outcome === 'done') failAt('delivery-sent')
      const settlement = { lease, delivery, result, run, references, givesBack: true, ...(verdict && { verdict }) }
      verdict = undefined
      settled.push(insist(() => store.settleDelivery(settlement)).then(({ applied, due = false }) => {
        if (!applied) log.warn({ lane: lane.name, record: delivery.recordId, run: run.id }, 'the lease was lost during the run; its end counts for nothing')
        else if (result.outcome === 'done') events.delivered({ lane: lane.name, seconds: (Date.now() - Date.parse(delivery.wantedAt)) / 1000 })
        return due
      }))
    }
    if (again.length > 0) {
      log.info({ lane: lane.name, batch, items: again.length, of: items.length, size, ...(whole.outcome === 'failed' && { error: { ...whole.error.toJSON(), value: undefined } }) },
        `a batch of ${items.length} failed as a whole; ${again.length} of it are tried again ${again.length < items.length ? 'without the others' : 'in halves'}`)
    }
    const dues = await allOf(settled)
    failAt('delivery-settled')
    return { again, due: dues.includes(true), judged }
  }

  return async (lane: WorkedLane, claims: readonly Claim[]): Promise<KeyEnd> => {
    const items = claims.filter((claim): claim is Claim & DeliveryClaim => 'deliveries' in claim)
      .flatMap(({ lease, leasedAt, probe, deliveries: [delivery] }) => delivery ? { lease, leasedAt, probe, delivery, name: idempotencyKey(delivery), started: false } : [])
    const subscription = items[0] && flows().subscriptions.get(items[0].delivery.subscription)
    const probe = items.some((item) => item.probe)
    const end: KeyEnd = { due: false, judged: probe }
    const waiting = [items]
    while (subscription?.batch) {
      const group = waiting.shift()
      if (!group) return end
      const held = await prolong(lane, group)
      if (!mayRun(lane.name, { probe })) {
        waiting.unshift(held)
        break
      }
      if (held.length === 0) continue
      const { again, due, judged } = await runTogether(lane, subscription, subscription.batch, held)
      end.due ||= due
      end.judged ||= judged
      const middle = again.length < held.length ? again.length : Math.ceil(again.length / 2)
      waiting.unshift(...[again.slice(0, middle), again.slice(middle)].filter(({ length }) => length > 0))
    }
    const left = waiting.flat()
    for (const { started, delivery } of left) if (started) status.ended(delivery.subscription, 'retry', undefined)
    await insist(() => store.release(left.map(({ lease }) => lease)))
    return { ...end, due: true }
  }
}

/** How one item of a run ended. */
function endOf(whole: RunOutcome, item: string): { outcome: RunOutcome, shared: boolean } {
  if (whole.outcome === 'interrupted') return { outcome: whole, shared: false }
  const failure: ItemFailure | undefined = whole.failures?.get(item)
  if (failure) return { outcome: { outcome: 'failed', error: failure.error }, shared: failure.shared }
  if (whole.outcome === 'failed') return { outcome: whole, shared: true }
  return { outcome: { ...whole, references: whole.references.filter((reference) => reference.item === item) }, shared: false }
}

/** Waits for all, also where one fails. */
async function allOf<Result>(promises: Promise<Result>[]): Promise<Result[]> {
  await Promise.allSettled(promises)
  return await Promise.all(promises)
}
