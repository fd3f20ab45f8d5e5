import { expect } from 'chai'
import { kinds } from '../../runtime/model/index.ts'
import type { EntityWrite, SaveOutcome, Store, StoredRecord } from '../../runtime/store/types.ts'
import { aSubscription, aWrite, claimDeliveries, configure, deliverAll, openTestStore, ref, rejection, settleDelivery, type TestStore } from './support.ts'

describe('store: records that become one', () => {
  let test: TestStore
  let store: Store
  before(async () => {
    test = await openTestStore()
    store = test.store
    const { rules } = kinds.get('customer') ?? {}
    await configure(store, [aSubscription('erp', { kind: 'customer' }), aSubscription('crm', { kind: 'customer' })], { kinds: { ...rules && { customer: rules }, receipt: { fact: true, links: [] } } })
  })
  after(() => test.close())

  let count = 0
  const save = async (system: string, id: string, document: Record<string, unknown>, over: Partial<EntityWrite> = {}): Promise<SaveOutcome> => {
    const [outcome] = await store.save([aWrite(id, { type: 'person', name: 'Kari Nordmann', ...document }, { kind: 'customer', schema: 'customer@1', system, ...over })])
    if (!outcome) throw new Error('no outcome')
    return outcome
  }
  const find = (id: string): Promise<StoredRecord | null> => store.find('customer', { id })
  /** Two records that share nothing, as the web shop and the app know them. */
  const two = async (): Promise<{ n: number, winner: StoredRecord, loser: StoredRecord }> => {
    const n = (count += 1)
    const { record: winner } = await save('web', `w${n}`, { emails: [{ value: `kari${n}@example.no`, primary: true }] }, { number: `W${n}` })
    const { record: loser } = await save('app', `a${n}`, { emails: [{ value: `k${n}@example.no`, primary: true }], language: 'nb' }, { number: `A${n}` })
    return { n, winner, loser }
  }
  const merge = ({ winner, loser }: { winner: StoredRecord, loser: StoredRecord }) => store.merge({ kind: 'customer', into: winner.id, from: loser.id, by: 'anna', why: 'the same person' })
  const unmerge = ({ loser }: { loser: StoredRecord }) => store.unmerge({ kind: 'customer', from: loser.id, by: 'ola', why: 'two persons' })
  const content = ({ document, provenance, number, refs, deletedAt }: StoredRecord) => ({ document, provenance, number, refs, deletedAt })

  it('joins documents and references, follows every way to the one that is gone, and takes it all back', async () => {
    const both = await two()
    const { n, winner, loser } = both
    const merged = await merge(both)
    expect(merged).to.deep.include({ kind: 'customer', into: winner.id, from: loser.id, by: 'anna', why: 'the same person', undone: null })
    const joined = await find(winner.id)
    const { provenance: _, ...shown } = joined ?? loser
    expect(joined?.document).to.deep.include({ language: 'nb', emails: [{ value: `kari${n}@example.no`, primary: true }, { value: `k${n}@example.no` }] })
    expect(joined?.refs).to.have.deep.members([ref('web', `w${n}`, 'customer'), ref('app', `a${n}`, 'customer')])
    for (const by of [{ id: loser.id }, { ref: ref('app', `a${n}`, 'customer') }, { number: `A${n}` }]) expect(await store.find('customer', by)).to.deep.equal(joined)
    for (const by of [{ ref: ref('app', `a${n}`, 'customer') }, { number: `A${n}` }, { number: `W${n}` }]) expect((await store.list({ kind: 'customer', ...by, limit: 5 })).records).to.deep.equal([shown])
    expect((await store.read({ kind: 'customer', id: loser.id, linked: [] }))?.record).to.deep.equal(shown)
    // What comes for the one is for the other, and so is what is recognised by its e-mail.
    expect((await save('app', `a${n}`, { country: 'NO' })).record.id).to.equal(winner.id)
    expect((await save('shop', `s${n}`, { emails: [{ value: `k${n}@example.no` }] })).record.id).to.equal(winner.id)

    const parted = await unmerge(both)
    expect(parted.undone).to.include({ by: 'ola', why: 'two persons' })
    const back = await find(loser.id)
    expect(back && content(back)).to.deep.equal(content(loser))
    const stays = await find(winner.id)
    expect(stays?.document).to.deep.equal({ ...winner.document, country: 'NO', emails: [{ value: `k${n}@example.no` }] })
    expect(stays?.number).to.equal(`W${n}`)
    expect((await store.find('customer', { ref: ref('app', `a${n}`, 'customer') }))?.id).to.equal(loser.id)
    expect((await rejection(unmerge(both))).code).to.equal('request.conflict')
  })

  it('restores both exactly where nothing was written since', async () => {
    const both = await two()
    await merge(both)
    await unmerge(both)
    for (const record of [both.winner, both.loser]) expect(content((await find(record.id)) ?? record)).to.deep.equal(content(record))
    // Their keys too: each is recognised as itself.
    for (const [id, { id: expected }] of [['kari', both.winner], ['k', both.loser]] as const) {
      expect((await save('pos', `${id}${both.n}`, { emails: [{ value: `${id}${both.n}@example.no` }] })).record.id).to.equal(expected)
    }
  })

  it('removes it from systems that have both, and hands it over where they have only one', async () => {
    await deliverAll(store, 'erp.out')
    await deliverAll(store, 'crm.out')
    const both = await two()
    // ERP makes a record of each; CRM has only the one that goes.
    for (const { lease, deliveries } of await claimDeliveries(store, 'erp.out')) {
      for (const delivery of deliveries) await settleDelivery(store, lease, delivery, undefined, [{ kind: 'customer', id: `e-${delivery.recordId}` }], true)
    }
    for (const { lease, deliveries } of await claimDeliveries(store, 'crm.out')) {
      for (const delivery of deliveries) if (delivery.recordId === both.loser.id) await settleDelivery(store, lease, delivery, undefined, [{ kind: 'customer', id: `c-${delivery.recordId}` }], true)
    }
    await test.sql('update torg.work set due_at = now(), owner = null, epoch = null')
    await merge(both)
    const erp = await deliverAll(store, 'erp.out')
    expect(erp.map(({ recordId, operation, reason }) => [recordId, operation, reason])).to.have.deep.members([[both.winner.id, 'upsert', null], [both.loser.id, 'remove', 'merged']])
    const refsIn = (system: string, recordId: string) => [...erp].find(delivery => delivery.recordId === recordId)?.record.refs.filter(reference => reference.system === system)
    expect(refsIn('erp', both.loser.id)).to.deep.equal([ref('erp', `e-${both.loser.id}`, 'customer')])
    expect(refsIn('erp', both.winner.id)).to.deep.equal([ref('erp', `e-${both.winner.id}`, 'customer')])
    const crm = await deliverAll(store, 'crm.out')
    expect(crm.map(({ recordId, operation, present }) => [recordId, operation, present])).to.deep.equal([[both.winner.id, 'upsert', true]])
    expect(crm[0]?.record.refs).to.deep.include(ref('crm', `c-${both.loser.id}`, 'customer'))
    // ERP still speaks of the one it is to remove.
    expect((await save('erp', `e-${both.loser.id}`, { country: 'NO' })).record.id).to.equal(both.winner.id)
    await unmerge(both)
    expect((await deliverAll(store, 'crm.out')).map(({ recordId, operation, present }) => [recordId, operation, present])).to.have.deep.members([[both.winner.id, 'upsert', false], [both.loser.id, 'upsert', true]])
    expect((await deliverAll(store, 'erp.out')).map(({ recordId, operation }) => [recordId, operation])).to.have.deep.members([[both.winner.id, 'upsert'], [both.loser.id, 'upsert']])
  })

  it('is erased as one, with what the merge kept', async () => {
    const both = await two()
    const { n, winner, loser } = both
    const [before] = await store.save([aWrite(`o${n}`, { customer: { ref: ref('app', `a${n}`, 'customer') } })])
    expect(before?.record.document).to.deep.equal({ customer: { id: loser.id } })
    await store.save([loser, winner].map(({ id }, index) => aWrite(`r${index}${n}`, { customer: { id } }, { kind: 'return', number: `${'RS'[index]}${n}` })))
    await merge(both)
    const linked = await test.sql<{ id: string }>('select r.id from torg.merged_with($1) m join torg.record r on r.document #>> \'{customer,id}\' = m::text where r.kind = \'order\'', [winner.id])
    expect(linked).to.deep.equal([{ id: before?.record.id }])
    for (const { id } of [winner, loser]) {
      expect((await store.list({ kind: 'return', where: { pointer: '/customer/id', value: id }, limit: 5 })).records.map(({ number }) => number)).to.deep.equal([`R${n}`, `S${n}`])
      const found = await store.read({ kind: 'customer', id, linked: [{ kind: 'return', pointer: '/customer/id', limit: 5 }] })
      expect([found?.record.id, ...found?.linked.flatMap(({ records }) => records.map(({ number }) => number)) ?? []]).to.deep.equal([winner.id, `S${n}`, `R${n}`])
    }
    expect((await store.list({ kind: 'customer', ref: ref('app', `a${n}`, 'customer'), limit: 5 })).records.map(({ id }) => id)).to.deep.equal([winner.id])
    await store.erase(loser.id, { by: 'anna', why: 'asked' })
    for (const table of ['torg.record', 'torg.merge', 'torg.match_key']) expect(await test.sql(`select 1 from ${table} t where t::text ~ 'k(ari)?${n}@example'`), table).to.deep.equal([])
    expect((await rejection(unmerge(both))).message).to.contain('has been erased')
  })

  it('decides reviews', async () => {
    const n = (count += 1)
    const { record: kari } = await save('web', `w${n}`, { phones: [{ value: `+47400${n}0000` }] })
    const doubts = await Promise.all(['x', 'y'].map(id => save('web', `${id}${n}`, { phones: [{ value: `+47400${n}0000` }] })))
    const [later, first] = await store.reviews({ state: 'open', limit: 2 })
    expect([first, later].map(review => review?.kind)).to.deep.equal(['customer', 'customer'])
    const review = [first, later].find(review => review?.records.length === 2)
    if (!review) throw new Error('no review')
    const [made, known] = review.records
    expect(known).to.include({ id: kari.id })
    expect(doubts.map(({ record }) => record.id)).to.include(made?.id)
    await store.merge({ kind: 'customer', into: kari.id, from: made?.id ?? '', by: 'anna', why: 'asked her' })
    expect(await store.review(review.id)).to.deep.include({ state: 'merged', decidedBy: 'anna', note: 'asked her' })
    const other = [first, later].find(other => other?.id !== review.id)
    expect(await store.closeReview(other?.id ?? 0, 'anna', 'mother and son')).to.include({ state: 'distinct', decidedBy: 'anna', note: 'mother and son' })
    expect(await store.closeReview(other?.id ?? 0, 'ola', null)).to.equal(null)
  })

  it('refuses what cannot become one', async () => {
    const { winner, loser } = await two()
    const third = await two()
    const { record: gone } = await save('web', `gone${count}`, {})
    await save('web', `gone${count}`, {}, { operation: 'remove' })
    const refused = async (over: Partial<Parameters<Store['merge']>[0]>, code: string, says: string): Promise<void> => {
      const error = await rejection(store.merge({ kind: 'customer', into: winner.id, from: loser.id, by: 'anna', why: 'x', ...over }))
      expect(error.code, says).to.equal(code)
      expect(error.message).to.contain(says)
    }
    await refused({ from: winner.id }, 'request.conflict', 'into itself')
    await refused({ kind: 'order' }, 'request.not-found', 'no order')
    await refused({ from: 'kari' }, 'request.not-found', 'no customer kari')
    await refused({ from: gone.id }, 'request.conflict', 'is deleted')
    await refused({ kind: 'receipt' }, 'request.conflict', 'never changes')
    await merge({ winner, loser })
    await refused({}, 'request.conflict', `part of ${winner.id}`)
    await merge({ winner: third.winner, loser: winner })
    expect((await find(loser.id))?.id).to.equal(third.winner.id)
    const error = await rejection(unmerge({ loser }))
    expect(error.message).to.contain('Take that back first')
    await unmerge({ loser: winner })
    await unmerge({ loser })
    expect((await find(loser.id))?.id).to.equal(loser.id)
  })
})
