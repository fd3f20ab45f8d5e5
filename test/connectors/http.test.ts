import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { join } from 'node:path'
import tls from 'node:tls'
import { gzipSync } from 'node:zlib'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import pino from 'pino'
import { TorgError } from '../../runtime/errors.ts'
import { HttpAnswerError, parseRetryAfter } from '../../runtime/kit/http-answer.ts'
import { createHttp } from '../../runtime/kit/http.ts'
import type { Http, HttpOptions } from '../../runtime/kit/http.ts'
import { startRestTwin } from '../../nodes/rest/twin/index.ts'
import type { RestTwin } from '../../nodes/rest/twin/index.ts'

const silent = pino({ level: 'silent' })

const failure = async (promise: Promise<unknown>): Promise<TorgError> => {
  const thrown = await promise.then(() => undefined, (error: unknown) => error)
  if (!(thrown instanceof TorgError)) throw new Error(`expected a TorgError, got ${String(thrown)}`)
  return thrown
}

describe('HTTP client of a system', () => {
  let server: Server
  let base: string
  let handle: (request: IncomingMessage, response: ServerResponse) => void
  const seen: { method: string, url: string, headers: IncomingMessage['headers'], body: string }[] = []

  before(async () => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString() })
        handle(request, response)
      })
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    base = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  })
  beforeEach(() => {
    seen.length = 0
    handle = (_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}')
  })
  after(() => {
    server.closeAllConnections()
    server.close()
  })

  const client = (options: Partial<HttpOptions> = {}): Http => createHttp({ baseUrl: `${base}/api/`, auth: { type: 'none' }, log: silent, systemKey: 'erp', ...options })
  const answer = (status: number, headers: Record<string, string> = {}, body = '') => { handle = (_request, response) => { response.writeHead(status, headers).end(body) } }

  describe('requests', () => {
    it('joins base address, path and query, and sends JSON', async () => {
      const reply = await client({ headers: { 'x-tenant': '7' } }).request({ method: 'PUT', path: '/orders/1', query: { a: 'å b', skip: undefined, n: 2 }, body: { x: 1 }, idempotencyKey: 'key-1' })
      expect(reply.body).to.deep.equal({ ok: true })
      expect(seen[0]).to.include({ method: 'PUT', url: '/api/orders/1?a=%C3%A5+b&n=2', body: '{"x":1}' })
      expect(seen[0]?.headers).to.include({ 'content-type': 'application/json', 'idempotency-key': 'key-1', 'x-tenant': '7' })
    })
    it('sends texts and bytes as they are', async () => {
      await client().request({ method: 'POST', path: 'x', body: 'a=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } })
      await client().request({ method: 'POST', path: 'x', body: Buffer.from([1, 2, 3]) })
      expect(seen.map(({ body }) => body)).to.deep.equal(['a=1', '\u0001\u0002\u0003'])
    })
    it('reads text, an empty answer, and JSON that is none', async () => {
      answer(200, { 'content-type': 'text/plain' }, 'hello')
      expect((await client().request({ method: 'GET', path: '' })).body).to.equal('hello')
      answer(204)
      expect((await client().request({ method: 'GET', path: '' })).body).to.equal('')
      answer(200, { 'content-type': 'application/json' }, 'oops')
      expect((await client().request({ method: 'GET', path: '' })).body).to.equal('oops')
    })
    it('unpacks answers, and no more of them than fits', async () => {
      handle = (_request, response) => { response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(gzipSync(JSON.stringify({ text: 'x'.repeat(5000) }))) }
      expect((await client().request({ method: 'GET', path: '/' })).body).to.deep.equal({ text: 'x'.repeat(5000) })
      expect((await failure(client({ maxBodyBytes: 1000 }).request({ method: 'GET', path: '/' }))).message).to.contain('larger than 1000 bytes')
    })
    it('uses a connection again', async () => {
      const ports = new Set<number | undefined>()
      handle = (request, response) => { ports.add(request.socket.remotePort); response.writeHead(200).end('ok') }
      for (let count = 0; count < 5; count++) await client().request({ method: 'PUT', path: '/', body: { count } })
      expect(ports.size).to.equal(1)
    })
    it('uses as many connections as requests are under way', async () => {
      const waiting: ServerResponse[] = []
      handle = (_request, response) => {
        waiting.push(response)
        if (waiting.length === 40) for (const each of waiting) each.end('ok')
      }
      await Promise.all(Array.from({ length: 40 }, (_none, index) => client().request({ method: 'PUT', path: `/${index}`, body: {} })))
      expect(seen).to.have.length(40)
    })
    it('leaves a connection that the system has closed, and sends once', async () => {
      let closed: Promise<unknown> = Promise.resolve()
      handle = (request, response) => {
        closed = new Promise(resolve => request.socket.once('close', resolve))
        response.end('ok', () => { request.socket.end() })
      }
      for (let count = 0; count < 5; count++) {
        await client().request({ method: 'POST', path: `/${count}`, body: {} })
        await closed
      }
      expect(seen.map(({ url }) => url)).to.deep.equal(['/api/0', '/api/1', '/api/2', '/api/3', '/api/4'])
    })
    it('says the length of what it sends itself', async () => {
      await client({ headers: { 'Content-Length': '7' } }).request({ method: 'PUT', path: '/', body: 'åå', headers: { 'content-length': '3' } })
      await client().request({ method: 'POST', path: '/' })
      await client().request({ method: 'DELETE', path: '/' })
      expect(seen.map(({ headers }) => headers['content-length'])).to.deep.equal(['4', '0', undefined])
    })
    it('lets later headers replace earlier ones, whatever their case', async () => {
      await client({ headers: { Accept: 'text/xml', 'X-Store': '1' }, auth: { type: 'header', name: 'X-Key', value: 'k' } }).request({ method: 'PUT', path: '/', body: {}, headers: { 'x-STORE': '2', 'x-key': 'other', 'Content-Type': 'application/vnd.erp+json' } })
      expect(seen[0]?.headers).to.include({ accept: 'text/xml', 'x-store': '2', 'x-key': 'k', 'content-type': 'application/vnd.erp+json' })
    })
    it('adds the query of the base address', async () => {
      const http = client({ baseUrl: `${base}/api?tenant=7&lang=nb` })
      await http.request({ method: 'GET', path: '/orders', query: { lang: 'sv' } })
      await http.request({ method: 'GET', path: 'orders?tenant=8' })
      expect(seen.map(({ url }) => url)).to.deep.equal(['/api/orders?tenant=7&lang=sv', '/api/orders?tenant=8&lang=nb'])
    })
    it('tells the headers of the answer', async () => {
      handle = (_request, response) => { response.writeEarlyHints({ link: '</style.css>; rel=preload' }, () => response.writeHead(200, { 'set-cookie': ['a=1', 'b=2'], Link: '</?page=2>; rel="next"' }).end('ok')) }
      const { status, headers } = await client().request({ method: 'GET', path: '/' })
      expect([status, headers.getSetCookie(), headers.get('link')]).to.deep.equal([200, ['a=1', 'b=2'], '</?page=2>; rel="next"'])
    })
    it('follows a full address only on its own host', async () => {
      await client().request({ method: 'GET', path: `${base}/api/orders?page=2` })
      expect(seen[0]?.url).to.equal('/api/orders?page=2')
      const error = await failure(client({ auth: { type: 'bearer', token: 'secret-token' } }).request({ method: 'GET', path: 'http://127.0.0.1:9/steal' }))
      expect(error.code).to.equal('system.refused')
    })
    it('refuses a base address that is none', () => {
      expect(() => client({ baseUrl: 'erp.example.com' })).to.throw(TorgError, 'not an http or https URL')
      expect(() => client({ baseUrl: 'file:///etc/passwd' })).to.throw(TorgError, 'not an http or https URL')
    })
  })

  describe('login', () => {
    const cases: [HttpOptions['auth'], string, string | undefined][] = [
      [{ type: 'bearer', token: 't-1' }, 'authorization', 'Bearer t-1'],
      [{ type: 'basic', user: 'åse', password: 'p:w' }, 'authorization', `Basic ${Buffer.from('åse:p:w').toString('base64')}`],
      [{ type: 'header', name: 'X-Key', value: 'k-1' }, 'x-key', 'k-1'],
      [{ type: 'none' }, 'authorization', undefined],
    ]
    for (const [auth, header, value] of cases) it(auth.type, async () => {
      await client({ auth }).request({ method: 'GET', path: '/' })
      expect(seen[0]?.headers[header]).to.equal(value)
    })
  })

  describe('refusals', () => {
    const cases: [number, string, string][] = [
      [400, 'system.refused', 'permanent'], [401, 'system.credentials', 'permanent'], [403, 'system.credentials', 'permanent'], [404, 'system.refused', 'permanent'],
      [408, 'system.unavailable', 'transient'], [409, 'system.conflict', 'transient'], [410, 'system.refused', 'permanent'], [422, 'system.refused', 'permanent'],
      [425, 'system.unavailable', 'transient'], [429, 'system.throttled', 'transient'], [500, 'system.unavailable', 'transient'], [503, 'system.unavailable', 'transient'], [302, 'system.refused', 'permanent'],
    ]
    for (const [status, code, errorClass] of cases) it(`${status} is ${code}, ${errorClass}`, async () => {
      answer(status, { 'content-type': 'application/json', location: 'https://elsewhere.example/' }, '{"message":"no such tax code"}')
      const error = await failure(client().request({ method: 'POST', path: '/orders', body: {} }))
      expect(error).to.include({ code, class: errorClass })
      expect(error.message).to.contain('erp answered').and.contain('POST')
      expect(error.cause).to.be.instanceOf(HttpAnswerError).and.to.include({ status })
      expect(seen, 'it never retries').to.have.length(1)
    })
    it('tells when to come again, in seconds and as a date, capped', async () => {
      for (const [header, low, high] of [['7', 7000, 7000], [new Date(Date.now() + 60_000).toUTCString(), 58_000, 60_000], ['999999', 3_600_000, 3_600_000]] as const) {
        answer(429, { 'retry-after': header })
        expect((await failure(client().request({ method: 'GET', path: '/' }))).retryAfterMs).to.be.within(low, high)
      }
      answer(503, { 'retry-after': '2' })
      expect((await failure(client().request({ method: 'GET', path: '/' }))).retryAfterMs).to.equal(2000)
    })
    it('reads Retry-After as RFC 9110 has it', () => {
      const now = Date.parse('2026-01-01T00:00:00Z')
      expect(parseRetryAfter('120', now)).to.equal(120_000)
      expect(parseRetryAfter('Thu, 01 Jan 2026 00:00:30 GMT', now)).to.equal(30_000)
      expect(parseRetryAfter('Wed, 31 Dec 2025 23:00:00 GMT', now)).to.equal(0)
      for (const nothing of [null, '', 'soon', '-5']) expect(parseRetryAfter(nothing, now), String(nothing)).to.be.oneOf([undefined, 0])
    })
    it('never tells a secret, even when the system repeats it', async () => {
      for (const [auth, secrets] of [
        [{ type: 'bearer', token: 'tok-0123456789' }, ['tok-0123456789']],
        [{ type: 'basic', user: 'u', password: 'pass word/1' }, ['pass word/1', 'pass%20word%2F1', Buffer.from('u:pass word/1').toString('base64')]],
        [{ type: 'header', name: 'X-Key', value: 'key-0123456789' }, ['key-0123456789']],
      ] as const) {
        answer(400, {}, `you sent ${secrets.join(' and ')}`)
        const error = await failure(client({ auth }).request({ method: 'GET', path: '/' }))
        const told = [error.message, JSON.stringify(error), error.stack, error.cause instanceof HttpAnswerError ? error.cause.body : ''].join()
        for (const secret of secrets) expect(told).not.to.contain(secret)
      }
    })
    it('refuses headers that HTTP does not allow, without repeating them', async () => {
      for (const [name, value] of [['x-note', 'line\nbreak-secret'], ['x note', 'break-secret'], ['x-note', 'break-secret☃'], ['expect', '100-continue'], ['upgrade', 'break-secret']] as const) {
        const error = await failure(client().request({ method: 'GET', path: '/', headers: { [name]: value } }))
        expect(error.code).to.equal('request.invalid')
        expect(error.message).to.contain(name)
        expect(error.message + error.stack).not.to.contain('break-secret')
      }
      expect((await failure(client().request({ method: 'PUT', path: '/', idempotencyKey: 'a\r\nb' }))).code).to.equal('request.invalid')
      expect(seen).to.have.length(0)
    })
    it('is not made with a header or login that HTTP does not allow', () => {
      for (const options of [{ auth: { type: 'bearer', token: 'line\nbreak-secret' } }, { auth: { type: 'header', name: 'x key', value: 'k' } }, { headers: { 'x-note': 'line\nbreak-secret' } }] as const) {
        expect(() => client(options)).to.throw(TorgError, /does not allow/).with.property('code', 'flow.invalid')
        expect(() => client(options)).not.to.throw(/break-secret/)
      }
    })
    it('gives up when the answer never ends or is too large', async () => {
      handle = (_request, response) => { response.writeHead(200).write('x'.repeat(4096)) }
      expect((await failure(client({ timeoutMs: 150 }).request({ method: 'GET', path: '/' }))).message).to.contain('150 ms')
      expect((await failure(client({ maxBodyBytes: 1000 }).request({ method: 'GET', path: '/' }))).message).to.contain('larger than 1000 bytes')
    })
    it('gives up after the time limit, and at once when the run ends', async () => {
      handle = () => {}
      expect(await failure(client({ timeoutMs: 100 }).request({ method: 'GET', path: '/' }))).to.include({ code: 'system.unavailable' })
      const run = new AbortController()
      const pending = failure(client().request({ method: 'GET', path: '/', signal: run.signal }))
      run.abort()
      expect(await pending).to.include({ code: 'run.interrupted', class: 'transient' })
    })
    it('sends nothing for a run that ended before there was a connection', async () => {
      const fresh = createServer((_request, response) => response.end('ok'))
      let requests = 0
      fresh.on('request', () => { requests++ })
      await new Promise<void>(resolve => fresh.listen(0, '127.0.0.1', resolve))
      const address = fresh.address()
      const http = client({ baseUrl: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}` })
      const run = new AbortController()
      const connected = new Promise(resolve => fresh.once('connection', resolve))
      const pending = failure(http.request({ method: 'POST', path: '/given-up', signal: run.signal }))
      run.abort()
      expect(await pending).to.include({ code: 'run.interrupted' })
      await connected
      await http.request({ method: 'POST', path: '/' })
      expect(requests).to.equal(1)
      fresh.closeAllConnections()
      await new Promise(resolve => fresh.close(resolve))
    })
    it('never sends again what was on a connection that broke', async () => {
      for (const method of ['GET', 'PUT', 'POST', 'DELETE'] as const) {
        handle = (_request, response) => { response.end('ok') }
        await client().request({ method: 'GET', path: '/' })
        seen.length = 0
        for (const breakOff of [(request: IncomingMessage) => request.socket.destroy(), (request: IncomingMessage) => request.socket.end(), (request: IncomingMessage) => request.socket.resetAndDestroy()]) {
          handle = (request) => { breakOff(request) }
          expect(await failure(client().request({ method, path: '/', body: method === 'GET' ? undefined : {} }))).to.include({ code: 'system.unavailable', class: 'transient' })
        }
        expect(seen, method).to.have.length(3)
      }
    })
    it('takes an answer that breaks off for none', async () => {
      handle = (_request, response) => { response.writeHead(200, { 'content-length': '100' }).write('half'); setTimeout(() => response.destroy(), 20) }
      expect(await failure(client().request({ method: 'GET', path: '/' }))).to.include({ code: 'system.unavailable', class: 'transient' })
    })
    it('says why the network failed', async () => {
      const free = createServer()
      await new Promise<void>(resolve => free.listen(0, '127.0.0.1', resolve))
      const address = free.address()
      const port = typeof address === 'object' && address ? address.port : 0
      await new Promise(resolve => free.close(resolve))
      const error = await failure(client({ baseUrl: `http://127.0.0.1:${port}` }).request({ method: 'GET', path: '/' }))
      expect(error).to.include({ code: 'system.unavailable' })
      expect(error.message).to.contain('ECONNREFUSED')
      handle = request => { request.socket.destroy() }
      expect(await failure(client().request({ method: 'GET', path: '/' }))).to.include({ code: 'system.unavailable' })
    })
  })

  describe('over TLS', () => {
    // Made for these tests, trusted by nobody else: of 127.0.0.1, not of localhost.
    const pem = readFileSync(join(import.meta.dirname, 'loopback.pem'))
    const connections = new Set<unknown>()
    const secure = createSecureServer({ key: pem, cert: pem }, (_request, response) => { response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}') })
    const trusted = tls.getCACertificates('default')
    let port = 0
    before(async () => {
      secure.on('secureConnection', (socket) => { connections.add(socket) })
      await new Promise<void>(resolve => secure.listen(0, '127.0.0.1', resolve))
      const address = secure.address()
      port = typeof address === 'object' && address ? address.port : 0
    })
    after(() => {
      tls.setDefaultCACertificates(trusted)
      secure.closeAllConnections()
      secure.close()
    })
    const ask = (host: string) => client({ baseUrl: `https://${host}:${port}` }).request({ method: 'GET', path: '/' })

    it('sends nothing to a system whose certificate is not trusted, and says so', async () => {
      const error = await failure(ask('127.0.0.1'))
      expect(error).to.include({ code: 'system.unavailable', class: 'transient' })
      expect(error.message).to.match(/self.signed certificate/)
      expect(connections.size).to.equal(0)
    })
    it('asks one that is trusted, and uses the connection again', async () => {
      tls.setDefaultCACertificates([...trusted, pem.toString()])
      for (let n = 0; n < 3; n += 1) expect((await ask('127.0.0.1')).body).to.deep.equal({ ok: true })
      expect(connections.size).to.equal(1)
    })
    it('refuses a certificate that is another host\'s', async () => {
      tls.setDefaultCACertificates([...trusted, pem.toString()])
      expect((await failure(ask('localhost'))).message).to.match(/does not match certificate/)
    })
  })

  describe('OAuth2 client credentials', () => {
    let twin: RestTwin
    const start = async (tokenLifetime: number): Promise<void> => { twin = await startRestTwin({ system: 'erp', port: 0, secrets: { clientId: 'hub client', clientSecret: 's3cret&more' }, config: { tokenLifetime }, log: silent }) }
    afterEach(() => twin.close())
    const oauth = (overrides: Record<string, string> = {}): Http => createHttp({ baseUrl: twin.url, auth: { type: 'oauth2', tokenUrl: `${twin.url}/oauth/token`, clientId: 'hub client', clientSecret: 's3cret&more', ...overrides }, log: silent, systemKey: 'erp' })

    it('fetches one token for many requests at once', async () => {
      await start(3600)
      const http = oauth()
      await Promise.all(Array.from({ length: 20 }, (_none, index) => http.request({ method: 'PUT', path: `/orders/${index}`, body: {} })))
      expect(twin.login.tokensIssued()).to.equal(1)
      expect(twin.collections.list('orders')).to.have.length(20)
    })
    it('fetches another when its time is up', async () => {
      await start(0.2)
      const http = oauth()
      await http.request({ method: 'GET', path: '/orders' })
      await new Promise(resolve => setTimeout(resolve, 220))
      await http.request({ method: 'GET', path: '/orders' })
      expect(twin.login.tokensIssued()).to.equal(2)
    })
    it('fetches another, once for all, when the system refuses the token', async () => {
      await start(3600)
      const http = oauth()
      await http.request({ method: 'GET', path: '/orders' })
      twin.login.revoke()
      await Promise.all(Array.from({ length: 10 }, () => http.request({ method: 'GET', path: '/orders' })))
      expect(twin.login.tokensIssued()).to.equal(2)
    })
    it('can send its credentials in the form', async () => {
      await start(3600)
      await oauth({ clientAuth: 'body' }).request({ method: 'GET', path: '/orders' })
      expect(twin.login.tokensIssued()).to.equal(1)
    })
    it('says which credentials are wrong, without them', async () => {
      await start(3600)
      const error = await failure(oauth({ clientSecret: 'wrong-secret' }).request({ method: 'GET', path: '/orders' }))
      expect(error).to.include({ code: 'system.credentials' })
      expect(error.message).to.contain('invalid_client').and.not.contain('wrong-secret')
    })
    it('is transient when the login service is down', async () => {
      await start(3600)
      expect(await failure(oauth({ tokenUrl: 'http://127.0.0.1:9/token' }).request({ method: 'GET', path: '/' }))).to.include({ code: 'system.unavailable', class: 'transient' })
    })
  })
})
