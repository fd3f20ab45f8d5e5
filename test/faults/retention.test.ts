/** What is old is removed while the hub works; what is not settled is not old, however long ago it came. */
import { expect } from 'chai'
import pg from 'pg'
import { asDocument } from '../flows/support.ts'
import { until } from '../support/until.ts'
import { backendsFor, caseLimitMs, newSeed, openRetailer, partCount, showLog, type Retailer } from './retailer.ts'

const seed = newSeed()
const few = 10
const keep = { TORG_KEEP_MESSAGES: '30', TORG_KEEP_RUNS: '7' }

for (const backend of backendsFor(seed)) {
  describe(`retention among ${partCount} orders, hints on ${backend} (seed ${seed})`, function () {
    this.timeout(caseLimitMs)
    let retailer: Retailer
    let database: pg.Client
    before(async () => {
      retailer = await openRetailer({ backend, seed })
      database = new pg.Client({ connectionString: retailer.databaseUrl })
      await database.connect()
      await retailer.hub.start()
    })
    after(async () => {
      await database.end()
      await retailer.close()
    })
    afterEach(function () { showLog(this.currentTest, retailer) })

    /** Everything that was received so far was received 200 days earlier. */
    const age = async (): Promise<void> => {
      const older = (id: string): string => `(lpad(to_hex(('x' || left(replace(${id}::text, '-', ''), 12))::bit(48)::bigint - 200 * 86400000::bigint), 12, '0') || substr(replace(${id}::text, '-', ''), 13))::uuid`
      await database.query(`
        select torg.add_partitions('message', 3, now() - interval '201 days', now() - interval '199 days');
        select torg.add_partitions('run', 1, now() - interval '201 days', now() - interval '199 days');
        with aged as (update torg.message set id = ${older('id')}, received_at = received_at - interval '200 days' where received_at > now() - interval '100 days' returning source, event_id, id)
        update torg.event e set message_id = aged.id from aged where e.source = aged.source and e.event_id = aged.event_id;
        update torg.run set id = ${older('id')}, started_at = started_at - interval '200 days', ended_at = ended_at - interval '200 days' where ended_at > now() - interval '100 days'`)
    }
    const old = async (): Promise<Record<string, number>> => {
      const { rows } = await database.query<{ state: string, count: number }>(`select state, count(*)::int as count from torg.message where received_at < now() - interval '100 days' group by 1`)
      return Object.fromEntries(rows.map(({ state, count }) => [state, count]))
    }
    const oldPartitions = async (): Promise<string[]> => {
      const { rows } = await database.query<{ name: string }>(`select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent in ('torg.message'::regclass, 'torg.run'::regclass) and c.relname ~ '_[0-9]{8}$' and to_date(right(c.relname, 8), 'YYYYMMDD') < now() - interval '100 days'`)
      return rows.map(({ name }) => name)
    }

    it('drops what is settled, and keeps waiting messages, wanted deliveries and the dead letter, which end well', async () => {
      const { hub, shop, erp, store, call } = retailer
      await retailer.trade(partCount)
      const [seen] = shop.orders.values()
      if (!seen) throw new Error('nothing was ordered')
      expect((await retailer.send(seen, { eventId: 'seen' })).status).to.equal(200)
      await retailer.expectComplete()

      const mapping = await retailer.remap('webshop-order', [{ to: 'placedAt', from: 'name', steps: [{ name: 'instant' }] }])
      shop.place()
      await until(async () => (await retailer.deadLetters()).length === 1, { what: 'a dead letter' })
      await retailer.edit({ 'webshop-order': { mapping } })
      erp.fail({ status: 503 })
      const writes = store.counts.writes
      for (let count = 0; count < few; count++) shop.place()
      await until(() => store.counts.writes === writes + few, { what: 'the store has what the ERP does not take' })
      await call('POST', '/api/v1/lanes/webshop-no.in/pause', { reason: 'test', by: 'test' })
      for (let count = 0; count < few; count++) shop.place()
      await until(() => shop.pending === 0, { what: 'what comes after is taken' })

      await hub.kill()
      await age()
      await hub.start(keep)
      await until(async () => (await oldPartitions()).length === 0, { what: 'the old partitions are gone' })
      expect(await old()).to.deep.equal({ pending: few, dead: 1 })
      expect(await database.query('select 1 from torg.run where ended_at < now() - interval \'100 days\'')).to.have.property('rowCount', 0)

      erp.fail(null)
      await call('POST', '/api/v1/lanes/webshop-no.in/resume', { by: 'test' })
      await call('POST', '/api/v1/lanes/erp.out/resume', { by: 'test' })
      const [letter] = await retailer.deadLetters()
      await call('POST', `/api/v1/dead-letters/${String(letter?.['id'])}/rerun`)
      await retailer.expectComplete()
      expect(await old()).to.deep.equal({ done: few + 1 })

      // Its event is forgotten with it; that it is old is known all the same.
      const before = erp.counts.writes
      const again = await retailer.send(seen, { eventId: 'seen' })
      expect(asDocument(await again.json())).to.include({ duplicate: false })
      await retailer.expectComplete()
      expect(erp.counts.writes).to.equal(before)
    })

    it('goes on under load: nothing waits, nothing is lost', async () => {
      const { hub } = retailer
      await hub.kill()
      await age()
      const trading = retailer.trade(partCount)
      await hub.start(keep)
      await until(async () => (await oldPartitions()).length === 0, { what: 'the old partitions are gone' })
      await trading
      await retailer.expectComplete()
      await until(async () => Object.keys(await old()).length === 0, { what: 'nothing old is left' })
    })
  })
}
