/** `torg worker` as a process: what it refuses, and what it says where it takes no work. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { ProcessSummary } from '../../runtime/store/types.ts'
import { prepareBench, type Bench } from '../hub/bench.ts'
import { byKey, customersFrom, restSystem, type Node } from '../hub/flows.ts'
import { afterEverything } from '../support/cleanup.ts'
import { until } from '../support/until.ts'

const cli = join(import.meta.dirname, '../../runtime/cli.ts')
const secretKey = 'a secret key of the tests'
const webhookKey = 'key of webhooks'

describe('torg worker', function () {
  this.timeout(120_000)
  let bench: Bench
  let scratch: string
  const children = new Set<ChildProcess>()
  const workers = new Set<{ output: string }>()
  before(async () => {
    const customers = customersFrom('from-shop', 'shop', { path: 'customers' })
    bench = await prepareBench({
      tabs: [
        { slug: 'clock', nodes: [{ id: 'clock', type: 'hub schedule', name: '', cron: '0 0 1 1 *', timeZone: 'UTC', missed: 'skip', most: 1, timeLimit: 60, wires: [[]] }] },
        // Slow, so that there is work for two.
        { ...customers, nodes: [...customers.nodes.map((node) => node.id === 'from-shop' ? { ...node, wires: [['wait']] } : node), { id: 'wait', type: 'delay', name: '', pauseType: 'delay', timeout: '100', timeoutUnits: 'milliseconds', wires: [['from-shop-map']] }] },
      ],
      systems: [restSystem('shop', byKey('${IN_KEY}')), restSystem('erp')],
    }, { IN_KEY: webhookKey })
    await addConnector(bench.folder, ['extra one', 'extra two'])
    scratch = await mkdtemp(join(tmpdir(), 'torg-worker-'))
  })
  after(async () => {
    await bench.close()
    await rm(scratch, { recursive: true, force: true })
  })
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') for (const { output } of workers) console.error(output.slice(-3_000))
    workers.clear()
    for (const child of children) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    children.clear()
  })
  afterEverything(async () => { for (const child of children) child.kill('SIGKILL') })

  /** Starts a worker; its output grows. */
  const start = (name: string, { project = bench.folder, env = {} }: { project?: string, env?: Record<string, string> } = {}) => {
    const child = spawn(process.execPath, [cli, 'worker', project, '--name', name], {
      env: { PATH: process.env['PATH'] ?? '', TORG_LOG_FORMAT: 'json', DATABASE_URL: bench.databaseUrl, TORG_DATA: join(scratch, name), TORG_SECRET_KEY: secretKey, TORG_ENVIRONMENT: 'test', IN_KEY: webhookKey, ...env },
    })
    children.add(child)
    const worker = { child, output: '' }
    workers.add(worker)
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { worker.output += chunk.toString() })
    return worker
  }
  const ended = async ({ child }: { child: ChildProcess }): Promise<number | null> => {
    if (child.exitCode === null) await once(child, 'close')
    return child.exitCode
  }
  const stateOf = async (owner: string): Promise<ProcessSummary | undefined> => {
    const { body } = await bench.call('/api/v1/processes')
    return (body['items'] as ProcessSummary[]).find((process) => process.owner === owner)
  }

  it('ends with a sentence where no hub has started yet, where there is no database, and without the key', async () => {
    const early = start('early')
    expect(await ended(early)).to.equal(1)
    expect(early.output).to.include('No hub has started on this database yet')
    const nowhere = start('nowhere', { env: { DATABASE_URL: '' } })
    expect(await ended(nowhere)).to.equal(1)
    expect(nowhere.output).to.include('DATABASE_URL is not set, and no hub runs an embedded PostgreSQL')
    const keyless = start('keyless', { env: { TORG_SECRET_KEY: '' } })
    expect(await ended(keyless)).to.equal(1)
    expect(keyless.output).to.include('A worker needs the secret key of its hub')
  })

  it('works beside the hub, alone under its name, and ends with 0 when it is told to', async () => {
    await bench.start({ env: { TORG_CONCURRENCY: '2' } })
    const worker = start('one')
    await until(async () => (await stateOf('worker-one'))?.working === true, { limitMs: 60_000 })
    const again = start('one', { env: { TORG_DATA: join(scratch, 'other') } })
    expect(await ended(again)).to.equal(1)
    expect(again.output).to.include('Another process is present on this database as worker-one')
    worker.child.kill('SIGTERM')
    expect(await ended(worker)).to.equal(0)
    expect(await stateOf('worker-one')).to.equal(undefined)
  })

  it('takes no work and says why: another secret key, other lookups', async () => {
    start('keys', { env: { TORG_SECRET_KEY: 'another key of the tests' } })
    const other = join(scratch, 'project')
    await cp(bench.folder, other, { recursive: true, filter: (path) => !path.endsWith('.torg') })
    await mkdir(join(other, 'lookups'))
    await writeFile(join(other, 'lookups/carriers.json'), JSON.stringify({ posten: 'POST' }))
    start('lookups', { project: other })
    await until(async () => /The secret key is not the hub's/.test((await stateOf('worker-keys'))?.state ?? ''), { limitMs: 60_000 })
    await until(async () => /Lookups, schemas/.test((await stateOf('worker-lookups'))?.state ?? ''), { limitMs: 60_000 })
    expect((await stateOf('worker-keys'))?.working).to.equal(false)
    expect((await stateOf('worker-lookups'))?.deployment).to.equal(null)
  })

  it('ends with a sentence without a connector package of the project', async () => {
    const project = join(scratch, 'bare')
    await cp(bench.folder, project, { recursive: true, filter: (path) => !path.endsWith('.torg') && !path.endsWith(connectorFolder) })
    const worker = start('bare', { project })
    expect(await ended(worker)).to.equal(1)
    expect(worker.output).to.match(/connector package .*connectors\/extra.* cannot be read\. Install the package again/)
  })

  it('takes no work while it is behind for want of a node of a connector, says which, and goes on when it is no longer needed', async () => {
    const project = join(scratch, 'older')
    await cp(bench.folder, project, { recursive: true, filter: (path) => !path.endsWith('.torg') })
    await addConnector(project, ['extra one'])
    const worker = start('older', { project, env: { TORG_LOG_LEVEL: 'debug' } })
    const working = async (): Promise<boolean> => (await stateOf('worker-older'))?.working === true
    const runs = (): number => worker.output.split('"msg":"run done"').length - 1
    let count = 0
    const receiveMany = async (): Promise<void> => {
      await Promise.all(Array.from({ length: 40 }, () => bench.receive('shop/customers', { id: (count += 1), name: 'Kari', store: 'oslo' }, { 'x-key': webhookKey })))
      await bench.idle()
    }
    /** Work comes until it has had a part of it: the hub may be quick enough to keep all of what came at once. */
    const takesPart = async (): Promise<boolean> => {
      const before = runs()
      await receiveMany()
      return runs() > before
    }
    await until(working, { limitMs: 60_000, what: 'it works' })
    await until(takesPart, { limitMs: 60_000, what: 'it takes part in the work' })
    expect(await bench.record('customer', 'shop', String(count))).to.include({ homeStore: 'oslo' })

    // Its own copy of roles.json still has no rows.
    const rows = [{ kind: 'customer', masters: ['shop'] }, { kind: 'customer', field: 'homeStore', masters: ['erp'] }]
    expect(await bench.deploy((flows) => flows.map((node) => node.type === 'hub roles' ? { ...node, rows } : node))).to.include({ status: 200 })
    await until(working, { limitMs: 60_000, what: 'it follows the deploy' })
    let first = count
    await until(async () => {
      first = count
      return takesPart()
    }, { limitMs: 60_000, what: 'it takes part in the work under the new role table' })
    for (let id = first + 1; id <= count; id += 1) expect(await bench.record('customer', 'shop', String(id)), String(id)).not.to.have.property('homeStore')

    const added: Node = { id: 'added', type: 'extra two', z: 'tab-clock', name: '', x: 0, y: 0, wires: [[]] }
    expect(await bench.deploy((flows) => [...flows, added])).to.include({ status: 200 })
    await until(async () => !await working(), { limitMs: 60_000, what: 'it takes no work' })
    await until(async () => /Deployment \d+ cannot run here.*extra two/.test((await stateOf('worker-older'))?.state ?? ''), { what: 'it says why' })
    expect(worker.output).to.match(/This worker takes no work. Deployment \d+ cannot run here.*extra two/)
    expect((await stateOf('worker-older'))?.deployment).to.equal(null)
    expect(await takesPart(), 'it has a part of the work').to.equal(false)

    expect(await bench.deploy((flows) => flows.filter(({ id }) => id !== added.id))).to.include({ status: 200 })
    await until(working, { limitMs: 60_000, what: 'it works again' })
    await until(takesPart, { limitMs: 60_000, what: 'it takes part in the work again' })
  })
})

const connectorFolder = 'connectors/extra'

/** A connector package of the project, with a node of each type that does nothing. */
async function addConnector(project: string, types: string[]): Promise<void> {
  const folder = join(project, connectorFolder)
  await mkdir(join(folder, 'icons'), { recursive: true })
  const files = {
    'package.json': JSON.stringify({ name: 'extra', type: 'module', torg: { connector: './index.js' } }),
    'icons/extra.svg': '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="60"/>',
    'index.js': `
      import { defineConnector, defineStep } from '@torg/hub/kit'
      const text = (word) => ({ en: word, nb: word, sv: word })
      export default defineConnector({
        name: 'extra', label: text('Extra'), help: text('A connector of the tests.'), color: '#c7b299', icon: 'extra.svg', docs: 'https://example.com/docs',
        nodes: ${JSON.stringify(types)}.map((type) => defineStep({ role: 'step', type, label: text(type), help: text(type), fields: {}, inputs: [{ type: 'any' }], outputs: [{ type: 'any' }], create: () => (msg) => msg })),
      })`,
  }
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'bench', torg: { connectors: [`./${connectorFolder}`] } }))
}
