import { expect } from 'chai'
import { TorgError } from '../../runtime/errors.ts'
import { newId } from '../../runtime/ids.ts'
import { aMessage, aRun, claimMessages, dead, done, openTestStore, rejection, retry, settleMessage, type TestStore } from './support.ts'
import { until } from '../support/until.ts'

describe('store: inbox', () => {
  let test: TestStore
  beforeEach(async () => { test = await openTestStore() })
  afterEach(() => test.close())

  it('keeps a message as it was sent', async () => {
    const sent = aMessage({ body: Buffer.from([0, 255, 10, 92]), sourceTime: '2026-03-01T10:00:00.000Z', headers: { 'x-shop': 'Blåbær "AS" \\' } })
    const { id, duplicate } = await test.store.receive(sent)
    const [claim] = await claimMessages(test.store)
    expect(duplicate).to.equal(false)
    expect(claim?.messages).to.have.length(1)
    const { receivedAt, ...stored } = claim?.messages[0] ?? { receivedAt: '' }
    expect(stored).to.deep.equal({ ...sent, id, attempts: 0 })
    expect(Date.parse(receivedAt)).to.be.closeTo(Date.now(), 5_000)
  })

  it('stores an event of a source once, in one batch, later, and from another process', async () => {
    const other = await test.another()
    const [first, second] = await Promise.all([test.store.receive(aMessage({ eventId: 'e' })), test.store.receive(aMessage({ eventId: 'e' }))])
    expect(first).to.include({ duplicate: false })
    expect(second).to.deep.equal({ id: first.id, duplicate: true })
    expect(await test.store.receive(aMessage({ eventId: 'e' }))).to.deep.equal({ id: first.id, duplicate: true })
    expect(await other.receive(aMessage({ eventId: 'e' }))).to.deep.equal({ id: first.id, duplicate: true })
    expect(await other.receive(aMessage({ eventId: 'e', source: 'source-2' }))).to.include({ duplicate: false })
    expect((await Promise.all([1, 2].map(() => test.store.receive(aMessage({ eventId: null }))))).map(r => r.duplicate)).to.deep.equal([false, false])
  })

  it('lets a poison row fail alone, whatever shares its batch', async () => {
    const results = await Promise.allSettled(Array.from({ length: 200 }, (_, i) =>
      test.store.receive(aMessage({ key: String(i), headers: i % 67 === 13 ? { bad: 'a\0b' } : {} }))))
    const refused = results.flatMap((result, i) => result.status === 'rejected' ? [{ i, reason: result.reason }] : [])
    expect(refused.map(({ i }) => i)).to.deep.equal([13, 80, 147])
    for (const { reason } of refused) expect(reason).to.be.instanceOf(TorgError).and.include({ code: 'request.invalid', class: 'permanent' })
    expect(await claimMessages(test.store, { keys: 500 })).to.have.length(197)
  })

  it('refuses a key or an event that is too long for an index, alone', async () => {
    const long = Array.from({ length: 400 }, () => newId()).join('')
    const results = await Promise.allSettled([{ eventId: long }, { key: 'a' }, { key: long }, { key: 'b' }].map(over => test.store.receive(aMessage(over))))
    expect(results.map(({ status }) => status)).to.deep.equal(['rejected', 'fulfilled', 'rejected', 'fulfilled'])
    for (const result of results) if (result.status === 'rejected') expect(result.reason).to.include({ code: 'request.invalid', class: 'permanent' })
  })

  it('gives the messages of a key in the order in which they came', async () => {
    for (let i = 0; i < 5; i += 1) await Promise.all(Array.from({ length: 20 }, (_, j) => test.store.receive(aMessage({ key: 'k', body: Buffer.from(String(i * 20 + j)) }))))
    const [claim] = await claimMessages(test.store)
    expect(claim?.messages.map(m => Number(m.body.toString()))).to.deep.equal(Array.from({ length: 100 }, (_, i) => i))
  })

  it('parks a message without a key under its own id, never in a shared one', async () => {
    const error = new TorgError('message.no-key', 'No order number.').toJSON()
    const { id } = await test.store.receive(aMessage({ key: null, error }))
    expect(await claimMessages(test.store)).to.deep.equal([])
    expect(await test.store.deadLetters({ limit: 10 })).to.have.length(1)
    expect(await test.store.deadLetter(`m-${id}`)).to.deep.include({ key: id, error, lane: 'web.in', node: 'source-1' })
  })

  it('retries with backoff, which holds up the later messages of the key and no others', async () => {
    await Promise.all([aMessage({ key: 'a' }), aMessage({ key: 'a' }), aMessage({ key: 'b' })].map(m => test.store.receive(m)))
    const claims = await claimMessages(test.store)
    const [a, b] = ['a', 'b'].map(key => claims.find(claim => claim.lease.key === key))
    if (!a?.messages[0] || !b?.messages[0]) throw new Error('nothing claimed')
    expect(await settleMessage(test.store, a.lease, a.messages[0], retry(700))).to.deep.equal({ applied: true })
    expect(await settleMessage(test.store, b.lease, b.messages[0], retry(0, false))).to.deep.equal({ applied: true })
    await test.store.release([a.lease, b.lease])
    const again = await claimMessages(test.store)
    expect(again.map(claim => claim.lease.key)).to.deep.equal(['b'])
    // Interrupted: not an attempt.
    expect(again[0]?.messages[0]?.attempts).to.equal(0)
    await test.store.receive(aMessage({ key: 'a' }))
    expect(await claimMessages(test.store)).to.deep.equal([])
    await until(async () => (await test.store.dueLanes()).length > 0)
    const [later] = await claimMessages(test.store)
    expect(later?.messages.map(m => m.attempts)).to.deep.equal([1, 0, 0])
  })

  it('counts lanes, and lists those with due work only', async () => {
    await Promise.all([aMessage({ key: 'a' }), aMessage({ key: 'b', source: 'source-2' }), aMessage({ lane: 'pos.in', key: 'c' }), aMessage({ lane: 'erp.in', key: 'd' })].map(m => test.store.receive(m)))
    const [pos] = await claimMessages(test.store, { lane: 'pos.in' })
    const [erp] = await claimMessages(test.store, { lane: 'erp.in' })
    if (!pos?.messages[0] || !erp?.messages[0]) throw new Error('nothing claimed')
    await settleMessage(test.store, pos.lease, pos.messages[0], dead)
    await settleMessage(test.store, erp.lease, erp.messages[0], retry(60_000))
    await test.store.release([pos.lease, erp.lease])
    expect(await test.store.dueLanes()).to.deep.equal(['web.in'])
    const depths = await test.store.depths()
    expect(depths.map(({ nodes }) => nodes.map(({ node, pending, due }) => [node, pending, due]))).to.deep.equal([[['source-1', 1, 0]], [['source-1', 0, 0]], [['source-1', 1, 1], ['source-2', 1, 1]]])
    expect(depths.map(({ lane, pending, due, held, dead, oldestMs }) => ({ lane, pending, due, held, dead, aged: oldestMs > 0 }))).to.deep.equal([
      { lane: 'erp.in', pending: 1, due: 0, held: 0, dead: 0, aged: true },
      { lane: 'pos.in', pending: 0, due: 0, held: 0, dead: 1, aged: false },
      { lane: 'web.in', pending: 2, due: 2, held: 0, dead: 0, aged: true },
    ])
  })

  it('writes one run per end, and ends a message once', async () => {
    await test.store.receive(aMessage())
    const [claim] = await claimMessages(test.store)
    if (!claim?.messages[0]) throw new Error('nothing claimed')
    const { lease, messages: [message] } = claim
    expect(await settleMessage(test.store, lease, message, done)).to.deep.equal({ applied: true })
    expect(await settleMessage(test.store, lease, message, done)).to.deep.equal({ applied: false })
    expect(await test.sql('select lane, key, outcome, message_id from torg.run')).to.deep.equal([{ lane: 'web.in', key: '1001', outcome: 'done', message_id: message.id }])
    await test.store.release([lease])
    expect(await test.sql('select * from torg.work')).to.deep.equal([])
  })

  it('keeps what came of a message', async () => {
    const record = newId()
    await test.store.receive(aMessage())
    const [claim] = await claimMessages(test.store)
    if (!claim?.messages[0]) throw new Error('nothing claimed')
    await test.store.settleMessage({ lease: claim.lease, message: claim.messages[0], result: done, run: aRun(), yielded: { result: 'saved', records: [record] } })
    expect(await test.sql('select result, records from torg.message')).to.deep.equal([{ result: 'saved', records: [record] }])
  })

  it('says which value it refuses', async () => {
    const error = await rejection(test.store.receive(aMessage({ sourceTime: 'yesterday-ish' })))
    expect(error).to.include({ code: 'request.invalid' })
    expect(error.message).to.match(/yesterday-ish/)
  })
})
