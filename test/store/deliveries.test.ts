import { expect } from 'chai'
import { compileRoles } from '../../runtime/project/index.ts'
import { newId } from '../../runtime/ids.ts'
import type { Delivery, SaveOutcome, Store } from '../../runtime/store/types.ts'
import { aSubscription, aWrite, claimDeliveries, configure, dead, deliverAll, done, openTestStore, ref, retry, settleDelivery, type TestStore } from './support.ts'

describe('store: deliveries', () => {
  let test: TestStore
  let store: Store
  beforeEach(async () => {
    test = await openTestStore()
    store = test.store
    await configure(store, [aSubscription('erp')])
  })
  afterEach(() => test.close())

  const save = async (...args: Parameters<typeof aWrite>): Promise<SaveOutcome> => {
    const [outcome] = await store.save([aWrite(...args)])
    if (!outcome) throw new Error('no outcome')
    return outcome
  }
  const claimOne = async (): Promise<{ lease: Parameters<Store['release']>[0][number], delivery: Delivery }> => {
    const [claim] = await claimDeliveries(store)
    const delivery = claim?.deliveries[0]
    if (!claim || !delivery) throw new Error('nothing due')
    return { lease: claim.lease, delivery }
  }
  const short = (deliveries: Delivery[]): string[] => deliveries.map(d => `${d.operation}${d.reason ? ` ${d.reason}` : ''} v${d.version}`)

  it('are raised with the save, carry record and references, and are done once acknowledged', async () => {
    const { record, lanes } = await save('1', { total: 1 })
    expect(lanes).to.deep.equal(['erp.out'])
    expect(await store.dueLanes()).to.deep.equal(['erp.out'])
    const { lease, delivery } = await claimOne()
    expect(delivery).to.deep.include({ subscription: 'erp', system: 'erp', kind: 'order', recordId: record.id, version: 1, generation: 1, operation: 'upsert', reason: null, attempts: 0 })
    const { provenance, ...delivered } = record
    expect(delivery.record).to.deep.equal(delivered)
    expect(delivery.messageId).to.equal(provenance['/total']?.message)
    expect(await settleDelivery(store, lease, delivery, done, [{ kind: 'order', id: 'E1' }])).to.deep.equal({ applied: true })
    expect(await settleDelivery(store, { ...lease, epoch: '0' }, delivery, done, [{ kind: 'order', id: 'E2' }])).to.deep.equal({ applied: false })
    await store.release([lease])
    expect(await claimDeliveries(store)).to.deep.equal([])
    expect((await store.find('order', { ref: ref('erp', 'E1') }))?.id).to.equal(record.id)
    expect(await store.find('order', { ref: ref('erp', 'E2') })).to.equal(null)
    expect(await test.sql('select outcome, version, subscription from torg.run')).to.deep.equal([{ outcome: 'done', version: 1, subscription: 'erp' }])
    expect(await test.sql('select * from torg.work')).to.deep.equal([])
  })

  it('coalesce: fifty changes in a burst are delivered once, as the newest', async () => {
    for (let i = 1; i <= 50; i += 1) await save('1', { total: i })
    const delivered = await deliverAll(store)
    expect(short(delivered)).to.deep.equal(['upsert v50'])
    expect(delivered[0]?.record.document).to.deep.equal({ total: 50 })
    expect(await deliverAll(store)).to.deep.equal([])
  })

  it('go out again where the record moved on while one was under way, whatever became of that one', async () => {
    for (const result of [done, retry(60_000), dead]) {
      await save('1', { total: String(Math.random()) })
      const { lease, delivery } = await claimOne()
      const { record } = await save('1', { total: String(Math.random()) })
      expect(await claimDeliveries(store)).to.deep.equal([])
      expect(await settleDelivery(store, lease, delivery, result)).to.deep.equal({ applied: true })
      await store.release([lease])
      const again = await deliverAll(store)
      expect(again.map(d => [d.version, d.attempts])).to.deep.equal([[record.version, 0]])
    }
    expect(await store.deadLetters({ limit: 10 })).to.deep.equal([])
  })

  it('back off, but a newer version is due at once and starts afresh', async () => {
    await save('1', { total: 1 })
    await deliverAll(store, 'erp.out', retry(60_000))
    expect(await claimDeliveries(store)).to.deep.equal([])
    expect(await test.sql('select attempts from torg.delivery')).to.deep.equal([{ attempts: 1 }])
    await save('1', { total: 2 })
    expect((await deliverAll(store)).map(d => [d.version, d.attempts])).to.deep.equal([[2, 0]])
  })

  it('that died are reopened by a newer version', async () => {
    await save('1', { total: 1 })
    await deliverAll(store, 'erp.out', dead)
    expect(await deliverAll(store)).to.deep.equal([])
    expect(await store.depths()).to.deep.equal([{ lane: 'erp.out', pending: 0, due: 0, held: 0, dead: 1, oldestMs: 0, nodes: [{ node: 'erp', pending: 0, due: 0, held: 0, dead: 1, oldestMs: 0 }] }])
    await save('1', { total: 2 })
    expect(short(await deliverAll(store))).to.deep.equal(['upsert v2'])
    expect(await store.deadLetters({ limit: 10 })).to.deep.equal([])
  })

  it('remove what no longer matches the filter, and what is deleted, where it was delivered before', async () => {
    await configure(store, [aSubscription('erp', { matches: document => document.status === 'open' })])
    await save('1', { status: 'draft' })
    expect(await deliverAll(store)).to.deep.equal([])
    expect(await save('1', {}, { operation: 'remove' })).to.deep.include({ lanes: [] })
    await save('1', { status: 'open' })
    expect(short(await deliverAll(store))).to.deep.equal(['upsert v3'])
    expect((await save('1', { status: 'closed' })).lanes).to.deep.equal(['erp.out'])
    await save('1', { note: 'still closed' })
    const removed = await deliverAll(store)
    expect(short(removed)).to.deep.equal(['remove filter v5'])
    expect(removed[0]?.record.document).to.deep.equal({ status: 'closed', note: 'still closed' })
    expect((await save('1', { note: 'again' })).lanes).to.deep.equal([])
    await save('1', { status: 'open' })
    expect(short(await deliverAll(store))).to.deep.equal(['upsert v7'])
    await save('1', {}, { operation: 'remove' })
    expect(short(await deliverAll(store))).to.deep.equal(['remove deleted v8'])
  })

  it('know whether the system has the record: from its first acknowledgement until a removal', async () => {
    const present = async (): Promise<boolean[]> => (await deliverAll(store)).map(delivery => delivery.present)
    await save('1', { total: 1 })
    expect(await present()).to.deep.equal([false])
    await save('1', { total: 2 })
    expect(await present()).to.deep.equal([true])
    await save('1', {}, { operation: 'remove' })
    expect(await present()).to.deep.equal([true])
    await save('1', { total: 3 })
    expect(await present()).to.deep.equal([false])
    // Removed by the system itself: nothing is sent, and it is gone there.
    await save('1', {}, { operation: 'remove', system: 'erp', refs: [ref('web', '1')] })
    await save('1', { total: 4 })
    expect(await present()).to.deep.equal([false])
  })

  it('cancel each other: removed and wanted again before anything was sent', async () => {
    await configure(store, [aSubscription('erp', { matches: document => document.status === 'open' })])
    await save('1', { status: 'open' })
    await save('1', { status: 'closed' })
    await save('1', { status: 'open' }, { system: 'erp', refs: [ref('erp', 'E'), ref('web', '1')] })
    expect(short(await deliverAll(store))).to.deep.equal(['upsert v3'])
  })

  it('do not echo to the system whose change it was', async () => {
    await configure(store, [aSubscription('erp'), aSubscription('crm')])
    const both = [ref('erp', 'E1'), ref('web', '1')]
    expect((await save('1', { total: 1 })).lanes).to.deep.equal(['erp.out', 'crm.out'])
    await deliverAll(store)
    expect((await save('E1', { total: 2 }, { system: 'erp', refs: both })).lanes).to.deep.equal(['crm.out'])
    expect(await deliverAll(store)).to.deep.equal([])
    // A delivery that waits stays, and brings the newest.
    await save('1', { total: 3 })
    await save('E1', { note: 'x' }, { system: 'erp', refs: both })
    expect(short(await deliverAll(store))).to.deep.equal(['upsert v4'])
    // The system removed it itself: nothing to send, but wanted again later it is sent.
    expect((await save('E1', {}, { system: 'erp', operation: 'remove' })).lanes).to.deep.equal(['crm.out'])
    expect(await deliverAll(store)).to.deep.equal([])
    expect((await save('1', { total: 4 })).lanes).to.deep.equal(['erp.out', 'crm.out'])
    expect(short(await deliverAll(store, 'crm.out'))).to.deep.equal(['upsert v6'])
  })

  it('go back to the system whose change was refused in part', async () => {
    await configure(store, [aSubscription('erp')], { roles: compileRoles([{ kind: 'order', field: 'total', masters: ['web'] }]) })
    await save('1', { total: 1 })
    await deliverAll(store)
    const refused = await save('E1', { total: 9, note: 'x' }, { system: 'erp', refs: [ref('erp', 'E1'), ref('web', '1')] })
    expect(refused).to.deep.include({ lanes: ['erp.out'] })
    expect((await deliverAll(store))[0]?.record.document).to.deep.equal({ total: 1, note: 'x' })
  })

  it('of facts come one by one in the order of their key, also around a failure', async () => {
    const receipt = { fact: true, links: [], orderKey: (document: Record<string, unknown>) => String(document.terminal) }
    await configure(store, [aSubscription('erp', { kind: 'receipt' })], { kinds: { receipt } })
    const fact = (id: number, terminal: number): Promise<SaveOutcome> => save(`r${id}`, { terminal, id }, { kind: 'receipt' })
    for (let id = 0; id < 12; id += 1) await fact(id, id % 2)
    const claims = await claimDeliveries(store)
    expect(claims.map(({ lease }) => lease.key)).to.have.members(['erp:0', 'erp:1'])
    const order = (key: string): unknown[] => claims.find(({ lease }) => lease.key === key)?.deliveries.map(d => d.record.document.id) ?? []
    expect(order('erp:0')).to.deep.equal([0, 2, 4, 6, 8, 10])
    expect(order('erp:1')).to.deep.equal([1, 3, 5, 7, 9, 11])
    for (const { lease, deliveries: [first, second] } of claims) {
      if (!first || !second) throw new Error('too few')
      await settleDelivery(store, lease, first)
      await settleDelivery(store, lease, second, lease.key === 'erp:0' ? retry(60_000) : dead)
    }
    await store.release(claims.map(({ lease }) => lease))
    // Behind a back-off the key waits, new facts or not; a dead letter is out of the way.
    await fact(12, 0)
    expect((await deliverAll(store)).map(d => d.record.document.id)).to.deep.equal([5, 7, 9, 11])
    await test.sql(`update torg.delivery set due_at = now(); update torg.work set due_at = now()`)
    expect((await deliverAll(store)).map(d => d.record.document.id)).to.deep.equal([2, 4, 6, 8, 10, 12])
  })

  it('keep the reference of another record, and say so', async () => {
    const [one, two] = [await save('1', { a: 1 }), await save('2', { a: 2 })]
    for (const { lease, deliveries } of await claimDeliveries(store)) {
      for (const delivery of deliveries) expect(await settleDelivery(store, lease, delivery, done, [{ kind: 'order', id: 'SAME' }])).to.deep.equal({ applied: true })
    }
    const kept = await store.find('order', { ref: ref('erp', 'SAME') })
    expect([one.record.id, two.record.id]).to.include(kept?.id)
    expect(test.logged.join()).to.match(/SAME/).and.match(/another record/)
  })

  it('are acknowledged whatever ids the system answers with, and so are those that share the batch', async () => {
    const saved = await test.store.save(['1', '2', '3', '4'].map(id => aWrite(id, { total: 1 })))
    const claims = await claimDeliveries(test.store)
    const long = Array.from({ length: 400 }, () => newId()).join('')
    const ids = ['a\0b', 'SO-2', long, '\ud800']
    const applied = await Promise.all(claims.flatMap(({ lease, deliveries }, index) => deliveries.map(delivery => settleDelivery(test.store, lease, delivery, done, [{ kind: 'order', id: ids[index] ?? '' }], true))))
    expect(applied).to.deep.equal([1, 2, 3, 4].map(() => ({ applied: true })))
    expect(await claimDeliveries(test.store)).to.deep.equal([])
    const found = await Promise.all(saved.map(({ record }) => test.store.find('order', { id: record.id })))
    expect(found.flatMap(record => record?.refs ?? []).filter(({ system }) => system === 'erp').map(({ id }) => id)).to.deep.equal(['SO-2'])
    expect(test.logged.filter(line => line.includes('by an id that cannot be stored'))).to.have.length(3)
  })

  it('are claimed by one process only', async () => {
    const other = await test.another()
    await Promise.all(Array.from({ length: 100 }, (_, i) => save(String(i), { i })))
    const claims = (await Promise.all(Array.from({ length: 20 }, (_, i) => claimDeliveries(i % 2 ? other : store, 'erp.out', { keys: 5, owner: `o${i}` })))).flat()
    const rest = await claimDeliveries(store)
    expect(new Set([...claims, ...rest].map(({ lease }) => lease.key)).size).to.equal(claims.length + rest.length).and.to.equal(100)
  })
})
