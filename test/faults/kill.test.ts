/**
 * The promise: what was acknowledged arrives, with its last value, whatever is killed on the way.
 *
 * The webshop and the business systems outlive the hub, which is a process that gets `kill -9` in the middle of the work.
 * `TORG_FAULT_ORDERS` and `TORG_FAULT_SEED` may be given; `npm run test:faults` takes 2,000 orders.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { pino } from 'pino'
import { startRestTwin, type RestTwin } from '../../nodes/rest/twin/index.ts'
import { startShopifyTwin, type ShopifyTwin } from '../../nodes/shopify/twin/index.ts'
import { createRandom } from '../../nodes/shopify/twin/random.ts'
import { asDocument, folder as flows, mappingOf, type Document } from '../flows/support.ts'
import { createTestDatabase } from '../support/database.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { until } from '../support/until.ts'
import { prepareHub, type HubProcess } from './hub-process.ts'

const orderCount = Number(process.env['TORG_FAULT_ORDERS'] ?? 300)
const givenSeed = process.env['TORG_FAULT_SEED']
const kills = 3
/** Keys worked on at once per lane: what one kill can leave with an unknown end. */
const concurrency = 16
const secret = 'known to the stand-ins only'
const log = pino({ level: 'silent' })

for (const backend of ['postgres', 'redis'] as const) {
  const seed = givenSeed === undefined ? Math.floor(Math.random() * 1_000_000) : Number(givenSeed)

  describe(`hub killed ${kills} times among ${orderCount} orders, hints on ${backend} (seed ${seed})`, function () {
    this.timeout(600_000)
    let database: Awaited<ReturnType<typeof createTestDatabase>>
    let redis: TestRedis | undefined
    let dataDir: string
    let hub: HubProcess
    let shop: ShopifyTwin
    let erp: RestTwin
    let crm: RestTwin
    let store: RestTwin

    before(async () => {
      database = await createTestDatabase()
      if (backend === 'redis') redis = await startRedis()
      dataDir = await mkdtemp(join(tmpdir(), 'torg-faults-'))
      const system = (name: string, secrets: Record<string, string>): Promise<RestTwin> => startRestTwin({ system: name, port: 0, secrets, log })
      erp = await system('erp', { clientId: 'torg-hub', clientSecret: secret })
      crm = await system('crm', { token: secret })
      store = await system('store', { apiKey: secret })
      hub = await prepareHub({
        project: flows,
        env: {
          DATABASE_URL: database.url, TORG_DATA: dataDir, TORG_CONCURRENCY: String(concurrency), ...(redis && { REDIS_URL: redis.url }),
          WEBSHOP_SECRET: secret, ERP_URL: erp.url, ERP_TOKEN_URL: `${erp.url}/oauth/token`, ERP_CLIENT_SECRET: secret, CRM_URL: crm.url, CRM_TOKEN: secret, STORE_URL: store.url, STORE_API_KEY: secret,
        },
      })
      shop = await startShopifyTwin({ system: 'webshop-no', port: 0, hubUrl: hub.url, secrets: { webhookSecret: secret }, config: { seed, shop: 'torget.myshopify.com' }, log })
    })
    after(async () => {
      await hub.kill()
      await Promise.all([shop, erp, crm, store].map((twin) => twin.close()))
      await redis?.stop()
      await database.drop()
      await rm(dataDir, { recursive: true, force: true })
    })

    afterEach(function () {
      if (this.currentTest?.state === 'failed') console.error(hub.output.split('\n').filter((line) => !line.includes('"debug"')).slice(-25).join('\n'))
    })

    it('loses nothing, repeats no more than was open, and ends with the last values', async () => {
      const random = createRandom(seed)
      await hub.start()
      const killer = (async () => {
        for (let count = 0; count < kills; count++) {
          await until(() => erp.counts.writes >= (count + 1) * orderCount * 0.2, { limitMs: 120_000, what: `the ERP got ${count + 1} fifths` })
          await sleep(random.integer(0, 500))
          await hub.kill()
          await hub.start()
        }
      })()
      for (let count = 0; count < orderCount; count++) {
        const { id } = shop.place()
        if (random.chance(0.3)) shop.change(id, 'capture')
        if (random.chance(0.4)) shop.change(id, 'ship')
        if (random.chance(0.1)) shop.change(id, 'cancel')
        if (count % 20 === 0) await sleep(50)
      }
      await killer
      await until(() => shop.pending === 0, { limitMs: 120_000, what: 'the hub took every webhook' })
      await until(async () => await open() === 0, { limitMs: 240_000, everyMs: 250, what: 'every lane is empty' })

      expect(await deadLetters(), 'dead letters').to.deep.equal([])
      const wanted = await expected()
      expect(valuesOf(erp, 'sales-documents', ['ExternalId', 'CustomerNo'])).to.deep.equal(wanted.documents)
      expect(valuesOf(crm, 'contacts', ['externalId']).map(({ email }) => email)).to.have.members(wanted.emails)
      expect(valuesOf(store, 'tasks', []).map(({ orderNumber }) => orderNumber)).to.have.members(wanted.tasks)
      for (const { counts } of [erp, crm, store]) {
        expect(counts.repeats, 'repeats').to.be.at.most(kills * concurrency)
        expect(counts.mixedUpKeys, 'one idempotency key for two contents').to.equal(0)
      }
    })

    const open = async (): Promise<number> => {
      const text = await (await fetch(`${hub.url}/metrics`)).text()
      return [...text.matchAll(/^torg_lane_pending\{[^}]*\} (\d+)/gm)].reduce((sum, [, count]) => sum + Number(count), 0)
    }
    const deadLetters = async (): Promise<unknown> => {
      const answer = asDocument(await (await fetch(`${hub.url}/api/v1/dead-letters`)).json())
      return answer['items'] ?? answer
    }

    /** What the flows make of the shop's last state of each order, without a hub. */
    const expected = async (): Promise<{ documents: Document[], emails: unknown[], tasks: unknown[] }> => {
      const [toOrder, toDocument, toCustomer] = await Promise.all([mappingOf('webshop-order'), mappingOf('erp-map'), mappingOf('webshop-customer')])
      const documents: Document[] = []
      const emails = new Map<unknown, unknown>()
      const tasks: unknown[] = []
      for (const source of shop.orders.values()) {
        const order = asDocument(await toOrder(source, { system: 'webshop-no' }))
        if (source.cancelled_at === null) tasks.push(order['number'])
        documents.push(withoutFields(asDocument(await toDocument(order, {})), ['ExternalId', 'CustomerNo']))
        if (!source.customer) continue
        const { emails: list } = asDocument(await toCustomer(source, { system: 'webshop-no' }))
        emails.set(source.customer['id'], Array.isArray(list) ? asDocument(list[0])['value'] : undefined)
      }
      return { documents: byNumber(documents), emails: [...emails.values()], tasks }
    }
  })
}

const withoutFields = (document: Document, fields: string[]): Document => Object.fromEntries(Object.entries(document).filter(([name]) => !fields.includes(name)))
const byNumber = (documents: Document[]): Document[] => documents.toSorted((one, other) => String(one['DocumentNo']).localeCompare(String(other['DocumentNo'])))
const valuesOf = (twin: RestTwin, collection: string, without: string[]): Document[] => byNumber(twin.collections.list(collection).map(({ document }) => withoutFields(document, without)))
