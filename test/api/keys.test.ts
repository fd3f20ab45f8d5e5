import bcrypt from 'bcryptjs'
import { expect } from 'chai'
import { createKeyCheck, makeKey } from '../../runtime/api/key-check.ts'
import type { ApiKey, Store } from '../../runtime/store/types.ts'
import { TorgError } from '../../runtime/errors.ts'
import { aMessage, openTestStore, type TestStore } from '../store/support.ts'
import { basic, call, startApi, type Answer, type RunningApi } from './harness.ts'

const password = 'correct horse: battery'
const hash = bcrypt.hashSync(password, 4)
const bearer = (key: string) => ({ authorization: `Bearer ${key}` })

describe('API keys', () => {
  let opened: TestStore
  let api: RunningApi
  before(async () => {
    opened = await openTestStore()
  })
  after(async () => { await opened.close() })
  beforeEach(async () => { api = await startApi({ store: opened.store, hash }) })
  afterEach(async () => { await api.close() })

  const post = (path: string, body: unknown, headers: Record<string, string> = basic('admin', password)) => call(api.url + path, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })
  const get = (path: string, headers: Record<string, string> = basic('admin', password)) => call(api.url + path, { headers })
  const make = async (scopes: string[], more: Record<string, unknown> = {}): Promise<{ id: string, key: string }> => {
    const { id, key } = (await post('/api/v1/keys', { name: 'Webshop', scopes, system: 'webshop-no', ...more })).json()
    return { id: String(id), key: String(key) }
  }

  it('are made by an administrator, shown once, and nowhere kept', async () => {
    const answer = await post('/api/v1/keys', { name: 'Webshop', scopes: ['read:order', 'write:order', 'read:order'], system: 'webshop-no' })
    expect(answer.status).to.equal(201)
    const { key, ...shown } = answer.json()
    expect(key).to.match(new RegExp(`^torg_${String(shown['id'])}_[0-9a-f]{64}$`))
    expect(shown).to.include({ name: 'Webshop', system: 'webshop-no', createdBy: 'admin', revokedAt: null, expiresAt: null, lastUsedAt: null })
    expect(shown['scopes']).to.deep.equal(['read:order', 'write:order'])
    const listed = await get('/api/v1/keys')
    expect((listed.json()['items'] as ApiKey[]).find(({ id }) => id === shown['id'])).to.deep.equal(shown)
    const secret = String(key).slice(18)
    expect(listed.text).to.not.include(secret)
    expect(JSON.stringify(await opened.sql('select *, encode(digest, \'hex\') as text from torg.api_key'))).to.not.include(secret)
    expect(api.logText()).to.not.include(secret)
  })

  it('are refused with the field that is wrong', async () => {
    const cases: [body: Record<string, unknown>, status: number, detail: string][] = [
      [{ scopes: ['read:*'] }, 400, 'name says'],
      [{ name: 'x', scopes: [] }, 400, 'scopes is a list'],
      [{ name: 'x', scopes: ['read'] }, 400, 'A scope is'],
      [{ name: 'x', scopes: ['read:ordr'] }, 422, 'Did you mean order?'],
      [{ name: 'x', scopes: ['write:order'] }, 400, 'needs a system'],
      [{ name: 'x', scopes: ['read:order'], system: 'Web Shop' }, 400, 'lower case'],
      [{ name: 'x', scopes: ['read:order'], expiresAt: 'tomorrow' }, 400, 'expiresAt is'],
      [{ name: 'x', scopes: ['read:order'], role: 'x' }, 400, '"role" is not known'],
    ]
    for (const [body, status, detail] of cases) {
      const answer = await post('/api/v1/keys', body)
      expect(answer.status, JSON.stringify(body)).to.equal(status)
      expect(answer.json()['detail']).to.include(detail)
    }
  })

  it('open what their scopes name, and do not tell whether there is anything elsewhere', async () => {
    const [reader, admin] = [await make(['read:order']), await make(['admin'])]
    expect((await get('/schemas', bearer(reader.key))).status).to.equal(200)
    for (const path of ['/api/v1/status', '/api/v1/keys', '/api/v1/nothing', '/metrics']) {
      expect((await get(path, bearer(reader.key))).json(), path).to.include({ status: 403, code: 'request.forbidden', detail: 'This key lacks the scope admin.' })
    }
    expect((await get('/api/v1/status', bearer(admin.key))).status).to.equal(200)
    expect((await get('/api/v1/nothing', bearer(admin.key))).status).to.equal(404)
    await post('/api/v1/keys', { name: 'made by a key', scopes: ['read:*'] }, bearer(admin.key))
    expect((await opened.sql<{ created_by: string }>('select created_by from torg.api_key where name = \'made by a key\''))[0]).to.deep.equal({ created_by: 'Webshop' })
  })

  it('are named with what was done by them', async () => {
    const { key } = await make(['admin'], { name: 'Night shift' })
    const { id } = await opened.store.receive(aMessage({ error: new TorgError('message.no-key', 'No key.').toJSON() }))
    expect((await post(`/api/v1/dead-letters/m-${id}/close`, {}, bearer(key))).json()).to.have.nested.property('closed.by', 'Night shift')
  })

  it('do not hold once they are revoked, have expired, or were never made', async () => {
    const refusal = (answer: Answer) => [answer.status, answer.json()['detail'], answer.headers['www-authenticate']]
    const wrong = [401, 'The API key does not hold.', 'Bearer realm="Torg"']
    const { id, key } = await make(['admin'])
    expect((await get('/api/v1/status', bearer(key))).status).to.equal(200)
    expect((await opened.sql<{ used: boolean }>('select last_used_at is not null as used from torg.api_key where id = $1', [id]))[0]).to.deep.equal({ used: true })
    expect((await post(`/api/v1/keys/${id}/revoke`, {})).json()).to.deep.include({ id, revokedBy: 'admin' })
    expect((await post(`/api/v1/keys/${id.replace(/./, 'z')}/revoke`, {})).status).to.equal(404)
    await api.close()
    api = await startApi({ store: opened.store, hash })
    expect(refusal(await get('/api/v1/status', bearer(key)))).to.deep.equal(wrong)
    const expired = await make(['admin'], { expiresAt: '2020-01-01T00:00:00Z' })
    expect(refusal(await get('/api/v1/status', bearer(expired.key)))).to.deep.equal(wrong)
    expect(refusal(await get('/api/v1/status', bearer(makeKey().key)))).to.deep.equal(wrong)
    expect(refusal(await get('/api/v1/status', bearer('torg_x')))).to.deep.equal(wrong)
  })

  it('mean the same where no login is asked for', async () => {
    const { key } = await make(['read:order'])
    await api.close()
    api = await startApi({ store: opened.store })
    expect((await get('/api/v1/status', {})).status).to.equal(200)
    expect((await get('/api/v1/status', bearer(key))).status).to.equal(403)
    expect((await get('/api/v1/status', bearer(makeKey().key))).status).to.equal(401)
  })
})

describe('the check of API keys', () => {
  const rowOf = (made: ReturnType<typeof makeKey>, over: Partial<ApiKey> = {}) => ({
    ...made, name: 'ERP', system: 'erp', scopes: ['admin'], createdAt: '', createdBy: '', expiresAt: null, lastUsedAt: null, revokedAt: null, revokedBy: null, ...over,
  })
  const codeOf = (attempt: Promise<unknown>) => attempt.then(() => 'in', (error: { code: string }) => error.code)

  it('asks once for calls of two seconds, and notices a revocation after them', async () => {
    const made = makeKey()
    let [time, asked, row] = [1_000_000, 0, rowOf(made)]
    const store: Pick<Store, 'useApiKey'> = { useApiKey: async () => { asked += 1; return row } }
    const check = createKeyCheck({ store, now: () => time })
    await Promise.all([check(made.key, 'a'), check(made.key, 'a')])
    await check(made.key, 'a')
    expect(asked).to.equal(1)
    row = rowOf(made, { revokedAt: '2026-01-01T00:00:00Z' })
    time += 2_001
    expect(await codeOf(check(made.key, 'a'))).to.equal('request.unauthorized')
    expect(asked).to.equal(2)
  })

  it('makes an address wait after five failures, without asking the store, but not who holds a key', async () => {
    const made = makeKey()
    let [time, asked] = [1_000_000, 0]
    const check = createKeyCheck({ store: { useApiKey: async id => { asked += 1; return id === made.id ? rowOf(made) : null } }, now: () => time })
    expect(await codeOf(check(made.key, 'a'))).to.equal('in')
    for (let attempt = 0; attempt < 5; attempt++) expect(await codeOf(check(makeKey().key, 'a'))).to.equal('request.unauthorized')
    asked = 0
    expect(await codeOf(check(makeKey().key, 'a'))).to.equal('request.limited')
    expect(asked).to.equal(0)
    time += 3_000
    expect(await codeOf(check(made.key, 'a'))).to.equal('in')
    expect(await codeOf(check(`${made.key.slice(0, -1)}${made.key.endsWith('0') ? '1' : '0'}`, 'a'))).to.equal('request.limited')
    expect(await codeOf(check(makeKey().key, 'b'))).to.equal('request.unauthorized')
    time += 60_001
    expect(await codeOf(check(makeKey().key, 'a'))).to.equal('request.unauthorized')
  })
})
