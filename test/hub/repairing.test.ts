/** What succeeded and was wrong is done again by the torg command, against a running hub. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { pino } from 'pino'
import { startRestTwin, type RestTwin } from '../../nodes/rest/twin/index.ts'
import { prepareBench, type Bench } from './bench.ts'
import { asObject, byKey, customersFrom, customersTo, restSystem, toCustomer, type Json } from './flows.ts'

const cli = fileURLToPath(new URL('../../runtime/cli.ts', import.meta.url))
const customers = 12

describe('repairs of a running hub', function () {
  this.timeout(60_000)
  let erp: RestTwin
  let ledger: RestTwin
  let bench: Bench

  const torg = async (...args: string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)(process.execPath, [cli, ...args], { env: { PATH: process.env['PATH'], PUBLIC_URL: bench.url } })
    return stdout
  }
  /** Starts a repair by the command and waits until all of it is settled. */
  const repair = async (...args: string[]): Promise<string> => {
    const said = await torg(...args)
    const id = /Repair (\d+)/.exec(said)?.[1] ?? expect.fail(said)
    await bench.idle()
    return id
  }
  const names = (twin: RestTwin): unknown[] => twin.collections.list('customers').map(({ document }) => document['name']).toSorted()
  const mapTo = (rules: Json[]) => bench.deploy(flows => flows.map(node => node.id === 'shop-map' ? { ...node, mapping: { from: 'any', to: 'any', rules } } : node))

  before(async () => {
    const log = pino({ level: 'silent' })
    erp = await startRestTwin({ system: 'erp', port: 0, secrets: {}, log })
    ledger = await startRestTwin({ system: 'ledger', port: 0, secrets: {}, log })
    bench = await prepareBench({
      systems: [restSystem('shop', byKey('${IN_KEY}')), restSystem('erp', { baseUrl: erp.url }), restSystem('ledger', { baseUrl: ledger.url })],
      tabs: [
        customersFrom('shop', 'shop', { timePath: 'at' }),
        customersTo('to-erp', 'erp'),
        // Gives no ids and changes nothing: only the hub knows what it has.
        customersTo('to-ledger', 'ledger', { out: { method: 'POST', path: '/customers', can: 'create' } }),
      ],
    }, { IN_KEY: 'key-of-webhooks' })
    await bench.start()
    await mapTo(toCustomer.map(rule => rule['to'] === 'name' ? { to: 'name', value: 'Wrong Name' } : rule))
    for (let id = 1; id <= customers; id++) {
      for (const time of ['08', '09']) await bench.receive('shop', { id, name: `Customer ${id} of ${time}`, at: `2026-03-01T${time}:00:00Z` }, { 'x-key': 'key-of-webhooks' })
    }
    await bench.idle()
    expect(new Set(names(erp))).to.deep.equal(new Set(['Wrong Name']))
    await mapTo(toCustomer)
  })
  after(async () => {
    await bench.close()
    await Promise.all([erp.close(), ledger.close()])
  })

  it('say first what they would do', async () => {
    const said = await torg('rerun', '--system', 'shop', '--dry-run')
    expect(said).to.contain(`${customers} messages would be run again. ${customers} older are passed over`)
      .and.contain('shop / shop  customer  done').and.contain(`--expect ${customers} --why`)
    expect(asObject(JSON.parse(await torg('redeliver', '--kind', 'customer', '--dry-run', '--json')))).to.include({ count: 2 * customers })
    expect(await torg('repairs')).to.contain('No repairs yet')
    expect(erp.counts.requests).to.equal(customers)
  })

  it('refuse another number than was counted, and a missing reason', async () => {
    const refusal = async (...args: string[]): Promise<string> => torg(...args).then(said => expect.fail(said), (error: { stderr: string }) => error.stderr)
    expect(await refusal('rerun', '--system', 'shop', '--expect', '3', '--why', 'wrong name')).to.contain(`holds ${customers} messages by now; 3 were expected`)
    expect(await refusal('rerun', '--system', 'shop', '--expect', String(customers))).to.contain('Say --why')
    expect(await refusal('rerun', '--system', 'shop')).to.contain('--dry-run')
    expect(await refusal('redeliver', '--flow', 'nowhere', '--dry-run')).to.contain('the tabs are "shop", "to-erp", "to-ledger"')
  })

  it('run the newest message of each key through the flow as it is now; who can only create waits for a person', async () => {
    const id = await repair('rerun', '--flow', 'shop', '--expect', String(customers), '--why', 'wrong name')
    expect(names(erp)).to.deep.equal(Array.from({ length: customers }, (_, index) => `Customer ${index + 1} of 09`).toSorted())
    expect(names(ledger)).to.have.length(customers)
    const letters = await bench.deadLetters(customers)
    expect(letters.map(({ error }) => error['code'])).to.deep.equal(letters.map(() => 'system.create-only'))
    expect(await torg('repairs', 'show', id)).to.contain(`${id}  done  ${customers} of ${customers} messages handed over`).and.contain('admin: wrong name').and.contain(`${customers} done, 0 waiting`)
    expect(asObject(JSON.parse(await torg('repairs', 'list', '--json')))['items']).to.have.length(1)
  })

  it('change nothing where the flow gives the same again', async () => {
    const [requests, sent] = [erp.counts.requests, ledger.counts.requests]
    await repair('rerun', '--system', 'shop', '--expect', String(customers), '--why', 'once more')
    expect([erp.counts.requests, ledger.counts.requests]).to.deep.equal([requests, sent])
  })

  it('send records again, those that are selected only', async () => {
    const { writes } = erp.counts
    const [one] = erp.collections.list('customers')
    await repair('redeliver', '--system', 'erp', '--id', String(one?.id), '--expect', '1', '--why', 'lost there')
    expect(erp.counts).to.include({ writes: writes + 1, mixedUpKeys: 0 })
    expect(await torg('dead-letters', 'rerun', '--all')).to.contain(`${customers} run again`)
    await bench.idle()
    expect(ledger.counts.writes).to.equal(customers)
  })

  it('are cancelled', async () => {
    const id = /Repair (\d+)/.exec(await torg('redeliver', '--system', 'erp', '--force', '--why', 'by mistake'))?.[1] ?? ''
    const said = await torg('repairs', 'cancel', id).catch((error: { stderr: string }) => error.stderr)
    // It may have been handed over already.
    expect(said).to.match(/is cancelled\. \d+ of 12 deliveries|is done; only a running one/)
  })
})
