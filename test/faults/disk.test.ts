/** The disk runs full under the embedded database and is freed: nothing acknowledged is lost, and everything goes on by itself. */
import { chown, mkdir, readFile, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import pg from 'pg'
import { pino } from 'pino'
import { startEmbeddedPostgres } from '../../runtime/postgres/embedded.ts'
import { isServerOf, readPidFile } from '../../runtime/postgres/processes.ts'
import { asDocument } from '../flows/support.ts'
import { removeServerFolder } from '../support/database.ts'
import { until } from '../support/until.ts'
import { ask } from './hub-process.ts'
import { backends, caseLimitMs, concurrency, isLong, newSeed, openRetailer, partCount, showLog, type Retailer } from './retailer.ts'
import { mountSmallDisk, type SmallDisk } from './small-disk.ts'

/** More than is needed to work off what was taken, of which there may be all that a case trades; megabytes. */
const reserve = isLong ? 200 : 60
/** What PostgreSQL and the hub say about a full disk. */
const alarms = /embedded PostgreSQL|No space left|the end of a run could not be stored/

// Hints on PostgreSQL as well: the harder case, and the embedded default.
const [backend] = backends
const seed = newSeed()

// Only root may mount a disk that is small enough to be filled.
const canMount = process.platform === 'linux' && process.getuid?.() === 0
if (!canMount) console.warn('NOT RUN: test/faults/disk.test.ts fills a small disk that it mounts, for which it must run as root on Linux.')
else describe(`a full disk among ${partCount} orders, embedded database (seed ${seed})`, function () {
  this.timeout(caseLimitMs)
  let disk: SmallDisk
  let dataDir: string
  let retailer: Retailer
  before(async () => {
    disk = await mountSmallDisk(isLong ? 1_000 : 450)
    dataDir = join(disk.folder, 'data')
    // A folder that is another user's already stays where it is, also as root.
    await mkdir(join(dataDir, 'postgres'), { recursive: true })
    await chown(join(dataDir, 'postgres'), 65534, 65534)
    // Made before the hub needs it, which finds it again under the same address.
    const server = await startEmbeddedPostgres({ dataDir, log: pino({ level: 'silent' }) })
    const client = new pg.Client({ connectionString: server.url })
    await client.connect()
    await client.query(`alter system set max_wal_size = '64MB'`)
    await client.query(`alter system set min_wal_size = '32MB'`)
    await client.end()
    await server.stop()
    retailer = await openRetailer({ backend, seed, databaseUrl: server.url, env: { DATABASE_URL: '', TORG_DATA: dataDir, TORG_DISK_RESERVE: `${reserve}mb` } })
    await retailer.hub.start()
  })
  after(async () => {
    await disk?.free()
    await retailer?.close()
    if (dataDir) await removeServerFolder(dataDir)
    await disk?.unmount()
  })
  afterEach(async function () {
    showLog(this.currentTest, retailer)
    // Also where the case failed before it came to that: the next begins with room.
    await disk.free()
  })

  const ready = async (): Promise<boolean> => (await ask(`${retailer.hub.url}/ready`)).ok
  const killServer = async (): Promise<void> => {
    const data = await realpath(join(dataDir, 'postgres', 'data'))
    const { pid = 0 } = await readPidFile(data) ?? {}
    if (await isServerOf(data, pid)) process.kill(pid, 'SIGKILL')
  }
  const count = (text: string): number => retailer.hub.output.split(text).length - 1

  /** Trades, and fills the disk in the middle of the work. Webhooks that come meanwhile are refused and sent again by the shop. */
  const whileTrading = async (fault: () => Promise<void>): Promise<void> => {
    const before = retailer.erp.counts.writes
    const trading = retailer.trade(partCount)
    await until(() => retailer.erp.counts.writes >= before + partCount * 0.2, { limitMs: 60_000, what: 'a fifth is there' })
    await fault()
    await trading
  }

  it('nearly full: webhooks are refused before anything breaks, what was taken is delivered, and it is logged once', async () => {
    const { hub, shop, send } = retailer
    await whileTrading(async () => {
      await disk.fill((reserve - 20) * 1024 ** 2)
      await until(async () => !await ready(), { what: 'the hub is not ready' })
      expect((await (await ask(`${hub.url}/ready`)).json() as { reasons: string[] }).reasons.join()).to.include('TORG_DISK_RESERVE')
      for (const order of [...shop.orders.values()].slice(0, 5)) {
        const answer = await send(order)
        expect(answer.status).to.equal(503)
        expect(Number(answer.headers.get('retry-after'))).to.be.within(1, 60)
        expect(asDocument(await answer.json())).to.include({ code: 'hub.full' })
      }
      expect(await (await ask(`${hub.url}/metrics`)).text()).to.include('torg_intake_full{cause="disk"} 1')
      await until(idle, { limitMs: 60_000, what: 'what was taken is delivered' })
      await disk.free()
      await until(ready, { what: 'the hub is ready' })
    })
    await retailer.expectComplete({ limitMs: 60_000 })
    expect(count('Nothing more is taken until there is room')).to.equal(1)
  })

  it('wholly full in the middle of writing', async () => {
    await whileTrading(async () => {
      await disk.fill()
      // The hub holds back within a second; somebody else does not.
      const refusal = await writeMuch(retailer.databaseUrl)
      expect(refusal).to.match(/No space left|terminated|crash|shutting down|ECONN/i)
      await until(async () => !await ready(), { what: 'the hub is not ready' })
      const [order] = retailer.shop.orders.values()
      if (!order) throw new Error('nothing was ordered')
      expect((await retailer.send(order)).status).to.equal(503)
      expect(await readFile(join(dataDir, 'postgres', 'server.log'), 'utf8')).to.include('No space left')
      await disk.free()
    })
    await retailer.expectComplete({ limitMs: 120_000, repeats: concurrency, alarms })
  })

  it('wholly full, and the server dies of it: it is started again once there is room', async () => {
    await whileTrading(async () => {
      // What a dying server had open is room for the next one, so it may take more than one.
      await until(async () => {
        await disk.fill()
        await killServer()
        return count('could not be started again') > 0
      }, { limitMs: 60_000, everyMs: 200, what: 'the server cannot be started' })
      await disk.free()
      await until(ready, { limitMs: 60_000, what: 'the hub is ready' })
    })
    await retailer.expectComplete({ limitMs: 120_000, repeats: concurrency, alarms })
  })

  /** Writes until PostgreSQL has no room, also not for its log of changes; answers what it said. */
  const writeMuch = async (url: string): Promise<string> => {
    const client = new pg.Client({ connectionString: url })
    client.on('error', () => { /* The query rejects with it. */ })
    try {
      await client.connect()
      await client.query(`create table public.much as select repeat(md5(n::text), 30) as much from generate_series(1, 400000) as n`)
      return 'it had room'
    } catch (error) {
      return String(error)
    } finally {
      await client.end().catch(() => undefined)
    }
  }
  /** No lane has anything to do, by the hub's own count. */
  const idle = async (): Promise<boolean> => {
    const { lanes } = await retailer.call('GET', '/api/v1/status')
    return Array.isArray(lanes) && lanes.every((lane: unknown) => asDocument(lane)['pending'] === 0)
  }
})
