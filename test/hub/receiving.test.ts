/** Every way in and every login out, in one running hub: what a system sends reaches all others. */
import { createHmac } from 'node:crypto'
import { expect } from 'chai'
import { pino } from 'pino'
import { startRestTwin, type RestTwin } from '../../nodes/rest/twin/index.ts'
import { until } from '../support/until.ts'
import { prepareBench, type Bench } from './bench.ts'
import { byKey, customersFrom, customersTo, map, restIn, restSystem, save, toCustomer, type Json, type Node } from './flows.ts'

const log = pino({ level: 'silent' })
const standardKey = Buffer.from('a key of the standard webhooks').toString('base64')

describe('a hub between systems', function () {
  this.timeout(60_000)
  const sinks = new Map<string, RestTwin>()
  let source: RestTwin
  let bench: Bench

  const logins: Record<string, { twin: Record<string, string>, system: Json }> = {
    none: { twin: {}, system: {} },
    bearer: { twin: { token: 'token-of-bearer' }, system: { auth: 'bearer', token: '${SINK_TOKEN}' } },
    basic: { twin: { user: 'torg', password: 'password-of-basic' }, system: { auth: 'basic', user: 'torg', password: '${SINK_PASSWORD}' } },
    header: { twin: { apiKey: 'key-of-header' }, system: { auth: 'header', apiKeyHeader: 'X-API-Key', apiKey: '${SINK_KEY}' } },
    oauth2: { twin: { clientId: 'torg', clientSecret: 'secret-of-oauth2' }, system: { auth: 'oauth2', clientId: 'torg', clientSecret: '${SINK_SECRET}', clientAuth: 'header' } },
  }

  before(async () => {
    for (const [name, { twin }] of Object.entries(logins)) sinks.set(name, await startRestTwin({ system: name, port: 0, secrets: twin, log }))
    source = await startRestTwin({ system: 'old', port: 0, secrets: {}, log })
    const sinkSystems = Object.entries(logins).map(([name, { system }]): Node => {
      const baseUrl = sinks.get(name)?.url ?? ''
      return restSystem(name, { baseUrl, ...system, ...(name === 'oauth2' && { tokenUrl: `${baseUrl}/oauth/token` }) })
    })
    bench = await prepareBench({
      systems: [
        restSystem('signed', { webhooks: 'hmac', webhookSecret: '${IN_SECRET}', signatureHeader: 'X-Signature', signaturePrefix: 'v1=', algorithm: 'sha512', encoding: 'base64', signed: '{timestamp}.{method}.{path}.{body}', timestampHeader: 'X-Time', tolerance: 60 }),
        restSystem('standard', { webhooks: 'standard', webhookSecret: '${IN_STANDARD}', tolerance: 60 }),
        restSystem('keyed', byKey('${IN_KEY}')),
        restSystem('old', { baseUrl: source.url }),
        ...sinkSystems,
      ],
      tabs: [
        customersFrom('from-signed', 'signed', { eventIdPath: 'event' }),
        customersFrom('from-standard', 'standard'),
        customersFrom('from-keyed', 'keyed', { path: 'crm/customers' }),
        {
          slug: 'from-old',
          nodes: [
            // A list without times, of whose items some have no key.
            { id: 'from-list', type: 'rest poll', name: 'List', system: 'system-old', every: 1, path: '/list', query: {}, itemsPath: 'items', keyPath: 'code', timeLimit: 60, wires: [[]] },
            { id: 'from-old', type: 'rest poll', name: 'Old system', system: 'system-old', every: 1, path: '/customers', query: { updated_after: '{cursor}', page_size: '3' }, itemsPath: 'items', keyPath: 'id', timePath: 'updatedAt', overlap: 5, paging: 'link', topic: 'customer', timeLimit: 60, wires: [['from-old-map']] },
            map('from-old-map', ['from-old-save'], toCustomer), save('from-old-save'),
          ],
        },
        // A second flow on the same address, for another purpose.
        { slug: 'second', nodes: [restIn('second', 'keyed', ['second-map'], { path: 'crm/customers', keyPath: 'name' }), map('second-map', ['second-save'], [{ to: 'refs[0].id', from: 'id', steps: [{ name: 'template', text: 'copy-{$value}' }] }, { to: 'type', value: 'organisation' }, { to: 'name', from: 'name' }]), save('second-save')] },
        ...Object.keys(logins).map(name => customersTo(`to-${name}`, name)),
      ],
    }, { SINK_TOKEN: 'token-of-bearer', SINK_PASSWORD: 'password-of-basic', SINK_KEY: 'key-of-header', SINK_SECRET: 'secret-of-oauth2', IN_SECRET: 'secret-of-hmac', IN_STANDARD: `whsec_${standardKey}`, IN_KEY: 'key-of-webhooks' })
    await bench.start()
  })
  after(async () => {
    await bench.close()
    await Promise.all([source, ...sinks.values()].map(twin => twin.close()))
  })

  /** Names of the customers that a sink has. */
  const namesAt = (sink: string): string[] => (sinks.get(sink)?.collections.list('customers') ?? []).map(({ document }) => String(document['name'])).sort()
  const everySinkHas = async (...names: string[]): Promise<void> => {
    await bench.idle()
    for (const sink of sinks.keys()) expect(namesAt(sink), sink).to.include.members(names)
  }
  const seconds = (): string => String(Math.floor(Date.now() / 1000))

  it('takes webhooks signed with every parameter of an HMAC', async () => {
    const body = JSON.stringify({ id: 1, event: 'e-1', name: 'Signe Signed' })
    const time = seconds()
    const sign = (secret: string, path = '/in/signed'): string => `v1=${createHmac('sha512', secret).update(`${time}.POST.${path}.${body}`).digest('base64')}`
    const post = (signature: string) => bench.call('/in/signed', { method: 'POST', body, headers: { 'x-time': time, 'x-signature': signature } })
    for (const wrong of [sign('another secret'), sign('secret-of-hmac', '/in/other'), sign('secret-of-hmac').slice(3)]) expect((await post(wrong)).status).to.equal(401)
    expect((await post(sign('secret-of-hmac'))).body).to.include({ duplicate: false })
    expect((await post(sign('secret-of-hmac'))).body).to.include({ duplicate: true })
    await everySinkHas('Signe Signed')
  })

  it('takes Standard Webhooks, whose id keeps a repeated one from counting', async () => {
    const body = JSON.stringify({ id: 1, name: 'Stine Standard' })
    const post = (key: string, time = seconds()) => bench.call('/in/standard', {
      method: 'POST', body,
      headers: { 'webhook-id': 'msg_1', 'webhook-timestamp': time, 'webhook-signature': `v1,${createHmac('sha256', Buffer.from(key, 'base64')).update(`msg_1.${time}.${body}`).digest('base64')}` },
    })
    expect((await post(Buffer.from('another key').toString('base64'))).status).to.equal(401)
    expect((await post(standardKey, String(Number(seconds()) - 120))).status).to.equal(401)
    expect((await post(standardKey)).body).to.include({ duplicate: false })
    expect((await post(standardKey)).body).to.include({ duplicate: true })
    await everySinkHas('Stine Standard')
  })

  it('takes webhooks with a key at an address of their own, for each of two flows', async () => {
    const body = { id: 1, name: 'Kari Keyed' }
    expect((await bench.call('/in/keyed/crm/customers', { method: 'POST', body, headers: { 'x-key': 'wrong' } })).status).to.equal(401)
    expect((await bench.call('/in/keyed', { method: 'POST', body, headers: { 'x-key': 'key-of-webhooks' } })).status).to.equal(404)
    await bench.receive('keyed/crm/customers', body, { 'x-key': 'key-of-webhooks' })
    await everySinkHas('Kari Keyed')
    expect(namesAt('none').filter(name => name === 'Kari Keyed')).to.have.length(2)
    expect(await bench.record('customer', 'keyed', 'copy-1')).to.include({ type: 'organisation' })
  })

  it('polls page by page, sees changes, and goes on at its cursor after a restart: nothing is lost, nothing done twice', async () => {
    const change = (id: number, name: string): void => { source.collections.write('customers', String(id), { name }) }
    const wanted = new Map<number, string>()
    for (let id = 1; id <= 10; id++) wanted.set(id, `Polled ${id}`)
    for (const [id, name] of wanted) change(id, name)
    const arrived = () => until(() => [...wanted.values()].every(name => namesAt('none').includes(name)), { what: 'every polled customer has arrived' })
    await arrived()
    await bench.stop()
    const before = source.counts.requests
    for (const id of [2, 11, 12, 13, 14]) wanted.set(id, `Polled ${id} while the hub was away`)
    for (const id of [2, 11, 12, 13, 14]) change(id, wanted.get(id) ?? '')
    await bench.start()
    await arrived()
    await bench.idle()
    // Each change was sent once: the overlap is asked for again, and what is seen again does nothing.
    expect(await versions([...wanted.keys()])).to.deep.equal([...wanted.keys()].map(id => id === 2 ? 2 : 1))
    expect(source.counts.requests - before).to.be.at.least(2)
    const runs = bench.lines.filter(({ msg, lane }) => msg === 'run done' && lane === 'old.in')
    expect(runs).to.have.length(wanted.size + 1)
  })
  const versions = (ids: number[]): Promise<unknown[]> => Promise.all(ids.map(async id => (await bench.record('customer', 'old', String(id)))['version']))

  it('parks what has no key, once, however it came', async () => {
    await bench.receive('keyed/crm/customers', { id: null }, { 'x-key': 'key-of-webhooks' })
    source.collections.write('list', 'a', { text: 'has no code' })
    source.collections.write('list', 'b', { code: 'b' })
    const requests = source.counts.requests
    const letters = await bench.deadLetters(3)
    expect(letters.map(({ node, error }) => [node, error['code']])).to.have.deep.members([['from-keyed', 'message.no-key'], ['second', 'message.no-key'], ['from-list', 'message.no-key']])
    expect(letters[0]?.['input']).to.include({ body: '{"id":null}' })
    await until(() => source.counts.requests > requests + 6, { what: 'the list was read again' })
    expect(await bench.deadLetters(3)).to.have.length(3)
  })

  it('logs nothing but what went wrong on purpose', () => {
    const loud = bench.lines.filter(({ level }) => level !== 'debug' && level !== 'info').map(({ msg }) => msg)
    expect(loud.filter(text => !text.startsWith('Refused a message') && !text.includes('is wired to nothing'))).to.deep.equal([])
  })
})
