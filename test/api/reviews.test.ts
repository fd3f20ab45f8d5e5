import { expect } from 'chai'
import { kinds } from '../../runtime/model/index.ts'
import { openStore } from '../../runtime/store/index.ts'
import type { LaneName, Store } from '../../runtime/store/types.ts'
import { aSubscription, aWrite, openRoles } from '../store/support.ts'
import { createTestDatabase } from '../support/database.ts'
import { call, createTestLog, startApi, type Answer, type RunningApi } from './harness.ts'

describe('reviews and merges over HTTP', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>
  let store: Store
  let api: RunningApi
  const hinted: LaneName[] = []
  before(async () => {
    database = await createTestDatabase()
    store = await openStore({ databaseUrl: database.url, log: createTestLog('silent').log })
    api = await startApi({ store, hint: lane => { hinted.push(lane) } })
    await store.configure({ subscriptions: [aSubscription('erp', { kind: 'customer' })], roles: openRoles, kinds: new Map([...kinds].map(([name, { rules }]) => [name, rules])) })
  })
  after(async () => {
    await api.close()
    await store.close()
    await database.drop()
  })
  const get = (path: string): Promise<Answer> => call(`${api.url}/api/v1${path}`)
  const post = (path: string, body: unknown): Promise<Answer> => call(`${api.url}/api/v1${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  /** Two who share a phone, and so the review that asks about them: ids of the one known before, and of the one made. */
  const doubt = async (n: number): Promise<{ review: number, known: string, made: string }> => {
    const names = ['Kari Nordmann', 'Ola Nordmann']
    const [known, made] = await store.save(names.map((name, index) => aWrite(`${n}-${index}`, { type: 'person', name, phones: [{ value: `+474000${n}` }] }, { kind: 'customer', schema: 'customer@1' })))
    const [open] = await store.reviews({ state: 'open', limit: 1 })
    return { review: open?.id ?? 0, known: known?.record.id ?? '', made: made?.record.id ?? '' }
  }

  it('lists what may be the same, merges it, and parts it again', async () => {
    const { review, known, made } = await doubt(1001)
    const listed = (await get('/reviews')).json()
    expect(listed).to.deep.include({ next: null })
    expect(listed['items']).to.deep.equal([(await get(`/reviews/${review}`)).json()])
    expect(listed).to.have.nested.property('items[0].records[0].id', made)
    expect(JSON.stringify(listed)).not.to.contain('+474000')
    expect((await get('/status')).json()['decisions']).to.deep.equal({ reviews: 1, imports: 0, erasures: 0 })
    expect((await call(`${api.url}/metrics`)).text).to.include('torg_decisions_waiting{what="reviews"} 1')
    const merged = await post(`/reviews/${review}/merge`, { why: 'asked her' })
    expect(merged.json()).to.deep.include({ into: known, from: made, by: 'admin', why: 'asked her' })
    expect(hinted).to.include('erp.out')
    expect((await get(`/customers/${made}`)).json()).to.include({ id: known })
    expect((await get(`/reviews/${review}`)).json()).to.include({ state: 'merged', decidedBy: 'admin' })
    expect((await post(`/reviews/${review}/distinct`, {})).status).to.equal(409)
    expect((await post(`/customers/${made}/unmerge`, { why: 'mother and son' })).json()).to.have.nested.property('undone.why', 'mother and son')
    expect((await post(`/customers/${known}/merge`, { from: made, why: 'it was her' })).json()).to.include({ into: known, from: made })
  })

  it('keeps apart what a person says is distinct', async () => {
    const { review, made } = await doubt(1002)
    expect((await post(`/reviews/${review}/distinct`, { note: 'mother and son' })).json()).to.include({ state: 'distinct', note: 'mother and son' })
    expect((await get('/reviews?state=distinct')).json()['items']).to.have.length(1)
    expect((await get('/reviews')).json()['items']).to.deep.equal([])
    expect((await get(`/customers/${made}`)).json()).to.include({ id: made })
  })

  for (const [what, path, body, status] of [
    ['a review that is not there', '/reviews/99/distinct', {}, 404],
    ['an id that is none', '/reviews/kari/merge', { why: 'x' }, 404],
    ['no reason', '/customers/x/unmerge', {}, 400],
    ['nobody to merge', '/customers/x/merge', { why: 'x' }, 400],
    ['a record that is not there', '/customers/x/merge', { from: 'y', why: 'x' }, 404],
    ['a field that is not known', '/customers/x/merge', { from: 'y', why: 'x', force: true }, 400],
    ['what is not merged', '/customers/01890000-0000-7000-8000-000000000000/unmerge', { why: 'x' }, 409],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const answer = await post(path, body)
      expect(answer.status).to.equal(status)
      expect(answer.headers['content-type']).to.equal('application/problem+json')
    })
  }
})
