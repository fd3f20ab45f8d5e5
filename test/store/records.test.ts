import { expect } from 'chai'
import { compileRoles } from '../../runtime/project/index.ts'
import { aSubscription, aWrite, claimDeliveries, configure, openTestStore, ref, rejection, settleDelivery, type TestStore } from './support.ts'
import type { SaveOutcome, Store } from '../../runtime/store/types.ts'

describe('store: records', () => {
  let test: TestStore
  let store: Store
  beforeEach(async () => {
    test = await openTestStore()
    store = test.store
    await configure(store, [])
  })
  afterEach(() => test.close())

  const save = async (...args: Parameters<typeof aWrite>): Promise<SaveOutcome> => {
    const [outcome] = await store.save([aWrite(...args)])
    if (!outcome) throw new Error('no outcome')
    return outcome
  }

  it('creates, updates field by field, and knows where each field came from', async () => {
    const created = await save('1', { total: 100, note: 'hei', lines: [{ sku: 'a' }] }, { number: '1042' })
    expect(created).to.include({ outcome: 'created' })
    expect(created.record).to.include({ version: 1, number: '1042', deletedAt: null, schema: 'order@1' })
    const updated = await save('2', { total: 120, note: null }, { system: 'erp', refs: [ref('erp', 'S-2'), ref('web', '1')] })
    expect(updated.outcome).to.equal('updated')
    expect(updated.record).to.deep.include({ id: created.record.id, version: 2, document: { total: 120, lines: [{ sku: 'a' }] }, number: '1042' })
    expect(updated.record.refs).to.have.deep.members([ref('web', '1'), ref('erp', 'S-2')])
    expect(Object.entries(updated.record.provenance).map(([pointer, origin]) => `${pointer} ${origin.system}`)).to.have.members(['/total erp', '/lines web', '/number web'])
    for (const by of [{ id: created.record.id }, { ref: ref('erp', 'S-2') }, { number: '1042' }]) {
      const found = await store.find('order', by)
      expect(found).to.deep.include({ id: created.record.id, version: 2, document: updated.record.document, provenance: updated.record.provenance, createdAt: created.record.createdAt, updatedAt: updated.record.updatedAt })
      expect(found?.refs).to.have.length(2)
    }
    expect(await store.find('customer', { id: created.record.id })).to.equal(null)
    expect(await store.find('order', { id: 'not an id' })).to.equal(null)
  })

  it('raises no version for equal content, but keeps what it learnt of references', async () => {
    await save('1', { a: { x: 1, y: [1, 2] }, b: undefined })
    const same = await save('1', { a: { y: [1, 2], x: 1 } }, { refs: [ref('web', '1'), ref('pos', 'P1')] })
    expect(same).to.deep.include({ outcome: 'unchanged', lanes: [] })
    expect(same.record.version).to.equal(1)
    expect((await store.find('order', { ref: ref('pos', 'P1') }))?.id).to.equal(same.record.id)
  })

  it('records, but does not apply, what is older than the same reference gave before', async () => {
    await save('1', { total: 1 }, { sourceTime: '2026-03-01T12:00:00Z' })
    await save('1', { total: 2 }, { sourceTime: '2026-03-01T12:00:02Z' })
    const late = await save('1', { total: 1.5 }, { sourceTime: '2026-03-01T12:00:01Z' })
    expect(late).to.deep.include({ outcome: 'stale', refused: [], lanes: [] })
    expect(late.record).to.deep.include({ version: 2, document: { total: 2 } })
    expect(await save('1', { total: 3 }, { sourceTime: '2026-03-01T12:00:02Z' })).to.include({ outcome: 'updated' })
    // Another system's clock says nothing about this one's.
    expect(await save('e', { total: 4 }, { system: 'erp', refs: [ref('erp', 'e'), ref('web', '1')], sourceTime: '2025-01-01T00:00:00Z' })).to.include({ outcome: 'updated' })
    expect(await save('1', { total: 5 })).to.include({ outcome: 'updated' })
  })

  it('keeps to the role table', async () => {
    await configure(store, [], { roles: compileRoles(['total', 'deletedAt'].map(field => ({ kind: 'order', field, masters: ['erp'] }))) })
    await save('1', { total: 10, note: 'a' }, { system: 'erp' })
    const refused = await save('w', { total: 11, note: 'b' }, { refs: [ref('web', 'w'), ref('erp', '1')] })
    expect(refused).to.deep.include({ outcome: 'updated', refused: [{ pointer: '/total', master: 'erp', why: 'master' }] })
    expect(refused.record.document).to.deep.equal({ total: 10, note: 'b' })
    expect(await save('w', { total: 11 })).to.deep.include({ outcome: 'unchanged', refused: [{ pointer: '/total', master: 'erp', why: 'master' }] })
    expect(await save('w', {}, { operation: 'remove' })).to.deep.include({ outcome: 'unchanged', refused: [{ pointer: '/deletedAt', master: 'erp', why: 'master' }] })
    expect(await save('1', {}, { operation: 'remove', system: 'erp' })).to.include({ outcome: 'updated' })
  })

  it('gives links stable ids, in whatever order the records arrive', async () => {
    const order = await save('1', { customer: { ref: ref('web', 'c7', 'customer'), label: 'Kari' }, lines: [{ variant: { ref: ref('web', 'v', 'variant') } }] })
    const { customer } = order.record.document
    expect(customer).to.have.keys('id', 'label')
    expect(await store.find('customer', { ref: ref('web', 'c7', 'customer') })).to.equal(null)
    const filled = await save('c7', { name: 'Kari' }, { kind: 'customer', schema: 'customer@1' })
    expect(filled).to.include({ outcome: 'created' })
    expect(filled.record).to.include({ version: 1, kind: 'customer', schema: 'customer@1' })
    expect(customer).to.deep.equal({ id: filled.record.id, label: 'Kari' })
    expect(await save('1', { customer: { ref: ref('web', 'c7', 'customer'), label: 'Kari' } })).to.include({ outcome: 'unchanged' })
    const [one, other] = await store.save([aWrite('2', { customer: { ref: ref('web', 'c8', 'customer') } }), aWrite('c8', { name: 'Ola' }, { kind: 'customer' })])
    expect(one?.record.document.customer).to.deep.equal({ id: other?.record.id })
  })

  it('refuses references of two records, and leaves no trace of that call', async () => {
    const [one, other] = [await save('1', { a: 1 }), await save('2', { a: 2 })]
    const [good, bad] = await Promise.allSettled([
      store.save([aWrite('3', { a: 3 })]),
      store.save([aWrite('4', { a: 4, customer: { ref: ref('web', 'c', 'customer') } }), aWrite('5', { a: 5 }, { refs: [ref('web', '1'), ref('web', '2')] })]),
    ])
    expect(good.status).to.equal('fulfilled')
    const error = bad.status === 'rejected' ? bad.reason : null
    expect(error).to.include({ code: 'request.conflict', class: 'permanent' })
    expect(error.message).to.include(one.record.id).and.include(other.record.id)
    expect(await store.find('order', { ref: ref('web', '4') })).to.equal(null)
    expect(await test.sql('select 1 from torg.record')).to.have.length(3)
    expect(await test.sql('select 1 from torg.reference')).to.have.length(3)
    expect(await rejection(store.save([aWrite('1', {}, { kind: 'customer', refs: [ref('web', '1')] })]))).to.include({ code: 'request.conflict' })
    expect(await rejection(store.save([aWrite('1', {}, { refs: [] })]))).to.include({ code: 'model.no-reference' })
  })

  it('names the place of a character that cannot be stored, and saves the neighbours', async () => {
    const [good, bad] = await Promise.allSettled([store.save([aWrite('1', { a: 'x' })]), store.save([aWrite('2', { lines: [{ name: 'a\0b' }] })])])
    expect(good.status).to.equal('fulfilled')
    expect(bad.status === 'rejected' && bad.reason).to.include({ code: 'validation.schema', pointer: '/lines/0/name' })
  })

  it('stores facts once and for ever', async () => {
    await configure(store, [], { kinds: { receipt: { fact: true, links: [] } } })
    const fact = { kind: 'receipt', schema: 'receipt@1' }
    expect(await save('r1', { total: 5, at: 'x' }, fact)).to.include({ outcome: 'created' })
    expect(await save('r1', { at: 'x', total: 5 }, fact)).to.include({ outcome: 'unchanged' })
    expect(await rejection(store.save([aWrite('r1', { total: 6 }, fact)]))).to.include({ code: 'request.conflict', pointer: '/total' })
    expect(await rejection(store.save([aWrite('r1', {}, { ...fact, operation: 'remove' })]))).to.include({ code: 'request.conflict' })
  })

  it('removes, keeps the last known document, and revives', async () => {
    const { record } = await save('1', { total: 1 })
    const gone = await save('1', {}, { operation: 'remove' })
    expect(gone).to.include({ outcome: 'updated' })
    expect(gone.record).to.deep.include({ id: record.id, version: 2, document: { total: 1 } })
    expect(gone.record.deletedAt).to.be.a('string')
    expect(await save('1', {}, { operation: 'remove' })).to.include({ outcome: 'unchanged' })
    expect((await save('1', { total: 1 })).record).to.deep.include({ id: record.id, version: 3, deletedAt: null })
    const unseen = await save('9', {}, { operation: 'remove', sourceTime: '2026-03-02T00:00:00Z' })
    expect(unseen).to.include({ outcome: 'created' })
    expect(await save('9', { total: 1 }, { sourceTime: '2026-03-01T00:00:00Z' })).to.include({ outcome: 'stale' })
  })

  it('applies several writes and calls to one record one after the other', async () => {
    const [first, second] = await store.save([aWrite('1', { a: 1 }), aWrite('1', { b: 2 })])
    expect([first?.outcome, second?.outcome, second?.record.version]).to.deep.equal(['created', 'updated', 2])
    const outcomes = await Promise.all(Array.from({ length: 30 }, (_, i) => store.save([aWrite('1', { [`f${i}`]: i })])))
    expect(outcomes.map(([outcome]) => outcome?.record.version)).to.deep.equal(Array.from({ length: 30 }, (_, i) => i + 3))
    expect(Object.keys((await store.find('order', { ref: ref('web', '1') }))?.document ?? {})).to.have.length(32)
    expect(await store.save([])).to.deep.equal([])
  })

  it('makes one record of a reference created by twenty callers of three processes at once', async () => {
    const stores = [store, await test.another(), await test.another()]
    for (const each of stores) await configure(each, [aSubscription('erp')])
    for (let round = 0; round < 10; round += 1) {
      const outcomes = await Promise.all(Array.from({ length: 20 }, async (_, i) => {
        const [outcome] = await (stores[i % 3] ?? store).save([aWrite(`r${round}`, { [`f${i}`]: i, customer: { ref: ref('web', `c${round}`, 'customer') } })])
        return outcome
      }))
      expect(new Set(outcomes.map(outcome => outcome?.record.id)).size).to.equal(1)
      expect(outcomes.filter(outcome => outcome?.outcome === 'created')).to.have.length(1)
      expect(Object.keys((await store.find('order', { ref: ref('web', `r${round}`) }))?.document ?? {})).to.have.length(21)
    }
    expect(await test.sql('select kind, count(*)::int as n from torg.record group by kind order by kind')).to.deep.equal([{ kind: 'customer', n: 10 }, { kind: 'order', n: 10 }])
  })

  it('survives 200 overlapping saves of four processes, with deliveries settled meanwhile, without a deadlock', async () => {
    const stores = [store, await test.another(), await test.another(), await test.another()]
    for (const each of stores) await configure(each, [aSubscription('erp'), aSubscription('crm')])
    let saving = true
    const deliver = async (): Promise<void> => {
      while (saving) {
        const claims = await claimDeliveries(store, 'erp.out', { keys: 5 })
        await Promise.all(claims.flatMap(({ lease, deliveries }) => deliveries.map(d => settleDelivery(store, lease, d, undefined, [{ kind: 'order', id: `E-${d.recordId}` }]))))
        await store.release(claims.map(({ lease }) => lease))
      }
    }
    // Ten callers per process, five calls one after the other each, 30 of 200 records per call in differing order.
    const call = async (caller: number): Promise<void> => {
      for (let n = 0; n < 5; n += 1) {
        const i = caller * 5 + n
        const ids = Array.from({ length: 30 }, (_, j) => (i * 7 + j * 11) % 200)
        await (stores[caller % 4] ?? store).save(ids.map(id => aWrite(String(id), { [`f${i}`]: id, customer: { ref: ref('web', String(id % 4), 'customer') } })))
      }
    }
    await Promise.all([deliver(), Promise.all(Array.from({ length: 40 }, (_, caller) => call(caller))).finally(() => { saving = false })])
    const records = await test.sql<{ version: number, fields: number }>(`select version, (select count(*)::int from jsonb_object_keys(document)) as fields from torg.record where kind = 'order'`)
    expect(records).to.have.length(200)
    expect(records.reduce((sum, record) => sum + record.fields - 1, 0)).to.equal(6_000)
    expect(records.reduce((sum, record) => sum + record.version, 0)).to.equal(6_000)
    // The counter is exact once the connections have ended.
    await Promise.all(stores.map(each => each.close()))
    expect(await test.sql('select deadlocks::int from pg_stat_database where datname = current_database()')).to.deep.equal([{ deadlocks: 0 }])
  })
})
