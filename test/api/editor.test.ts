/** The editor behind the guard, on a real Node-RED with a real store. */
import bcrypt from 'bcryptjs'
import { expect } from 'chai'
import type express from 'express'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAdminAuth, createApi, createMetrics, type NodeRedApps } from '../../runtime/api/index.ts'
import { kinds } from '../../runtime/model/index.ts'
import { startNodeRed, type EmbeddedNodeRed } from '../../runtime/node-red/embed.ts'
import { createAnalyser, refuseErrors } from '../../runtime/analysis/index.ts'
import { createStorage, guardDeploys, readProject, revisionOf } from '../../runtime/project/index.ts'
import { openStore } from '../../runtime/store/index.ts'
import type { Store } from '../../runtime/store/types.ts'
import { createTestDatabase } from '../support/database.ts'
import { forgetLongTimers } from '../support/timers.ts'
import { basic, call, createTestLog, type Answer } from './harness.ts'

const password = 'correct horse'
const credentials = { adminUser: 'admin', adminPasswordHash: bcrypt.hashSync(password, 4) }

/** Shown before anybody has logged in: what draws the login form, and nothing of the customer. */
const publicPaths = [/^GET \/$/, /^GET \/auth\/login$/, /^POST \/auth\/token$/, /^GET \/icons\/x\/(x\/)?y$/, /^GET \/resources\//, /^GET \/locales\//, /^GET \/theme\//, /^GET \/debug\/view\//]

describe('the editor behind the guard', function () {
  this.timeout(60_000)
  let database: Awaited<ReturnType<typeof createTestDatabase>>
  let store: Store
  let server: Server
  let embedded: EmbeddedNodeRed
  let unguard: () => void
  let folder: string
  let url: string
  let token: string
  let restoreTimers: () => void
  let mounts: ReturnType<typeof watchMounts>
  const { log, lines } = createTestLog()

  before(async () => {
    database = await createTestDatabase()
    store = await openStore({ databaseUrl: database.url, log })
    folder = await mkdtemp(join(tmpdir(), 'torg-editor-'))
    server = createServer()
    await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    let apps: NodeRedApps | undefined
    const check = (flows: readonly unknown[]): void => { refuseErrors(createAnalyser({ env: {} }).analyse(flows)) }
    const api = createApi({
      hub: { accepting: true, publicUrl: url, sourcesOf: () => [], hasSystem: () => false, receive: store.receive, save: store.save, find: store.find, readerOf: () => null },
      store, log, metrics: createMetrics(), version: 'test', checkFlows: check, kinds, explain: () => [],
      settings: { ...credentials, publicUrl: url, bodyLimit: 1000 },
      deploy: async ({ flows, user }) => ({ ...await embedded.deploy(flows.map(node => ({ ...node, id: String(node['id']), type: String(node['type']) })), { user }), warnings: [] }),
      nodeRed: () => apps,
    })
    api.guard.upgrades(server)
    server.on('request', api)
    const adminAuth = createAdminAuth(credentials)
    mounts = watchMounts()
    restoreTimers = forgetLongTimers()
    embedded = await startNodeRed({
      server, userDir: folder, nodesDirs: [], editor: true, log, credentialSecret: 'a secret of the tests',
      storage: createStorage({ store, project: { folder: join(folder, 'project') }, development: true, log, checkFlows: check }),
      ...(adminAuth && { adminAuth }),
    })
    apps = { admin: embedded.adminApp, nodes: embedded.nodeApp, needsPermission: embedded.red.auth.needsPermission }
    unguard = guardDeploys(embedded.red.runtime.flows, { store, checkFlows: check, log })
    await embedded.started
    // A palette node whose author forgot to ask for a permission.
    embedded.adminApp?.get('/careless-node/data', (_req, res) => { res.json({ secret: true }) })
  })
  after(async () => {
    mounts.stop()
    restoreTimers()
    unguard()
    await embedded.stop()
    await new Promise(resolve => { server.close(resolve); server.closeAllConnections() })
    await store.close()
    await database.drop()
    await rm(folder, { recursive: true, force: true })
  })

  const editor = (method: string, path: string, { headers = {}, body }: { headers?: Record<string, string>, body?: unknown } = {}): Promise<Answer> =>
    call(`${url}/editor${path}`, { method, headers: { 'content-type': 'application/json', 'node-red-api-version': 'v2', ...headers }, ...(body !== undefined && { body: JSON.stringify(body) }) })
  const withToken = () => ({ authorization: `Bearer ${token}` })
  const deploy = (body: unknown): Promise<Answer> => editor('POST', '/flows', { headers: withToken(), body })

  it('answers 401 at every route of Node-RED but those that show the login form', async () => {
    const routes = routesOf(embedded.adminApp, mounts)
    expect(routes.length, 'found routes').to.be.greaterThan(50)
    const opened: string[] = []
    for (const route of routes) {
      const [method = '', path = ''] = route.split(' ')
      const { status } = await editor(method, path)
      if (publicPaths.some(known => known.test(route))) continue
      if (status !== 401) opened.push(`${route}: ${status}`)
    }
    expect(opened).to.deep.equal([])
    expect(routes).to.include.members(['POST /flows', 'GET /flows', 'GET /settings', 'POST /inject/x', 'GET /careless-node/data', 'GET /diagnostics'])
  })

  it('shows what the login form needs', async () => {
    for (const path of ['/', '/auth/login', '/red/red.min.js', '/vendor/vendor.js', '/locales/editor?lng=en-US', '/theme/']) {
      expect((await editor('GET', path)).status, path).to.not.equal(401)
    }
    expect((await editor('GET', '/red/../settings')).status).to.equal(401)
    expect((await editor('GET', '/red/%2e%2e/settings')).status).to.be.oneOf([401, 404])
  })

  it('refuses a wrong password and gives a session for the right one', async () => {
    const login = (given: string) => editor('POST', '/auth/token', { body: { client_id: 'node-red-editor', grant_type: 'password', scope: '', username: 'admin', password: given } })
    expect((await login('wrong')).status).to.be.oneOf([401, 403])
    const answer = await login(password)
    expect(answer.status).to.equal(200)
    token = String(answer.json()['access_token'])
    expect((await editor('GET', '/flows', { headers: withToken() })).status).to.equal(200)
    expect((await editor('GET', '/careless-node/data', { headers: withToken() })).status).to.equal(200)
    expect((await editor('GET', '/flows', { headers: { authorization: 'Bearer guessed' } })).status).to.equal(401)
  })

  it('takes the editor\'s session for the API too', async () => {
    expect((await call(`${url}/api/v1/status`, { headers: withToken() })).status).to.equal(200)
    const refused = await call(`${url}/api/v1/status`, { headers: { authorization: 'Bearer guessed' } })
    expect(refused.status).to.equal(401)
    expect(refused.headers['content-type']).to.equal('application/problem+json')
    expect((await call(`${url}/metrics`, { headers: withToken() })).status).to.equal(200)
  })

  const tab = (id: string, label: string) => ({ id, type: 'tab', label, disabled: false, info: '' })
  const comment = (id: string, z: string, name: string) => ({ id, type: 'comment', z, name, info: '', x: 100, y: 100, wires: [] })
  const first = [tab('t1', 'Orders'), tab('t2', 'ERP'), comment('a', 't1', 'one'), comment('b', 't2', 'two')]

  it('deploys into the database and, in development, into the project\'s files', async () => {
    const { rev } = (await editor('GET', '/flows', { headers: withToken() })).json()
    const answer = await deploy({ rev, flows: first })
    expect(answer.status, answer.text).to.equal(200)
    expect(answer.json()['rev']).to.equal(revisionOf(first))
    expect(await store.activeDeployment()).to.deep.include({ by: 'admin', revision: revisionOf(first), flows: first })
    expect((await readProject(join(folder, 'project'))).flows.map(({ id }) => id)).to.deep.equal(['t1', 'a', 't2', 'b'])
  })

  it('refuses a deploy from a stale revision with 409, naming the tabs, in the editor\'s own format', async () => {
    const base = (await editor('GET', '/flows', { headers: withToken() })).json()['rev']
    const second = first.map(node => node.id === 'b' ? { ...node, name: 'changed by another' } : node)
    expect((await deploy({ rev: base, flows: second })).status).to.equal(200)
    const stale = await deploy({ rev: base, flows: first })
    expect(stale.status).to.equal(409)
    expect(stale.json()).to.include({ code: 'version_mismatch' })
    expect(stale.json()['message']).to.contain('Changed since: ERP').and.to.not.contain('Orders')
    expect(await store.activeDeployment()).to.include({ revision: revisionOf(second) })
    expect((await deploy({ flows: first })).status, 'deploy anyway, as the editor does after a review').to.equal(200)
  })

  it('refuses flows that are not valid with 422, naming tab, node and field; the running ones stay', async () => {
    const { rev } = (await editor('GET', '/flows', { headers: withToken() })).json()
    const broken = [...first, { id: 'f', type: 'function', z: 't2', name: 'To ERP', func: '', outputs: 1, x: 1, y: 1, wires: [['gone']] }]
    const answer = await deploy({ rev, flows: broken })
    expect(answer.status).to.equal(422)
    expect(answer.json()).to.include({ code: 'flow.invalid' })
    expect(answer.json()['message']).to.contain('tab "ERP", node "To ERP" (f, function), field "wires"')
    expect((await editor('GET', '/flows', { headers: withToken() })).json()['rev']).to.equal(rev)
    expect(await store.activeDeployment()).to.include({ revision: revisionOf(first) })
    expect(lines.some(({ level, msg }) => level === 40 && msg.startsWith('Deploy refused: tab "ERP"'))).to.equal(true)
    const one = await editor('POST', '/flow', { headers: withToken(), body: { label: 'New', nodes: [{ id: 'n', type: 'comment', wires: [['gone']] }] } })
    expect(one.status, 'one flow at a time').to.be.oneOf([400, 422])
    expect(await store.activeDeployment()).to.include({ revision: revisionOf(first) })
  })

  it('keeps typed secrets encrypted, out of files and out of answers', async () => {
    const { rev } = (await editor('GET', '/flows', { headers: withToken() })).json()
    const withSecret = [...first, { id: 'h', type: 'http request', z: 't2', name: '', x: 1, y: 1, wires: [[]], credentials: { user: 'u', password: 'hunter2' } }]
    expect((await deploy({ rev, flows: withSecret })).status).to.equal(200)
    const active = await store.activeDeployment()
    expect(Object.keys(active?.credentials ?? {})).to.deep.equal(['$'])
    expect(JSON.stringify(active)).to.not.contain('hunter2')
    expect(await readFile(join(folder, 'project/tabs/erp.json'), 'utf8')).to.contain('"h"').and.to.not.contain('hunter2')
    expect((await editor('GET', '/flows', { headers: withToken() })).text).to.not.contain('hunter2')
    expect((await call(`${url}/api/v1/flows`, { headers: basic('admin', password) })).text).to.not.contain('hunter2')
    await embedded.reload()
    expect((await editor('GET', '/credentials/http-request/h', { headers: withToken() })).json()).to.deep.include({ user: 'u', has_password: true })
    expect(JSON.stringify(lines)).to.not.contain('hunter2')
  })

  it('has the same revision after a restart, so that an open editor may go on', async () => {
    const before = (await editor('GET', '/flows', { headers: withToken() })).json()['rev']
    await embedded.reload()
    expect((await editor('GET', '/flows', { headers: withToken() })).json()['rev']).to.equal(before)
    expect((await store.activeDeployment())?.revision).to.equal(before)
  })

  it('deploys through the API into the same running flows', async () => {
    const { revision } = (await call(`${url}/api/v1/flows`, { headers: basic('admin', password) })).json()
    const put = (body: unknown) => call(`${url}/api/v1/flows`, { method: 'PUT', headers: { ...basic('admin', password), 'content-type': 'application/json' }, body: JSON.stringify(body) })
    const third = [...first, tab('t3', 'CRM')]
    expect((await put({ revision, flows: third })).status).to.equal(200)
    expect((await editor('GET', '/flows', { headers: withToken() })).json()['rev']).to.equal(revisionOf(third))
    expect((await put({ revision, flows: first })).json()).to.include({ status: 409 })
  })
})

interface Layer { route?: { path: string | RegExp, methods: Record<string, boolean> }, handle: { stack?: Layer[] }, regexp: RegExp }
interface App { _router?: { stack: Layer[] } }

/** Express does not remember which apps were mounted in an app, so they are written down as it happens. */
function watchMounts(): { of(app: unknown): { path: string, app: App }[], stop(): void } {
  const mounts = new Map<unknown, { path: string, app: App }[]>()
  // Node-RED's parts may each bring an express of their own.
  const nodeRed = createRequire(createRequire(import.meta.url).resolve('node-red'))
  const restore = ['@node-red/editor-api', '@node-red/runtime'].map(part => {
    const { application } = createRequire(nodeRed.resolve(part))('express') as typeof express
    const use = application.use
    application.use = function (this: unknown, ...given: unknown[]) {
      const path = typeof given[0] === 'string' ? given[0] : ''
      const apps = given.flat().filter((item): item is App => typeof item === 'function' && 'handle' in item && 'set' in item)
      mounts.set(this, [...mounts.get(this) ?? [], ...apps.map(app => ({ path, app }))])
      return Reflect.apply(use, this, given) as unknown
    } as typeof use
    return () => { application.use = use }
  })
  return { of: app => mounts.get(app) ?? [], stop: () => { for (const undo of restore) undo() } }
}

/** Every route of Node-RED's admin app and of the apps mounted in it, with something in the place of parameters. */
function routesOf(app: App | undefined, mounts: ReturnType<typeof watchMounts>, base = ''): string[] {
  const walk = (layers: Layer[], below: string): string[] => layers.flatMap(({ route, handle, regexp }) => {
    if (route) return Object.keys(route.methods).flatMap(method => [route.path].flat().map(path => `${method.toUpperCase()} ${below}${fill(path)}`))
    const mount = /^\^(.*?)\\\/\?\(\?=/.exec(regexp.source)?.[1]?.replaceAll('\\', '') ?? ''
    return handle.stack ? walk(handle.stack, below + mount) : []
  })
  return [...walk(app?._router?.stack ?? [], base), ...mounts.of(app).flatMap(mounted => routesOf(mounted.app, mounts, base + mounted.path.replace(/\/$/, '')))]
}

/** An address that a route's path takes. */
function fill(path: string | RegExp): string {
  if (path instanceof RegExp) {
    const found = ['/nodes/messages', '/nodes/x/y/messages', '/nodes/x', '/nodes/x/y', '/plugins/x', '/plugins/x/y', '/resources/x/y', '/locales/x', '/library/x/y', '/library/x/y/z'].find(address => path.test(address))
    if (found === undefined) throw new Error(`No address is known for the route ${path.source}`)
    return found
  }
  return path.replaceAll(/:scope\(([a-z]+)[^)]*\)/g, '$1').replaceAll(':module', 'x').replaceAll(':icon', 'y').replaceAll(/:[a-z]+(?:\([^)]*\))?/gi, 'x').replaceAll('*', 'z')
}
