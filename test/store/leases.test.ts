import { expect } from 'chai'
import type { MessageClaim } from '../../runtime/store/types.ts'
import { aMessage, aSubscription, aWrite, claimDeliveries, claimMessages, configure, dead, done, openTestStore, settleDelivery, settleMessage, type TestStore } from './support.ts'
import { until } from '../support/until.ts'

describe('store: leases', () => {
  let test: TestStore
  beforeEach(async () => { test = await openTestStore() })
  afterEach(() => test.close())

  const one = async (over: Parameters<typeof claimMessages>[1] = {}): Promise<MessageClaim> => {
    const [claim] = await claimMessages(test.store, over)
    if (!claim) throw new Error('nothing claimed')
    return claim
  }

  it('never gives a key to two owners, and loses none', async () => {
    const stores = [test.store, await test.another(), await test.another()]
    await Promise.all(Array.from({ length: 300 }, (_, i) => test.store.receive(aMessage({ key: String(i) }))))
    const claims = (await Promise.all(Array.from({ length: 60 }, (_, i) => {
      const store = stores[i % 3]
      return store ? claimMessages(store, { owner: `hub-${i % 3}`, keys: 7 }) : []
    }))).flat()
    const keys = claims.map(claim => claim.lease.key)
    expect(new Set(keys).size).to.equal(keys.length)
    expect(new Set(claims.map(claim => claim.lease.epoch)).size).to.equal(keys.length)
    const rest = await claimMessages(test.store, { keys: 500 })
    expect(keys.length + rest.length).to.equal(300)
  })

  it('works through shared keys with three owners at once, each message once and in order', async () => {
    const stores = [test.store, await test.another(), await test.another()]
    const sent = 400
    const seen: { key: string, n: number }[] = []
    let sending = true
    const send = async (): Promise<void> => {
      for (let n = 0; n < sent; n += 1) await test.store.receive(aMessage({ key: `k${n % 7}`, body: Buffer.from(String(n)) }))
      sending = false
    }
    const work = async (index: number): Promise<void> => {
      const store = stores[index]
      if (!store) return
      while (sending || seen.length < sent) {
        for (const { lease, messages } of await claimMessages(store, { owner: `hub-${index}`, keys: 3, perKey: 4 })) {
          for (const message of messages) {
            seen.push({ key: message.key, n: Number(message.body.toString()) })
            expect(await settleMessage(store, lease, message, done)).to.deep.equal({ applied: true })
          }
          await store.release([lease])
        }
      }
    }
    await Promise.all([send(), work(0), work(1), work(2)])
    expect(seen).to.have.length(sent)
    for (const ofKey of Map.groupBy(seen, s => s.key).values()) {
      expect(ofKey.map(s => s.n)).to.deep.equal(ofKey.map(s => s.n).toSorted((a, b) => a - b))
    }
    await until(async () => (await test.sql('select 1 from torg.work')).length === 0)
  })

  it('gives a key back with the end of its last run, and says whether it has more to do', async () => {
    await test.store.receive(aMessage())
    const first = await one({ perKey: 1 })
    await test.store.receive(aMessage())
    const [message] = first.messages
    if (!message) throw new Error('no message')
    expect(await settleMessage(test.store, first.lease, message, done, true)).to.deep.equal({ applied: true, due: true })
    const second = await one()
    const [last] = second.messages
    if (!last) throw new Error('no message')
    expect(await settleMessage(test.store, second.lease, last, done, true)).to.deep.equal({ applied: true })
    expect(await test.sql('select 1 from torg.work')).to.deep.equal([])
    expect(await settleMessage(test.store, first.lease, message, done, true), 'an older lease').to.deep.equal({ applied: false })
  })

  it('refuses results under an older epoch', async () => {
    await test.store.receive(aMessage())
    const old = await one({ leaseMs: 1 })
    await until(async () => (await test.store.dueLanes()).length > 0)
    const current = await one({ owner: 'hub-2' })
    expect(BigInt(current.lease.epoch) > BigInt(old.lease.epoch)).to.equal(true)
    const [message] = old.messages
    if (!message) throw new Error('no message')
    expect(await settleMessage(test.store, old.lease, message)).to.deep.equal({ applied: false })
    expect(await test.store.renew([old.lease, current.lease], 60_000)).to.deep.equal([old.lease])
    await test.store.release([old.lease])
    expect(await claimMessages(test.store)).to.deep.equal([])
    expect(await settleMessage(test.store, current.lease, message)).to.deep.equal({ applied: true })
    expect(await test.sql('select 1 from torg.run')).to.have.length(1)
  })

  it('accepts a late result while nobody else took the key', async () => {
    await test.store.receive(aMessage())
    const { lease, messages: [message] } = await one({ leaseMs: 1 })
    await until(async () => (await test.store.dueLanes()).length > 0)
    if (!message) throw new Error('no message')
    expect(await settleMessage(test.store, lease, message)).to.deep.equal({ applied: true })
  })

  it('prolongs a lease past its first end', async () => {
    await test.store.receive(aMessage())
    const { lease } = await one({ leaseMs: 300 })
    expect(await test.store.renew([lease], 60_000)).to.deep.equal([])
    const [row] = await test.sql<{ left: number }>('select extract(epoch from due_at - now())::float8 as left from torg.work')
    expect(row?.left).to.be.greaterThan(50)
  })

  it('ends the leases of a dead owner, and only those', async () => {
    await Promise.all(['a', 'b', 'c'].map(key => test.store.receive(aMessage({ key }))))
    await claimMessages(test.store, { owner: 'dead', keys: 2 })
    await claimMessages(test.store, { owner: 'alive', keys: 2 })
    expect(await test.store.endLeasesOf('dead')).to.equal(2)
    expect(await claimMessages(test.store)).to.have.length(2)
  })

  it('puts the keys of a dead owner before all that has waited', async () => {
    await test.store.receive(aMessage({ key: 'held' }))
    await claimMessages(test.store, { owner: 'dead' })
    await Promise.all(['a', 'b', 'c'].map(key => test.store.receive(aMessage({ key }))))
    await test.store.endLeasesOf('dead')
    expect((await claimMessages(test.store, { keys: 1 })).map(({ lease }) => lease.key)).to.deep.equal(['held'])
  })

  it('gives at most the keys and messages asked for, and goes on after release', async () => {
    await Promise.all(Array.from({ length: 12 }, (_, i) => test.store.receive(aMessage({ key: `k${i % 3}` }))))
    const claims = await claimMessages(test.store, { keys: 2, perKey: 3 })
    expect(claims.map(claim => claim.messages.length)).to.deep.equal([3, 3])
    await test.store.release(claims.map(claim => claim.lease))
    expect(await claimMessages(test.store)).to.have.length(3)
  })

  it('heals work rows that stand for nothing, without stopping at them', async () => {
    await test.sql(`insert into torg.work select 'web.in', 'ghost' || i, now() - interval '1 hour' from generate_series(1, 25) i`)
    await test.store.receive(aMessage({ key: 'real' }))
    expect((await claimMessages(test.store, { keys: 10 })).map(claim => claim.lease.key)).to.deep.equal(['real'])
    expect(await test.sql(`select key from torg.work where key <> 'real'`)).to.deep.equal([])
  })

  describe('given back at the very moment at which new work is committed', () => {
    /** Holds up commits that touched a table: until the returned function is called. */
    const holdCommits = async (table: string): Promise<() => Promise<void>> => {
      await test.sql(`create function wait_for_test() returns trigger language plpgsql as 'begin perform pg_advisory_xact_lock_shared(42); return null; end'`)
      await test.sql(`create constraint trigger wait_for_test after insert or update on ${table} deferrable initially deferred for each row execute function wait_for_test()`)
      await test.sql('select pg_advisory_lock(42)')
      return async () => { await test.sql('select pg_advisory_unlock(42)') }
    }
    const waiting = async (n: number): Promise<void> => {
      await until(async () => (await test.sql(`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`)).length >= n, { what: `${n} statements wait` })
    }

    it('keeps the new message due', async () => {
      await test.store.receive(aMessage())
      const { lease, messages: [message] } = await one()
      if (!message) throw new Error('no message')
      await settleMessage(test.store, lease, message)
      const letGo = await holdCommits('torg.message')
      const received = test.store.receive(aMessage())
      await waiting(1)
      let released = false
      const release = test.store.release([lease]).then(() => { released = true })
      await waiting(2)
      expect(released).to.equal(false)
      await letGo()
      await Promise.all([received, release])
      expect((await one()).messages).to.have.length(1)
    })

    it('keeps the new delivery due', async () => {
      await configure(test.store, [aSubscription('erp')])
      await test.store.save([aWrite('1', { total: 1 })])
      const [claim] = await claimDeliveries(test.store)
      if (!claim?.deliveries[0]) throw new Error('nothing due')
      await settleDelivery(test.store, claim.lease, claim.deliveries[0])
      const letGo = await holdCommits('torg.delivery')
      const saved = test.store.save([aWrite('1', { total: 2 })])
      await waiting(1)
      const release = test.store.release([claim.lease])
      await waiting(2)
      await letGo()
      await Promise.all([saved, release])
      expect((await claimDeliveries(test.store)).map(({ deliveries }) => deliveries.map(d => d.version))).to.deep.equal([[2]])
    })

    it('does not park a version that was saved while an older one failed', async () => {
      await configure(test.store, [aSubscription('erp')])
      await test.store.save([aWrite('1', { total: 1 })])
      const [claim] = await claimDeliveries(test.store)
      if (!claim?.deliveries[0]) throw new Error('nothing due')
      const letGo = await holdCommits('torg.delivery')
      const saved = test.store.save([aWrite('1', { total: 2 })])
      await waiting(1)
      const settled = settleDelivery(test.store, claim.lease, claim.deliveries[0], dead)
      await waiting(2)
      await letGo()
      await Promise.all([saved, settled])
      await test.store.release([claim.lease])
      expect((await claimDeliveries(test.store)).map(({ deliveries }) => deliveries.map(d => d.version))).to.deep.equal([[2]])
    })
  })
})
