/** What holds a lane back, asked by several processes of one database: pause, breaker, throttling, concurrency, rate. */
import { expect } from 'chai'
import { TorgError } from '../../runtime/errors.ts'
import type { LaneLimits, LaneState, Lease, LimitedClaims, Store, SystemVerdict } from '../../runtime/store/types.ts'
import { until } from '../support/until.ts'
import { aMessage, aRun, claimMessages, done, openTestStore, type TestStore } from './support.ts'

const lane = 'web.in'
const down = new TorgError('system.unavailable', 'The ERP answered 503.').toJSON()
const failed: SystemVerdict = { answered: false, breakAfter: 3 }

describe('lanes', () => {
  let test: TestStore
  let others: Store[]
  before(async () => {
    test = await openTestStore()
    others = [test.store, await test.another(), await test.another()]
  })
  after(() => test.close())
  afterEach(() => test.sql('truncate torg.lane, torg.work, torg.message'))

  const fill = (keys: number, store: Store = test.store) => Promise.all([...Array(keys).keys()].map(n => store.receive(aMessage({ key: `k${n}` }))))
  const limited = (store: Store, limits: LaneLimits = {}, { keys = 100, perKey = 1, leaseMs = 60_000, owner = 'hub-1' } = {}): Promise<LimitedClaims> =>
    store.claimLimited({ lane, owner, deployment: 0, keys, perKey, leaseMs, limits })
  const leasesOf = ({ claims }: LimitedClaims): Lease[] => claims.map(({ lease }) => lease)
  const state = async (): Promise<LaneState | undefined> => (await test.store.laneStates()).find(found => found.lane === lane)
  /** Ends the run of one claimed message as a failure of its system; the key is due again at once. */
  const fail = async (store: Store, { claims: [claim] }: LimitedClaims, verdict = failed) => {
    if (!claim || !('messages' in claim) || !claim.messages[0]) throw new Error('nothing claimed')
    return store.settleMessage({ lease: claim.lease, message: claim.messages[0], result: { outcome: 'retry', error: down, dueInMs: 0, countAttempt: true }, verdict, run: aRun(), givesBack: true })
  }
  const finish = async (store: Store, { claims: [claim] }: LimitedClaims) => {
    if (!claim || !('messages' in claim) || !claim.messages[0]) throw new Error('nothing claimed')
    return store.settleMessage({ lease: claim.lease, message: claim.messages[0], result: done, run: aRun(), givesBack: true })
  }
  const claimOne = async (store: Store = test.store): Promise<LimitedClaims> => {
    const [claim] = await claimMessages(store, { keys: 1, perKey: 1 })
    return { claims: claim ? [claim] : [], probe: false, againInMs: null }
  }
  const openIt = async (store: Store = test.store) => { for (let n = 0; n < 3; n++) await fail(store, await claimOne(store)) }
  const tryNow = () => test.sql('update torg.lane set probe_at = now() where name = $1', [lane])

  describe('concurrency', () => {
    it('is never more over three processes that claim at the same time', async () => {
      await fill(30)
      const claims = await Promise.all([...Array(12).keys()].map(n => limited(others[n % 3] ?? test.store, { concurrency: 5 })))
      expect(claims.flatMap(leasesOf)).to.have.length(5)
      const [first] = claims.flatMap(leasesOf)
      if (first) await test.store.release([first])
      const more = await Promise.all(others.map(store => limited(store, { concurrency: 5 })))
      expect(more.flatMap(leasesOf)).to.have.length(1)
    })

    it('counts what was leased before there was a limit, and not what a dead process left', async () => {
      await fill(10)
      await claimMessages(test.store, { keys: 4, owner: 'dead' })
      expect((await limited(test.store, { concurrency: 5 })).claims).to.have.length(1)
      await test.store.endLeasesOf('dead')
      expect((await limited(test.store, { concurrency: 5 })).claims).to.have.length(4)
    })

    it('counts no lease that has run out', async () => {
      await fill(3)
      await limited(test.store, { concurrency: 1 }, { leaseMs: 1 })
      await until(async () => (await limited(test.store, { concurrency: 1 })).claims.length === 1)
      expect((await limited(test.store, { concurrency: 1 })).claims).to.have.length(0)
    })
  })

  describe('rate', () => {
    const rate = { tokenMs: 3_600_000, burst: 4 }

    it('gives the burst once, over three processes that claim at the same time, and says when to come again', async () => {
      await fill(20)
      const claims = await Promise.all([...Array(9).keys()].map(n => limited(others[n % 3] ?? test.store, { rate }, { keys: 2 })))
      expect(claims.flatMap(leasesOf)).to.have.length(4)
      expect((await limited(test.store, { rate })).againInMs).to.be.within(3_500_000, 3_600_000)
    })

    it('lets tokens drip in, up to the burst', async () => {
      await fill(20)
      await limited(test.store, { rate })
      await test.sql(`update torg.lane set full_at = full_at - interval '2 hours'`)
      expect((await limited(test.store, { rate })).claims).to.have.length(2)
      await test.sql(`update torg.lane set full_at = full_at - interval '20 hours'`)
      expect((await limited(test.store, { rate })).claims).to.have.length(4)
    })

    it('never grants more than burst and time allow', async () => {
      await fill(200)
      const fast = { tokenMs: 10, burst: 5 }
      const startedAt = performance.now()
      let granted = 0
      while (granted < 60) {
        const claims = await Promise.all(others.map(store => limited(store, { rate: fast })))
        granted += claims.flatMap(leasesOf).length
        expect(granted).to.be.at.most(5 + (performance.now() - startedAt) / 10)
      }
    })

    it('starts afresh with another rate', async () => {
      await fill(20)
      await limited(test.store, { rate })
      expect((await limited(test.store, { rate: { tokenMs: 60_000, burst: 3 } })).claims).to.have.length(3)
    })

    it('keeps the lane out of the sweep until there is a token, and no longer than until the next deploy', async () => {
      await fill(20)
      await limited(test.store, { rate })
      expect(await test.store.dueLanes()).to.deep.equal([])
      await test.store.probeLanes()
      expect(await test.store.dueLanes()).to.deep.equal([lane])
    })
  })

  describe('breaker', () => {
    it('opens after so many failures in a row, from any process, and then nothing is claimed', async () => {
      await fill(10)
      for (const [index, store] of others.entries()) {
        expect((await state())?.state ?? 'working').to.equal('working', `after ${index} failures`)
        await fail(store, await claimOne(store))
      }
      expect(await state()).to.deep.include({ state: 'open', failures: 3, error: down })
      expect(await claimMessages(test.store)).to.deep.equal([])
      expect((await limited(test.store)).claims).to.deep.equal([])
      expect(await test.store.dueLanes()).to.deep.equal([])
    })

    it('begins to count anew after a success in another process', async () => {
      await fill(10)
      const [a = test.store, b = test.store] = others
      await fail(a, await claimOne(a))
      await fail(a, await claimOne(a))
      await finish(b, await claimOne(b))
      await fail(a, await claimOne(a))
      expect(await state()).to.deep.include({ state: 'working', failures: 1 })
    })

    it('does not open for one key that fails again and again', async () => {
      await fill(1)
      for (let n = 0; n < 6; n++) await fail(test.store, await claimOne())
      expect(await state()).to.deep.include({ state: 'working', failures: 1 })
    })

    it('does not open where it is switched off', async () => {
      await fill(10)
      for (let n = 0; n < 6; n++) await fail(test.store, await claimOne(), { answered: false, breakAfter: 0 })
      expect((await state())?.state ?? 'working').to.equal('working')
    })

    it('lets one key through when it is time, in one process, and closes when it succeeds', async () => {
      await fill(10)
      await openIt()
      await tryNow()
      expect(await test.store.dueLanes()).to.deep.equal([lane])
      const probes = await Promise.all([...Array(6).keys()].map(n => limited(others[n % 3] ?? test.store)))
      expect(probes.flatMap(leasesOf)).to.have.length(1)
      const probe = probes.find(({ claims }) => claims.length > 0)
      if (!probe) throw new Error('no probe')
      expect(probe.probe).to.equal(true)
      await finish(test.store, probe)
      expect(await state()).to.deep.include({ state: 'working', failures: 0, error: null })
      expect((await claimMessages(test.store)).length).to.be.above(1)
    })

    it('waits longer after every probe that fails, up to a minute, and tries another key each time', async () => {
      await fill(10)
      await openIt()
      const waits: number[] = []
      const keys = new Set<string>()
      for (let n = 0; n < 8; n++) {
        const { open } = await state() ?? {}
        const [row] = await test.sql<{ ms: number }>('select extract(epoch from probe_at - now())::float8 * 1000 as ms from torg.lane')
        expect(open).to.not.equal(null)
        waits.push(Math.ceil((row?.ms ?? 0) / 1000))
        await tryNow()
        const probe = await limited(test.store)
        for (const { key } of leasesOf(probe)) keys.add(key)
        await fail(test.store, probe)
      }
      expect(waits).to.deep.equal([1, 2, 4, 8, 16, 32, 60, 60])
      expect(keys.size).to.equal(8)
    })

    it('tries again at once when the process of the probe died', async () => {
      await fill(10)
      await openIt()
      await tryNow()
      expect((await limited(test.store, {}, { owner: 'dead' })).claims).to.have.length(1)
      expect((await limited(test.store)).claims).to.have.length(0)
      await test.store.endLeasesOf('dead')
      expect((await limited(test.store)).claims).to.have.length(1)
    })

    it('closes when the system answers, be it with a refusal', async () => {
      await fill(10)
      await openIt()
      await tryNow()
      await fail(test.store, await limited(test.store), { answered: true, breakAfter: 3 })
      expect((await state())?.state).to.equal('working')
    })

    it('is tried at once after a deploy, and closed by a person', async () => {
      await fill(10)
      await openIt()
      await test.store.probeLanes()
      expect(await state()).to.deep.include({ state: 'open', probing: true })
      await test.store.resumeLane(lane)
      expect((await state())?.state).to.equal('working')
    })
  })

  it('is left alone for as long as its system asked, by every process', async () => {
    await fill(10)
    const [a = test.store, b = test.store] = others
    await fail(a, await claimOne(a), { answered: true, breakAfter: 3, throttleMs: 60_000 })
    expect((await state())?.state).to.equal('throttled')
    expect(await claimMessages(b)).to.deep.equal([])
    expect((await limited(b)).claims).to.deep.equal([])
    expect(await b.dueLanes()).to.deep.equal([])
    await test.sql(`update torg.lane set throttled_until = now() + interval '10 milliseconds'`)
    await until(async () => (await claimMessages(b)).length > 0)
  })

  it('is paused with who and why, for every process and over a restart, until somebody resumes it', async () => {
    await fill(10)
    await test.store.pauseLane(lane, 'anna', 'stocktaking')
    await test.store.pauseLane(lane, 'bo', 'still stocktaking')
    const restarted = await test.another()
    expect((await restarted.laneStates()).map(({ lane: name, state: is, paused }) => [name, is, paused?.by, paused?.reason])).to.deep.equal([[lane, 'paused', 'bo', 'still stocktaking']])
    expect(await claimMessages(restarted)).to.deep.equal([])
    expect((await limited(restarted)).claims).to.deep.equal([])
    await test.store.resumeLane(lane)
    expect(await claimMessages(restarted)).to.have.length(10)
  })
})
