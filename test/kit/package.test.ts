/** A connector as a package outside of the repository: made, built, packed, installed into projects, and run there by both kinds of hub. */
import { execFile } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { cp, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import type { Browser } from 'playwright-core'
import { languages } from '../../runtime/kit/definition.ts'
import { writeProject } from '../../runtime/project/index.ts'
import { closeForm, launchBrowser, nodesOfType, openEditor, openForm } from '../browser/support.ts'
import { prepareHub, type HubProcess } from '../faults/hub-process.ts'
import { createTestDatabase, removeServerFolder } from '../support/database.ts'
import { until } from '../support/until.ts'

const execute = promisify(execFile)
const root = resolve(import.meta.dirname, '../..')
const secret = 'a secret of the test'

describe('a connector as a package', function () {
  this.timeout(300_000)
  /** A copy of the checkout, so that neither its `dist` nor its `nodes/index.ts` is touched, also when the test is killed. */
  let checkout: string
  let folder: string
  let connector: { folder: string, tarball: string }
  let browser: Browser
  let pos: RecordingServer

  before(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'torg package ')))
    checkout = join(folder, 'hub')
    for (const part of ['runtime', 'nodes', 'editor-plugins', 'test', 'package.json', 'tsconfig.json', 'tsconfig.package.json']) await cp(join(root, part), join(checkout, part), { recursive: true })
    await symlink(join(root, 'node_modules'), join(checkout, 'node_modules'), 'junction')
    browser = await launchBrowser()
    pos = await startRecordingServer()
  })
  after(async () => {
    await browser?.close()
    await pos?.close()
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  })

  const run = async (cwd: string, command: string, ...args: string[]): Promise<string> => {
    const env = { ...process.env, PATH: `${join(root, 'node_modules/.bin')}${delimiter}${process.env['PATH']}`, npm_config_offline: 'true', npm_config_loglevel: 'error' }
    try {
      return (await execute(command, args, { cwd, env })).stdout
    } catch (error) {
      if (error instanceof Error && 'stdout' in error && 'stderr' in error) error.message += `\n${String(error.stdout)}\n${String(error.stderr)}`
      throw error
    }
  }
  const torg = (...args: string[]): Promise<string> => run(checkout, process.execPath, 'runtime/cli.ts', ...args)
  const pack = async (place: string): Promise<string> => join(folder, (await run(place, 'npm', 'pack', '--silent', '--pack-destination', folder)).trim().split('\n').at(-1) ?? '')

  it('is made, builds, passes its own suite, and is packed', async () => {
    const place = join(folder, 'acme pos')
    await torg('new', 'connector', 'acme-pos', '--package', place)
    // What npm install would fetch: the tools it names. The link to the hub is the one it names, too.
    const { devDependencies }: { devDependencies: Record<string, string> } = JSON.parse(await readFile(join(place, 'package.json'), 'utf8'))
    for (const [name, wanted] of Object.entries(devDependencies)) await link(wanted.startsWith('file:') ? resolve(place, wanted.slice('file:'.length)) : join(root, 'node_modules', name), join(place, 'node_modules', name))
    expect(await run(place, 'npm', 'test')).to.match(/\d\d passing/)
    connector = { folder: place, tarball: await pack(place) }
    const files = (await run(folder, 'tar', '-tzf', connector.tarball)).split('\n')
    expect(files).to.include.members(['package/package.json', 'package/dist/index.js', 'package/icons/acme-pos.svg'])
    expect(files.filter(file => /node_modules|src\/|test\//.test(file))).to.deep.equal([])
  })

  it('is installed into a project of a checkout, and runs', async () => {
    const project = join(folder, 'shop of a checkout')
    await torg('init', project)
    await run(project, 'npm', 'install', connector.tarball)
    await writeFlows(project)
    const { url } = await createTestDatabase()
    await watch(await prepareHub({ project, env: { ...environment(), DATABASE_URL: url }, cli: join(checkout, 'runtime/cli.ts') }), '1001')
  })

  it('is installed beside a hub that is a package itself, and runs', async () => {
    const project = join(folder, 'shop of a package')
    await torg('init', project)
    await unpack(await pack(checkout), join(project, 'node_modules/@torg/hub'))
    await unpack(connector.tarball, join(project, 'node_modules/torg-acme-pos'))
    const hub: { bin: { torg: string }, dependencies: object, optionalDependencies: object } = JSON.parse(await readFile(join(project, 'node_modules/@torg/hub/package.json'), 'utf8'))
    // What npm install would fetch, and nothing the package does not name.
    for (const name of Object.keys({ ...hub.dependencies, ...hub.optionalDependencies })) await link(join(root, 'node_modules', name), join(project, 'node_modules', name))
    await writeFlows(project)
    // The hub's types name nothing that only its development dependencies declare.
    await link(join(root, 'node_modules/@types/node'), join(project, 'node_modules/@types/node'))
    for (const part of ['src', 'tsconfig.json']) await cp(join(connector.folder, part), join(project, part), { recursive: true })
    await run(project, 'tsc', '--noEmit', '--skipLibCheck', 'false')
    try {
      // Its own embedded PostgreSQL: the programs are found from the package.
      await watch(await prepareHub({ project, env: environment(), cli: join(project, 'node_modules/@torg/hub', hub.bin.torg) }), '1002')
    } finally {
      await removeServerFolder(join(project, '.torg'))
    }
  })

  const environment = (): Record<string, string> => ({ POS_URL: pos.url, POS_SECRET: secret, TORG_LOG_LEVEL: 'warn' })

  const unpack = async (tarball: string, place: string): Promise<void> => {
    await mkdir(place, { recursive: true })
    await run(folder, 'tar', '-xzf', tarball, '-C', place, '--strip-components', '1')
  }

  /** An order comes in by webhook, is saved, and goes out to the other system; the editor offers the nodes. */
  async function watch(hub: HubProcess, number: string): Promise<void> {
    try {
      await hub.start()
      await sendOrder(hub, number)
      await until(() => pos.requests.some(({ path }) => path === `/orders/${number}`), { what: `the order arrives at the other system\n${hub.output}` })
      const [request] = pos.requests.filter(({ path }) => path === `/orders/${number}`)
      expect(request).to.deep.include({ method: 'PUT', body: { number, lines: [], updatedAt: '2026-03-02T18:21:09.000Z' } })
      expect(request?.headers).to.include({ authorization: `Bearer ${secret}` }).and.to.have.property('idempotency-key')
      await sendFile(hub)
      await lookAtEditor(hub.url)
      const warnings = hub.output.split('\n').filter(line => line !== '' && !line.includes('request.unauthorized'))
      expect(warnings, 'nothing to warn about but the refused webhook').to.deep.equal([])
    } finally {
      expect(await hub.stop(), hub.output).to.equal(0)
    }
  }

  /** A file is received in a thread, which is a program of its own. */
  async function sendFile({ url }: HubProcess): Promise<void> {
    const line = { refs: [{ id: 'L-1' }], code: 'oslo', type: 'store', name: 'Oslo' }
    const answer = await fetch(`${url}/api/v1/imports?kind=location&system=till&mode=partial`, { method: 'POST', headers: { 'content-type': 'application/x-ndjson' }, body: `${JSON.stringify(line)}\n` })
    expect(await answer.json()).to.include({ state: 'done', created: 1, failed: 0 })
  }

  async function lookAtEditor(url: string): Promise<void> {
    const sets = await (await fetch(`${url}/editor/nodes`, { headers: { accept: 'application/json' } })).json() as { name: string, enabled: boolean, types: string[] }[]
    expect(sets.find(({ name }) => name === 'acme-pos')).to.deep.include({ enabled: true, types: ['acme-pos-system', 'acme-pos in', 'acme-pos out'] })
    for (const language of languages) {
      const { page, complaints, close } = await openEditor(browser, url, { language })
      for (const type of ['acme-pos in', 'acme-pos out']) {
        const icon = await page.locator(`.red-ui-palette-node[data-palette-type="${type}"] .red-ui-palette-icon`).evaluate((element) => getComputedStyle(element).backgroundImage)
        const [, address = ''] = /url\("([^"]+)"\)/.exec(icon) ?? []
        expect(await (await page.request.get(address)).text(), type).to.contain('<svg')
        const [id = ''] = await nodesOfType(page, type)
        await openForm(page, id)
        expect(await page.locator('.torg-form [data-torg-field="system"]').count(), type).to.equal(1)
        await closeForm(page)
        expect(await page.evaluate((wanted) => String(Reflect.get(globalThis, 'RED').nodes.getNodeHelp(wanted)), type)).to.contain('Acme pos')
      }
      await openForm(page, 'pos-till')
      for (const name of ['url', 'apiKey', 'webhookSecret']) expect(await page.locator(`.torg-form [data-torg-field="${name}"]`).count(), name).to.equal(1)
      await closeForm(page)
      expect(complaints).to.deep.equal([])
      await close()
    }
  }
})

/** Names the connector in the project's package.json and draws: an order of one system goes over the hub to another. */
async function writeFlows(project: string): Promise<void> {
  const file = join(project, 'package.json')
  const description: { torg: { connectors: string[] } } = JSON.parse(await readFile(file, 'utf8'))
  description.torg.connectors = ['torg-acme-pos']
  await writeFile(file, JSON.stringify(description, null, 2))
  const system = (key: string) => ({ id: `pos-${key}`, type: 'acme-pos-system', name: key, key, url: '${POS_URL}', apiKey: '${POS_SECRET}', webhookSecret: '${POS_SECRET}' })
  const none = { amount: '0.00', currency: 'NOK' }
  const node = (id: string, type: string, wires: string[][], config: Record<string, unknown>) => ({ id, z: 'orders', type, name: '', x: 160, y: 80, wires, ...config })
  await writeProject(project, [
    { id: 'orders', type: 'tab', label: 'Orders', disabled: false, info: '' },
    system('till'), system('office'),
    node('in', 'acme-pos in', [['to-hub']], { system: 'pos-till', limit: 60 }),
    node('to-hub', 'map', [['save']], {
      source: 'payload', target: 'payload', mapping: { from: 'acme-pos:order', to: 'torg:order', rules: [
        { to: 'refs[0].id', from: 'number' }, { to: 'number', from: 'number' }, { to: 'channel', value: 'till' }, { to: 'currency', value: 'NOK' }, { to: 'taxMode', value: 'gross' },
        { to: 'placedAt', from: 'updatedAt', steps: [{ name: 'instant' }] }, { to: 'totals', value: { net: none, tax: none, gross: none } },
      ] },
    }),
    node('save', 'hub save', [[]], { kind: 'order', operation: 'upsert', origin: '' }),
    node('changes', 'hub changes', [['to-pos'], []], { kind: 'order', system: 'pos-office', limit: 60, filter: { match: 'all', rules: [] } }),
    node('to-pos', 'map', [['out']], {
      source: 'payload', target: 'payload', mapping: { from: 'torg:order', to: 'acme-pos:order', rules: [
        { to: 'number', from: 'number' }, { to: 'updatedAt', from: 'placedAt' }, { to: 'lines', value: [] },
      ] },
    }),
    node('out', 'acme-pos out', [[]], { system: 'pos-office' }),
  ])
}

/** As the connector's help says: signed over the body. */
async function sendOrder(hub: HubProcess, number: string): Promise<void> {
  const body = JSON.stringify({ number, updatedAt: '2026-03-02T18:21:09Z', lines: [] })
  const send = (signature: string) => fetch(`${hub.url}/in/till`, { method: 'POST', body, headers: { 'content-type': 'application/json', 'x-event-id': `e-${number}`, 'x-signature': signature } })
  expect((await send('00')).status).to.equal(401)
  const answer = await send(createHmac('sha256', secret).update(body).digest('hex'))
  expect(answer.status, await answer.text()).to.equal(200)
}

/** A symbolic link, with the folders above it. */
async function link(target: string, place: string): Promise<void> {
  await mkdir(dirname(place), { recursive: true })
  await symlink(target, place, 'junction')
}

interface RecordingServer {
  url: string
  requests: { method: string, path: string, headers: IncomingHttpHeaders, body: unknown }[]
  close(): Promise<void>
}

/** A system that takes everything and remembers it. */
async function startRecordingServer(): Promise<RecordingServer> {
  const requests: RecordingServer['requests'] = []
  const server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (chunk: string) => { text += chunk }).once('end', () => {
      requests.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers, body: text === '' ? null : JSON.parse(text) })
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((done) => { server.listen(0, '127.0.0.1', done) })
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the server has no port')
  return {
    url: `http://127.0.0.1:${address.port}`, requests,
    close: () => new Promise((done) => { server.close(() => { done() }); server.closeAllConnections() }),
  }
}
