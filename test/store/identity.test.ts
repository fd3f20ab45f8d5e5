import { expect } from 'chai'
import { kinds } from '../../runtime/model/index.ts'
import type { EntityWrite, SaveOutcome, Store } from '../../runtime/store/types.ts'
import { aSubscription, aWrite, claimDeliveries, configure, openTestStore, ref, rejection, type TestStore } from './support.ts'

const rulesOf = (name: string) => {
  const kind = kinds.get(name)
  if (!kind) throw new Error(`no kind ${name}`)
  return kind.rules
}

describe('store: identity', () => {
  let test: TestStore
  let store: Store
  before(async () => {
    test = await openTestStore()
    store = test.store
    await configure(store, [aSubscription('erp', { kind: 'customer' })], { kinds: { customer: rulesOf('customer'), receipt: rulesOf('receipt') } })
  })
  after(() => test.close())

  let count = 0
  /** Values nobody else has. */
  const fresh = (): { email: string, phone: string, member: string, id: string } => {
    count += 1
    return { email: `kari${count}@example.no`, phone: `+4740${String(count).padStart(6, '0')}`, member: `M${count}`, id: `c${count}` }
  }
  const customer = (system: string, id: string, document: Record<string, unknown>, over: Partial<EntityWrite> = {}): EntityWrite =>
    aWrite(id, { type: 'person', name: 'Kari Nordmann', ...document }, { kind: 'customer', schema: 'customer@1', system, ...over })
  const save = async (write: EntityWrite): Promise<SaveOutcome> => {
    const [outcome] = await store.save([write])
    if (!outcome) throw new Error('no outcome')
    return outcome
  }
  const reviewsOf = (id: string) => test.sql<{ records: string[], rules: string[], reason: string, state: string, message_id: string }>('select * from torg.review where $1 = any (records) order by id', [id])
  const mails = (...values: string[]) => ({ emails: values.map(value => ({ value })) })
  const phones = (...values: string[]) => ({ phones: values.map(value => ({ value })) })

  it('knows a customer of another system by what they have in common', async () => {
    for (const common of [({ email }: ReturnType<typeof fresh>) => mails(email), ({ phone }: ReturnType<typeof fresh>) => phones(phone), ({ member }: ReturnType<typeof fresh>) => ({ loyalty: { memberNumber: member } })]) {
      const values = fresh()
      const first = await save(customer('web', values.id, common(values)))
      const second = await save(customer('crm', values.id, { ...common(values), language: 'nb' }))
      expect(second).to.deep.include({ outcome: 'updated' })
      expect(second.record).to.deep.include({ id: first.record.id, version: 2, refs: [ref('web', values.id, 'customer'), ref('crm', values.id, 'customer')] })
      expect(await reviewsOf(first.record.id)).to.deep.equal([])
    }
  })

  it('knows one of the same batch, and takes the newest values', async () => {
    const { email, phone, id } = fresh()
    const [one, two, three] = await store.save([customer('web', id, mails(email)), customer('crm', id, { ...mails(email), ...phones(phone) }), customer('pos', id, phones(phone))])
    expect(two?.record.id).to.equal(one?.record.id)
    expect(three?.record.id).to.equal(one?.record.id)
    const moved = fresh()
    await save(customer('web', id, mails(moved.email)))
    expect((await save(customer('shop', id, mails(moved.email)))).record.id).to.equal(one?.record.id)
    expect((await save(customer('old', id, { ...mails(email), name: 'Kari Hansen' }))).record.id).not.to.equal(one?.record.id)
  })

  it('asks a person instead of merging what may be two', async () => {
    const a = fresh(), b = fresh(), c = fresh()
    const namesake = await save(customer('web', c.id, mails(c.email)))
    const kari = await save(customer('web', a.id, { ...mails(a.email), ...phones(a.phone), loyalty: { memberNumber: a.member } }))
    const ola = await save(customer('web', b.id, { ...mails(b.email), ...phones(a.phone), name: 'Ola Nordmann' }))
    const doubts: [write: EntityWrite, records: string[], reason: string][] = [
      [customer('crm', `${a.id}-1`, phones(a.phone)), [kari.record.id, ola.record.id], 'Several records have the same phone'],
      [customer('crm', `${a.id}-2`, mails(a.email, c.email)), [kari.record.id, namesake.record.id], 'different records'],
      [customer('pos', `${a.id}-3`, { ...mails(a.email), name: 'Anne Nordmann' }), [kari.record.id], 'different given names'],
      [customer('pos', `${a.id}-4`, { ...mails(a.email), loyalty: { memberNumber: `${a.member}-9` } }), [kari.record.id], 'different loyalty numbers'],
      [customer('web', `${a.id}-5`, { loyalty: { memberNumber: a.member } }), [kari.record.id], 'ids of their own in web'],
    ]
    expect((await reviewsOf(ola.record.id)).map(({ reason }) => reason)).to.deep.equal(['It has the same phone as another record, but the two have ids of their own in web.'])
    for (const [write, records, reason] of doubts) {
      const saved = await save(write)
      expect(saved.outcome, reason).to.equal('created')
      const [review, ...others] = (await reviewsOf(saved.record.id)).filter(review => review.records[0] === saved.record.id)
      expect(review).to.deep.include({ state: 'open', message_id: write.origin.message })
      expect(review?.reason).to.contain(reason)
      expect(review?.records).to.include.members([saved.record.id, ...records])
      expect(others).to.deep.equal([])
      await save({ ...write, operation: 'remove' })
    }
  })

  it('is not led astray by somebody who is told apart, nor by who was deleted', async () => {
    const a = fresh(), b = fresh()
    await save(customer('web', a.id, { ...mails(a.email) }))
    await save(customer('crm', b.id, { ...phones(a.phone), name: 'Ola Nordmann' }))
    const both = await save(customer('pos', a.id, { ...mails(a.email), ...phones(a.phone) }))
    expect(both.record.refs).to.have.deep.members([ref('web', a.id, 'customer'), ref('pos', a.id, 'customer')])
    await save(customer('web', a.id, {}, { operation: 'remove' }))
    expect((await save(customer('erp', a.id, mails(a.email)))).outcome).to.equal('created')
  })

  it('makes a placeholder the record that it turns out to be', async () => {
    const { email, id } = fresh()
    const known = await save(customer('crm', id, mails(email)))
    const order = await save(aWrite(id, { customer: { ref: ref('web', id, 'customer') } }))
    const filled = await save(customer('web', id, mails(email)))
    expect(filled.record.id).to.equal(known.record.id)
    expect(filled.record.refs).to.have.deep.members([ref('crm', id, 'customer'), ref('web', id, 'customer')])
    const { customer: link } = order.record.document as { customer: { id: string } }
    expect(link.id).not.to.equal(known.record.id)
    for (const by of [link, { ref: ref('web', id, 'customer') }]) expect((await store.find('customer', by))?.id).to.equal(known.record.id)
    expect((await save(aWrite(`${id}-2`, { customer: { ref: ref('web', id, 'customer') } }))).record.document).to.deep.equal({ customer: { id: known.record.id } })
    // Named by both references at once, and in one batch.
    const [, , three] = await store.save([aWrite(`${id}-3`, { customer: { ref: ref('pos', id, 'customer') } }), aWrite(`${id}-4`, { customer: { ref: ref('app', id, 'customer') } }),
      customer('pos', id, { language: 'nb' }, { refs: [ref('pos', id, 'customer'), ref('app', id, 'customer'), ref('crm', id, 'customer')] })])
    expect(three?.record).to.include({ id: known.record.id })
    expect((await store.find('customer', { ref: ref('app', id, 'customer') }))?.id).to.equal(known.record.id)
  })

  it('delivers what was learnt of references', async () => {
    const { email, id } = fresh()
    await save(customer('web', id, mails(email)))
    const { record } = await save(customer('crm', id, mails(email), { sourceTime: '2025-11-03T10:00:00Z' }))
    const delivery = (await claimDeliveries(store)).flatMap(({ deliveries }) => deliveries).find(({ recordId }) => recordId === record.id)
    expect(delivery?.record.refs).to.have.deep.members([ref('web', id, 'customer'), ref('crm', id, 'customer')])
  })

  it('takes a receipt once, by whatever reference it comes, and no other content for its key', async () => {
    const receipt = (system: string, document: Record<string, unknown> = {}): EntityWrite => aWrite(`r-${system}`, { location: 'oslo', terminal: '2', sequenceNumber: '7', businessDate: '2025-11-03', total: 10, ...document }, { kind: 'receipt', schema: 'receipt@1', system })
    const first = await save(receipt('pos'))
    const again = await save(receipt('archive'))
    expect(again).to.deep.include({ outcome: 'unchanged' })
    expect(again.record).to.include({ id: first.record.id, version: 1 })
    expect((await store.find('receipt', { ref: ref('archive', 'r-archive', 'receipt') }))?.id).to.equal(first.record.id)
    const write = receipt('erp', { total: 11 })
    const error = await rejection(store.save([write]))
    expect(error).to.include({ code: 'request.conflict', pointer: '/total' })
    expect(error.message).to.contain(first.record.id).and.contain('version 1').and.contain(write.origin.message).and.contain('erp')
    expect(await store.find('receipt', { ref: ref('erp', 'r-erp', 'receipt') })).to.equal(null)
    expect((await save(receipt('erp', { sequenceNumber: '8', total: 11 }))).outcome).to.equal('created')
  })
})
