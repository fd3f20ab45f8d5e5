import { expect } from 'chai'
import pg from 'pg'
import { pino } from 'pino'
import { newId } from '../../runtime/ids.ts'
import { openStore } from '../../runtime/store/index.ts'
import { ground } from '../../runtime/store/migrations/0001-ground.ts'
import { createTestDatabase } from '../support/database.ts'
import { aMessage, claimMessages, dead, done, openTestStore, settleMessage, type TestStore } from './support.ts'

const day = 86_400_000
const ago = (days: number): string => new Date(Date.now() - days * day).toISOString()
const never = new AbortController().signal

/** An id as a process makes it at that time. */
function idAt(time: string): string {
  const ms = Date.parse(time).toString(16).padStart(12, '0')
  return `${ms.slice(0, 8)}-${ms.slice(8)}-${newId().slice(14)}`
}

describe('store: partitions', () => {
  let test: TestStore
  beforeEach(async () => { test = await openTestStore() })
  afterEach(() => test.close())

  const partitionsOf = async (table: string): Promise<string[]> =>
    (await test.sql<{ name: string }>(`select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = $1::regclass order by 1`, [`torg.${table}`])).map(({ name }) => name)

  /** Receives messages, ends them, and puts them back in time as if all that had happened then. */
  const receiveAt = async (time: string, endings: ('pending' | 'done' | 'dead' | 'closed')[]): Promise<{ id: string, eventId: string }[]> => {
    await test.sql(`select torg.add_partitions('message', 3, $1::timestamptz, $1::timestamptz)`, [time])
    const received = []
    for (const ending of endings) {
      const eventId = newId()
      const { id: made } = await test.store.receive(aMessage({ key: eventId, eventId }))
      if (ending !== 'pending') {
        const [claim] = (await claimMessages(test.store)).filter(({ lease }) => lease.key === eventId)
        if (!claim?.messages[0]) throw new Error('nothing claimed')
        await settleMessage(test.store, claim.lease, claim.messages[0], ending === 'done' ? done : dead, true)
      }
      if (ending === 'closed') await test.store.closeDeadLetter(`m-${made}`, { by: 'kari', note: 'sent by hand' })
      const id = idAt(time)
      await test.sql('update torg.message set id = $2, received_at = $3 where id = $1', [made, id, time])
      await test.sql('update torg.event set message_id = $2 where message_id = $1', [made, id])
      received.push({ id, eventId })
    }
    return received
  }
  const stored = async (): Promise<string[]> => (await test.sql<{ id: string }>('select id from torg.message order by id')).map(({ id }) => id)

  it('has the partition of today and of the days to come at the start, and a message lies in it', async () => {
    const { id } = await test.store.receive(aMessage())
    const [row] = await test.sql<{ partition: string }>('select tableoid::regclass::text as partition from torg.message where id = $1', [id])
    expect(row?.partition).to.match(/message_\d{8}$/)
    const [later] = await test.sql<{ covered: boolean }>(`select count(*) > 0 as covered from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = 'torg.message'::regclass and c.relname ~ '[0-9]$' and to_date(right(c.relname, 8), 'YYYYMMDD') + 21 > (now() + interval '7 days')::date`)
    expect(later?.covered).to.equal(true)
    const before = await partitionsOf('message')
    await Promise.all([test.store.addPartitions(), (await test.another()).addPartitions()])
    expect(await partitionsOf('message')).to.deep.equal(before)
  })

  it('takes what a clock gone wrong stored, gives it to its flow, and moves it into its partition once that is made', async () => {
    const { id } = await test.store.receive(aMessage())
    const wrong = idAt(ago(-100))
    await test.sql('update torg.message set id = $2 where id = $1', [id, wrong])
    expect(await test.sql('select 1 from torg.message_default')).to.have.length(1)
    const [claim] = await claimMessages(test.store)
    expect(claim?.messages.map(message => message.id)).to.deep.equal([wrong])
    await test.sql(`select torg.add_partitions('message', 3, $1::timestamptz, $1::timestamptz)`, [ago(-100)])
    expect(await test.sql('select 1 from torg.message_default')).to.have.length(0)
    if (!claim?.messages[0]) throw new Error('nothing claimed')
    expect(await settleMessage(test.store, claim.lease, claim.messages[0])).to.include({ applied: true })
  })

  it('drops what is old and settled with its events, and keeps what is not, in the order of its key', async () => {
    const [old, , waiting, parked, closed] = await receiveAt(ago(200), ['done', 'done', 'pending', 'dead', 'closed'])
    const [recent] = await receiveAt(ago(60), ['done'])
    if (!old || !waiting || !parked || !closed || !recent) throw new Error('not stored')
    const [messages, runs] = await test.store.removeOld({ message: ago(90), run: ago(14) }, never)
    expect(messages).to.include({ table: 'message', removed: 2 })
    expect(Date.parse(messages?.oldest ?? '')).to.be.closeTo(Date.now() - 200 * day, day)
    expect(runs).to.include({ table: 'run', removed: 0 })
    expect(await stored()).to.have.members([waiting.id, parked.id, closed.id, recent.id])
    // Their partition went, so they wait in the default one.
    expect(await test.sql('select 1 from torg.message_default')).to.have.length(3)
    expect(await test.store.receive(aMessage({ eventId: old.eventId, key: 'again' }))).to.include({ duplicate: false })
    expect(await test.store.receive(aMessage({ eventId: waiting.eventId }))).to.deep.equal({ id: waiting.id, duplicate: true })
    expect(await test.store.receive(aMessage({ eventId: recent.eventId }))).to.deep.equal({ id: recent.id, duplicate: true })
    await test.store.endLeasesOf('hub-1')
    const claims = await claimMessages(test.store)
    expect(claims.map(({ messages: [first] }) => first?.id)).to.include(waiting.id)

    // Settled at last, they go with the next round; a dead letter that was closed long ago as well.
    const claim = claims.find(({ messages: [first] }) => first?.id === waiting.id)
    if (!claim?.messages[0]) throw new Error('not claimed')
    await settleMessage(test.store, claim.lease, claim.messages[0], done, true)
    await test.sql(`update torg.message set closed = closed || jsonb_build_object('at', $2::text) where id = $1`, [closed.id, ago(91)])
    expect((await test.store.removeOld({ message: ago(90), run: ago(14) }, never))[0]).to.include({ removed: 2 })
    expect(await stored()).to.include.members([parked.id, recent.id]).and.not.include(waiting.id)
    expect(await test.store.reopen(`m-${parked.id}`)).to.equal('web.in')
    expect((await claimMessages(test.store)).map(({ messages: [first] }) => first?.id)).to.include(parked.id)
  })

  it('drops runs week by week', async () => {
    await test.sql(`select torg.add_partitions('run', 1, now() - interval '40 days', now() - interval '15 days')`)
    for (const days of [40, 30, 20, 1]) {
      await test.sql(`insert into torg.run (id, lane, key, node, deployment, started_at, ended_at, outcome) values ($1, 'web.in', 'k', 'n', 1, $2, $2, 'done')`, [idAt(ago(days)), ago(days)])
    }
    const [, runs] = await test.store.removeOld({ message: ago(90), run: ago(14) }, never)
    expect(runs?.removed).to.be.within(2, 3)
    expect((await test.sql('select 1 from torg.run')).length).to.equal(4 - (runs?.removed ?? 0))
  })

  it('removes imports with their refused lines once they ended long ago', async () => {
    const declared = (system: string) => test.store.declareImport({ kind: 'price', system, mode: 'partial', format: 'csv', mapping: null, dryRun: false, by: 'kari' })
    const [{ id: old }, { id: recent }, { id: open }] = [await declared('a'), await declared('b'), await declared('c')]
    for (const id of [old, recent, open]) await test.sql('insert into torg.import_error (import_id, line, error, text) values ($1, 1, \'{}\', \'x\')', [id])
    for (const [id, days] of [[old, 91], [recent, 89]] as const) await test.sql('update torg.import set state = \'done\', ended_at = $2 where id = $1', [id, ago(days)])
    expect(await test.store.removeOld({ message: ago(90), run: ago(14) }, never)).to.deep.include({ table: 'import', removed: 1, oldest: (await test.store.import(recent))?.at })
    expect((await test.sql('select import_id as id from torg.import_error order by id')).map(row => row['id'])).to.deep.equal([recent, open])
  })

  it('removes repairs with their items once they ended long ago', async () => {
    const repair = async (endedDays: number | null): Promise<number> => {
      const [row] = await test.sql<{ id: number }>(`insert into torg.repair (type, selection, by, why, state, total, passed_over, ended_at) values ('messages', '{}', 'test', 'test', $1, 2500, 0, $2) returning id`, [endedDays === null ? 'running' : 'done', endedDays === null ? null : ago(endedDays)])
      if (!row) throw new Error('not stored')
      await test.sql(`insert into torg.repair_item (repair_id, position, item) select $1, n, gen_random_uuid() from generate_series(1, 2500) n`, [row.id])
      return row.id
    }
    const [, recent, running] = [await repair(91), await repair(89), await repair(null)]
    const [, , repairs] = await test.store.removeOld({ message: ago(90), run: ago(14) }, never)
    expect(repairs).to.include({ table: 'repair', removed: 1 })
    expect(await test.sql('select repair_id as id, count(*)::int as items from torg.repair_item group by 1 order by 1')).to.deep.equal([{ id: recent, items: 2500 }, { id: running, items: 2500 }])
    expect((await test.sql('select id from torg.repair order by id')).map(row => row['id'])).to.deep.equal([recent, running])
  })

  it('removes nothing while somebody holds the table, and nobody waits long for it', async () => {
    await receiveAt(ago(200), ['done'])
    const holder = new pg.Client({ connectionString: test.url })
    await holder.connect()
    await holder.query('begin; lock table torg.message in access share mode')
    const removing = test.store.removeOld({ message: ago(90), run: ago(14) }, never).then(() => 'removed', (error: unknown) => String(error))
    await test.store.receive(aMessage({ key: 'meanwhile' }))
    expect(await removing).to.include('lock timeout')
    expect(await stored()).to.have.length(2)
    await holder.query('rollback')
    await holder.end()
    expect((await test.store.removeOld({ message: ago(90), run: ago(14) }, never))[0]).to.include({ removed: 1 })
  })

  it('carries over what was stored before there were partitions', async () => {
    const database = await createTestDatabase()
    const client = new pg.Client({ connectionString: database.url })
    await client.connect()
    const old = idAt(ago(100))
    await client.query(`create schema torg; create table torg.migration (id integer primary key, name text not null, applied_at timestamptz not null default now());
      ${ground}; insert into torg.migration (id, name) values (1, 'ground')`)
    for (const [id, time, event] of [[old, ago(100), 'a'], [newId(), ago(0), 'b']]) {
      await client.query(`insert into torg.message (id, lane, system, source, topic, key, event_id, content_type, headers, body, received_at)
        values ($1, 'web.in', 'web', 'source-1', 't', 'k', $3, 'text/plain', '{}', 'hei', $2)`, [id, time, event])
    }
    await client.query(`insert into torg.work (lane, key, due_at) values ('web.in', 'k', now())`)
    await client.query(`insert into torg.run (id, lane, key, node, deployment, started_at, ended_at, outcome) values (gen_random_uuid(), 'web.in', 'k', 'n', 1, now(), now(), 'retry')`)
    const store = await openStore({ databaseUrl: database.url, log: pino({ level: 'silent' }) })
    const { rows } = await client.query('select tableoid::regclass::text as name from torg.message where id = $1', [old])
    expect(rows[0]?.name).to.match(/message_\d{8}$/)
    expect((await client.query('select 1 from torg.run')).rows).to.have.length(1)
    expect(await store.receive(aMessage({ eventId: 'a' }))).to.deep.equal({ id: old, duplicate: true })
    await store.receive(aMessage({ key: 'k', eventId: 'c' }))
    const [claim] = await claimMessages(store)
    expect(claim?.messages.map(message => message.eventId)).to.deep.equal(['a', 'b', 'c'])
    await store.close()
    await client.end()
    await database.drop()
  })
})
