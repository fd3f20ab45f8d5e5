/** Closed by default: who may come in, and secrets that are found nowhere. */
import bcrypt from 'bcryptjs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import pg from 'pg'
import { startTwinServer, type TwinServer } from '../../runtime/twins/server.ts'
import { forgetLongTimers } from '../support/timers.ts'
import { prepareBench, type Bench } from './bench.ts'
import { asList, byKey, changes, map, restIn, restOut, restSystem, save, toCustomer } from './flows.ts'

const password = 'planted-admin-password'
const hash = bcrypt.hashSync(password, 4)
const planted = {
  environment: 'planted-environment-token-1', file: 'planted-file-password-2', typed: 'planted-typed-api-key-3', webhook: 'planted-webhook-key-4', password, hash,
  login: Buffer.from('torg:planted-file-password-2').toString('base64'),
}

describe('a hub that others can reach', function () {
  this.timeout(60_000)
  let bench: Bench
  /** Refuses what it is sent, and says with which login it came. */
  let rude: TwinServer
  const basic = { authorization: `Basic ${Buffer.from(`admin:${password}`).toString('base64')}` }
  const env = { TORG_HOST: '0.0.0.0', TORG_ADMIN_PASSWORD_HASH: hash }

  let restoreTimers: () => void

  before(async () => {
    restoreTimers = forgetLongTimers()
    rude = await startTwinServer(0, ({ headers }) => ({ status: 422, body: { error: `refused for ${headers['authorization'] ?? ''} ${headers['x-api-key'] ?? ''}` } }))
    const systems = { bearer: { auth: 'bearer', token: '${PLANTED_TOKEN}' }, basic: { auth: 'basic', user: 'torg', password: '' }, header: { auth: 'header', apiKeyHeader: 'X-API-Key', apiKey: '${PLANTED_TOKEN}' } }
    bench = await prepareBench({ systems: [], tabs: [] }, { IN_KEY: planted.webhook, PLANTED_TOKEN: planted.environment })
    const file = join(bench.folder, '../password')
    await writeFile(file, `${planted.file}\n`)
    await bench.write({
      systems: [restSystem('shop', byKey('${IN_KEY}')), ...Object.entries(systems).map(([key, fields]) => restSystem(key, { baseUrl: rude.url, ...fields, ...(key === 'basic' && { password: `file:${file}` }) }))],
      tabs: [
        { slug: 'from-shop', nodes: [restIn('from-shop', 'shop', ['from-shop-map']), map('from-shop-map', ['from-shop-save'], toCustomer), save('from-shop-save')] },
        ...Object.keys(systems).map(key => ({ slug: `to-${key}`, nodes: [changes(`to-${key}`, key, [[`to-${key}-out`], []]), restOut(`to-${key}-out`, key, { path: '/customers/{id}' })] })),
      ],
    })
  })
  after(async () => {
    await bench.close()
    await rude.close()
    restoreTimers()
  })

  it('does not start without a password', async () => {
    const thrown: unknown = await bench.start({ env: { TORG_HOST: '0.0.0.0' } }).then(() => null, (error: unknown) => error)
    expect(String(thrown)).to.contain('TORG_HOST').and.contain('TORG_ADMIN_PASSWORD_HASH')
    expect(await fetch(`${bench.url}/health`).then(() => true, () => false)).to.equal(false)
  })

  it('asks for a login at editor, deploy, metrics and every operating call alike', async () => {
    await bench.start({ env })
    const calls: [string, string][] = [
      ['GET', '/editor/flows'], ['POST', '/editor/flows'], ['GET', '/editor/settings'], ['GET', '/editor/nodes'], ['GET', '/editor/credentials/rest-system/system-bearer'], ['GET', '/editor/diagnostics'],
      ['GET', '/metrics'], ['GET', '/api/v1/status'], ['GET', '/api/v1/flows'], ['PUT', '/api/v1/flows'], ['GET', '/api/v1/deployments/active'], ['GET', '/api/v1/customers?number=1'],
      ['GET', '/api/v1/dead-letters'], ['POST', '/api/v1/dead-letters/rerun'], ['POST', '/api/v1/dead-letters/m-1/rerun'], ['GET', '/schemas/order'],
    ]
    for (const [method, path] of calls) {
      const request = { method, ...(method !== 'GET' && { body: {} }) }
      expect((await bench.call(path, request)).status, `${method} ${path}`).to.equal(401)
      // A few wrong ones in a row have to wait, which is no way in either.
      const headers = { authorization: `Basic ${Buffer.from('admin:wrong').toString('base64')}` }
      expect((await bench.call(path, { ...request, headers })).status, `${method} ${path}`).to.be.oneOf([401, 429])
    }
    for (const path of ['/health', '/ready']) expect((await bench.call(path)).status).to.equal(200)
    expect((await bench.call('/in/shop', { method: 'POST', body: {} })).status).to.equal(401)
  })

  it('lets in who has the password', async () => {
    // Wrong logins made this address wait; a hub that was started again knows nothing of them.
    await bench.stop()
    await bench.start({ env })
    const { body, status } = await bench.call('/editor/auth/token', { method: 'POST', body: { client_id: 'node-red-editor', grant_type: 'password', scope: '*', username: 'admin', password } })
    expect(status).to.equal(200)
    const editor = { authorization: `Bearer ${String(body['access_token'])}` }
    for (const path of ['/editor/flows', '/editor/settings', '/api/v1/status']) expect((await bench.call(path, { headers: editor })).status, path).to.equal(200)
    for (const path of ['/metrics', '/api/v1/status', '/api/v1/flows', '/api/v1/deployments/active', '/api/v1/dead-letters', '/schemas/order']) expect((await bench.call(path, { headers: basic })).status, path).to.equal(200)
    bench.login = basic
    // As the form does: what is typed is sent beside the node, the node itself holds nothing.
    const { flows } = await bench.flows()
    const typed = flows.map(node => node.id === 'system-header' ? { ...node, apiKey: '', credentials: { apiKey: planted.typed } } : node)
    const deployed = await bench.call('/editor/flows', { method: 'POST', headers: { ...editor, 'node-red-api-version': 'v2' }, body: { flows: typed, rev: (await bench.flows()).revision } })
    expect(deployed.status, deployed.text).to.equal(200)
  })

  it('shows no secret anywhere: files, log at debug, status, flows, exports, dead letters, metrics, database', async () => {
    await bench.receive('shop?api_key=in-the-address', { id: 1, name: 'Everybody' }, { 'x-key': planted.webhook })
    const letters = await bench.deadLetters(3)
    // The systems were really called with these logins.
    expect(letters.map(({ error }) => error['code'])).to.deep.equal(['system.refused', 'system.refused', 'system.refused'])
    for (const { error } of letters) expect(error['detail']).to.contain('refused for').and.contain('••••')

    const { body: { access_token: token } } = await bench.call('/editor/auth/token', { method: 'POST', body: { client_id: 'node-red-editor', grant_type: 'password', scope: '*', username: 'admin', password } })
    const editor = { authorization: `Bearer ${String(token)}` }
    const places = new Map<string, string>(await bench.files())
    places.set('log', JSON.stringify(bench.lines))
    places.set('dead letters', JSON.stringify(letters))
    for (const path of ['/metrics', '/api/v1/status', '/api/v1/flows', '/api/v1/deployments', '/api/v1/deployments/active']) places.set(path, (await bench.call(path)).text)
    for (const path of ['/editor/flows', '/editor/settings', '/editor/diagnostics', '/editor/credentials/rest-system/system-header', '/editor/credentials/rest-system/system-bearer']) places.set(path, (await bench.call(path, { headers: editor })).text)
    for (const [table, text] of await tables()) places.set(`table ${table}`, text)
    expect([...places.keys()]).to.include.members(['table message', 'table delivery', 'table deployment', 'systems.json'])
    for (const [place, text] of places) {
      for (const [what, secret] of Object.entries(planted)) {
        expect(text.includes(secret), `${what} in ${place}`).to.equal(false)
        expect(text.includes(Buffer.from(secret).toString('base64').replace(/=+$/, '')), `${what} in base64 in ${place}`).to.equal(false)
      }
    }
    expect(places.get('log')).not.to.contain('in-the-address').and.not.to.contain(basic.authorization)
  })

  /** Every table of the hub as text. */
  const tables = async (): Promise<Map<string, string>> => {
    const client = new pg.Client({ connectionString: bench.databaseUrl })
    await client.connect()
    try {
      const { rows } = await client.query<{ name: string }>('select tablename as name from pg_tables where schemaname = $1', ['torg'])
      const texts = new Map<string, string>()
      for (const { name } of rows) {
        const found = await client.query<{ row: unknown }>(`select row_to_json(t) as row from torg.${name} t`)
        texts.set(name, JSON.stringify(asList(found.rows.map(({ row }) => row))))
      }
      return texts
    } finally {
      await client.end()
    }
  }
})
