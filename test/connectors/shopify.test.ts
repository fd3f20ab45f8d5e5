import { expect } from 'chai'
import { createHmac } from 'node:crypto'
import { bringUp, faultOf, requestOf } from './live.ts'
import type { Live } from './live.ts'

const secret = 'shop-secret-0123456789'
const env = { SECRET: secret, OLD: 'old-secret-0123456789' }
const sign = (body: string | Buffer, key = secret): string => createHmac('sha256', key).update(body).digest('base64')
const hook = (body: string, headers: Record<string, string> = {}) => requestOf({ body, headers: { 'X-Shopify-Topic': 'orders/create', 'X-Shopify-Hmac-Sha256': sign(body), 'X-Shopify-Shop-Domain': 'torget.myshopify.com', 'X-Shopify-Event-Id': 'event-1', 'X-Shopify-Webhook-Id': 'hook-1', ...headers } })

describe('shopify in', () => {
  let live: Live
  before(() => { live = bringUp({ connector: 'shopify', type: 'shopify in', system: { shop: 'torget.myshopify.com', webhookSecret: '${SECRET}', previousSecret: '${OLD}' }, config: { topics: ['orders/create'] }, env }) })
  after(() => live.close())
  const webhook = () => live.source().webhook ?? expect.fail('it takes no webhooks')

  it('takes the topics that are chosen', () => {
    expect(webhook().accepts(hook('{}'))).to.equal(true)
    expect(webhook().accepts(hook('{}', { 'X-Shopify-Topic': 'orders/updated' }))).to.equal(false)
    expect(webhook().accepts(requestOf({ body: '{}' }))).to.equal(false)
    expect(webhook().accepts({ ...hook('{}'), method: 'GET' })).to.equal(false)
  })
  it('verifies with the secret and, while it is exchanged, with the one before', async () => {
    await webhook().verify(hook('{"id":1}'))
    await webhook().verify(hook('{"id":1}', { 'X-Shopify-Hmac-Sha256': sign('{"id":1}', env.OLD) }))
    const wrong: Record<string, string>[] = [{ 'X-Shopify-Hmac-Sha256': sign('{"id":2}') }, { 'X-Shopify-Hmac-Sha256': '' }, { 'X-Shopify-Hmac-Sha256': sign('{"id":1}', 'another') }, { 'X-Shopify-Shop-Domain': 'other.myshopify.com' }]
    for (const headers of wrong) {
      expect((await faultOf(() => webhook().verify(hook('{"id":1}', headers)))).code).to.equal('request.unauthorized')
    }
  })
  it('finds key, event, topic and the shop\'s own time', () => {
    const body = JSON.stringify({ id: 5583021047921, created_at: '2026-03-02T18:21:07+01:00', updated_at: '2026-03-02T18:22:09+01:00' })
    expect(webhook().describe(hook(body))).to.deep.equal({ key: '5583021047921', eventId: 'event-1', topic: 'orders/create', sourceTime: '2026-03-02T17:22:09.000Z' })
  })
  it('falls back to the webhook id, and to none', () => {
    const request = hook('{"id":1}')
    expect(webhook().describe({ ...request, headers: { ...request.headers, 'x-shopify-event-id': undefined } }).eventId).to.equal('hook-1')
    expect(webhook().describe(requestOf({ body: '{"id":1}' })).eventId).to.equal(null)
  })
  it('finds no key where there is none, and refuses what is not JSON', async () => {
    for (const body of ['{}', '{"id":null}', '[]', '"text"', 'null']) expect(webhook().describe(hook(body)).key, body).to.equal(null)
    expect((await faultOf(() => webhook().describe(hook('{"id":')))).code).to.equal('request.not-json')
  })
})
