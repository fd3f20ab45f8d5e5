import { expect } from 'chai'
import { connect } from 'node:net'
import { TorgError } from '../../runtime/errors.ts'
import { createPressure } from '../../runtime/pressure.ts'
import { openStore } from '../../runtime/store/index.ts'
import type { Store } from '../../runtime/store/types.ts'
import { createTestDatabase } from '../support/database.ts'
import { until } from '../support/until.ts'
import { call, createGateway, createTestLog, source, startApi, type Answer, type RunningApi } from './harness.ts'

const good = { 'x-test-signature': 'good', 'content-type': 'application/json' }
const post = (url: string, body: string | Buffer, headers: Record<string, string> = good): Promise<Answer> => call(url, { method: 'POST', headers, body })

describe('webhook intake', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>
  let store: Store
  let api: RunningApi
  before(async () => {
    database = await createTestDatabase()
    store = await openStore({ databaseUrl: database.url, log: createTestLog().log })
  })
  after(async () => {
    await store.close()
    await database.drop()
  })
  beforeEach(async () => {
    api = await startApi({ store })
    api.hub.sources = [source('a')]
  })
  afterEach(async () => { await api.close() })

  const stored = async (): Promise<number> => (await store.depths()).reduce((sum, { pending, dead }) => sum + pending + dead, 0)
  const expectProblem = (answer: Answer, status: number, code: string): void => {
    expect(answer.status, answer.text).to.equal(status)
    expect(answer.headers['content-type']).to.equal('application/problem+json')
    expect(answer.json()).to.include({ code, status, type: `urn:torg:error:${code}` })
    expect(answer.json()).to.include.keys('title', 'detail', 'next', 'instance')
    expect(answer.headers['x-request-id']).to.be.a('string')
  }

  it('stores a message before it answers, and a second one of the same event does nothing', async () => {
    const before = await stored()
    const first = await post(`${api.url}/in/shop`, '{"id":1}', { ...good, 'x-event-id': 'e1' })
    expect(first.status).to.equal(200)
    expect(first.json()).to.include({ duplicate: false })
    expect(first.json()['id']).to.match(/^[0-9a-f-]{36}$/)
    const second = await post(`${api.url}/in/shop`, '{"id":1}', { ...good, 'x-event-id': 'e1' })
    expect(second.json()).to.deep.equal({ id: first.json()['id'], duplicate: true })
    expect(await stored()).to.equal(before + 1)
  })

  it('answers 503 in the middle of a body that there is no room for, keeps the connection, and frees what it took', async () => {
    const { log, lines } = createTestLog('info')
    const pressure = await createPressure({ intakeLimit: 30_000, diskReserve: 1, folders: [], log, heapShare: () => 0 })
    const proceed = Promise.withResolvers<void>()
    const slow = await startApi({ store, enter: pressure.enter, receive: async (message) => { await proceed.promise; return store.receive(message) } })
    slow.hub.sources = [source('a')]
    const body = JSON.stringify({ id: 1, text: 'x'.repeat(24_000) })
    const before = await stored()
    const first = post(`${slow.url}/in/shop`, body)
    await until(() => slow.hub.received.length === 1)
    for (let attempt = 0; attempt < 3; attempt++) {
      const answer = await post(`${slow.url}/in/shop`, body)
      expectProblem(answer, 503, 'hub.full')
      expect(answer.headers['retry-after']).to.equal('5')
      expect(answer.headers['connection']).not.to.equal('close')
    }
    proceed.resolve()
    expect((await first).status).to.equal(200)
    expect((await post(`${slow.url}/in/shop`, body)).status).to.equal(200)
    expect(pressure.facts().waitingBytes).to.equal(0)
    expect(await stored()).to.equal(before + 2)
    expect(lines.filter(({ level }) => level >= 40)).to.have.length(1)
    expect(slow.lines.filter(({ level }) => level >= 40)).to.deep.equal([])
    await Promise.all([slow.close(), pressure.close()])
  })

  it('hands on the raw bytes, path and query, and the public address', async () => {
    let seen: unknown
    api.hub.sources = [source('a', { path: 'orders/new', verify: ({ method, path, url, body }) => { seen = { method, path, url, body: body.toString('hex') } }, describe: () => ({ key: 'k', eventId: null, topic: 't', sourceTime: null }) })]
    const body = Buffer.from([0xff, 0x00, 0x0a])
    expect((await post(`${api.url}/in/shop/orders/new?shop=1`, body)).status).to.equal(200)
    expect(seen).to.deep.equal({ method: 'POST', path: '/in/shop/orders/new?shop=1', url: `${api.url}/in/shop/orders/new?shop=1`, body: 'ff000a' })
    expect(api.hub.received[0]?.body.equals(body)).to.equal(true)
  })

  it('answers 401 to a bad signature and stores nothing', async () => {
    const before = await stored()
    expectProblem(await post(`${api.url}/in/shop`, '{"id":1}', {}), 401, 'request.unauthorized')
    expect(api.hub.received).to.deep.equal([])
    expect(await stored()).to.equal(before)
    const line = api.lines.find(({ level }) => level === 40)
    expect(line).to.include({ system: 'shop', code: 'request.unauthorized', remote: '127.0.0.1' })
    expect(await api.metrics.text()).to.contain('torg_messages_refused_total{system="shop",reason="request.unauthorized"} 1')
  })

  it('answers 400 to what is not JSON, but only after the signature held', async () => {
    expectProblem(await post(`${api.url}/in/shop`, '{"id":'), 400, 'request.not-json')
    expectProblem(await post(`${api.url}/in/shop`, '{"id":', {}), 401, 'request.unauthorized')
    expect(api.hub.received).to.deep.equal([])
  })

  it('verifies before it says whether a topic is taken', async () => {
    api.hub.sources = [source('a', { accepts: () => false })]
    expectProblem(await post(`${api.url}/in/shop`, '{"id":1}', {}), 401, 'request.unauthorized')
    expectProblem(await post(`${api.url}/in/shop`, '{"id":1}'), 404, 'request.not-found')
  })

  it('answers 413 to a body over the limit, announced or not, and reads on with the next request', async () => {
    expectProblem(await post(`${api.url}/in/shop`, 'x'.repeat(64 * 1024 + 1)), 413, 'request.too-large')
    expectProblem(await call(`${api.url}/in/shop`, { method: 'POST', headers: { ...good, 'transfer-encoding': 'chunked' }, body: 'x'.repeat(200_000) }), 413, 'request.too-large')
    expect((await post(`${api.url}/in/shop`, JSON.stringify({ id: 1, text: 'x'.repeat(64 * 1024 - 30) }))).status).to.equal(200)
  })

  it('answers 404 to an unknown system or path, and 405 to another method', async () => {
    expectProblem(await post(`${api.url}/in/nobody`, '{}'), 404, 'request.not-found')
    expectProblem(await post(`${api.url}/in/shop/elsewhere`, '{}'), 404, 'request.not-found')
    expectProblem(await post(`${api.url}/in/`, '{}'), 404, 'request.not-found')
    expectProblem(await post(`${api.url}/in/%E0%A4%A`, '{}'), 404, 'request.not-found')
    expectProblem(await call(`${api.url}/in`), 404, 'request.not-found')
    const answer = await call(`${api.url}/in/shop`)
    expectProblem(answer, 405, 'request.method')
    expect(answer.headers.allow).to.equal('POST')
    expect(await api.metrics.text()).to.not.contain('nobody')
  })

  it('answers 503 with Retry-After while the hub takes nothing', async () => {
    api.hub.accepting = false
    const answer = await post(`${api.url}/in/shop`, '{"id":1}')
    expectProblem(answer, 503, 'hub.unavailable')
    expect(Number(answer.headers['retry-after'])).to.be.greaterThan(0)
    expect(api.hub.received).to.deep.equal([])
  })

  it('keeps a message without a key as a dead letter and acknowledges it', async () => {
    const answer = await post(`${api.url}/in/shop`, '{"number":7}')
    expect(answer.status).to.equal(200)
    const id = `m-${String(answer.json()['id'])}`
    const letter = await store.deadLetter(id)
    expect(letter?.error).to.include({ code: 'message.no-key' })
    expect(letter?.input).to.include({ body: '{"number":7}' })
  })

  it('gives a message to every source that takes it, each by its own signature', async () => {
    const other = { verify: ({ headers }: { headers: Readonly<Record<string, string | undefined>> }) => { if (headers['x-other'] !== 'good') throw new TorgError('request.unauthorized', 'no') } }
    api.hub.sources = [source('a'), source('b'), source('c', other), source('d', { accepts: () => false }), source('e', { path: 'elsewhere' })]
    expect((await post(`${api.url}/in/shop`, '{"id":1}')).status).to.equal(200)
    expect(api.hub.received.map(message => message.source)).to.deep.equal(['a', 'b'])
    expect((await post(`${api.url}/in/shop`, '{"id":2}', { 'x-other': 'good' })).status).to.equal(200)
    expect(api.hub.received.map(message => message.source)).to.deep.equal(['a', 'b', 'c'])
  })

  it('stores telling headers, and no signature, key or login', async () => {
    await post(`${api.url}/in/shop`, '{"id":1}', { ...good, 'x-shopify-topic': 'orders/create', 'x-shopify-hmac-sha256': 'S1', 'authorization': 'S2', 'cookie': 'S3', 'x-api-key': 'S4', 'webhook-id': 'w', 'webhook-signature': 'S5', 'x-my-shared': 'S6', 'user-agent': 'Shop' })
    expect(api.hub.received[0]?.headers).to.deep.equal({ 'content-type': 'application/json', 'x-shopify-topic': 'orders/create', 'webhook-id': 'w', 'user-agent': 'Shop' })
    expect(api.logText()).to.not.match(/S[1-6]"/)
  })

  it('logs no body and no inside of a failure, and answers 500 with the request id', async () => {
    api.hub.sources = [source('a', { verify: () => { throw new Error('inside: hunter2') } })]
    const answer = await post(`${api.url}/in/shop`, '{"id":"customer data"}')
    expectProblem(answer, 500, 'hub.internal')
    expect(answer.text).to.contain(String(answer.headers['x-request-id'])).and.to.not.contain('hunter2')
    expect(api.logText()).to.contain('inside: hunter2').and.to.not.contain('customer data')
  })

  it('takes a thousand orders on kept connections within seconds, each stored', async () => {
    const before = await stored()
    const answers = await Promise.all(Array.from({ length: 1000 }, (_, index) => fetch(`${api.url}/in/shop`, { method: 'POST', headers: { ...good, 'x-event-id': `load-${index}` }, body: `{"id":"load-${index}"}` })))
    expect(new Set(answers.map(({ status }) => status))).to.deep.equal(new Set([200]))
    expect(await stored()).to.equal(before + 1000)
  })

  it('survives a sender that goes away in the middle of the body', async () => {
    await new Promise<void>((resolve, reject) => {
      const socket = connect(Number(new URL(api.url).port), '127.0.0.1', () => {
        socket.write('POST /in/shop HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nX-Test-Signature: good\r\n\r\n{"id"', () => { socket.destroy(); resolve() })
      })
      socket.on('error', reject)
    })
    expect((await post(`${api.url}/in/shop`, '{"id":1}')).status).to.equal(200)
    expect(api.hub.received).to.have.length(1)
  })
})

describe('webhook intake without a database', () => {
  it('answers 503 with Retry-After and acknowledges nothing', async () => {
    const database = await createTestDatabase()
    const gateway = await createGateway(database.url)
    const store = await openStore({ databaseUrl: gateway.url, log: createTestLog('silent').log })
    await gateway.cut()
    const api = await startApi({ store })
    try {
      api.hub.sources = [source('a')]
      const answer = await post(`${api.url}/in/shop`, '{"id":1}')
      expect(answer.status, answer.text).to.equal(503)
      expect(answer.json()).to.include({ code: 'hub.unavailable' })
      expect(Number(answer.headers['retry-after'])).to.be.greaterThan(0)
      const ready = await call(`${api.url}/ready`)
      expect(ready.status).to.equal(503)
      expect(ready.json()['reasons']).to.deep.equal(['PostgreSQL does not answer.'])
      expect((await call(`${api.url}/health`)).status).to.equal(200)
      expect((await call(`${api.url}/metrics`)).text).to.contain('torg_database_up 0')
    } finally {
      await api.close()
      await store.close()
      await database.drop()
    }
  })
})
