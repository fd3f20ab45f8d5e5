import { expect } from 'chai'
import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { builtIn } from '../../nodes/index.ts'
import { variants } from '../../nodes/shopify/twin/catalogue.ts'
import { startShopifyTwin } from '../../nodes/shopify/twin/index.ts'
import { startRestTwin } from '../../nodes/rest/twin/index.ts'
import { verifyStandardWebhook } from '../../runtime/kit/verify.ts'
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
    it('takes orders that are collected in the store: of a customer, without an address, never sent', async () => {
      const twin = await start()
      const order = twin.place({ collect: true })
      expect(order).to.deep.include({ shipping_address: null, total_shipping_price_set: { shop_money: { amount: '0.00', currency_code: 'NOK' }, presentment_money: { amount: '0.00', currency_code: 'NOK' } } })
      expect(order.shipping_lines).to.have.nested.property('[0].code', 'collect-trondheim')
      expect(order.customer).not.to.equal(null)
      expect(twin.change(order.id, 'ship')).to.equal(null)
      await twin.close()
    })

    describe('its Admin API', () => {
      const mutate = async (twin: { url: string }, mutation: string, variables: object): Promise<Record<string, unknown>> => {
        const answer = await fetch(`${twin.url}/admin/api/2026-07/graphql.json`, { method: 'POST', headers: { 'x-shopify-access-token': 'admin' }, body: JSON.stringify({ query: `mutation { ${mutation} { userErrors { field message } } }`, variables }) })
        return await answer.json() as Record<string, unknown>
      }
      const open = () => startShopifyTwin({ system: 'webshop-no', port: 0, dataDir, secrets: { webhookSecret: 'twin-secret', adminToken: 'admin' }, config: { seed: 3 }, log })
      const [article, other] = variants
      const gid = (type: string, id: unknown): string => `gid://shopify/${type}/${String(id)}`

      it('writes customers, articles and metafields, and keeps them over a restart', async () => {
        const twin = await open()
        const order = twin.place({ collect: true })
        const customer = gid('Customer', order.customer?.['id'])
        expect(await mutate(twin, 'customerUpdate(input: $input)', { input: { id: customer, phone: '+4790000001' } })).to.have.nested.property('data.customerUpdate.customer.phone', '+4790000001')
        await mutate(twin, 'productUpdate(product: $product)', { product: { id: gid('Product', article.productId), title: 'New title' } })
        await mutate(twin, 'productVariantsBulkUpdate(productId: $productId, variants: $variants)', { productId: gid('Product', article.productId), variants: [{ id: gid('ProductVariant', article.id), price: '99.90' }] })
        await mutate(twin, 'metafieldsSet(metafields: $metafields)', { metafields: [{ ownerId: gid('Order', order.id), namespace: 'torg', key: 'pickup', type: 'single_line_text_field', value: 'ready' }] })
        await twin.close()
        const again = await open()
        expect(again.shop.get(customer)).to.include({ phone: '+4790000001', firstName: order.customer?.['first_name'] })
        expect(again.shop.get(gid('Product', article.productId))).to.include({ title: 'New title', vendor: article.vendor })
        expect(again.shop.get(gid('ProductVariant', article.id))).to.include({ price: '99.90', sku: article.sku })
        expect(again.shop.get(gid('Order', order.id))).to.deep.include({ metafields: { 'torg.pickup': 'ready' } })
        await again.close()
      })
      it('takes a customer\'s data out of the shop, orders included', async () => {
        const twin = await open()
        const order = twin.place({ collect: true })
        await mutate(twin, 'customerRequestDataErasure(customerId: $customerId)', { customerId: gid('Customer', order.customer?.['id']) })
        expect(JSON.stringify([...twin.orders.values()])).not.to.contain(order.email).and.not.to.contain(order.customer?.['phone'])
        expect(twin.orders.get(order.id)?.total_price).to.equal(order.total_price)
        await twin.close()
      })
      it('refuses what the vendor refuses', async () => {
        const twin = await open()
        const product = gid('Product', article.productId)
        for (const [mutation, variables, at, says] of [
          ['customerUpdate(input: $input)', { input: { id: gid('Customer', 1), phone: '+4790000001' } }, 'customerUpdate', 'does not exist'],
          ['customerUpdate(input: $input)', { input: { id: gid('Customer', twin.place({ collect: true }).customer?.['id']), phone: '900 00 001' } }, 'customerUpdate', 'Phone is invalid'],
          ['productVariantsBulkUpdate(productId: $productId, variants: $variants)', { productId: product, variants: [{ id: gid('ProductVariant', other?.id), price: '1.00' }] }, 'productVariantsBulkUpdate', 'does not exist'],
          ['metafieldsSet(metafields: $metafields)', { metafields: [] }, 'metafieldsSet', 'Between 1 and 25'],
        ] as const) {
          expect(await mutate(twin, mutation, variables), mutation).to.have.nested.property(`data.${at}.userErrors[0].message`).that.contains(says)
        }
        expect(await mutate(twin, 'customerUpdate(input: $input)', { input: { id: 'x', telephone: '1' } })).to.have.nested.property('errors[0].message').that.contains('telephone')
        expect(await mutate(twin, 'orderCreate(order: $order)', {})).to.have.nested.property('errors[0].message').that.contains('does not know')
        await twin.close()
      })
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
    it('refuses a document without what it must have', async () => {
      const twin = await start({ collections: { prices: { required: ['sku', 'price'] } } })
      const refused = await put(`${twin.url}/prices/1`, { sku: 'A' })
      expect([refused.status, await refused.json()]).to.deep.equal([422, { error: 'price is missing', field: 'price' }])
      expect((await put(`${twin.url}/prices/1`, { sku: 'A', price: '1.00' })).status).to.equal(201)
      const patched = await fetch(`${twin.url}/prices/1`, { method: 'PATCH', body: JSON.stringify({ price: '2.00' }) })
      expect([patched.status, twin.collections.get('prices', '1')?.document]).to.deep.equal([200, { sku: 'A', price: '2.00' }])
      await twin.close()
    })
    it('tells the hub what people do in it, signed as Standard Webhooks say, by a call or by a button of its page', async () => {
      const taken: { path: string, headers: Record<string, unknown>, body: string }[] = []
      const hub = createServer((request, response) => {
        const chunks: Buffer[] = []
        request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
          taken.push({ path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString() })
          response.writeHead(200).end()
        })
      })
      await new Promise<void>(resolve => { hub.listen(0, '127.0.0.1', resolve) })
      const secret = Buffer.from('a secret of webhooks').toString('base64')
      const twin = await startRestTwin({ system: 'store', port: 0, hubUrl: `http://127.0.0.1:${(hub.address() as AddressInfo).port}`, secrets: { webhookSecret: secret }, config: { collections: { pickups: { tells: 'pickups', actions: { Ready: { state: 'ready' } } } } }, log })
      await put(`${twin.url}/pickups/7`, { state: 'new' })
      await fetch(`${twin.url}/_twin/edit/pickups/7`, { method: 'POST', body: JSON.stringify({ state: 'accepted' }) })
      await until(() => taken.length === 1)
      expect(await (await fetch(twin.url, { headers: { accept: 'text/html' } })).text()).to.contain('action="/_twin/edit/pickups/7/Ready"')
      await fetch(`${twin.url}/_twin/edit/pickups/7/Ready`, { method: 'POST' })
      await until(() => taken.length === 2)
      expect(taken.map(({ path, body }) => [path, Object.entries(JSON.parse(body)).find(([name]) => name === 'state')?.[1]])).to.deep.equal([['/in/store/pickups', 'accepted'], ['/in/store/pickups', 'ready']])
      for (const { path, headers, body } of taken) {
        verifyStandardWebhook({ method: 'POST', path, url: path, headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])), body: Buffer.from(body) }, { secrets: [secret] })
      }
      expect((await fetch(`${twin.url}/_twin/edit/pickups/7/Ready`, { method: 'POST', headers: { origin: 'https://elsewhere.example' } })).status).to.equal(404)
      await twin.close()
      hub.closeAllConnections()
      hub.close()
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
      expect([...running.twins.keys()]).to.deep.equal(['webshop-no', 'erp', 'store', 'pos', 'pim', 'mail'])
      expect(running.env).to.have.all.keys('WEBSHOP_SECRET', 'WEBSHOP_ADMIN_URL', 'WEBSHOP_ADMIN_TOKEN', 'ERP_URL', 'ERP_TOKEN_URL', 'ERP_CLIENT_SECRET', 'ERP_WEBHOOK_SECRET', 'STORE_URL', 'STORE_API_KEY', 'STORE_WEBHOOK_SECRET',
        'POS_URL', 'POS_API_KEY', 'POS_WEBHOOK_SECRET', 'PIM_URL', 'PIM_WEBHOOK_SECRET', 'MAIL_URL', 'MAIL_WEBHOOK_SECRET')
      expect(running.env['ERP_URL']).to.equal(running.twins.get('erp')?.url)
      expect(running.addresses.map(({ label }) => label)).to.deep.equal(['Webshop', 'ERP', 'Store', 'PoS', 'PIM', 'Mail gateway'])
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
