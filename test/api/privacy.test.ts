import { expect } from 'chai'
import { kinds } from '../../runtime/model/index.ts'
import { openStore } from '../../runtime/store/index.ts'
import type { Store } from '../../runtime/store/types.ts'
import { kind } from '../model/support.ts'
import { aWrite, openRoles } from '../store/support.ts'
import { createTestDatabase } from '../support/database.ts'
import { call, createTestLog, startApi, type RunningApi } from './harness.ts'

describe('privacy over HTTP', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>
  let store: Store
  let api: RunningApi
  let customer: string
  before(async () => {
    database = await createTestDatabase()
    store = await openStore({ databaseUrl: database.url, log: createTestLog('silent').log })
    api = await startApi({ store })
    await store.configure({ subscriptions: [], roles: openRoles, kinds: new Map([...kinds].map(([name, { rules }]) => [name, rules])) })
    const [saved] = await store.save([aWrite('7001', kind('customer').example, { kind: 'customer', schema: 'customer@1', number: '10045871' })])
    customer = saved?.record.id ?? ''
  })
  after(async () => {
    await api.close()
    await store.close()
    await database.drop()
  })
  const get = async (path: string) => call(`${api.url}/api/v1/privacy${path}`)
  const post = (path: string, body: unknown) => call(`${api.url}/api/v1/privacy${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })

  it('hands out a customer, erases it, and shows which systems are waited for until a person confirms', async () => {
    expect((await get(`/customers/${customer}`)).json()).to.have.nested.property('customer.document.name', 'Ingrid Solbakken')
    const begun = await post('/erasures', { customer, why: 'ticket 1' })
    expect(begun.status).to.equal(202)
    const { id } = begun.json()
    expect(begun.json()).to.deep.include({ customer, number: '10045871', by: 'admin', why: 'ticket 1', state: 'sweeping', systems: [{ system: 'web', state: 'by-hand', confirmed: null }] })
    expect((await get('/erasures')).json()['items']).to.deep.equal([begun.json()])
    expect((await get(`/customers/${customer}`)).json()).to.have.nested.property('customer.document.name', 'erased')

    const answer = await post(`/erasures/${String(id)}/confirm`, { system: 'web', note: 'deleted by Kari' })
    expect(answer.json()).to.have.nested.property('systems[0].confirmed.note', 'deleted by Kari')
    expect((await store.continueErasures(new AbortController().signal)).map(({ state }) => state)).to.deep.equal(['done'])
    expect((await get(`/erasures/${String(id)}`)).json()).to.deep.include({ state: 'done', systems: [{ system: 'web', state: 'confirmed', confirmed: (answer.json()['systems'] as [{ confirmed: object }])[0].confirmed }] })
  })

  for (const [what, path, body, status] of [
    ['a customer that is not there', '/erasures', { customer: '01890000-0000-7000-8000-000000000000', why: 'x' }, 404],
    ['an id that is none', '/erasures', { customer: 'kari', why: 'x' }, 404],
    ['no reason', '/erasures', { customer: 'x' }, 400],
    ['a field that is not known', '/erasures', { customer: 'x', why: 'x', now: true }, 400],
    ['the confirmation of an erasure that is not there', '/erasures/99/confirm', { system: 'web' }, 404],
    ['the confirmation of a system that is not waited for', '/erasures/1/confirm', { system: 'erp' }, 409],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const answer = await post(path, body)
      expect(answer.status).to.equal(status)
      expect(answer.headers['content-type']).to.equal('application/problem+json')
    })
  }
})
