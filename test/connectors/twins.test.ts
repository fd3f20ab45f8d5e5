import { expect } from 'chai'
import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { builtIn } from '../../nodes/index.ts'
import { startShopifyTwin } from '../../nodes/shopify/twin/index.ts'
import { startRestTwin } from '../../nodes/rest/twin/index.ts'
import { readProject } from '../../runtime/project/index.ts'
import { startTwins } from '../../runtime/twins/index.ts'
import { until } from '../support/until.ts'

const log = pino({ level: 'silent' })

describe('twins', () => {
  let dataDir: string
  beforeEach(() => { dataDir = mkdtempSync(join(tmpdir(), 'torg-twins-')) })
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

  describe('webshop', () => {
    let hub: Server
    let hubUrl: string
    let status: number
    const taken: { path: string, headers: Record<string, unknown>, body: string }[] = []
    before(async () => {
      hub = createServer((request, response) => {
        const chunks: Buffer[] = []
        request.on('data', (chunk: Buffer) => chunks.push(chunk))
        request.on('end', () => {
          if (status === 200) taken.push({ path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString() })
          response.writeHead(status).end()
        })
      })
      await new Promise<void>(resolve => hub.listen(0, '127.0.0.1', resolve))
      const address = hub.address()
      hubUrl = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
    })
    beforeEach(() => {
      taken.length = 0
      status = 200
    })
    after(() => {
      hub.closeAllConnections()
      hub.close()
    })
    const start = () => startShopifyTwin({ system: 'webshop-no', port: 0, hubUrl, dataDir, secrets: { webhookSecret: 'twin-secret' }, config: { seed: 3 }, log })

    it('sends signed webhooks with event ids', async () => {
      const twin = await start()
      const order = twin.place()
      twin.change(order.id, 'ship')
      await until(() => taken.length === 2)
      for (const { path, headers, body } of taken) {
        expect(path).to.equal('/in/webshop-no')
        expect(headers['x-shopify-hmac-sha256']).to.equal(createHmac('sha256', 'twin-secret').update(body).digest('base64'))
      }
      expect(taken.map(({ headers }) => headers['x-shopify-topic'])).to.have.members(['orders/create', 'orders/updated'])
      expect(new Set(taken.map(({ headers }) => headers['x-shopify-event-id']))).to.have.property('size', 2)
      await until(() => twin.pending === 0)
      await twin.close()
    })
    it('sends again what the hub did not take, also after a restart', async () => {
      status = 503
      const first = await start()
      const order = first.place()
      await until(() => first.pending === 1)
      await first.close()
      const second = await start()
      expect([...second.orders.keys()]).to.deep.equal([order.id])
      expect(second.pending).to.equal(1)
      status = 200
      await until(() => taken.length === 1)
      expect(JSON.parse(taken[0]?.body ?? '{}')).to.deep.equal(order)
      expect(second.place().name).to.equal('#1002')
      await until(() => second.pending === 0)
      await second.close()
    })
    it('has a page with its orders and a button that places one', async () => {
      const twin = await start()
      const placed = await fetch(`${twin.url}/place`, { method: 'POST' })
      expect(placed.ok).to.equal(true)
      const page = await placed.text()
      expect(page).to.contain('Place an order').and.contain('#1001')
      expect((await fetch(`${twin.url}/place`, { method: 'POST', headers: { origin: 'https://elsewhere.example' } })).status).to.equal(404)
      expect(twin.orders).to.have.property('size', 1)
      await twin.close()
    })
  })

  describe('business system', () => {
    const start = (config: Record<string, unknown> = {}) => startRestTwin({ system: 'erp', port: 0, dataDir, secrets: {}, config, log })
    const put = (url: string, body: unknown, headers: Record<string, string> = {}) => fetch(url, { method: 'PUT', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })

    it('keeps final values, counts repeats and finds mixed up keys', async () => {
      const twin = await start()
      expect((await put(`${twin.url}/orders/1`, { v: 1 }, { 'idempotency-key': 'k1' })).status).to.equal(201)
      expect((await put(`${twin.url}/orders/1`, { v: 1 }, { 'idempotency-key': 'k1' })).status).to.equal(201)
      expect((await put(`${twin.url}/orders/1`, { v: 2 }, { 'idempotency-key': 'k2' })).status).to.equal(200)
      expect((await put(`${twin.url}/orders/1`, { v: 3 }, { 'idempotency-key': 'k1' })).status).to.equal(422)
      expect(twin.counts).to.include({ writes: 2, repeats: 1, mixedUpKeys: 1 })
      expect(await (await fetch(`${twin.url}/orders/1`)).json()).to.include({ v: 2 })
      await twin.close()
      const again = await start()
      expect(await (await fetch(`${again.url}/orders/1`)).json()).to.include({ v: 2 })
      await put(`${again.url}/orders/1`, { v: 2 }, { 'idempotency-key': 'k2' })
      expect(again.counts).to.include({ writes: 0, repeats: 1 })
      await again.close()
    })
    it('knows the key of each document of a list, whatever else is in it', async () => {
      const twin = await start()
      const post = async (...documents: unknown[]): Promise<unknown> => (await fetch(`${twin.url}/orders/_bulk`, { method: 'POST', body: JSON.stringify(documents) })).json()
      const one = { id: '1', v: 1, idempotencyKey: 'k1' }
      await post(one, { id: '2', v: 1 })
      expect(await post({ id: '2', v: 2 }, one, { id: '3', v: 1, idempotencyKey: 'k1' })).to.deep.include({ results: [
        { id: '2', status: 200, given: 'orders-2' }, { id: '1', status: 201, given: 'orders-1' }, { id: '3', status: 422, error: 'this idempotency key came with another content before' },
      ] })
      expect(twin.counts).to.include({ writes: 3, repeats: 1, mixedUpKeys: 1 })
      await twin.close()
    })
    it('upserts by a posted id, gives one where there is none, deletes', async () => {
      const twin = await start({ idField: 'externalId' })
      const post = async (body: unknown): Promise<unknown> => (await fetch(`${twin.url}/contacts`, { method: 'POST', body: JSON.stringify(body) })).json()
      expect(await post({ externalId: 'x', a: 1 })).to.include({ id: 'x' })
      expect(await post({ externalId: 'x', a: 2 })).to.include({ id: 'x', a: 2 })
      expect(await post({ a: 3 })).to.include({ id: '10001' })
      expect(twin.collections.list('contacts')).to.have.length(2)
      expect((await fetch(`${twin.url}/contacts/x`, { method: 'DELETE' })).status).to.equal(204)
      expect((await fetch(`${twin.url}/contacts/x`, { method: 'DELETE' })).status).to.equal(404)
      await twin.close()
    })
    it('pages by updated_after', async () => {
      const twin = await start()
      for (let id = 1; id <= 5; id += 1) await put(`${twin.url}/orders/${id}`, { id })
      const found: unknown[] = []
      for (let path: string | undefined = '/orders?page_size=2&updated_after=2020-01-01T00:00:00Z'; path;) {
        const answer: Response = await fetch(twin.url + path)
        const body: unknown = await answer.json()
        if (body !== null && typeof body === 'object' && 'items' in body && Array.isArray(body.items)) found.push(...body.items)
        path = /<([^>]+)>/.exec(answer.headers.get('link') ?? '')?.[1]
      }
      expect(found).to.have.length(5)
      await twin.close()
    })
    it('fails as it is told over HTTP, then works again', async () => {
      const twin = await start()
      await fetch(`${twin.url}/_twin/fail`, { method: 'POST', body: JSON.stringify({ status: 429, times: 2, retryAfter: 3 }) })
      const [first, second, third] = [await put(`${twin.url}/orders/1`, {}), await put(`${twin.url}/orders/1`, {}), await put(`${twin.url}/orders/1`, {})]
      expect([first.status, second.status, third.status]).to.deep.equal([429, 429, 201])
      expect(first.headers.get('retry-after')).to.equal('3')
      await twin.close()
    })
    it('shows what has arrived, safely', async () => {
      const twin = await start({ title: 'ERP <test>', collections: { orders: { title: 'Orders', columns: { Customer: 'buyer.name' } } } })
      await put(`${twin.url}/orders/1`, { buyer: { name: '<script>alert(1)</script>' } })
      const page = await (await fetch(twin.url, { headers: { accept: 'text/html' } })).text()
      expect(page).to.contain('<th>Customer</th>').and.contain('&#60;script&#62;alert(1)')
      expect(page).not.to.contain('<script>alert')
      expect(page, 'the page asks for itself as HTML').to.contain("accept: 'text/html'")
      await twin.close()
    })
  })

  describe('of a project', () => {
    const hubUrl = 'http://127.0.0.1:9'
    it('start on the ports and with the variables the project says, without those that are set', async () => {
      const project = await readProject(join(import.meta.dirname, '../../flows'))
      const running = await startTwins({ project, connectors: builtIn, hubUrl, dataDir, environment: { CRM_URL: 'https://crm.example' }, log })
      expect([...running.twins.keys()]).to.deep.equal(['webshop-no', 'erp', 'store'])
      expect(running.env).to.have.all.keys('WEBSHOP_SECRET', 'WEBSHOP_ADMIN_URL', 'WEBSHOP_ADMIN_TOKEN', 'ERP_URL', 'ERP_TOKEN_URL', 'ERP_CLIENT_SECRET', 'STORE_URL', 'STORE_API_KEY')
      expect(running.env['ERP_URL']).to.equal(running.twins.get('erp')?.url)
      expect(running.addresses.map(({ label }) => label)).to.deep.equal(['Webshop', 'ERP', 'Store'])
      running.startDemo()
      const shop = running.addresses[0]?.url ?? ''
      await until(async () => (await (await fetch(shop)).text()).includes('#1001'))
      await running.close()
    })
    it('take another port where the preferred one is in use', async () => {
      const project = { folder: dataDir, torg: { twins: { a: { connector: 'rest', port: 0, env: {}, secrets: {} } }, demo: null } }
      const first = await startTwins({ project, connectors: builtIn, hubUrl, dataDir: null, log })
      const port = Number(new URL(first.addresses[0]?.url ?? '').port)
      const second = await startTwins({ project: { ...project, torg: { ...project.torg, twins: { b: { connector: 'rest', port, env: {}, secrets: {} } } } }, connectors: builtIn, hubUrl, dataDir: null, log })
      expect(new URL(second.addresses[0]?.url ?? '').port).not.to.equal(String(port))
      await first.close()
      await second.close()
    })
    it('are refused where the project names what is not there', async () => {
      const start = (twin: object) => startTwins({ project: { folder: dataDir, torg: { twins: { a: { connector: 'rest', port: 0, env: {}, secrets: {}, ...twin } }, demo: null } }, connectors: builtIn, hubUrl, dataDir: null, log })
      for (const [twin, text] of [[{ connector: 'sap' }, 'has no stand-in'], [{ env: { X: '{secret.none}' } }, 'asks for the secret none']] as const) {
        const error: unknown = await start(twin).catch((thrown: unknown) => thrown)
        expect(error).to.have.property('message').that.contains(text)
      }
    })
  })
})
