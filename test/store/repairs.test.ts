import { expect } from 'chai'
import { TorgError } from '../../runtime/errors.ts'
import type { DeliverySelection, MessageSelection, Selection } from '../../runtime/store/repair-types.ts'
import type { NewMessage, Store } from '../../runtime/store/types.ts'
import { aMessage, aSubscription, aWrite, claimDeliveries, claimMessages, configure, dead, deliverAll, done, openTestStore, rejection, retry, settleDelivery, settleMessage, type TestStore } from './support.ts'

const portion = 8

describe('store: repairs', () => {
  let test: TestStore
  let store: Store
  beforeEach(async () => {
    test = await openTestStore()
    store = test.store
    await configure(store, [aSubscription('erp'), aSubscription('crm')])
  })
  afterEach(() => test.close())

  /** Stores a message and runs it to this end; without one it waits. */
  const message = async (over: Partial<NewMessage>, result = done): Promise<string> => {
    const { id } = await store.receive(aMessage(over))
    await runAll(result)
    return id
  }
  /** Runs every message that is due, in the order of their lane; answers their ids. */
  const runAll = async (result = done): Promise<string[]> => {
    const claims = await claimMessages(store)
    for (const { lease, messages } of claims) for (const one of messages) await settleMessage(store, lease, one, result)
    await store.release(claims.map(({ lease }) => lease))
    return claims.flatMap(({ messages }) => messages.map(({ id }) => id))
  }
  const orders = async (count: number): Promise<string[]> => {
    const ids: string[] = []
    for (let n = 1; n <= count; n++) {
      const [saved] = await store.save([aWrite(String(n), { total: n }, { number: String(n) })])
      ids.push(saved?.record.id ?? '')
    }
    for (const lane of ['erp.out', 'crm.out'] as const) await deliverAll(store, lane)
    return ids
  }
  const start = async (selection: Selection): Promise<number> => (await store.startRepair({ selection, by: 'kari', why: 'wrong tax' }))?.id ?? expect.fail('nothing was selected')
  const messages = (selection: Omit<MessageSelection, 'type'> = {}): Selection => ({ type: 'messages', ...selection })
  const deliveries = (selection: Omit<DeliverySelection, 'type'> = {}): Selection => ({ type: 'deliveries', ...selection })
  const rerun = async (selection: Omit<MessageSelection, 'type'> = {}): Promise<string[]> => {
    await start(messages(selection))
    await store.advanceRepairs(100)
    return (await runAll()).toSorted()
  }

  describe('of messages', () => {
    it('take what was done and what is dead, by system, source, topic, key, time, state and error', async () => {
      const one = await message({ key: '1', topic: 'orders/create' })
      const two = await message({ key: '2', source: 'source-2' }, dead)
      const three = await message({ key: '3', system: 'pos' })
      expect(await rerun()).to.deep.equal([one, two, three].toSorted())
      expect(await rerun({ topic: 'orders/create', nodes: ['source-1'], system: 'web' })).to.deep.equal([one])
      expect(await rerun({ keys: ['2', '3'] })).to.deep.equal([two, three].toSorted())
      expect(await rerun({ ids: [three] })).to.deep.equal([three])
      expect(await store.startRepair({ selection: messages({ state: 'dead' }), by: 'kari', why: '' })).to.equal(null)
      const four = await message({ key: '4' }, dead)
      expect(await rerun({ state: 'done' })).to.deep.equal([one, two, three].toSorted())
      expect(await rerun({ code: 'mapping.failed' })).to.deep.equal([four])
      const [{ at } = { at: '' }] = await test.sql<{ at: string }>(`update torg.message set received_at = date_trunc('second', now()) - interval '1 hour' where id = $1
        returning to_char(received_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') as at`, [one])
      expect(await rerun({ from: `${at}.000Z`, to: `${at}.001Z` })).to.deep.equal([one])
      expect((await store.previewRepair(messages({ to: `${at}.000Z` }))).count).to.equal(0)
    })

    it('carry their stored bytes, from their first attempt', async () => {
      const id = await message({ key: '1', body: Buffer.from('{"n":1}') }, dead)
      await start(messages({ ids: [id] }))
      expect(await store.advanceRepairs(portion)).to.deep.equal({ running: 1, moved: true, lanes: ['web.in'] })
      const [claim] = await claimMessages(store)
      expect(claim?.messages.map(({ body, attempts }) => [body.toString(), attempts])).to.deep.equal([['{"n":1}', 0]])
    })

    it('take the newest of each key and source, by the source\'s own time before that of arrival', async () => {
      const newest = await message({ key: '1', sourceTime: '2026-03-01T12:00:00.000Z' })
      await message({ key: '1', sourceTime: '2026-03-01T11:00:00.000Z' })
      const other = await message({ key: '1', source: 'source-2' })
      await message({ key: '2' })
      const last = await message({ key: '2' })
      expect(await store.previewRepair(messages())).to.include({ count: 3, passedOver: 2, waiting: 0 })
      expect(await rerun()).to.deep.equal([newest, other, last].toSorted())
      expect(await store.repair(1)).to.include({ total: 3, passedOver: 2 })
    })

    it('pass over a message without a time of its own that was overtaken since by one outside of the selection', async () => {
      const old = await message({ key: '1' })
      const timed = await message({ key: '2', sourceTime: '2026-03-01T12:00:00.000Z' })
      const border = new Date().toISOString()
      await message({ key: '1' })
      await message({ key: '2', sourceTime: '2026-03-01T13:00:00.000Z' })
      await test.sql(`update torg.message set received_at = $1::timestamptz - interval '1 hour' where id = any ($2)`, [border, [old, timed]])
      // That of key 2 is recognised as older when it is saved.
      expect(await rerun({ to: border })).to.deep.equal([timed])
    })

    it('take every message of a key in their order where each says something of its own', async () => {
      const ids = [await message({ key: '1' }), await message({ key: '1' }, dead), await message({ key: '1' })]
      await start(messages({ every: true }))
      await store.advanceRepairs(portion)
      expect(await runAll()).to.deep.equal(ids)
    })

    it('leave alone what waits already', async () => {
      await message({ key: '1' })
      const { id } = await store.receive(aMessage({ key: '1' }))
      expect(await store.previewRepair(messages())).to.include({ count: 0, passedOver: 1, waiting: 1 })
      expect(await store.startRepair({ selection: messages(), by: 'kari', why: '' })).to.equal(null)
      expect(await runAll()).to.deep.equal([id])
    })

    it('apply changed content at an equal source time, and an older one not', async () => {
      const write = (total: number, sourceTime: string) => store.save([aWrite('1', { total }, { sourceTime })])
      await write(1, '2026-03-01T12:00:00.000Z')
      expect((await write(2, '2026-03-01T12:00:00.000Z'))[0]).to.include({ outcome: 'updated' })
      expect((await write(2, '2026-03-01T12:00:00.000Z'))[0]).to.deep.include({ outcome: 'unchanged', lanes: [] })
      expect((await write(3, '2026-03-01T11:00:00.000Z'))[0]).to.include({ outcome: 'stale' })
    })
  })

  describe('of deliveries', () => {
    it('send the newest version again under another idempotency key, though it did not rise', async () => {
      const [id] = await orders(1)
      await start(deliveries({ system: 'erp' }))
      await store.advanceRepairs(portion)
      expect((await deliverAll(store)).map(one => [one.recordId, one.version, one.generation, one.present])).to.deep.equal([[id, 1, 2, true]])
      expect(await deliverAll(store, 'crm.out')).to.deep.equal([])
      expect(await deliverAll(store)).to.deep.equal([])
    })

    it('take by subscription, kind, number, record, time, state and error', async () => {
      const [one = '', two = '', three = ''] = await orders(3)
      const count = async (selection: Omit<DeliverySelection, 'type'>): Promise<number> => (await store.previewRepair(deliveries(selection))).count
      expect(await count({})).to.equal(6)
      expect(await count({ nodes: ['erp'], kind: 'order' })).to.equal(3)
      expect(await count({ kind: 'customer' })).to.equal(0)
      expect(await count({ numbers: ['1', '3'] })).to.equal(4)
      expect(await count({ ids: [two], system: 'crm' })).to.equal(1)
      await test.sql(`update torg.record set created_at = '2026-03-01T12:00:00Z' where id = $1`, [one])
      await test.sql(`update torg.record set updated_at = '2026-03-01T12:00:00Z' where id = $1`, [two])
      await test.sql(`update torg.delivery set acked_at = '2026-03-01T12:00:00Z' where record_id = $1`, [three])
      const day = { from: '2026-03-01T00:00:00.000Z', to: '2026-03-02T00:00:00.000Z', system: 'erp' }
      const names = async (period?: DeliverySelection['period']): Promise<string[]> => (await store.previewRepair(deliveries({ ...day, ...(period && { period }) }))).sample.map(({ name }) => name)
      expect(await names()).to.deep.equal(['2'])
      expect(await names('created')).to.deep.equal(['1'])
      expect(await names('acknowledged')).to.deep.equal(['3'])
      await store.save([aWrite('1', { total: 10 })])
      await deliverAll(store, 'erp.out', dead)
      expect(await count({ state: 'dead' })).to.equal(1)
      expect(await count({ code: 'mapping.failed', system: 'erp' })).to.equal(1)
      expect(await store.previewRepair(deliveries({}))).to.include({ count: 5, waiting: 1 })
      expect(await count({ state: 'done' })).to.equal(4)
    })

    it('keep the idempotency key after a failure whose end is not known', async () => {
      await store.save([aWrite('1', { total: 1 })])
      await deliverAll(store, 'erp.out', { outcome: 'dead', error: new TorgError('system.unavailable', 'Down for hours.').toJSON() })
      await start(deliveries({ system: 'erp' }))
      await store.advanceRepairs(portion)
      expect((await deliverAll(store)).map(({ generation }) => generation)).to.deep.equal([1])
    })

    it('go out once more where one was under way when it was wanted again', async () => {
      await orders(1)
      await store.save([aWrite('1', { total: 2 })])
      const [claim] = await claimDeliveries(store)
      const [delivery] = claim?.deliveries ?? []
      if (!claim || !delivery) return expect.fail('nothing is due')
      await settleDelivery(store, claim.lease, delivery)
      await start(deliveries({ system: 'erp' }))
      // Claimed under the same lease that has not been given back.
      await store.advanceRepairs(portion)
      expect(await claimDeliveries(store)).to.deep.equal([])
      await store.release([claim.lease])
      expect((await deliverAll(store)).map(one => [one.version, one.generation])).to.deep.equal([[2, 2]])
    })
  })

  it('say beforehand what they would do, and do nothing', async () => {
    await orders(12)
    await deliverAll(store, 'erp.out')
    const preview = await store.previewRepair(deliveries())
    expect(preview).to.deep.include({ count: 24, waiting: 0, passedOver: 0 })
    expect(preview.groups).to.deep.equal(['crm', 'erp'].map(node => ({ system: node, node, what: 'order', state: 'done', code: null, count: 12 })))
    expect(preview.sample).to.have.length(10)
    expect(preview.sample[0]).to.include({ what: 'order', name: '1', state: 'done' })
    expect(await store.repairs({ limit: 10 })).to.deep.equal([])
    expect(await store.dueLanes()).to.deep.equal([])
  })

  it('are refused where the selection has grown beyond what was expected', async () => {
    await orders(3)
    const request = { selection: deliveries({ system: 'erp' }), by: 'kari', why: 'wrong tax' }
    expect(await rejection(store.startRepair({ ...request, expected: 2 }))).to.deep.include({ code: 'request.conflict', pointer: '/expected' })
    expect(await store.repairs({ limit: 10 })).to.deep.equal([])
    expect(await test.sql('select * from torg.repair_item')).to.deep.equal([])
    expect(await store.startRepair({ ...request, expected: 3 })).to.include({ total: 3, by: 'kari', why: 'wrong tax', state: 'running' })
  })

  it('fill the lanes in portions, and say how far they are', async () => {
    await orders(3 * portion)
    const id = await start(deliveries({ system: 'erp' }))
    const handedOver = async (): Promise<unknown> => (await store.repair(id))?.handedOver
    await store.advanceRepairs(portion)
    expect(await store.advanceRepairs(portion)).to.deep.equal({ running: 1, moved: false, lanes: [] })
    expect(await handedOver()).to.equal(portion)
    expect(await store.repair(id)).to.deep.include({ total: 3 * portion, state: 'running', now: { waiting: portion, held: 0, done: 0, dead: 0 } })
    await deliverAll(store)
    await store.advanceRepairs(portion)
    expect(await handedOver()).to.equal(2 * portion)
    await deliverAll(store, 'erp.out', dead)
    await store.advanceRepairs(portion)
    expect(await store.repair(id)).to.deep.include({ handedOver: 3 * portion, skipped: 0, state: 'done', now: { waiting: portion, held: 0, done: portion, dead: portion } })
    expect((await store.repair(id))?.endedAt).to.be.a('string')
    expect(await store.advanceRepairs(portion)).to.deep.equal({ running: 0, moved: false, lanes: [] })
  })

  it('wait for what their messages raised in other lanes', async () => {
    for (let n = 1; n <= 2 * portion; n++) {
      const { id } = await store.receive(aMessage({ key: String(n) }))
      const [saved] = await store.save([aWrite(String(n), { total: n })])
      await runAll()
      await test.sql('update torg.message set records = $2 where id = $1', [id, [saved?.record.id]])
    }
    const id = await start(messages())
    await store.advanceRepairs(portion)
    await test.sql(`update torg.message set state = 'done'`)
    await store.advanceRepairs(portion)
    expect((await store.repair(id))?.handedOver).to.equal(portion)
    for (const lane of ['erp.out', 'crm.out'] as const) await deliverAll(store, lane)
    await store.advanceRepairs(portion)
    expect((await store.repair(id))?.handedOver).to.equal(2 * portion)
  })

  it('stop when they are cancelled; what was handed over goes on', async () => {
    await orders(2 * portion)
    const id = await start(deliveries({ system: 'erp' }))
    await store.advanceRepairs(portion)
    expect(await store.cancelRepair(id, 'ola')).to.include({ state: 'cancelled', endedBy: 'ola', handedOver: portion })
    expect(await store.cancelRepair(id, 'ola')).to.equal(null)
    expect(await deliverAll(store)).to.have.length(portion)
    expect(await store.advanceRepairs(portion)).to.deep.equal({ running: 0, moved: false, lanes: [] })
    expect((await store.repairs({ limit: 10 })).map(one => one.id)).to.deep.equal([id])
    expect(await store.repairs({ limit: 10, before: id })).to.deep.equal([])
    expect(await store.repair(id + 1)).to.equal(null)
  })

  it('hand each item over once, with three processes at it', async () => {
    await orders(40)
    const id = await start(deliveries({ system: 'erp' }))
    const stores = [store, await test.another(), await test.another()]
    const delivered: string[] = []
    for (let round = 0; (await store.repair(id))?.state === 'running' && round < 100; round++) {
      await Promise.all(stores.map(one => one.advanceRepairs(portion)))
      for (const delivery of await deliverAll(store)) delivered.push(`${delivery.recordId} ${delivery.generation}`)
    }
    expect(delivered).to.have.length(40)
    expect(new Set(delivered).size).to.equal(40)
    expect(delivered.every(text => text.endsWith(' 2'))).to.equal(true)
  })

  it('pass over what came to wait after they were stored', async () => {
    await orders(2)
    const id = await start(deliveries({ system: 'erp' }))
    await store.save([aWrite('1', { total: 100 })])
    await store.advanceRepairs(portion)
    expect(await store.repair(id)).to.include({ handedOver: 2, skipped: 1 })
    expect((await deliverAll(store, 'erp.out', retry(60_000))).map(({ generation }) => generation).toSorted()).to.deep.equal([1, 2])
  })
})
