/** What the proof tells apart, on a real store. */
import { expect } from 'chai'
import { canReach } from '../../runtime/completeness/reach.ts'
import { prove, readPeriod, type Completeness } from '../../runtime/completeness/index.ts'
import type { RegisteredSource, RegisteredSubscription } from '../../runtime/hub.ts'
import { kinds, needsListing } from '../../runtime/model/index.ts'
import type { MessageYield } from '../../runtime/store/types.ts'
import { aMessage, aRun, aSubscription, aWrite, claimDeliveries, claimMessages, configure, dead, deliverAll, done, openTestStore, retry, settleDelivery, settleMessage, type TestStore } from '../store/support.ts'

const money = (amount: string) => ({ totals: { gross: { amount, currency: 'NOK' } } })

describe('completeness: states', () => {
  let test: TestStore
  beforeEach(async () => { test = await openTestStore() })
  afterEach(() => test.close())

  /** A subscription as deployed; `fits` is its filter. */
  const deployed = (key: string, fits: (document: Record<string, unknown>) => boolean = () => true): RegisteredSubscription => ({
    nodeId: key, kind: 'order', system: { nodeId: key, key, connector: 'rest', label: key }, lane: `${key}.out`, limitMs: 1_000, mode: 'live', matches: fits,
    toFlow: () => ({ payload: null }), node: { id: key, type: 'hub changes', send: () => undefined, status: () => undefined },
  })
  const proof = (subscriptions: RegisteredSubscription[], { flows = [], sources = [] }: { flows?: Record<string, unknown>[], sources?: Pick<RegisteredSource, 'nodeId'>[] } = {}): Promise<Completeness> => prove({
    census: test.store.census, kinds: new Map([['order', { worth: ['totals', 'gross'] }]]), systems: () => [], sources: () => sources as RegisteredSource[], subscriptions: () => subscriptions, flows: async () => flows,
  }, { ...readPeriod({ to: new Date(Date.now() + 60_000).toISOString() }, new Date()), listings: false, names: 10, graceMs: 0, signal: new AbortController().signal })
  /** `state (code)` -> how many, towards a system. */
  const statesOf = (report: Completeness, system: string): Record<string, number> => {
    const counts: Record<string, number> = {}
    const portions = report.records.flatMap(({ targets }) => targets).filter(target => target.system === system).flatMap(({ states }) => states)
    for (const { state, code, count } of portions) counts[code ? `${state} (${code})` : state] = (counts[code ? `${state} (${code})` : state] ?? 0) + count
    return counts
  }

  it('what depends on other records: waiting until it was looked at, then as they say', async () => {
    const needs = needsListing(kinds.get('price') ?? expect.fail('no prices'), { channel: 'web' }) ?? expect.fail('prices need no listing')
    await configure(test.store, [aSubscription('shop', { kind: 'price', needs })], { kinds: Object.fromEntries(['price', 'variant', 'listing'].map(name => [name, kinds.get(name)?.rules ?? expect.fail(name)])) })
    const variant = { ref: { system: 'web', kind: 'variant', id: 'A' } }
    await test.store.save([aWrite('P', { list: 'retail', variant, value: { amount: '10.00', currency: 'NOK' } }, { kind: 'price', schema: 'price@1' })])
    const states = async () => statesOf(await proof([{ ...deployed('shop'), kind: 'price', needs }]), 'shop')
    expect(await states()).to.deep.equal({ waiting: 1 })
    await test.store.look(new Date().toISOString())
    expect(await states()).to.deep.equal({ filtered: 1 })
    await test.store.save([aWrite('L', { channel: 'web', offer: 'buyable', variant }, { kind: 'listing', schema: 'listing@1' })])
    await test.sql('delete from torg.look')
    expect(await states()).to.deep.equal({ 'not-raised': 1 })
  })

  it('deliveries: acknowledged, waiting, in back-off, dead, filtered, its own, and never raised', async () => {
    const small = (document: Record<string, unknown>): boolean => document['small'] === true
    await configure(test.store, [aSubscription('erp'), aSubscription('crm', { matches: small })])
    await test.store.save([aWrite('1', money('100.10'))])
    await deliverAll(test.store)
    await test.store.save([aWrite('2', money('0.20'))])
    const [backingOff] = await claimDeliveries(test.store)
    if (backingOff?.deliveries[0]) await settleDelivery(test.store, backingOff.lease, backingOff.deliveries[0], retry(60_000), [], true)
    await test.store.save([aWrite('3', money('7'))])
    const [parked] = await claimDeliveries(test.store)
    if (parked?.deliveries[0]) await settleDelivery(test.store, parked.lease, parked.deliveries[0], dead, [], true)
    await test.store.save([aWrite('4', { ...money('9'), small: true })])
    await test.store.save([aWrite('5', money('11'), { system: 'erp' })])
    await configure(test.store, [aSubscription('crm', { matches: small })])
    await test.store.save([aWrite('6', money('13'))])

    const report = await proof([deployed('erp'), deployed('crm', small)])
    expect(statesOf(report, 'erp')).to.deep.equal({ 'delivered': 1, 'back-off (system.unavailable)': 1, 'dead (mapping.failed)': 1, 'waiting': 1, 'own': 1, 'not-raised': 1 })
    expect(statesOf(report, 'crm')).to.deep.equal({ waiting: 1, filtered: 5 })
    expect(report.records.map(({ system, saved, amounts }) => ({ system, saved, amounts }))).to.deep.equal([
      { system: 'erp', saved: 1, amounts: [{ amount: '11.00', currency: 'NOK' }] },
      { system: 'web', saved: 5, amounts: [{ amount: '129.30', currency: 'NOK' }] },
    ])
    expect(report.unexplained).to.have.length(1)
    expect(report.unexplained[0]).to.deep.include({ reason: 'not-raised', system: 'erp', kind: 'order' })
    expect(report).to.include({ balanced: false })
  })

  it('deliveries: held, adopted, and older than the subscription', async () => {
    await configure(test.store, [aSubscription('erp', { mode: 'held' }), aSubscription('crm', { mode: 'adopt' })])
    await test.store.save([aWrite('1', money('1'))])
    await test.store.deploy({ revision: 'r', by: 'me', from: 'api', note: null, credentials: {}, flows: [{ id: 'late', type: 'hub changes', kind: 'order', system: 's', filter: {} }] })
    const report = await proof([deployed('erp'), deployed('crm'), deployed('late')])
    expect([statesOf(report, 'erp'), statesOf(report, 'crm'), statesOf(report, 'late')]).to.deep.equal([{ held: 1 }, { adopted: 1 }, { older: 1 }])
    expect(report).to.include({ balanced: true })
  })

  it('deliveries of prices, of which nothing is kept but that they were acknowledged', async () => {
    await configure(test.store, [aSubscription('till', { kind: 'price' })], { kinds: { price: kinds.get('price')?.rules ?? { fact: false, links: [] } } })
    const [saved] = await test.store.save([aWrite('p1', { ...kinds.get('price')?.example, campaign: undefined, customer: undefined }, { kind: 'price', schema: 'price@1' })])
    await deliverAll(test.store, 'till.out')
    expect(saved?.outcome).to.equal('created')
    expect(await test.sql('select 1 from torg.delivery'), 'no row of its own is left').to.deep.equal([])
    const report = await proof([{ ...deployed('till'), kind: 'price' }])
    expect(statesOf(report, 'till')).to.deep.equal({ delivered: 1 })
    expect(report).to.include({ balanced: true })
  })

  it('deliveries of prices that an import raised and that are still to be made', async () => {
    const { store } = test
    await configure(store, [aSubscription('till', { kind: 'price' })], { kinds: { price: kinds.get('price')?.rules ?? { fact: false, links: [] } } })
    const { id } = await store.declareImport({ kind: 'price', system: 'web', mode: 'partial', format: 'ndjson', mapping: null, dryRun: false, by: 'me' })
    const receiver = { id, receiver: crypto.randomUUID() }
    await store.receiveImport(receiver, 10_000)
    const { variant: _variant, customer: _customer, campaign: _campaign, ...document } = { ...kinds.get('price')?.example }
    const counts = { rows: 1, created: 1, updated: 0, unchanged: 0, stale: 0, removed: 0, failed: 0, unreadable: 0 }
    const bulk = store.openBulk({ kind: 'price', system: 'web' }) ?? expect.fail()
    const rows = bulk.prepare({ importId: receiver.id, at: new Date().toISOString(), schema: 'price@1', rows: [{ id: 'p2', said: '0'.repeat(32), line: 1, document, number: null }] })
    await bulk.add(receiver, 10_000, rows, async () => undefined,
      () => ({ line: 1, digest: Buffer.alloc(32), counts, errors: [], present: [] }))
    const report = await proof([{ ...deployed('till'), kind: 'price' }])
    expect(statesOf(report, 'till')).to.deep.equal({ waiting: 1 })
    await store.advanceRaises(10)
    expect(await deliverAll(store, 'till.out')).to.have.length(1)
    expect(statesOf(await proof([{ ...deployed('till'), kind: 'price' }]), 'till')).to.deep.equal({ delivered: 1 })
  })

  it('messages: saved, ended on purpose, of flows that save nothing, waiting, dead, and come to nothing', async () => {
    await configure(test.store, [])
    const [saved] = await test.store.save([aWrite('1', {})])
    const settle = async (key: string, yielded: MessageYield): Promise<void> => {
      await test.store.receive(aMessage({ key, ...(key === 'quiet' && { source: 'quiet' }) }))
      const [claim] = await claimMessages(test.store)
      if (claim?.messages[0]) await test.store.settleMessage({ lease: claim.lease, message: claim.messages[0], result: done, run: aRun(), yielded, givesBack: true })
    }
    await settle('1', { result: 'saved', records: saved ? [saved.record.id] : [] })
    await settle('2', { result: 'ended', records: [] })
    await settle('quiet', { result: 'none', records: [] })
    await settle('lost', { result: 'none', records: [] })
    await settle('gone', { result: 'saved', records: ['01900000-0000-7000-8000-000000000009'] })
    await test.store.receive(aMessage({ key: 'dead' }))
    const [claim] = await claimMessages(test.store)
    if (claim?.messages[0]) await settleMessage(test.store, claim.lease, claim.messages[0], dead, true)
    await test.store.receive(aMessage({ key: 'waits' }))

    const report = await proof([], { sources: [{ nodeId: 'quiet' }], flows: [{ id: 'quiet', type: 'rest in', wires: [['debug']] }, { id: 'debug', type: 'debug' }] })
    expect(Object.fromEntries(report.messages.flatMap(({ states }) => states).map(({ state, count }) => [state, count]))).to.deep.equal({
      'saved': 1, 'ended': 1, 'nothing-to-save': 1, 'nothing-saved': 1, 'record-gone': 1, 'dead': 1, 'waiting': 1,
    })
    expect(report.unexplained.map(({ reason, number }) => [reason, number])).to.deep.equal([['nothing-saved', 'lost'], ['record-gone', 'gone']])
  })

  it('whether a flow can save is told over wires, links, subflows and Catch', () => {
    const flows = [
      { id: 'a', type: 'rest in', z: 't', wires: [['out']] }, { id: 'out', type: 'link out', z: 't', links: ['in'] }, { id: 'in', type: 'link in', z: 'u', wires: [['sub']] },
      { id: 'sub', type: 'subflow:s', z: 'u', wires: [[]] }, { id: 's', type: 'subflow' }, { id: 'inner', type: 'hub save', z: 's' },
      { id: 'b', type: 'rest in', z: 'v', wires: [['end']] }, { id: 'end', type: 'debug', z: 'v' },
      { id: 'c', type: 'rest in', z: 'w', wires: [[]] }, { id: 'catch', type: 'catch', z: 'w', wires: [['save']] }, { id: 'save', type: 'hub save', z: 'w' },
    ]
    expect(['a', 'b', 'c'].map(id => canReach(flows, id, 'hub save'))).to.deep.equal([true, false, true])
  })

  it('days of a zone, across the change of clocks', () => {
    expect(readPeriod({ from: '2026-03-29', to: '2026-03-29', zone: 'Europe/Oslo' }, new Date())).to.deep.equal({ from: '2026-03-28T23:00:00.000Z', to: '2026-03-29T22:00:00.000Z', zone: 'Europe/Oslo' })
    expect(readPeriod({}, new Date('2026-03-10T12:00:00Z'))).to.deep.equal({ from: '2026-03-04T00:00:00.000Z', to: '2026-03-10T12:00:00.000Z', zone: 'UTC' })
  })
})
