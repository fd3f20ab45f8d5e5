/** A file of prices, and the hub that takes it is killed in the middle: every line is stored and raised once, however often the file is sent. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import pg from 'pg'
import { createRandom } from '../../nodes/shopify/twin/random.ts'
import { priceLine, priceRow } from '../bench/model/data.ts'
import { asDocument, type Document } from '../flows/support.ts'
import { createTestDatabase } from '../support/database.ts'
import { until } from '../support/until.ts'
import { ask, prepareHub, type HubProcess } from './hub-process.ts'
import { caseLimitMs, isLong, newSeed } from './retailer.ts'

const seed = newSeed()
const lines = isLong ? 200_000 : 12_000
const kills = isLong ? 10 : 1
/** So many lines come before a kill: more than a portion, so that one is settled. */
const linesBefore = 3_000
const lanes = ['webshop.out', 'pos.out']

describe(`a file of ${lines} prices (seed ${seed})`, function () {
  this.timeout(caseLimitMs)
  const random = createRandom(seed)
  let database: Awaited<ReturnType<typeof createTestDatabase>>
  let dataDir: string
  let hub: HubProcess
  let client: pg.Client
  before(async () => {
    database = await createTestDatabase()
    dataDir = await mkdtemp(join(tmpdir(), 'torg-faults-imports-'))
    hub = await prepareHub({ project: join(import.meta.dirname, '../bench/model/project'), env: { DATABASE_URL: database.url, TORG_DATA: dataDir } })
    await hub.start()
    client = new pg.Client({ connectionString: database.url })
    await client.connect()
    // What is raised waits, and can be counted.
    for (const lane of lanes) await call('POST', `/lanes/${lane}/pause`, { body: JSON.stringify({ reason: 'to be counted' }), type: 'application/json' })
  })
  after(async () => {
    await client?.end()
    await hub?.stop()
    await database?.drop()
    if (dataDir) await rm(dataDir, { recursive: true, force: true })
  })

  const call = async (method: string, path: string, { body, type }: { body?: BodyInit, type?: string } = {}): Promise<Document> => {
    const answer = await ask(`${hub.url}/api/v1${path}`, { method, ...(body !== undefined && { body, duplex: 'half' }), ...(type !== undefined && { headers: { 'content-type': type } }) })
    const said = await answer.json()
    if (!answer.ok) throw new Error(JSON.stringify(said))
    return asDocument(said)
  }
  /** The file, of which a part comes when it is let go. */
  const fileUpTo = (held: number, letGo: Promise<unknown>): ReadableStream<Uint8Array> => {
    let line = 0
    return new ReadableStream({
      async pull(controller) {
        if (line === held) await letGo
        const end = Math.min(lines, line + 500, line < held ? held : lines)
        controller.enqueue(Buffer.from(Array.from({ length: end - line }, (_, index) => priceLine(priceRow(line + index, lines))).join('')))
        line = end
        if (line === lines) controller.close()
      },
    })
  }
  const send = (id: string, held = 0, letGo: Promise<unknown> = Promise.resolve()): Promise<Document> => call('POST', `/imports/${id}/lines`, { body: fileUpTo(held, letGo), type: 'application/octet-stream' })

  it(`kill -9, ${kills} time${kills === 1 ? '' : 's'}: the file goes on where it was, and every line is stored and raised once`, async () => {
    const { id } = await call('POST', '/imports', { body: JSON.stringify({ kind: 'price', system: 'erp', mode: 'full' }), type: 'application/json' })
    let settled = 0
    for (let count = 1; count <= kills; count += 1) {
      const going = Promise.withResolvers<void>()
      const sending = send(String(id), settled + linesBefore, going.promise).then(() => 'taken', () => 'cut off')
      await until(async () => Number((await call('GET', `/imports/${String(id)}`))['line']) > settled, { limitMs: 60_000, what: 'lines were settled' })
      going.resolve()
      // In the middle of whatever portion is under way.
      await sleep(random.integer(0, 60))
      await hub.kill()
      expect(await sending).to.equal('cut off')
      await hub.start()
      // The hold of the hub that was killed has to run out.
      await until(async () => (await call('GET', `/imports/${String(id)}`))['state'] === 'waiting', { limitMs: 60_000, what: 'the file may be sent again' })
      const { line, created } = await call('GET', `/imports/${String(id)}`)
      expect(created, 'what was stored is what was noted').to.equal(line)
      settled = Number(line)
    }
    expect(await send(String(id))).to.include({ state: 'done', rows: lines, created: lines, unchanged: 0, failed: 0, absent: 0 })
    const stored = await client.query(`select count(*)::int as prices, count(distinct external_id)::int as references from torg.price where system = 'erp' and version = 1 and deleted_at is null`)
    expect(stored.rows).to.deep.equal([{ prices: lines, references: lines }])
    const raised = await client.query(`select subscription, sum(count)::int as count from (
      select subscription, count(*) from torg.delivery group by 1 union all select subscription, total - looked from torg.raise) r group by 1`)
    expect(raised.rows.map(({ count }) => Number(count))).to.deep.equal(lanes.map(() => lines))
    const { id: again } = await call('POST', '/imports', { body: JSON.stringify({ kind: 'price', system: 'erp', mode: 'full' }), type: 'application/json' })
    expect(await send(String(again))).to.include({ state: 'done', unchanged: lines, created: 0, absent: 0 })
  })
})
