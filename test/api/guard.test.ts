import bcrypt from 'bcryptjs'
import { expect } from 'chai'
import { connect } from 'node:net'
import { createPasswordCheck } from '../../runtime/api/passwords.ts'
import { kinds } from '../../runtime/model/index.ts'
import { openStore } from '../../runtime/store/index.ts'
import type { Store } from '../../runtime/store/types.ts'
import { createTestDatabase } from '../support/database.ts'
import { basic, call, createTestLog, startApi, type RunningApi } from './harness.ts'

const password = 'correct horse: battery'
const hash = bcrypt.hashSync(password, 4)

/** Every operating call; a route that is missing here is found by the test below. */
const guarded: [string, string][] = [
  ['GET', '/metrics'], ['GET', '/schemas'], ['GET', '/schemas/order@1'],
  ['GET', '/api/v1/status'],
  ['GET', '/api/v1/dead-letters'], ['GET', '/api/v1/dead-letters/m-1'], ['POST', '/api/v1/dead-letters/rerun'], ['POST', '/api/v1/dead-letters/m-1/rerun'], ['POST', '/api/v1/dead-letters/m-1/close'], ['POST', '/api/v1/dead-letters/close'], ['POST', '/api/v1/dead-letters/m-1/mend'],
  ['GET', '/api/v1/search'], ['GET', '/api/v1/messages/m-1'],
  ['GET', '/api/v1/lanes'], ['POST', '/api/v1/lanes/erp.out/pause'], ['POST', '/api/v1/lanes/erp.out/resume'],
  ['GET', '/api/v1/privacy/customers/1'], ['GET', '/api/v1/privacy/erasures'], ['POST', '/api/v1/privacy/erasures'], ['GET', '/api/v1/privacy/erasures/1'], ['POST', '/api/v1/privacy/erasures/1/confirm'],
  ...[...kinds.values()].flatMap(({ plural, rules: { fact } }): [string, string][] => [
    ['GET', `/api/v1/${plural}`], ['GET', `/api/v1/${plural}/m-1`], ['GET', `/api/v1/${plural}/m-1/explain`], ['GET', `/api/v1/${plural}/m-1/timeline`], ['GET', `/api/v1/${plural}/m-1/sent/m-1`], ['POST', `/api/v1/${plural}`],
    ...fact ? [] : ['PUT', 'PATCH', 'DELETE'].map((method): [string, string] => [method, `/api/v1/${plural}/m-1`]),
    ...fact ? [] : ['merge', 'unmerge'].map((action): [string, string] => ['POST', `/api/v1/${plural}/m-1/${action}`]),
  ]), ['POST', '/api/v1/prices/lookup'], ['GET', '/api/v1/openapi.json'],
  ['GET', '/api/v1/reviews'], ['GET', '/api/v1/reviews/1'], ['POST', '/api/v1/reviews/1/merge'], ['POST', '/api/v1/reviews/1/distinct'],
  ['GET', '/api/v1/completeness'],
  ['GET', '/api/v1/processes'],
  ['GET', '/api/v1/environment'], ['POST', '/api/v1/environment'],
  ['POST', '/api/v1/repairs'], ['GET', '/api/v1/repairs'], ['GET', '/api/v1/repairs/1'], ['POST', '/api/v1/repairs/1/cancel'],
  ['GET', '/api/v1/deployments'], ['GET', '/api/v1/deployments/active'], ['GET', '/api/v1/deployments/1'],
  ['POST', '/api/v1/keys'], ['GET', '/api/v1/keys'], ['POST', '/api/v1/keys/m-1/revoke'],
  ['GET', '/api/v1/flows'], ['PUT', '/api/v1/flows'],
]
const open: [string, string][] = [['GET', '/health'], ['GET', '/ready'], ['GET', '/']]

describe('the admin guard', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>
  let store: Store
  let api: RunningApi
  before(async () => {
    database = await createTestDatabase()
    store = await openStore({ databaseUrl: database.url, log: createTestLog('silent').log })
  })
  after(async () => {
    await store.close()
    await database.drop()
  })
  afterEach(async () => { await api.close() })
  const send = (method: string, path: string, headers: Record<string, string> = {}) => call(api.url + path, { method, headers })

  describe('with a password', () => {
    beforeEach(async () => { api = await startApi({ store, hash, schemas: new Map([['order@1', {}]]) }) })

    it('asks for a login at every operating call, and lets a good one in', async () => {
      for (const [method, path] of guarded) {
        const refused = await send(method, path)
        expect(refused.status, `${method} ${path}`).to.equal(401)
        expect(refused.headers).to.include({ 'content-type': 'application/problem+json', 'www-authenticate': 'Basic realm="Torg", charset="UTF-8"' })
        expect((await send(method, path, basic('admin', password))).status, `${method} ${path}`).to.not.equal(401)
      }
    })

    it('knows every route of this list and no other', async () => {
      const routes = registeredRoutes(api)
      for (const { method, path } of routes) {
        const answer = await send(method, path)
        const isOpen = open.some(([openMethod, openPath]) => openMethod === method && openPath === path)
        expect(answer.status === 401, `${method} ${path} is ${isOpen ? 'open' : 'guarded'}`).to.equal(!isOpen)
      }
      expect(routes.length).to.equal(guarded.length + open.length)
    })

    it('keeps health, readiness and webhooks open', async () => {
      for (const [method, path] of open) expect((await send(method, path)).status, path).to.not.equal(401)
      expect((await send('POST', '/in/nobody')).status).to.equal(404)
    })

    it('refuses wrong logins of every form, and never says which part was wrong', async () => {
      const texts = new Set<unknown>()
      for (const headers of [basic('admin', 'wrong'), basic('root', password), basic('', '')]) {
        const answer = await send('GET', '/api/v1/status', headers)
        expect(answer.status).to.equal(401)
        texts.add(answer.json()['detail'])
      }
      expect([...texts]).to.deep.equal(['User or password is wrong.'])
      for (const authorization of ['Basic', 'Basic ???', 'Bearer x', 'Digest x', password]) expect((await send('GET', '/api/v1/status', { authorization })).status, authorization).to.be.oneOf([401, 429])
      expect(api.logText()).to.not.contain('correct horse')
    })

    it('makes an address wait after five failures, but not one that is logged in', async () => {
      expect((await send('GET', '/api/v1/status', basic('admin', password))).status).to.equal(200)
      for (let attempt = 0; attempt < 5; attempt++) expect((await send('GET', '/api/v1/status', basic('admin', `guess ${attempt}`))).status).to.equal(401)
      const answer = await send('GET', '/api/v1/status', basic('admin', 'another guess'))
      expect(answer.status).to.equal(429)
      expect(answer.json()).to.include({ code: 'request.limited' })
      expect(Number(answer.headers['retry-after'])).to.be.within(1, 60)
      expect((await send('GET', '/api/v1/status', basic('admin', password))).status).to.equal(200)
    })

    it('refuses changes that pages of other sites ask for, login or not', async () => {
      for (const headers of [{ origin: 'https://evil.example' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }] as Record<string, string>[]) {
        expect((await send('POST', '/api/v1/dead-letters/rerun', { ...basic('admin', password), ...headers })).json(), JSON.stringify(headers)).to.include({ code: 'request.forbidden', status: 403 })
      }
      expect((await send('POST', '/api/v1/dead-letters/rerun', { ...basic('admin', password), origin: api.url })).status).to.equal(400)
    })

    it('takes any host name, as it asks for a login', async () => {
      expect((await send('GET', '/api/v1/status', { ...basic('admin', password), host: 'hub.example' })).status).to.equal(200)
    })
  })

  describe('without a password, on loopback', () => {
    beforeEach(async () => { api = await startApi({ store, settings: { adminUser: 'admin', adminPasswordHash: undefined, publicUrl: 'https://hub.example', bodyLimit: 1000 } }) })

    it('is open to this machine and to PUBLIC_URL', async () => {
      const { port } = new URL(api.url)
      for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, 'localhost', `[::1]:${port}`, '127.9.9.9', 'hub.example']) {
        expect((await send('GET', '/api/v1/status', { host })).status, host).to.equal(200)
      }
    })

    it('refuses other names, as DNS rebinding has them, everywhere but where anybody may call', async () => {
      for (const host of ['evil.example', '127.0.0.1.evil.example', 'localhost.evil.example', '10.0.0.1', 'hub.example:81']) {
        for (const path of ['/api/v1/status', '/metrics', '/editor/', '/editor/flows']) {
          expect((await send('GET', path, { host })).json(), `${host} ${path}`).to.include({ code: 'request.forbidden' })
        }
        expect((await send('GET', '/health', { host })).status).to.equal(200)
        expect((await send('POST', '/in/nobody', { host })).status).to.equal(404)
      }
    })

    it('refuses changes that pages of other sites ask for, in the editor too', async () => {
      for (const path of ['/api/v1/dead-letters/rerun', '/editor/flows', '/editor/inject/1']) {
        expect((await send('POST', path, { origin: 'http://evil.example' })).status, path).to.equal(403)
        expect((await send('POST', path, { origin: 'http://localhost:9999' })).status, `${path} from another port`).to.equal(403)
        expect((await send('POST', path, { origin: api.url })).status, path).to.not.equal(403)
        expect((await send('POST', path, { origin: 'https://hub.example' })).status, path).to.not.equal(403)
        expect((await send('POST', path)).status, `${path} by a program`).to.not.equal(403)
      }
    })

    it('cuts WebSockets that pages of other sites open', async () => {
      const upgrade = (headers: string): Promise<string> => new Promise((resolve, reject) => {
        const socket = connect(Number(new URL(api.url).port), '127.0.0.1', () => {
          socket.write(`GET /editor/comms HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${headers}\r\n\r\n`)
        })
        let text = ''
        socket.on('data', (chunk: Buffer) => { text += chunk.toString(); socket.destroy() })
        socket.on('close', () => { resolve(text) }).on('error', reject)
      })
      expect(await upgrade('Host: localhost\r\nOrigin: http://evil.example')).to.equal('')
      expect(await upgrade('Host: evil.example\r\nOrigin: http://evil.example')).to.equal('')
      expect(api.lines.filter(({ msg }) => msg === 'Refused a WebSocket')).to.have.length(2)
    })
  })
})

describe('the password check', () => {
  it('pays for bcrypt once, forgets after five minutes, and lets an address try again after a minute', async () => {
    let time = 1_000_000
    const check = createPasswordCheck({ adminUser: 'admin', hash, now: () => time })
    const login = { user: 'admin', password, remote: '10.0.0.1' }
    const failure = (attempt: Promise<void>) => attempt.then(() => 'in', (error: { code: string }) => error.code)
    expect(await failure(check(login))).to.equal('in')
    for (let attempt = 0; attempt < 5; attempt++) expect(await failure(check({ ...login, password: 'x' }))).to.equal('request.unauthorized')
    expect(await failure(check({ ...login, password: 'x' }))).to.equal('request.limited')
    expect(await failure(check({ ...login, password: 'x', remote: '10.0.0.2' }))).to.equal('request.unauthorized')
    expect(await failure(check(login)), 'remembered').to.equal('in')
    time += 60_001
    expect(await failure(check({ ...login, password: 'x' }))).to.equal('request.unauthorized')
    for (let attempt = 0; attempt < 4; attempt++) await failure(check({ ...login, password: 'x' }))
    time += 30_000
    expect(await failure(check(login))).to.equal('in')
    time += 5 * 60_000
    expect(await failure(check(login)), 'asked again').to.equal('in')
  })

  it('refuses a flood of guesses without comparing them all', async () => {
    const check = createPasswordCheck({ adminUser: 'admin', hash })
    const results = await Promise.allSettled(Array.from({ length: 50 }, (_, index) => check({ user: 'admin', password: `guess ${index}`, remote: `10.0.0.${index}` })))
    const codes = results.map(result => result.status === 'rejected' ? (result.reason as { code: string }).code : 'in')
    expect(codes.filter(code => code === 'request.limited').length).to.be.greaterThan(30)
    expect(codes).to.not.include('in')
  })
})

interface Layer { route?: { path: string | string[], methods: Record<string, boolean> }, handle: { stack?: Layer[] }, regexp: RegExp }

/** All routes of our own that express knows, with parameters filled in. */
function registeredRoutes({ app }: RunningApi): { method: string, path: string }[] {
  const fill = (path: string): string => path.replaceAll(':id', 'm-1').replaceAll(':kind', 'order').replaceAll(':name', 'order@1').replaceAll(':revision', '1')
  const walk = (layers: Layer[], base: string): { method: string, path: string }[] => layers.flatMap(({ route, handle, regexp }) => {
    if (route) return Object.keys(route.methods).map(method => ({ method: method.toUpperCase(), path: fill(base + [route.path].flat()[0]).replace(/(.)\/$/, '$1') }))
    // Express 4 keeps of a mount path only its expression: ^\/api\/v1\/flows\/?(?=\/|$)
    const mount = /^\^(.*?)\\\/\?\(\?=/.exec(regexp.source)?.[1]?.replaceAll('\\', '') ?? ''
    return handle.stack ? walk(handle.stack, base + mount) : []
  })
  const { stack } = (app as unknown as { _router: { stack: Layer[] } })._router
  return walk(stack, '')
}
