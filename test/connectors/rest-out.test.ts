import { expect } from 'chai'
import pino from 'pino'
import { createStubRun } from '../../runtime/kit/conformance/stub-hub.ts'
import { startRestTwin } from '../../nodes/rest/twin/index.ts'
import type { RestTwin } from '../../nodes/rest/twin/index.ts'
import { bringUp, deliveryOf, faultOf, recordingRun } from './live.ts'
import type { Live } from './live.ts'

describe('rest out', () => {
  let twin: RestTwin
  const alive: Live[] = []
  const out = (config: Record<string, unknown>, system: Record<string, unknown> = {}): Live => {
    const live = bringUp({ connector: 'rest', type: 'rest out', system: { baseUrl: twin.url, auth: 'bearer', token: '${TOKEN}', ...system }, config, env: { TOKEN: 'token-0123456789' } })
    alive.push(live)
    return live
  }
  beforeEach(async () => { twin = await startRestTwin({ system: 'erp', port: 0, secrets: { token: 'token-0123456789' }, log: pino({ level: 'silent' }) }) })
  afterEach(async () => {
    for (const live of alive.splice(0)) await live.close()
    await twin.close()
  })

  it('sends the payload to the templated path and hands the answer on', async () => {
    const sent = await out({ path: '/orders/{number}' }).run({ payload: { number: 'Å 10/42?#', total: '1.00' }, torg: deliveryOf(), kept: 1 })
    expect(twin.collections.list('orders').map(({ id, document }) => ({ id, document }))).to.deep.equal([{ id: 'Å 10/42?#', document: { number: 'Å 10/42?#', total: '1.00' } }])
    expect(sent).to.deep.include({ statusCode: 201, kept: 1 })
    expect(sent?.payload).to.include({ id: 'Å 10/42?#' })
  })
  it('fills several places, from payload and envelope', async () => {
    await out({ path: '/orders/{store.code}-{torg.delivery.recordId}-{lines[0].sku}' }).run({ payload: { store: { code: 7 }, lines: [{ sku: 'a b' }] }, torg: deliveryOf() })
    expect(twin.collections.list('orders').map(({ id }) => id)).to.deep.equal(['7-rec-1-a b'])
  })
  it('refuses a path with a hole, or with dots that would climb', async () => {
    const live = out({ path: '/orders/{buyer.number}' })
    const missing = await faultOf(() => live.run({ payload: { buyer: {} }, torg: deliveryOf() }))
    expect(missing).to.include({ code: 'mapping.failed', pointer: '/buyer/number' })
    for (const number of ['..', '.', '', null, {}, []]) expect((await faultOf(() => live.run({ payload: { buyer: { number } }, torg: deliveryOf() }))).code).to.equal('mapping.failed')
    expect(twin.counts.requests).to.equal(0)
  })
  it('sends the same idempotency key on every attempt, and another for another version, node or part', async () => {
    const live = out({ method: 'POST', path: '/orders' })
    await live.run({ payload: { a: 1 }, torg: deliveryOf() })
    await live.run({ payload: { a: 1 }, torg: deliveryOf() })
    expect(twin.counts).to.include({ writes: 1, repeats: 1 })
    await live.run({ payload: { a: 1 }, torg: deliveryOf({ version: 2, idempotencyKey: 'key-2' }) })
    await live.run({ payload: { a: 2 }, torg: deliveryOf(), parts: { index: 1 } })
    expect(twin.counts).to.include({ writes: 3, repeats: 1, mixedUpKeys: 0 })
  })
  it('has a key without a delivery too, from message and content', async () => {
    const live = out({ method: 'POST', path: '/orders' })
    const torg = { run: 'r', deployment: 1, message: { id: 'm-1', system: 'shop', topic: 't', key: 'k', eventId: null, sourceTime: null, receivedAt: '2026-01-01T00:00:00.000Z', headers: {} } }
    for (const a of [1, 1, 2]) await live.run({ payload: { a }, torg })
    expect(twin.counts).to.include({ writes: 2, repeats: 1 })
  })
  it('creates at an address that can only create, and parks what the system has already', async () => {
    const live = out({ method: 'POST', path: '/orders', can: 'create' })
    await live.run({ payload: { a: 1 }, torg: deliveryOf() })
    expect(twin.counts.writes).to.equal(1)
    for (const has of [{ present: true }, { reference: '10001' }]) {
      const fault = await faultOf(() => live.run({ payload: { a: 2 }, torg: deliveryOf({ idempotencyKey: 'key-2', ...has }) }))
      expect(fault).to.include({ code: 'system.create-only', class: 'permanent' })
      expect(fault.message).to.contain('erp has the order rec-1 already')
    }
    expect(twin.counts.requests).to.equal(1)
    await live.run({ payload: {}, torg: deliveryOf({ operation: 'remove', present: true, reference: '10001' }) }).catch(() => undefined)
    expect(twin.counts.requests).to.equal(2)
  })
  it('is sent again safely when the end was unknown', async () => {
    const live = out({ method: 'POST', path: '/orders' })
    twin.fail({ status: 503, times: 1, afterwards: true })
    expect((await faultOf(() => live.run({ payload: { a: 1 }, torg: deliveryOf() }))).class).to.equal('transient')
    await live.run({ payload: { a: 1 }, torg: deliveryOf() })
    expect(twin.collections.list('orders')).to.have.length(1)
  })
  it('tells the run the id that the system gave, and uses it next time', async () => {
    const live = out({ method: 'POST', path: '/orders', idPath: 'id', update: true, updateMethod: 'PATCH', updatePath: '/orders/{reference}' })
    const run = recordingRun()
    await live.run({ payload: { a: 1 }, torg: deliveryOf() }, run)
    const [reference] = run.references
    expect(reference).to.include({ kind: 'order' })
    await live.run({ payload: { b: 2 }, torg: deliveryOf({ version: 2, idempotencyKey: 'key-2', reference: reference?.id ?? '' }) })
    expect(twin.collections.list('orders').map(({ document }) => document)).to.deep.equal([{ a: 1, b: 2 }])
  })
  it('removes, and takes what is not there for removed', async () => {
    const live = out({ path: '/orders/{number}' })
    await live.run({ payload: { number: '1' }, torg: deliveryOf() })
    const remove = deliveryOf({ operation: 'remove', reason: 'deleted', version: 2, idempotencyKey: 'key-2' })
    await live.run({ payload: { number: '1' }, torg: remove })
    expect(twin.collections.list('orders')).to.have.length(0)
    expect(await live.run({ payload: { number: '1' }, torg: { ...remove, run: 'r-2' } })).to.include({ statusCode: 204 })
    const never = deliveryOf({ operation: 'remove', reason: 'filter', idempotencyKey: 'key-3' })
    expect(await live.run({ payload: { number: '7' }, torg: never })).to.include({ statusCode: 404 })
  })
  it('can remove with another request, or send nothing', async () => {
    const remove = deliveryOf({ operation: 'remove', reason: 'filter' })
    await out({ path: '/orders/{number}', removeMethod: 'PUT', removePath: '/cancelled/{number}' }).run({ payload: { number: '1' }, torg: remove })
    expect(twin.collections.list('cancelled')).to.have.length(1)
    const before = twin.counts.requests
    await out({ path: '/orders/{number}', removeMethod: 'skip' }).run({ payload: { number: '1' }, torg: remove })
    await out({ path: '/orders', removePath: '/orders/{reference}' }).run({ payload: { number: '1' }, torg: deliveryOf({ operation: 'remove', reason: 'deleted', reference: null }) })
    expect(twin.counts.requests).to.equal(before)
  })
  it('templates headers', async () => {
    const live = out({ path: '/orders/1', headers: { 'X-API-Key': '{store.key}' } }, { auth: 'none' })
    await twin.close()
    twin = await startRestTwin({ system: 'erp', port: Number(new URL(twin.url).port), secrets: { apiKey: 'of-the-store' }, log: pino({ level: 'silent' }) })
    await live.run({ payload: { store: { key: 'of-the-store' } }, torg: deliveryOf() })
    expect(twin.counts.writes).to.equal(1)
  })
  it('gives up when its run ends, and sends nothing for a run that has ended', async () => {
    const live = out({ path: '/orders/1' })
    expect((await faultOf(() => live.run({ payload: {}, torg: deliveryOf() }, createStubRun({ open: false })))).code).to.equal('run.closed')
    expect(twin.counts.requests).to.equal(0)
    twin.fail({ status: 'hang' })
    const ending = new AbortController()
    const pending = faultOf(() => live.run({ payload: {}, torg: deliveryOf() }, createStubRun({ signal: ending.signal })))
    ending.abort()
    expect((await pending).code).to.equal('run.interrupted')
  })
  it('is refused with the wrong credentials', async () => {
    await twin.close()
    twin = await startRestTwin({ system: 'erp', port: Number(new URL(twin.url).port), secrets: { token: 'a-new-token-0123' }, log: pino({ level: 'silent' }) })
    const error = await faultOf(() => out({ path: '/orders/1' }).run({ payload: {}, torg: deliveryOf() }))
    expect(error).to.include({ code: 'system.credentials' })
    expect(JSON.stringify(error)).not.to.contain('token-0123456789')
  })
})
