import { expect } from 'chai'
import type { Store } from '../../runtime/store/types.ts'
import { aMessage, aSubscription, aWrite, claimMessages, configure, dead, deliverAll, done, openTestStore, settleMessage, type TestStore } from './support.ts'

describe('store: where something is', () => {
  let test: TestStore
  let store: Store
  before(async () => {
    test = await openTestStore()
    store = test.store
    await configure(store, [aSubscription('erp'), aSubscription('crm')])
  })
  after(() => test.close())

  const settleAll = async (result = done): Promise<void> => {
    for (const { lease, messages } of await claimMessages(store)) {
      for (const message of messages) await settleMessage(store, lease, message, result)
      await store.release([lease])
    }
  }
  const save = async (id: string, number: string, message: string | null = null) => {
    const [saved] = await store.save([aWrite(id, { total: 1, number }, { number, origin: { system: 'web', message, at: new Date().toISOString() } })])
    if (!saved) throw new Error('not saved')
    return saved.record
  }

  it('finds records by number, by the id of any system, by that of one, and by their own; living ones first', async () => {
    const one = await save('A-1', '1042')
    const other = await save('1042', '77')
    const gone = await save('A-3', '1042')
    await store.save([aWrite('A-3', {}, { operation: 'remove', origin: { system: 'web', message: null, at: new Date().toISOString() } })])
    const found = async (text: string, system?: string): Promise<string[]> => (await store.searchRecords({ text, limit: 5, ...(system !== undefined && { system }) })).map(({ id }) => id)
    expect(await found('1042')).to.deep.equal([other.id, one.id, gone.id])
    expect(await found('1042', 'web')).to.deep.equal([other.id])
    expect(await found('1042', 'erp')).to.deep.equal([])
    expect(await found(one.id)).to.deep.equal([one.id])
    expect(await found('104')).to.deep.equal([])
    expect(await store.searchRecords({ text: '1042', limit: 1 })).to.have.length(1)
  })

  it('finds messages that wait by their key, and dead ones by what stands in them', async () => {
    const waiting = await store.receive(aMessage({ lane: 'pos.in', key: '5005' }))
    const dying = await store.receive(aMessage({ key: '9', body: Buffer.from('{"name":"#5005 ø"}') }))
    await store.receive(aMessage({ key: '10', body: Buffer.from('{"name":"#6006"}') }))
    await settleAll(dead)
    const found = async (text: string): Promise<string[]> => (await store.searchMessages({ text, lanes: ['pos.in', 'web.in'], limit: 5 })).map(({ id }) => id)
    expect(await found('5005')).to.deep.equal([dying.id, waiting.id])
    expect(await found('5005 ø')).to.deep.equal([dying.id])
    expect(await found('7007')).to.deep.equal([])
  })

  it('follows a record: its messages, those of the same key that are dead, its deliveries with their runs', async () => {
    const first = await store.receive(aMessage({ key: '2001' }))
    await settleAll()
    const record = await save('2001', '2001', first.id)
    await deliverAll(store, 'erp.out')
    await deliverAll(store, 'crm.out', dead)
    const second = await store.receive(aMessage({ key: '2001' }))
    await settleAll(dead)
    const want = { record: record.id, messages: [first.id], moments: [record.createdAt], runs: 50 }
    const { messages, deliveries, runs } = await store.trace(want)
    expect(messages.map(({ id, state, error }) => [id, state, error?.code])).to.deep.equal([[first.id, 'done', undefined], [second.id, 'dead', 'mapping.failed']])
    expect(deliveries.map(({ system, state, version, acknowledged, error }) => [system, state, version, acknowledged, error?.code])).to.deep.equal([['crm', 'dead', 1, 0, 'mapping.failed'], ['erp', 'delivered', 1, 1, undefined]])
    expect(runs.map(({ subscription, messageId, outcome, version }) => [subscription ?? messageId, outcome, version])).to.deep.equal([[first.id, 'done', null], ['erp', 'done', 1], ['crm', 'dead', 1], [second.id, 'dead', null]])
    expect((await store.trace({ ...want, runs: 1 })).runs.map(({ messageId }) => messageId)).to.deep.equal([second.id])
    // A delivery that waits says when it is tried next, without what went wrong before.
    await store.reopen(`d-crm-${record.id}`)
    const [crm] = (await store.trace(want)).deliveries
    expect(crm).to.include({ state: 'waiting', error: null, deadAt: null }).and.to.have.property('dueAt').that.is.a('string')
  })

  it('opens a message with its content', async () => {
    const { id } = await store.receive(aMessage({ key: '3001', body: Buffer.from('{"total":"12.50"}') }))
    const message = await store.message(id)
    expect(message).to.include({ id, state: 'pending', contentType: 'application/json' })
    expect(message?.body.toString()).to.equal('{"total":"12.50"}')
    expect(await store.message('nonsense')).to.equal(null)
  })

  it('has a mended message run in the place of the dead one, which keeps what was received', async () => {
    const { id } = await store.receive(aMessage({ key: '4001', eventId: 'e-4001', sourceTime: '2026-03-01T08:00:00.000Z', body: Buffer.from('{"total":"x"}') }))
    await settleAll(dead)
    const mending = { id, body: Buffer.from('{"total":"1"}'), key: '4002', sourceTime: null, by: 'kari', note: 'Wrong total.' }
    const mended = await store.mend(mending)
    expect(mended).to.include({ lane: 'web.in' }).and.to.have.property('closed').that.includes({ by: 'kari', note: 'Wrong total.', mended: mended?.id })
    expect(await store.mend(mending)).to.equal(null)
    expect((await store.deadLetter(`m-${id}`))).to.deep.include({ closed: mended?.closed }).and.to.have.nested.property('input.body', '{"total":"x"}')
    const claims = await claimMessages(store)
    const claimed = claims.flatMap(({ messages }) => messages).find(message => `m-${message.id}` === mended?.id)
    expect(claimed).to.include({ key: '4002', source: 'source-1', topic: 'orders/create', eventId: null, attempts: 0, sourceTime: '2026-03-01T08:00:00.000Z' })
    expect(claimed?.body.toString()).to.equal('{"total":"1"}')
    expect(await store.receive(aMessage({ key: '4001', eventId: 'e-4001' })), 'the system sends it again').to.include({ id, duplicate: true })
    const [closed] = await store.deadLetters({ limit: 5, node: 'source-1', closed: true })
    expect(closed?.id).to.equal(`m-${id}`)
    expect(await store.deadLetters({ limit: 5, node: 'source-2' })).to.deep.equal([])
  })
})
