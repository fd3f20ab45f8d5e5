/** A database under another environment's name delivers nothing until a person lets it go. */
import { expect } from 'chai'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { pino } from 'pino'
import { startRestTwin, type RestTwin } from '../../nodes/rest/twin/index.ts'
import { launchBrowser, openEditor } from '../browser/support.ts'
import { until } from '../support/until.ts'
import { prepareBench, type Bench } from './bench.ts'
import { asList, asObject, byKey, customersFrom, customersTo, map, restSystem, save, toCustomer, type Json } from './flows.ts'

const cli = join(import.meta.dirname, '../../runtime/cli.ts')

describe('a database of another environment', function () {
  this.timeout(60_000)
  let crm: RestTwin
  let shop: RestTwin
  let bench: Bench
  const key = { 'x-key': 'key-of-webhooks' }
  const log = pino({ level: 'silent' })
  const names = (): unknown[] => crm.collections.list('customers').map(({ document }) => document['name'])
  const fromShop = (id: number, name: string) => bench.receive('shop/customers', { id, name }, key)
  const asStaging = { env: { TORG_ENVIRONMENT: 'staging' } }
  /** What `torg environment` prints. */
  const torg = async (...args: string[]): Promise<string> => {
    const child = spawn(process.execPath, [cli, 'environment', ...args], { env: { ...process.env, PUBLIC_URL: bench.url }, stdio: ['ignore', 'pipe', 'pipe'] })
    let printed = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { printed += chunk.toString() })
    await once(child, 'close')
    return printed
  }
  const environment = async (): Promise<Json> => (await bench.call('/api/v1/environment')).body

  before(async () => {
    crm = await startRestTwin({ system: 'crm', port: 0, secrets: {}, log })
    shop = await startRestTwin({ system: 'shop', port: 0, secrets: {}, log })
    bench = await prepareBench({
      systems: [restSystem('shop', { ...byKey('${IN_KEY}'), baseUrl: shop.url }), restSystem('crm', { baseUrl: crm.url })],
      tabs: [
        customersFrom('from-shop', 'shop', { path: 'customers' }),
        { slug: 'polled', nodes: [
          { id: 'polled', type: 'rest poll', name: 'polled', system: 'system-shop', path: '/customers', itemsPath: 'items', keyPath: 'id', every: 1, wires: [['polled-map']] },
          map('polled-map', ['polled-save'], toCustomer), save('polled-save')] },
        customersTo('to-crm', 'crm'),
      ],
    }, { IN_KEY: 'key-of-webhooks' })
    await bench.start()
    await fromShop(1, 'Delivered')
    await bench.idle()
    crm.fail({ status: 503 })
    await fromShop(2, 'Waits')
    await until(() => crm.counts.failures > 0, { what: 'a delivery waits for its next attempt' })
    await bench.stop()
    crm.fail(null)
  })
  after(async () => {
    await bench.close()
    await Promise.all([crm.close(), shop.close()])
  })

  it('is opened held: what comes in is stored, nothing is polled or delivered, and everybody is told', async () => {
    const { notices } = await bench.start(asStaging)
    expect(notices.join()).to.include('HELD').and.include('"test"')
    expect(bench.lines.some(({ level, msg }) => level === 'warn' && msg.startsWith('HELD'))).to.equal(true)
    const before = [crm.counts.requests, shop.counts.requests]
    await fromShop(3, 'Stored')
    expect((await bench.call('/ready')).body).to.deep.equal({ status: 'ready', held: true })
    expect((await bench.call('/metrics')).text).to.include('torg_environment_held{environment="staging",database="test"} 1')
    expect(await environment()).to.deep.include({ name: 'staging', database: 'test', held: true, by: 'first start', waiting: { messages: 1, deliveries: 1, heldDeliveries: 0 } })
    // A deploy opens what may be opened, which is nothing.
    expect((await bench.deploy((flows) => flows.map((node) => ({ ...node, ...(node.id === 'to-crm-map' && { name: 'renamed' }) })))).status).to.equal(200)
    await bench.stop()
    await bench.start(asStaging)
    expect(await environment()).to.deep.include({ held: true, waiting: { messages: 1, deliveries: 1, heldDeliveries: 0 } })
    expect([crm.counts.requests, shop.counts.requests]).to.deep.equal(before)
  })

  it('says so in the editor, in its language, until it is let go', async () => {
    const browser = await launchBrowser()
    try {
      const { page, close } = await openEditor(browser, bench.url, { language: 'nb' })
      const notice = page.locator('.red-ui-notification', { hasText: 'Holdt: databasen hører til miljøet «test», denne huben kjører som «staging»' })
      await notice.waitFor()
      expect(await page.title()).to.include('(staging)')
      await close()
    } finally {
      await browser.close()
    }
  })

  it('is let go by a person, who says what becomes of the deliveries that wait', async () => {
    const adopt = (body: Json) => bench.call('/api/v1/environment', { method: 'POST', body })
    for (const body of [{}, { waiting: 'perhaps' }, { waiting: 'drop', force: true }]) expect((await adopt(body)).status).to.equal(400)
    const { status, body } = await adopt({ waiting: 'drop' })
    expect(status).to.equal(200)
    expect(body).to.deep.include({ before: 'test', database: 'staging', held: false, by: 'admin', dropped: 1 })
    await until(() => names().includes('Stored'), { what: 'what was stored meanwhile is delivered' })
    await until(() => shop.counts.requests > 0, { what: 'the shop is polled' })
    expect(names()).to.have.members(['Delivered', 'Stored'])
    await fromShop(2, 'Changed since')
    await bench.idle()
    expect(names()).to.include('Changed since')
    expect((await adopt({ waiting: 'drop' })).status).to.equal(409)
    expect((await bench.call('/metrics')).text).to.include('torg_environment_held{environment="staging",database="staging"} 0')
  })

  it('delivers what waits where that is wanted, and stays where it was let go', async () => {
    crm.fail({ status: 503 })
    await fromShop(4, 'Waits too')
    await until(() => crm.counts.failures > 1, { what: 'a delivery waits for its next attempt' })
    await bench.stop()
    crm.fail(null)
    await bench.start({ env: { TORG_ENVIRONMENT: 'production' } })
    expect(await environment()).to.deep.include({ database: 'staging', held: true })
    expect(await torg()).to.include('Waiting: 0 messages, 1 deliveries').and.include('HELD')
    expect(await torg('adopt')).to.include('--deliver')
    expect(await torg('adopt', '--deliver')).to.include('of the environment "staging" is "production"\'s now')
    await until(() => names().includes('Waits too'), { what: 'what waited is delivered' })
    await bench.stop()
    await bench.start({ env: { TORG_ENVIRONMENT: 'production' } })
    expect((await bench.call('/ready')).body).to.deep.equal({ status: 'ready' })
    expect(asList((await bench.call('/api/v1/dead-letters')).body['items']).map(asObject)).to.deep.equal([])
  })
})
