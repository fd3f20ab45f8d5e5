import { expect } from 'chai'
import type { Selection } from '../../runtime/store/repair-types.ts'
import type { Store, Subscription } from '../../runtime/store/types.ts'
import { aSubscription, aWrite, claimDeliveries, configure, deliverAll, openTestStore, type TestStore } from './support.ts'

// Prices have a table of their own, and rows of deliveries only while they wait.
for (const kind of ['order', 'price']) describe(`store: back-fill (${kind})`, () => {
  let test: TestStore
  let store: Store
  before(async () => {
    test = await openTestStore()
    store = test.store
  })
  after(() => test.close())
  beforeEach(async () => {
    await test.sql('truncate torg.price, torg.record, torg.reference, torg.delivery, torg.work, torg.repair, torg.repair_item cascade')
    await configure(store, [aSubscription('crm', { kind })])
  })

  const write = (id: string, document: Record<string, unknown>, over: Parameters<typeof aWrite>[2] = {}) => aWrite(id, document, { kind, ...over })

  const orders = async (count: number, over: { system?: string } = {}): Promise<void> => {
    for (let n = 1; n <= count; n++) await store.save([write(String(n), { total: n }, { number: String(n), ...over })])
  }
  const feed = (over: Partial<Subscription> = {}): Promise<void> => configure(store, [aSubscription('crm', { kind }), aSubscription('erp', { kind, ...over })])
  const selection = (over: Partial<Selection> = {}): Selection => Object.assign({ type: 'records' as const, nodes: ['erp'] }, over)
  /** Numbers of what the system gets. */
  const delivered = async (lane: `${string}.out` = 'erp.out'): Promise<string[]> => (await deliverAll(store, lane)).map(({ record }) => record.number ?? '').sort()
  const fill = async (over: Partial<Selection> = {}, most = 100): Promise<number | undefined> => {
    const repair = await store.startRepair({ selection: selection(over), by: 'kari', why: 'new ERP' })
    while ((await store.advanceRepairs(most)).running > 0) await deliverAll(store)
    return repair?.total
  }

  it('gives a new subscription every record there is, counted before', async () => {
    await orders(3)
    await feed()
    const preview = await store.previewRepair(selection())
    expect(preview).to.include({ count: 3 })
    expect(preview.groups).to.deep.equal([{ system: 'erp', node: 'erp', what: kind, state: 'new', code: null, count: 3 }])
    expect(preview.sample.map(({ name }) => name).sort()).to.deep.equal(['1', '2', '3'])
    const repair = await store.startRepair({ selection: selection(), by: 'kari', why: 'new ERP' })
    expect(await store.advanceRepairs(100)).to.deep.equal({ running: 1, moved: true, lanes: ['erp.out'] })
    expect(await delivered()).to.deep.equal(['1', '2', '3'])
    expect(await store.repair(repair?.id ?? 0)).to.deep.include({ state: 'done', total: 3, handedOver: 3, skipped: 0, now: { waiting: 0, held: 0, done: 3, dead: 0 } })
    expect(await fill()).to.equal(undefined)
  })

  it('leaves out what it has, what is gone, and what its system said itself', async () => {
    await orders(4)
    await orders(1, { system: 'erp' })
    await store.save([write('2', {}, { operation: 'remove' })])
    await feed()
    await store.save([write('3', { total: 33 })])
    expect(await delivered()).to.deep.equal(['3'])
    expect(await fill()).to.equal(2)
    expect(await delivered()).to.deep.equal([])
    expect((await test.sql('select 1 from torg.any_delivery where subscription = \'erp\'')).length).to.equal(3)
  })

  it('keeps to the filter of the node and to the conditions', async () => {
    await orders(6)
    await feed({ matches: ({ total }) => Number(total) % 2 === 0 })
    expect(await fill({ numbers: ['1', '2', '3', '4'] })).to.equal(4)
    expect((await test.sql('select number from torg.any_delivery d join torg.any_record r on r.id = d.record_id where subscription = \'erp\' order by 1')).map(row => row['number'])).to.deep.equal(['2', '4'])
    expect(await fill({ from: new Date(Date.now() + 60_000).toISOString() })).to.equal(undefined)
    expect(await fill({ system: 'pos' })).to.equal(undefined)
  })

  it('comes in portions, each record once, also when it is cancelled and begun again', async () => {
    await orders(40)
    await feed()
    const first = await store.startRepair({ selection: selection(), by: 'kari', why: 'new ERP' })
    await store.advanceRepairs(16)
    await store.cancelRepair(first?.id ?? 0, 'kari')
    expect((await delivered()).length).to.equal(16)
    expect(await fill({}, 16)).to.equal(24)
    await deliverAll(store)
    expect(await test.sql('select count(*)::int as count, min(generation) as least, max(generation) as most from torg.any_delivery where subscription = \'erp\' and acked = desired')).to.deep.equal([{ count: 40, least: 1, most: 1 }])
  })

  it('raises nothing for a record that was delivered since it was chosen', async () => {
    await orders(1)
    await feed()
    const repair = await store.startRepair({ selection: selection(), by: 'kari', why: 'new ERP' })
    await store.save([write('1', { total: 2 })])
    await store.advanceRepairs(100)
    expect(await store.repair(repair?.id ?? 0)).to.include({ handedOver: 1, skipped: 1 })
    expect((await claimDeliveries(store)).length).to.equal(1)
  })

  it('waits where the subscription is held, and counts as known where it adopts', async () => {
    await orders(1)
    await feed({ mode: 'held' })
    expect(await fill()).to.equal(1)
    expect(await delivered()).to.deep.equal([])
    await feed({ id: 'erp-2', system: 'erp', lane: 'erp.out', mode: 'adopt' })
    expect(await fill({ nodes: ['erp-2'] })).to.equal(1)
    expect(await test.sql('select held, acked from torg.any_delivery where subscription like \'erp%\' order by subscription')).to.deep.equal([{ held: true, acked: 0 }, { held: false, acked: 1 }])
  })
})
