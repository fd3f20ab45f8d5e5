import { expect } from 'chai'
import pg from 'pg'
import { pino } from 'pino'
import { TorgError } from '../../runtime/errors.ts'
import { openPresence, type Presence } from '../../runtime/store/presence.ts'
import type { ProcessFacts } from '../../runtime/store/types.ts'
import { until } from '../support/until.ts'
import { aMessage, claimMessages, openTestStore, type TestStore } from './support.ts'

const log = pino({ level: 'silent' })
const facts = (owner: string): ProcessFacts => ({ owner, role: 'worker', host: 'here', pid: 1, version: '1', connectors: ['rest'] })

const lockOf = `pg_locks l join torg.process p on l.objid = p.lock and l.locktype = 'advisory' and l.database = (select oid from pg_database where datname = current_database())`

describe('processes on one database', () => {
  let test: TestStore
  let present: Presence[]

  beforeEach(async () => {
    test = await openTestStore()
    present = []
  })
  afterEach(async () => {
    await Promise.all(present.map((one) => one.close()))
    await test.close()
  })

  const join = async (owner: string): Promise<Presence> => {
    const presence = await openPresence({ databaseUrl: test.url, log, process: facts(owner) })
    present.push(presence)
    return presence
  }
  /** Cuts the connection that holds the lock, as PostgreSQL does for a process that was killed. */
  const cut = (owner: string) => test.sql(`select pg_terminate_backend(l.pid) from ${lockOf} where l.granted and p.owner = $1`, [owner])
  const stateOf = async (owner: string) => (await test.store.processes()).find((one) => one.owner === owner)

  it('ends the leases and duties of a process that is gone, and of no other', async () => {
    const a = await join('a')
    await join('b')
    await until(() => a.others === 1)
    await test.store.receive(aMessage({ key: '1' }))
    await claimMessages(test.store, { owner: 'b' })
    await test.store.receive(aMessage({ key: '2' }))
    await claimMessages(test.store, { owner: 'a' })
    await test.store.holdDuties({ owner: 'b', names: ['sweep'], leaseMs: 60_000 })
    await test.sql(`update torg.process set owner = 'dead' where owner = 'b'`)
    await test.sql(`update torg.work set owner = 'dead' where owner = 'b'`)
    await test.sql(`update torg.duty set owner = 'dead' where owner = 'b'`)
    await cut('dead')
    await until(async () => typeof (await stateOf('dead'))?.goneAt === 'string' && (await test.sql(`select 1 from torg.work where owner = 'dead'`)).length === 0)
    expect(await claimMessages(test.store)).to.have.length(1)
    expect(await test.sql(`select key from torg.work where owner = 'a'`)).to.deep.equal([{ key: '2' }])
    expect(await test.store.holdDuties({ owner: 'a', names: ['sweep'], leaseMs: 60_000 })).to.deep.equal(['sweep'])
  })

  it('takes back its place when only its connection was lost, and is not present meanwhile', async () => {
    await join('a')
    const b = await join('b')
    await test.store.receive(aMessage())
    await claimMessages(test.store, { owner: 'b' })
    const rival = new pg.Client({ connectionString: test.url })
    await rival.connect()
    // It queues for the lock of b, and so has it before b can take it back.
    const queued = rival.query(`select pg_advisory_lock(l.classid::int, l.objid::int) from ${lockOf} where p.owner = 'b'`)
    await until(async () => (await test.sql(`select 1 from ${lockOf} where not l.granted`)).length === 1)
    await cut('b')
    await queued
    await until(() => !b.present)
    await rival.end()
    await until(() => b.present)
    await until(async () => { return (await stateOf('b'))?.goneAt === null })
    expect(await test.sql(`select owner from torg.work`)).to.deep.equal([{ owner: 'b' }])
  })

  it('lets one process only be present under a name', async () => {
    await join('a')
    const refused = await join('a').catch((error: unknown) => error)
    expect(refused).to.be.instanceOf(TorgError).with.property('code', 'start.refused')
  }).timeout(15_000)

  it('tells at once which deployment is active', async () => {
    const told: number[] = []
    const presence = await join('a')
    presence.watch((deployment) => told.push(deployment))
    const { id } = await test.store.deploy({ revision: 'r', by: 'me', from: 'api', note: null, flows: [], credentials: {} })
    await until(() => told.includes(id))
  })

  it('claims nothing for a deployment that is not the active one', async () => {
    const { id } = await test.store.deploy({ revision: 'r', by: 'me', from: 'api', note: null, flows: [], credentials: {} })
    await test.store.receive(aMessage())
    expect(await claimMessages(test.store, { deployment: id - 1 })).to.deep.equal([])
    expect(await test.sql('select 1 from torg.work where owner is not null')).to.deep.equal([])
    expect(await claimMessages(test.store, { deployment: id })).to.have.length(1)
  })

  it('gives a key back that it leased while another deployment became active', async () => {
    await test.store.receive(aMessage())
    // The first statement has leased the key; the second waits for the table while another deployment becomes active.
    await test.sql('begin')
    await test.sql('lock table torg.message')
    const claiming = claimMessages(test.store, { deployment: 0 })
    const leased = 'select 1 from torg.work where owner is not null'
    await until(async () => (await test.sql(leased)).length === 1)
    await test.sql(`insert into torg.deployment (revision, by, made_from, flows, credentials, active) values ('r', 'me', 'api', '[]', '{}', true)`)
    await test.sql('commit')
    expect(await claiming).to.deep.equal([])
    expect(await test.sql(leased)).to.deep.equal([])
  })
})
