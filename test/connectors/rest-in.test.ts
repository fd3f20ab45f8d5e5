import { expect } from 'chai'
import { createHmac } from 'node:crypto'
import { bringUp, faultOf, requestOf } from './live.ts'
import type { Live } from './live.ts'

const env = { SECRET: 'webhook-secret-0123', WHSEC: `whsec_${Buffer.from('a key of twenty-four byte').toString('base64')}` }

describe('rest in', () => {
  let live: Live | undefined
  afterEach(async () => { await live?.close() })
  const webhook = (system: Record<string, unknown>, config: Record<string, unknown>) => {
    live = bringUp({ connector: 'rest', type: 'rest in', system: { baseUrl: 'http://127.0.0.1:9', ...system }, config: { keyPath: 'order.number', ...config }, env })
    return live.source().webhook ?? expect.fail('it takes no webhooks')
  }

  it('refuses webhooks until told how they are verified', async () => {
    expect((await faultOf(() => webhook({}, {}).verify(requestOf({ body: '{}' })))).message).to.contain('refused')
  })
  it('verifies an HMAC with its parameters', async () => {
    const hooks = webhook({ webhooks: 'hmac', webhookSecret: '${SECRET}', signatureHeader: 'X-Sig', signaturePrefix: 'sha512=', algorithm: 'sha512', encoding: 'base64', signed: '{timestamp}.{body}', timestampHeader: 'X-Time', tolerance: 60 }, {})
    const signed = (time: number): ReturnType<typeof requestOf> => requestOf({ body: '{"a":1}', headers: { 'X-Time': String(time), 'X-Sig': `sha512=${createHmac('sha512', env.SECRET).update(`${time}.{"a":1}`).digest('base64')}` } })
    const now = Math.floor(Date.now() / 1000)
    await hooks.verify(signed(now))
    expect((await faultOf(() => hooks.verify(signed(now - 120)))).code).to.equal('request.unauthorized')
    expect((await faultOf(() => hooks.verify({ ...signed(now), body: Buffer.from('{"a":2}') }))).code).to.equal('request.unauthorized')
  })
  it('verifies Standard Webhooks, whose id is the event', async () => {
    const hooks = webhook({ webhooks: 'standard', webhookSecret: '${WHSEC}' }, {})
    const time = Math.floor(Date.now() / 1000)
    const signature = createHmac('sha256', 'a key of twenty-four byte').update(`msg_1.${time}.{"order":{"number":7}}`).digest('base64')
    const request = requestOf({ body: '{"order":{"number":7}}', headers: { 'webhook-id': 'msg_1', 'webhook-timestamp': String(time), 'webhook-signature': `v1,${signature}` } })
    await hooks.verify(request)
    expect(hooks.describe(request)).to.deep.equal({ key: '7', eventId: 'msg_1', topic: 'document', sourceTime: null })
  })
  it('verifies a key in a header', async () => {
    const hooks = webhook({ webhooks: 'key', webhookSecret: '${SECRET}', signatureHeader: 'Authorization', signaturePrefix: 'Bearer ' }, {})
    await hooks.verify(requestOf({ headers: { Authorization: `Bearer ${env.SECRET}` } }))
    expect((await faultOf(() => hooks.verify(requestOf({ headers: { Authorization: env.SECRET } })))).code).to.equal('request.unauthorized')
  })
  it('has an address of its own, and finds key, event, topic and time', () => {
    const hooks = webhook({}, { path: 'orders/new', keyPath: '/order/number', eventIdHeader: 'X-Event', eventIdPath: 'event', timePath: 'order.changed', topicPath: 'type', topic: 'order' })
    expect(hooks.path).to.equal('orders/new')
    const body = JSON.stringify({ type: 'order.paid', event: 99, order: { number: 'A-1', changed: 1767225600 } })
    expect(hooks.describe(requestOf({ body }))).to.deep.equal({ key: 'A-1', eventId: '99', topic: 'order.paid', sourceTime: '2026-01-01T00:00:00.000Z' })
    expect(hooks.describe(requestOf({ body, headers: { 'X-Event': 'e-1' } })).eventId).to.equal('e-1')
    expect(hooks.describe(requestOf({ body: '{}' }))).to.deep.equal({ key: null, eventId: null, topic: 'order', sourceTime: null })
    expect([hooks.accepts(requestOf({})), hooks.accepts(requestOf({ method: 'GET' }))]).to.deep.equal([true, false])
  })
  it('does not read what an object inherits', () => {
    const hooks = webhook({}, { keyPath: 'constructor.name' })
    expect(hooks.describe(requestOf({ body: '{}' })).key).to.equal(null)
  })
  it('refuses what is not JSON', async () => {
    expect((await faultOf(() => webhook({}, {}).describe(requestOf({ body: 'a=1' })))).code).to.equal('request.not-json')
  })
})
