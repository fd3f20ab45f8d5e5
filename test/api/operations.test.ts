import { expect } from 'chai'
import { TorgError } from '../../runtime/errors.ts'
import { changedTabs, compileRoles, explain, revisionOf } from '../../runtime/project/index.ts'
import { openStore } from '../../runtime/store/index.ts'
import type { NewMessage, Store } from '../../runtime/store/types.ts'
import { createTestDatabase } from '../support/database.ts'
import { call, createTestLog, startApi, type RunningApi } from './harness.ts'

const roles = [{ kind: 'order', field: 'note', masters: ['erp'] }]
const tab = (id: string, label: string) => ({ id, type: 'tab', label })

describe('operating calls', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>
  let store: Store
  let api: RunningApi
  let hinted: string[]
  let notReady: string[]
  const deployed: unknown[] = []
  before(async () => {
    database = await createTestDatabase()
    store = await openStore({ databaseUrl: database.url, log: createTestLog('silent').log })
    api = await startApi({
      explain: what => explain({ ...what, roles, rulesTo: () => [] }),
      store,
      schemas: new Map([['order@1', { $id: 'order@1', type: 'object' }]]),
      systems: () => [{ nodeId: 's', key: 'erp', connector: 'rest', label: 'ERP' }],
      hint: lane => { hinted.push(lane) },
      notReady: () => notReady,
      checkFlows: flows => { if (JSON.stringify(flows).includes('broken')) throw new TorgError('flow.invalid', { detail: 'tab "ERP": broken', errors: [{ detail: 'tab "ERP": broken' }] }) },
      deploy: async ({ flows, user }) => {
        deployed.push(flows)
        return { revision: (await store.deploy({ revision: revisionOf(flows), by: user.username, from: 'api', note: null, flows, credentials: { $: 'typed secrets' } })).revision, warnings: [] }
      },
    })
  })
  after(async () => {
    await api.close()
    await store.close()
    await database.drop()
  })
  beforeEach(() => { hinted = []; notReady = [] })

  const dead = (key: string, lane: NewMessage['lane'] = 'shop.in', code: 'message.no-key' | 'mapping.failed' = 'message.no-key'): Promise<{ id: string }> => store.receive({
    lane, system: lane.replace(/\..*/, ''), source: 'n1', topic: 'orders/create', key, eventId: null, contentType: 'application/json', headers: {}, body: Buffer.from(`{"key":"${key}"}`), sourceTime: null,
    error: new TorgError(code, 'refused').toJSON(),
  })
  const postJson = (path: string, body: unknown) => call(`${api.url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  /** What the duty of a running hub does. */
  const handOver = async (): Promise<void> => { while ((await store.advanceRepairs(100)).running > 0); }
  const ids = (answer: { json(): Record<string, unknown> }): string[] => (answer.json()['items'] as { id: string }[]).map(({ id }) => id)

  describe('dead letters', () => {
    it('are listed page by page, opened with their input, and run again', async () => {
      const made = []
      for (let index = 0; index < 5; index++) made.push(`m-${(await dead(`k${index}`)).id}`)
      const seen: string[] = []
      let next: unknown = ''
      while (next !== null) {
        const page = await call(`${api.url}/api/v1/dead-letters?lane=shop.in&limit=2&after=${String(next)}`)
        seen.push(...ids(page))
        next = page.json()['next']
      }
      expect(seen.sort()).to.deep.equal(made.sort())
      const [id = ''] = made
      expect((await call(`${api.url}/api/v1/dead-letters/${id}`)).json()).to.deep.include({ id, type: 'message', lane: 'shop.in' }).and.to.have.nested.property('input.body')

      const answer = await postJson(`/api/v1/dead-letters/${id}/rerun`, {})
      expect(answer.status).to.equal(202)
      expect(answer.json()).to.deep.equal({ id, lane: 'shop.in' })
      expect(hinted).to.deep.equal(['shop.in'])
      expect((await call(`${api.url}/api/v1/dead-letters/${id}`)).status).to.equal(404)
      expect((await postJson(`/api/v1/dead-letters/${id}/rerun`, {})).status).to.equal(404)
    })

    it('are closed with a note by who is logged in', async () => {
      const id = `m-${(await dead('closed')).id}`
      expect((await postJson(`/api/v1/dead-letters/${id}/close`, { note: 7 })).json()).to.include({ code: 'request.invalid' })
      const answer = await postJson(`/api/v1/dead-letters/${id}/close`, { note: 'Sent by hand.' })
      expect(answer.json()['closed']).to.include({ by: 'admin', note: 'Sent by hand.' })
      expect((await call(`${api.url}/api/v1/dead-letters/${id}`)).json()).to.deep.include({ closed: answer.json()['closed'] })
      expect(ids(await call(`${api.url}/api/v1/dead-letters?closed=true`))).to.deep.equal([id])
      expect((await postJson(`/api/v1/dead-letters/${id}/close`, {})).status).to.equal(404)
    })

    it('are run again by selection', async () => {
      await dead('a', 'pos.in', 'mapping.failed')
      await dead('b', 'pos.in', 'mapping.failed')
      await dead('c', 'pos.in')
      expect((await postJson('/api/v1/dead-letters/rerun', { lane: 'pos.in', code: 'mapping.failed' })).json()).to.include({ reopened: 2 })
      await handOver()
      expect(ids(await call(`${api.url}/api/v1/dead-letters?lane=pos.in`))).to.have.length(1)
    })

    it('are not run again all by accident, nor by a filter that does not exist', async () => {
      expect((await postJson('/api/v1/dead-letters/rerun', {})).status).to.equal(400)
      expect((await postJson('/api/v1/dead-letters/rerun', { lnae: 'pos.in' })).json()).to.include({ code: 'request.invalid', detail: '"lnae" is no filter; there are lane, node, type and code.' })
      expect((await postJson('/api/v1/dead-letters/rerun', { all: true })).json()['reopened']).to.be.greaterThan(0)
      await handOver()
      expect(ids(await call(`${api.url}/api/v1/dead-letters`))).to.deep.equal([])
    })

    it('answer 400 to what is no filter, page or JSON', async () => {
      for (const query of ['limit=0', 'limit=x', 'lane=Shop', 'type=order', 'closed=1', 'after=nothing', 'lane=a.in&lane=b.in']) {
        const answer = await call(`${api.url}/api/v1/dead-letters?${query}`)
        expect(answer.status, query).to.equal(400)
        expect(answer.headers['content-type']).to.equal('application/problem+json')
      }
      const answer = await call(`${api.url}/api/v1/dead-letters/rerun`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{' })
      expect(answer.json()).to.include({ code: 'request.not-json', status: 400 })
    })
  })

  describe('repairs', () => {
    const settled = async (key: string, topic = 'orders/create'): Promise<string> => {
      const { id } = await store.receive({ lane: 'web.in', system: 'web', source: 'web-orders', topic, key, eventId: null, contentType: 'application/json', headers: {}, body: Buffer.from('{}'), sourceTime: null, error: new TorgError('mapping.failed', 'refused').toJSON() })
      return id
    }
    const repair = (body: unknown) => postJson('/api/v1/repairs', body)
    const selection = { type: 'messages', system: 'web' }

    it('are counted by a dry run, done with that count, followed and cancelled', async () => {
      const flows = [tab('web', 'Orders from the webshop'), { id: 'web-orders', type: 'rest in', z: 'web', name: 'Orders' }]
      await store.deploy({ revision: revisionOf(flows), by: 'admin', from: 'api', note: null, flows, credentials: {} })
      await settled('1')
      await settled('2')
      const preview = (await repair({ selection: { ...selection, flow: 'Orders from the webshop' }, dryRun: true })).json()
      expect(preview).to.deep.include({
        dryRun: true, count: 2, waiting: 0, passedOver: 0, selection: { ...selection, flow: 'Orders from the webshop', nodes: ['web-orders'] },
        groups: [{ system: 'web', node: 'web-orders', name: 'Orders', tab: 'Orders from the webshop', what: 'orders/create', state: 'dead', code: 'mapping.failed', count: 2 }],
      })
      expect(preview['sample']).to.have.length(2)
      expect((await call(`${api.url}/api/v1/repairs`)).json()).to.deep.include({ next: null })

      const refused = await repair({ selection, expected: 1, why: 'wrong tax' })
      expect(refused.status).to.equal(409)
      expect(refused.json()).to.include({ code: 'request.conflict', pointer: '/expected' }).and.to.have.property('detail').that.contains('2 messages')
      const started = await repair({ selection, expected: 2, why: ' wrong tax ' })
      expect(started.status).to.equal(202)
      expect(started.json()).to.include({ total: 2, by: 'admin', why: 'wrong tax', state: 'running', handedOver: 0 })
      const id = String(started.json()['id'])
      expect(api.logText()).to.contain(`Repair ${id} by admin: 2 messages are done again (wrong tax)`)
      expect((await call(`${api.url}/api/v1/repairs/${id}`)).json()).to.deep.include({ now: { waiting: 0, held: 0, done: 0, dead: 0 } })
      expect(ids(await call(`${api.url}/api/v1/repairs?limit=1`)).map(String)).to.deep.equal([id])
      expect((await postJson(`/api/v1/repairs/${id}/cancel`, {})).json()).to.include({ state: 'cancelled', endedBy: 'admin' })
      expect((await postJson(`/api/v1/repairs/${id}/cancel`, {})).json()).to.include({ code: 'request.conflict', detail: `Repair ${id} is cancelled; only a running one can be cancelled.` })
      expect((await call(`${api.url}/api/v1/repairs/99`)).status).to.equal(404)
      expect((await call(`${api.url}/api/v1/repairs/x`)).status).to.equal(404)
      expect((await repair({ selection, force: true, why: 'wrong tax' })).status).to.equal(202)
      await handOver()
      expect((await repair({ selection, force: true, why: 'wrong tax' })).json()).to.include({ code: 'request.invalid', detail: 'The selection holds no messages that could be repaired.' })
    })

    it('are refused with the field that is wrong', async () => {
      const cases: [unknown, string, string][] = [
        [{ selection, why: 'x' }, '/expected', 'a dry run counted'],
        [{ selection, expected: 1 }, '/why', 'for what reason'],
        [{ selection, dryrun: true }, '/dryrun', 'not known here'],
        [{ selection, dryRun: 'yes' }, '/dryRun', 'true or false'],
        [{ dryRun: true }, '/selection', 'is an object'],
        [{ selection: {}, dryRun: true }, '/selection/type', 'messages (to run again), deliveries'],
        [{ selection: { ...selection, number: '1' }, dryRun: true }, '/selection/number', 'there are system, flow, state, code, from, to, topic, keys, ids, every'],
        [{ selection: { ...selection, keys: [] }, dryRun: true }, '/selection/keys', 'at least one text'],
        [{ selection: { ...selection, ids: ['m-1'] }, dryRun: true }, '/selection/ids/0', '"m-1" is none'],
        [{ selection: { ...selection, state: 'pending' }, dryRun: true }, '/selection/state', 'is done or dead'],
        [{ selection: { ...selection, code: 'x' }, dryRun: true }, '/selection/code', 'mapping.failed'],
        [{ selection: { ...selection, from: 'yesterday' }, dryRun: true }, '/selection/from', '2026-03-01'],
        [{ selection: { ...selection, from: '2026-03-02', to: '2026-03-01' }, dryRun: true }, '/selection/to', 'later than from'],
        [{ selection: { ...selection, flow: 'Orders form the webshop' }, dryRun: true }, '/selection/flow', '"Orders from the webshop"'],
        [{ selection: { type: 'deliveries', topic: 'x' }, dryRun: true }, '/selection/topic', 'kind, numbers, ids, period'],
        [{ selection: { type: 'records', kind: 'order' }, dryRun: true }, '/selection/flow', 'names the subscriptions that are fed'],
        [{ selection: { type: 'records', flow: 'erp', state: 'done' }, dryRun: true }, '/selection/state', 'system, flow, from, to, kind, numbers, ids, period'],
      ]
      for (const [body, pointer, detail] of cases) {
        const answer = await repair(body)
        expect(answer.json(), JSON.stringify(body)).to.deep.include({ status: 400, code: 'request.invalid', pointer }).and.to.have.property('detail').that.contains(detail)
      }
    })

    it('read a day as a whole one, in UTC', async () => {
      const of = async (period: object): Promise<unknown> => (await repair({ selection: { ...selection, ...period }, dryRun: true })).json()['selection']
      expect(await of({ from: '2026-03-01', to: '2026-03-01' })).to.deep.equal({ ...selection, from: '2026-03-01T00:00:00.000Z', to: '2026-03-02T00:00:00.000Z' })
      expect(await of({ from: '2026-03-01T08:00:00+01:00' })).to.deep.equal({ ...selection, from: '2026-03-01T07:00:00.000Z' })
    })
  })

  it('shows status: version, deployment, lanes, systems', async () => {
    const { json } = await call(`${api.url}/api/v1/status`)
    expect(json()).to.deep.include({ version: '0.0.0-test', accepting: true, systems: [{ key: 'erp', connector: 'rest', label: 'ERP' }] })
    expect(json()['lanes']).to.be.an('array')
  })

  it('explains a field: what set it, and what was not applied', async () => {
    await store.configure({ subscriptions: [], roles: compileRoles(roles), kinds: new Map([['order', { fact: false, links: [] }]]) })
    const write = (system: string, note: string) => store.save([{ kind: 'order', schema: 'order@1', operation: 'upsert', refs: [{ system: 'shop', kind: 'order', id: 'explained' }], number: null, document: { note }, origin: { system, message: null, at: '2026-03-01T00:00:00.000Z' }, sourceTime: null }])
    const [saved] = await write('erp', 'ERP')
    await write('shop', 'shop')
    const at = `${api.url}/api/v1/orders/${saved?.record.id ?? ''}/explain`
    const { items } = (await call(`${at}?field=/note`)).json() as { items: { text: string[] }[] }
    expect(items.map(({ text }) => text)).to.deep.equal([[
      'note is "ERP": as said by erp at 2026-03-01T00:00:00.000Z.', 'Role table, as it is now: order, field note: masters by rank: erp.',
      'Not applied: "shop", said by shop at 2026-03-01T00:00:00.000Z: it is no master of the field; erp is.',
    ]])
    expect((await call(at)).json()['items']).to.have.length(1)
    expect((await call(`${api.url}/api/v1/orders/shop:explained/explain`)).json()['items']).to.have.length(1)
    expect((await call(`${at}?field=note`)).status).to.equal(400)
    expect((await call(`${at}?field=/total`)).status).to.equal(404)
    expect((await call(`${api.url}/api/v1/customers/${saved?.record.id ?? ''}/explain`)).status).to.equal(404)
    expect((await call(`${api.url}/api/v1/orders/none/explain`)).json()['next']).to.include('<system>:')
  })

  it('serves the model\'s schemas', async () => {
    expect((await call(`${api.url}/schemas`)).json()).to.deep.equal({ schemas: ['order@1'] })
    const answer = await call(`${api.url}/schemas/order@1.json`)
    expect(answer.headers['content-type']).to.contain('application/schema+json')
    expect(answer.json()).to.include({ $id: 'order@1' })
    expect((await call(`${api.url}/schemas/none`)).status).to.equal(404)
  })

  it('deploys flows based on the newest revision, refuses others with 409 naming the tabs', async () => {
    const put = (body: unknown) => call(`${api.url}/api/v1/flows`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
    const [first, second] = [[tab('t1', 'Orders')], [tab('t1', 'Orders'), tab('t2', 'ERP')]]
    expect((await call(`${api.url}/api/v1/flows`)).json()).to.deep.equal({ revision: null, deployment: null, flows: [] })
    const base = (await put({ revision: null, flows: first })).json()['revision']
    expect(base).to.equal(revisionOf(first))
    expect((await put({ revision: base, flows: second })).status).to.equal(200)

    const stale = await put({ revision: base, flows: first })
    expect(stale.status).to.equal(409)
    expect(stale.json()).to.include({ code: 'flow.stale' })
    expect(stale.json()['detail']).to.contain(`Changed since: ${changedTabs(first, second).join(', ')}`).and.contain('ERP')

    const invalid = await put({ revision: revisionOf(second), flows: [tab('broken', 'X')] })
    expect(invalid.status).to.equal(422)
    expect(invalid.json()).to.deep.include({ code: 'flow.invalid', errors: [{ detail: 'tab "ERP": broken' }] })
    expect((await put({ revision: 'x' })).status).to.equal(400)
    expect((await put({ flows: [] })).status).to.equal(400)
    expect(deployed).to.have.length(2)

    const together = await Promise.all([put({ revision: revisionOf(second), flows: first }), put({ revision: revisionOf(second), flows: [] })])
    expect(together.map(({ status }) => status).sort(), 'only one of two at once').to.deep.equal([200, 409])
    const listed = await call(`${api.url}/api/v1/deployments?limit=2`)
    expect(listed.json()['items']).to.have.length(2)
    expect(listed.text).to.not.contain('typed secrets').and.not.contain('flows')
    expect((await call(`${api.url}/api/v1/deployments?from=files`)).json()).to.deep.equal({ items: [], next: null })
    expect((await call(`${api.url}/api/v1/deployments?from=elsewhere`)).status).to.equal(400)
    expect((await call(`${api.url}/api/v1/deployments/active`)).json()).to.not.have.property('credentials')
    expect((await call(`${api.url}/api/v1/deployments/${revisionOf(second)}`)).json()).to.deep.include({ flows: second })
    expect((await call(`${api.url}/api/v1/deployments/none`)).status).to.equal(404)
  })

  it('is ready when the database answers, the hub takes messages and nothing else stands against it', async () => {
    expect((await call(`${api.url}/ready`)).json()).to.deep.equal({ status: 'ready' })
    notReady = ['The flows have not started.']
    expect((await call(`${api.url}/ready`)).json()).to.deep.equal({ status: 'not ready', reasons: notReady })
    notReady = []
    api.hub.accepting = false
    const answer = await call(`${api.url}/ready`)
    api.hub.accepting = true
    expect(answer.status).to.equal(503)
    expect(answer.headers['retry-after']).to.equal('5')
    expect((await call(`${api.url}/health`)).json()).to.deep.equal({ status: 'alive' })
  })

  it('gives metrics Prometheus can read', async () => {
    await dead('metric', 'metric.in')
    api.metrics.received({ lane: 'metric.in', duplicate: false })
    api.metrics.received({ lane: 'metric.in', duplicate: true })
    api.metrics.runEnded({ lane: 'metric.in', outcome: 'done', seconds: 0.2 })
    api.metrics.delivered({ lane: 'erp.out', seconds: 3 })
    api.metrics.observe({ hints: async () => [{ lane: 'metric.in', waiting: 1, active: 0 }], pool: () => ({ total: 4, idle: 3, waiting: 0 }) })
    await new Promise(resolve => { setTimeout(resolve, 1_050) })
    const answer = await call(`${api.url}/metrics`)
    expect(answer.headers['content-type']).to.contain('text/plain; version=0.0.4')
    for (const line of [
      'torg_messages_received_total{lane="metric.in"} 1', 'torg_messages_duplicate_total{lane="metric.in"} 1', 'torg_runs_total{lane="metric.in",outcome="done"} 1',
      'torg_run_duration_seconds_bucket{le="0.25",lane="metric.in"} 1', 'torg_delivery_latency_seconds_bucket{le="2.5",lane="erp.out"} 0', 'torg_delivery_latency_seconds_bucket{le="5",lane="erp.out"} 1',
      'torg_lane_dead_letters{lane="metric.in"} 1', 'torg_lane_pending{lane="metric.in"} 0', 'torg_lane_due{lane="metric.in"} 0', 'torg_lane_oldest_seconds{lane="metric.in"} 0',
      'torg_hints_waiting{lane="metric.in"} 1', 'torg_database_connections{state="idle"} 3', 'torg_database_up 1', 'nodejs_eventloop_lag_seconds', 'process_cpu_seconds_total',
    ]) expect(answer.text).to.contain(line)
  })

  it('answers everything else 404 as problem+json, with security headers', async () => {
    for (const path of ['/nothing', '/api/v1/nothing', '/api', '/metrics/x']) {
      const answer = await call(`${api.url}${path}`)
      expect(answer.status, path).to.equal(404)
      expect(answer.json()).to.include({ code: 'request.not-found', instance: path })
      expect(answer.headers).to.include({ 'content-type': 'application/problem+json', 'x-content-type-options': 'nosniff', 'x-frame-options': 'SAMEORIGIN' })
      expect(answer.headers).to.not.have.property('x-powered-by')
    }
    expect((await call(`${api.url}/`)).headers.location).to.equal('/editor/')
    expect((await call(`${api.url}/editor/`)).status, 'before Node-RED has started').to.equal(503)
    expect((await call(`${api.url}/http/x`)).status).to.equal(503)
  })
})
