import { expect } from 'chai'
import pg from 'pg'
import type { DeliveryClaim, LaneName, MessageClaim, Reservation, Store, Taker } from '../../runtime/store/types.ts'
import { aMessage, aSubscription, aWrite, claimDeliveries, claimMessages, configure, done, openTestStore, settleDelivery, settleMessage, type TestStore } from './support.ts'
import { until } from '../support/until.ts'

type Claim = MessageClaim | DeliveryClaim
const isMessages = (claim: Claim): claim is MessageClaim => 'messages' in claim

/** Takes what is handed over, up to a number of places per lane. */
function aTaker(places: number | Record<LaneName, number>, owner = 'hub-1') {
  const taken: Claim[] = []
  let open = 0
  let unknown = 0
  const taker: Taker = {
    owner, deployment: 0,
    reserve: (lane, keys): Reservation | undefined => {
      const free = Math.min(keys, typeof places === 'number' ? places : places[lane] ?? 0)
      if (free === 0) return undefined
      open += 1
      return { places: free, leaseMs: 60_000, end: claims => {
        open -= 1
        if (claims === 'unknown') unknown += 1
        else {
          expect(claims.length).to.be.at.most(free)
          taken.push(...claims)
        }
      } }
    },
  }
  return {
    taker,
    messages: () => taken.filter(isMessages),
    deliveries: () => taken.filter((claim): claim is DeliveryClaim => !isMessages(claim)),
    get open() { return open },
    get unknown() { return unknown },
  }
}

describe('store: hand-over', () => {
  let test: TestStore
  let store: Store
  beforeEach(async () => {
    test = await openTestStore()
    store = test.store
  })
  afterEach(() => test.close())

  it('leases a fresh key when its message is stored, which then says the same as one that is claimed', async () => {
    const { taker, messages } = aTaker(10)
    store.handOver(taker)
    const received = await store.receive(aMessage({ sourceTime: '2026-02-03T04:05:06.789Z' }))
    expect(received).to.deep.include({ duplicate: false, taken: true })
    const [claim] = messages()
    expect(claim?.messages.map(({ id }) => id)).to.deep.equal([received.id])
    expect(await claimMessages(store)).to.deep.equal([])
    expect(await store.dueLanes()).to.deep.equal([])
    if (!claim?.messages[0]) throw new Error('nothing taken')
    await store.release([claim.lease])
    const [again] = await claimMessages(await test.another())
    expect(again?.messages).to.deep.equal(claim.messages)
    // The lease that was given back is worth nothing any more.
    expect(await settleMessage(store, claim.lease, claim.messages[0])).to.deep.equal({ applied: false })
  })

  it('leaves a key alone that has work already, is held by another, or finds no place', async () => {
    const other = await test.another()
    await other.receive(aMessage({ key: 'waiting' }))
    await other.receive(aMessage({ key: 'held' }))
    const [held] = (await claimMessages(other, { owner: 'hub-2' })).filter(({ lease }) => lease.key === 'held')
    const { taker, messages } = aTaker(1)
    store.handOver(taker)
    const received = await Promise.all(['waiting', 'held', 'a', 'b'].map(key => store.receive(aMessage({ key }))))
    expect(received.slice(0, 2).every(({ taken }) => taken === undefined)).to.equal(true)
    expect(received.filter(({ taken }) => taken)).to.have.length(messages().length)
    if (!held?.messages[0]) throw new Error('nothing claimed')
    expect(await settleMessage(other, held.lease, held.messages[0], done, true)).to.deep.equal({ applied: true, due: true })
    expect((await store.depths())[0]?.pending).to.equal(5)
  })

  it('leaves everything alone in a lane that is paused, and with flows that are not the deployed ones', async () => {
    await store.pauseLane('web.in', 'ann', 'stock count')
    store.handOver(aTaker(10).taker)
    expect(await store.receive(aMessage({ key: 'a' }))).not.to.have.property('taken')
    await store.resumeLane('web.in')
    expect(await store.receive(aMessage({ key: 'b' }))).to.have.property('taken', true)
    await store.deploy({ revision: '1', by: 'ann', from: 'files', note: null, flows: [], credentials: {} })
    expect(await store.receive(aMessage({ key: 'c' }))).not.to.have.property('taken')
  })

  it('hands over all messages of one key that came together, in their order, and no duplicate', async () => {
    const { taker, messages } = aTaker(10)
    store.handOver(taker)
    const received = await Promise.all([1, 2, 3, 2].map(n => store.receive(aMessage({ eventId: `event-${n}`, body: Buffer.from(String(n)) }))))
    expect(received[3]).to.deep.equal({ id: received[1]?.id, duplicate: true })
    await store.receive(aMessage({ key: null, error: { code: 'message.no-key', class: 'permanent', title: '', detail: '', next: '' } }))
    expect(messages().map(claim => claim.messages.map(({ body }) => body.toString()))).to.deep.equal([['1', '2', '3']])
  })

  it('hands over what a save raises, as a claim would read it, and hints only the rest', async () => {
    await configure(store, [aSubscription('erp'), aSubscription('crm'), aSubscription('store')])
    const { taker, deliveries } = aTaker({ 'erp.out': 5, 'crm.out': 5 })
    store.handOver(taker)
    const [outcome] = await store.save([aWrite('1', { total: 1, lines: [{ a: 1 }] }, { number: '1001', refs: [{ system: 'web', kind: 'order', id: '1' }, { system: 'app', kind: 'order', id: '7' }] })])
    expect(outcome?.lanes).to.deep.equal(['store.out'])
    expect(deliveries().map(({ lease }) => lease.lane).toSorted()).to.deep.equal(['crm.out', 'erp.out'])
    const erp = deliveries().find(({ lease }) => lease.lane === 'erp.out')
    const crm = deliveries().find(({ lease }) => lease.lane === 'crm.out')
    if (!erp?.deliveries[0]) throw new Error('nothing taken')
    // Flows may change theirs.
    expect(erp.deliveries[0].record.document).not.to.equal(crm?.deliveries[0]?.record.document)
    await store.release([erp.lease])
    expect((await claimDeliveries(store))[0]?.deliveries).to.deep.equal(erp.deliveries)
  })

  it('gives a later version the id that the system has answered with meanwhile', async () => {
    await configure(store, [aSubscription('erp')])
    const { taker, deliveries } = aTaker(10)
    store.handOver(taker)
    await store.save([aWrite('1', { total: 1 })])
    const [first] = deliveries()
    if (!first?.deliveries[0]) throw new Error('nothing taken')
    // While the key is held its next version waits in the database.
    expect((await store.save([aWrite('1', { total: 2 })]))[0]?.lanes).to.deep.equal(['erp.out'])
    expect(await settleDelivery(store, first.lease, first.deliveries[0], done, [{ kind: 'order', id: 'E-1' }], true)).to.deep.equal({ applied: true, due: true })
    const [second] = await claimDeliveries(store)
    if (!second?.deliveries[0]) throw new Error('nothing claimed')
    await settleDelivery(store, second.lease, second.deliveries[0], done, [], true)
    await store.save([aWrite('1', { total: 3 })])
    const third = deliveries().at(-1)?.deliveries[0]
    expect(third).to.deep.include({ version: 3, generation: 1, attempts: 0, present: true })
    expect(third?.record.refs).to.deep.include({ system: 'erp', kind: 'order', id: 'E-1' })
  })

  it('hands over facts of one key together and in their order, and none behind one that waits', async () => {
    await configure(store, [aSubscription('erp', { kind: 'receipt' })], { kinds: { receipt: { fact: true, links: [], orderKey: ({ terminal }) => String(terminal) } } })
    const { taker, deliveries } = aTaker(10)
    store.handOver(taker)
    await Promise.all([1, 2, 3].map(n => store.save([aWrite(`a${n}`, { terminal: 'A', n }, { kind: 'receipt' })])))
    const numbers = (claims: DeliveryClaim[]): unknown[] => claims.flatMap(claim => claim.deliveries.map(({ record }) => record.document['n']))
    const [first] = deliveries()
    expect(deliveries().map(claim => numbers([claim]))).to.deep.equal([[1, 2, 3].slice(0, first?.deliveries.length)])
    await store.save([aWrite('a4', { terminal: 'A', n: 4 }, { kind: 'receipt' })])
    expect(deliveries()).to.have.length(1)
    if (!first) throw new Error('nothing taken')
    await store.release([first.lease])
    expect(numbers(await claimDeliveries(store))).to.deep.equal([1, 2, 3, 4])
  })

  it('takes a place back where nothing was stored, and says so where that is not known', async () => {
    await configure(store, [aSubscription('erp')])
    const taking = aTaker(10)
    store.handOver(taking.taker)
    await store.receive(aMessage({ key: 'a\0b' })).catch(() => undefined)
    expect(taking).to.deep.include({ open: 0, unknown: 0 })
    // The row is locked, so the save is under way when its connection dies.
    const blocker = new pg.Client({ connectionString: test.url })
    await blocker.connect()
    await blocker.query('begin')
    await blocker.query('lock table torg.delivery in access exclusive mode')
    const saving = store.save([aWrite('1', { total: 1 })])
    await until(async () => (await test.sql(`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'torg' and wait_event_type = 'Lock'`)).length > 0)
    await blocker.query('commit')
    await blocker.end()
    await saving
    expect(taking).to.deep.include({ open: 0, unknown: 1 })
    expect(taking.deliveries()).to.have.length(1)
  })

  it('never gives a key to two, with three processes that store and take at once', async () => {
    const stores = [store, await test.another(), await test.another()]
    const takers = stores.map((each, index) => {
      const taking = aTaker(3, `hub-${index}`)
      each.handOver(taking.taker)
      return taking
    })
    const sent = 300
    await Promise.all(Array.from({ length: sent }, (_, n) => stores[n % 3]?.receive(aMessage({ key: `k${n % 40}`, body: Buffer.from(String(n)) }))))
    const seen: string[] = []
    const work = async (claims: MessageClaim[]): Promise<void> => {
      for (const { lease, messages } of claims) {
        for (const [index, message] of messages.entries()) {
          expect(await settleMessage(store, lease, message, done, index === messages.length - 1)).to.have.property('applied', true)
          seen.push(message.body.toString())
        }
      }
    }
    await Promise.all(takers.map(taking => work(taking.messages())))
    for (let claims = await claimMessages(store); claims.length > 0; claims = await claimMessages(store)) await work(claims)
    expect(seen.toSorted()).to.deep.equal(Array.from({ length: sent }, (_, n) => String(n)).toSorted())
    expect(await test.sql('select 1 from torg.work')).to.deep.equal([])
  })
})
