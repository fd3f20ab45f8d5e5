import { expect } from 'chai'
import type { Store, SubscriptionMode } from '../../runtime/store/types.ts'
import { aSubscription, aWrite, claimDeliveries, configure, dead, deliverAll, done, openTestStore, retry, settleDelivery, type TestStore } from './support.ts'

describe('store: modes of subscriptions', () => {
  let test: TestStore
  let store: Store
  const never = new AbortController().signal
  beforeEach(async () => {
    test = await openTestStore()
    store = test.store
  })
  afterEach(() => test.close())

  const modes = { receipt: { fact: true, orderKey: (document: Record<string, unknown>) => String(document['till']), links: [] } }
  const configured = (mode: SubscriptionMode, on = store): Promise<void> =>
    configure(on, [aSubscription('erp', { mode }), aSubscription('receipts', { system: 'erp', kind: 'receipt', mode }), aSubscription('crm')], { kinds: modes })
  /** Deploys a mode, and has what waits follow it. */
  const change = async (mode: SubscriptionMode, on = store) => {
    await configured(mode, on)
    return on.applyModes(never)
  }
  const save = async (...args: Parameters<typeof aWrite>) => (await store.save([aWrite(...args)]))[0]
  const depth = async (lane = 'erp.out') => (await store.depths()).find(one => one.lane === lane)
  const delivered = async (): Promise<string[]> => (await deliverAll(store)).map(({ operation, version, record }) => `${operation} ${record.refs[0]?.id} v${version}`)

  it('held: what is wanted waits in no queue, other systems are served; live: only the newest runs', async () => {
    await change('held')
    const outcome = await save('1', { total: 1 })
    expect(outcome?.lanes).to.deep.equal(['crm.out'])
    await save('1', { total: 2 })
    await save('2', { total: 1 })
    expect(await depth()).to.deep.include({ pending: 0, held: 2 })
    expect(await store.dueLanes()).to.deep.equal(['crm.out'])
    expect(await delivered()).to.deep.equal([])
    expect(await change('live')).to.deep.equal({ released: 2, held: 0, adopted: 0, lanes: ['erp.out'] })
    expect(await delivered()).to.deep.equal(['upsert 1 v2', 'upsert 2 v1'])
    expect(await depth()).to.equal(undefined)
  })

  it('held: waiting ones stay and begin afresh, also during back-off; what runs may end', async () => {
    await change('live')
    await save('1', { total: 1 })
    await save('2', { total: 1 })
    const [first, second] = await claimDeliveries(store, 'erp.out', { keys: 2 })
    if (!first?.deliveries[0] || !second?.deliveries[0]) return expect.fail('nothing due')
    await settleDelivery(store, first.lease, first.deliveries[0], retry(600_000), [], true)
    expect(await change('held')).to.deep.equal({ released: 0, held: 2, adopted: 0, lanes: [] })
    expect(await settleDelivery(store, second.lease, second.deliveries[0], done, [], true)).to.deep.equal({ applied: true })
    expect(await depth()).to.deep.include({ pending: 0, held: 1 })
    expect(await test.sql('select key from torg.work where lane = \'erp.out\'')).to.deep.equal([])
    await change('live')
    const [again] = await claimDeliveries(store)
    expect(again?.deliveries[0]).to.deep.include({ attempts: 0, recordId: first.deliveries[0].recordId })
  })

  it('adopt: everything saved counts as known; from live on changes and removals are delivered', async () => {
    await change('adopt')
    expect((await save('1', { total: 1 }))?.lanes).to.deep.equal(['crm.out'])
    await save('1', { total: 2 })
    await save('2', { total: 1 }, { system: 'erp' })
    await save('3', { total: 1 })
    expect(await depth()).to.equal(undefined)
    await change('live')
    expect(await delivered()).to.deep.equal([])
    await save('1', { total: 2 })
    expect(await delivered()).to.deep.equal([])
    await save('1', { total: 3 })
    await save('2', {}, { operation: 'remove', refs: [{ system: 'erp', kind: 'order', id: '2' }] })
    await save('3', {}, { operation: 'remove' })
    expect(await delivered()).to.deep.equal(['upsert 1 v3', 'remove 2 v2', 'remove 3 v2'])
  })

  it('adopt: a record that was there before is known once its system tells of it, also with nothing new', async () => {
    await configure(store, [])
    await save('1', { total: 1 })
    await change('adopt')
    const refs = [{ system: 'erp', kind: 'order', id: 'E1' }, { system: 'web', kind: 'order', id: '1' }]
    expect(await save('1', { total: 1 }, { system: 'erp', refs })).to.include({ outcome: 'unchanged' })
    await change('live')
    await save('1', {}, { operation: 'remove' })
    expect(await delivered()).to.deep.equal(['remove E1 v2'])
  })

  it('adopt: drops what was held or queued, keeps dead letters', async () => {
    await change('live')
    await save('dead', { total: 1 })
    await deliverAll(store, 'erp.out', dead)
    await save('queued', { total: 1 })
    await configured('held')
    await save('held', { total: 1 })
    expect(await change('adopt')).to.deep.equal({ released: 0, held: 0, adopted: 2, lanes: [] })
    expect(await depth()).to.deep.include({ pending: 0, held: 0, dead: 1 })
    await change('live')
    expect(await delivered()).to.deep.equal([])
    await save('held', { total: 2 })
    expect(await delivered()).to.deep.equal(['upsert held v2'])
  })

  it('puts aside at the claim what a process with the old mode has queued, and releases what it has held', async () => {
    const behind = await test.another()
    await configured('live', behind)
    await change('held')
    await behind.save([aWrite('1', { total: 1 })])
    expect(await depth()).to.deep.include({ pending: 1, held: 0 })
    expect(await claimDeliveries(store)).to.deep.equal([])
    expect(await depth()).to.deep.include({ pending: 0, held: 1 })
    expect(await store.dueLanes()).to.deep.equal(['crm.out'])

    await configured('held', behind)
    await change('live')
    await behind.save([aWrite('2', { total: 1 })])
    expect(await change('live')).to.deep.include({ released: 1 })
    expect(await delivered()).to.deep.equal(['upsert 1 v1', 'upsert 2 v1'])
  })

  it('keeps facts in the order of their key while they are being released', async () => {
    const till = (id: string) => save(id, { till: 'A' }, { kind: 'receipt' })
    await change('held')
    await till('1')
    await till('2')
    await configured('live')
    await till('3')
    expect(await delivered()).to.deep.equal([])
    await store.applyModes(never)
    await till('4')
    expect(await delivered()).to.deep.equal(['upsert 1 v1', 'upsert 2 v1', 'upsert 3 v1', 'upsert 4 v1'])
  })

  it('three processes at once, one of them cut off: every delivery is released once', async () => {
    const stores = [store, await test.another(), await test.another()]
    await change('held')
    for (let page = 0; page < 4; page += 1) await Promise.all(Array.from({ length: 400 }, (_, n) => save(`${page}-${n}`, { total: 1 })))
    const cutOff = new AbortController()
    await configured('live')
    const [half] = await Promise.all([store.applyModes(cutOff.signal), (async () => { await test.sql('select 1'); cutOff.abort() })()])
    expect(half.released).to.be.within(0, 1600)
    const all = await Promise.all(stores.map(one => change('live', one)))
    expect(all.reduce((sum, { released }) => sum + released, half.released)).to.equal(1600)
    expect(await depth()).to.deep.include({ pending: 1600, held: 0 })
    const back = await Promise.all(stores.map(one => change('held', one)))
    expect(back.reduce((sum, { held }) => sum + held, 0)).to.equal(1600)
    expect(await test.sql('select 1 from torg.work where lane = \'erp.out\'')).to.deep.equal([])
  })
})
