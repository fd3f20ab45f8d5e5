import { expect } from 'chai'
import pg from 'pg'
import { pino } from 'pino'
import { openStore } from '../../runtime/store/index.ts'
import { aMessage, aRun, aSubscription, aWrite, claimMessages, configure, done, openTestStore, ref, rejection, type TestStore } from './support.ts'
import { createTestDatabase } from '../support/database.ts'
import { until } from '../support/until.ts'

const silent = pino({ level: 'silent' })

describe('store: faults', () => {
  let test: TestStore
  /** Holds tables, so that the store's statements stop half-way. */
  let blocker: pg.Client
  beforeEach(async () => {
    test = await openTestStore()
    blocker = new pg.Client({ connectionString: test.url, application_name: 'blocker' })
    await blocker.connect()
  })
  afterEach(async () => {
    await blocker.end()
    await test.close()
  })

  const hold = async (table: string): Promise<void> => {
    await blocker.query('begin')
    await blocker.query(`lock table ${table} in access exclusive mode`)
  }
  const kill = (waiting: boolean): Promise<unknown[]> =>
    test.sql(`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'torg' and ($1 = false or wait_event_type = 'Lock')`, [waiting])
  const killWaiting = (): Promise<void> => until(async () => (await kill(true)).length > 0, { what: 'a statement of the store waits for the lock' })

  it('refuses messages as not available when the connection dies half-way, and takes the next', async () => {
    await hold('torg.message')
    const results = Promise.allSettled([1, 2, 3].map(() => test.store.receive(aMessage())))
    await killWaiting()
    for (const result of await results) {
      expect(result.status === 'rejected' && result.reason).to.include({ code: 'hub.unavailable', class: 'transient', status: 503 })
    }
    await blocker.query('rollback')
    expect(await test.store.receive(aMessage())).to.include({ duplicate: false })
    expect(await test.sql('select 1 from torg.message')).to.have.length(1)
  })

  it('saves again by itself after a lost connection, and gives up with a transient error', async () => {
    await configure(test.store, [aSubscription('erp')])
    await hold('torg.record')
    const saved = test.store.save([aWrite('1', { total: 1 })])
    await killWaiting()
    await blocker.query('rollback')
    expect((await saved)[0]).to.include({ outcome: 'created' })

    await hold('torg.record')
    let settled = false
    const refused = rejection(test.store.save([aWrite('1', { total: 2 })])).finally(() => { settled = true })
    await until(async () => {
      await kill(true)
      return settled
    })
    expect(await refused).to.include({ code: 'hub.unavailable', class: 'transient' })
    await blocker.query('rollback')
    expect((await test.store.find('order', { ref: ref('web', '1') }))?.document).to.deep.equal({ total: 1 })
    expect((await test.store.save([aWrite('1', { total: 2 })]))[0]).to.include({ outcome: 'updated' })
  })

  it('survives the loss of its idle connections', async () => {
    await Promise.all(Array.from({ length: 5 }, () => test.store.dueLanes()))
    const killed = (await kill(false)).length
    expect(killed).to.be.greaterThan(0)
    await until(() => test.logged.filter(line => line.includes('connection was lost')).length === killed)
    await test.store.ping()
    expect(await test.store.receive(aMessage())).to.include({ duplicate: false })
  })

  it('answers the same for a result that is sent again, as after a commit whose answer was lost', async () => {
    await test.store.receive(aMessage())
    const [claim] = await claimMessages(test.store)
    if (!claim?.messages[0]) throw new Error('nothing claimed')
    const result = { lease: claim.lease, message: claim.messages[0], result: done, run: aRun() }
    expect(await test.store.settleMessage(result)).to.deep.equal({ applied: true })
    expect(await test.store.settleMessage(result)).to.deep.equal({ applied: true })
    expect(await test.sql('select 1 from torg.run')).to.have.length(1)
  })

  it('settles and gives back across lost connections', async () => {
    await test.store.receive(aMessage())
    const [claim] = await claimMessages(test.store)
    if (!claim?.messages[0]) throw new Error('nothing claimed')
    await hold('torg.work')
    const settled = test.store.settleMessage({ lease: claim.lease, message: claim.messages[0], result: done, run: aRun() })
    await killWaiting()
    await blocker.query('rollback')
    expect(await settled).to.deep.equal({ applied: true })
    await hold('torg.work')
    const released = test.store.release([claim.lease])
    await killWaiting()
    await blocker.query('rollback')
    await released
    expect(await test.sql('select 1 from torg.work')).to.deep.equal([])
  })

  it('says when the server cannot be reached', async () => {
    expect(await rejection(openStore({ databaseUrl: 'postgres://nobody@127.0.0.1:1/none', log: silent }))).to.include({ code: 'hub.unavailable' })
    const gone = await createTestDatabase()
    const store = await openStore({ databaseUrl: gone.url, log: silent })
    await gone.drop()
    expect(await rejection(store.ping())).to.have.property('class', 'transient')
    expect(await rejection(store.receive(aMessage()))).to.have.property('class', 'transient')
    await store.close()
    await store.close()
  })
})

describe('store: migrations', () => {
  it('run once when several hubs start at the same time, and again do nothing', async () => {
    const database = await createTestDatabase()
    const stores = await Promise.all([1, 2, 3].map(() => openStore({ databaseUrl: database.url, log: silent })))
    await stores[0]?.receive(aMessage())
    const later = await openStore({ databaseUrl: database.url, log: silent })
    expect(await later.dueLanes()).to.deep.equal(['web.in'])
    await Promise.all([...stores, later].map(store => store.close()))
    await database.drop()
  })

  it('refuse a database of a newer hub', async () => {
    const test = await openTestStore()
    await test.sql(`insert into torg.migration (id, name) values (999, 'later')`)
    const error = await rejection(openStore({ databaseUrl: test.url, log: silent }))
    expect(error).to.include({ code: 'settings.invalid' })
    expect(error.message).to.match(/999/)
    await test.close()
  })
})
