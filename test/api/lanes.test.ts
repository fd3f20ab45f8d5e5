import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { expect } from 'chai'
import { openStore } from '../../runtime/store/index.ts'
import type { LaneName, Store } from '../../runtime/store/types.ts'
import { createTestDatabase } from '../support/database.ts'
import { call, createTestLog, startApi, type RunningApi } from './harness.ts'

describe('lanes over HTTP and torg', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>
  let store: Store
  let api: RunningApi
  const refreshed: LaneName[] = []
  before(async () => {
    database = await createTestDatabase()
    store = await openStore({ databaseUrl: database.url, log: createTestLog('silent').log })
    api = await startApi({
      store,
      systems: () => [{ nodeId: 's', key: 'erp', connector: 'rest', label: 'ERP', limits: { concurrency: 2, rate: { tokenMs: 100, burst: 10 }, breakAfter: 5 } }],
      lanes: { names: () => ['erp.out', 'erp.in'], nodes: () => [{ id: 'orders-out', lane: 'erp.out', type: 'hub changes', name: 'Orders' }], refresh: lane => { refreshed.push(lane) } },
    })
  })
  after(async () => {
    await api.close()
    await store.close()
    await database.drop()
  })

  const lane = async (name: string): Promise<Record<string, unknown> | undefined> => {
    const { items } = (await call(`${api.url}/api/v1/lanes`)).json()
    return (items as Record<string, unknown>[]).find(item => item['lane'] === name)
  }
  const post = (path: string, body: unknown = {}) => call(`${api.url}/api/v1/lanes/${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  const torg = (...args: string[]): Promise<{ code: number, out: string, err: string }> => new Promise((resolve) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, '../../runtime/cli.ts'), ...args], { env: { ...process.env, PUBLIC_URL: api.url } })
    const said = { out: '', err: '' }
    child.stdout.on('data', (chunk: Buffer) => { said.out += chunk.toString() })
    child.stderr.on('data', (chunk: Buffer) => { said.err += chunk.toString() })
    child.on('close', code => { resolve({ code: code ?? 1, ...said }) })
  })

  it('are listed with their limits, those of what comes in apart', async () => {
    expect(await lane('erp.out')).to.deep.equal({
      lane: 'erp.out', label: 'ERP', state: 'working', paused: null, open: null, throttledUntil: null, failures: 0, error: null, pending: 0, due: 0, held: 0, dead: 0, oldestMs: 0,
      limits: { concurrency: 2, rate: { tokenMs: 100, burst: 10 }, breakAfter: 5 },
      nodes: [{ node: 'orders-out', type: 'hub changes', name: 'Orders', deployed: true, pending: 0, due: 0, held: 0, dead: 0, oldestMs: 0 }],
    })
    expect(await lane('erp.in')).to.have.property('limits').that.deep.equals({ concurrency: null, rate: null, breakAfter: 5 })
  })

  it('have a row for each node, also for one that is not deployed any more and has left something', async () => {
    await store.receive({ lane: 'old.in', system: 'old', source: 'gone', topic: 'orders', key: '1', eventId: null, contentType: 'application/json', headers: {}, body: Buffer.from('{}'), sourceTime: null })
    expect(await lane('old.in')).to.deep.include({ label: null, pending: 1 }).and.to.have.nested.property('nodes[0]').that.deep.includes({ node: 'gone', type: null, name: null, deployed: false, pending: 1, dead: 0 })
  })

  it('are paused with who and why, and resumed', async () => {
    const paused = await post('erp.out/pause', { reason: 'stocktaking', by: 'anna' })
    expect(paused.json()).to.deep.include({ lane: 'erp.out', state: 'paused' }).and.to.have.property('paused').that.includes({ by: 'anna', reason: 'stocktaking' })
    expect((await post('erp.out/pause', { reason: 'still' })).json()['paused']).to.include({ by: 'admin', reason: 'still' })
    expect((await post('erp.out/resume')).json()).to.deep.include({ state: 'working', paused: null })
    expect(refreshed).to.deep.equal(['erp.out', 'erp.out', 'erp.out'])
  })

  it('say what was wrong with the call', async () => {
    expect((await post('erp.out/pause')).json()).to.include({ status: 400, pointer: '/reason' })
    expect((await post('erp.out/pause', { reason: ' ' })).status).to.equal(400)
    expect((await post('erp.out/pause', { reason: 'x', until: 'noon' })).json()).to.include({ pointer: '/until' })
    expect((await post('crm.out/pause', { reason: 'x' })).json()).to.include({ status: 404, code: 'request.not-found' })
    expect((await post('erp/resume')).json()).to.include({ status: 400 })
    expect((await lane('erp.out'))?.['state']).to.equal('working')
  })

  it('are paused, listed and resumed on the command line', async () => {
    expect(await torg('pause', 'erp.out')).to.include({ code: 2 }).and.to.have.property('err').that.includes('Say --reason')
    expect(await torg('pause', 'erp.out', '--reason', 'stocktaking')).to.include({ code: 0, err: '' })
    const { out } = await torg('lanes')
    expect(out).to.match(/^erp\.out {2}paused {2}0 waiting, 0 dead letters {2}at most 2 at once, one every 100 ms, 10 without a pause\n {2}paused by .+ at .+: stocktaking$/m)
    expect(out).to.match(/^erp\.in {2}working/m)
    expect(await torg('resume', 'erp.out')).to.include({ code: 0, out: 'erp.out goes on.\n' })
    expect((await lane('erp.out'))?.['state']).to.equal('working')
    expect(await torg('resume', 'crm.out')).to.include({ code: 1 })
  })
})
