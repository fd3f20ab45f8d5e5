import { expect } from 'chai'
import type { Store } from '../../runtime/store/types.ts'
import { aMessage, aSubscription, aWrite, claimMessages, configure, dead, deliverAll, openTestStore, rejection, retry, settleMessage, type TestStore } from './support.ts'

describe('store: dead letters', () => {
  let test: TestStore
  let store: Store
  beforeEach(async () => {
    test = await openTestStore()
    store = test.store
    await configure(store, [aSubscription('erp')])
  })
  afterEach(() => test.close())

  const killMessage = async (key: string, result = dead): Promise<string> => {
    const { id } = await store.receive(aMessage({ key, body: Buffer.from(`{"n":"${key}"}`) }))
    for (const { lease, messages } of await claimMessages(store)) {
      for (const message of messages) await settleMessage(store, lease, message, result)
      await store.release([lease])
    }
    return `m-${id}`
  }

  it('are listed newest first, page by page, filtered, and opened with their input', async () => {
    const m1 = await killMessage('1')
    const [saved] = await store.save([aWrite('1', { total: 1 })])
    await deliverAll(store, 'erp.out', dead)
    const m2 = await killMessage('2')
    const d = `d-erp-${saved?.record.id}`
    const ids = async (filter: Omit<Parameters<Store['deadLetters']>[0], 'limit'> & { limit?: number }): Promise<string[]> => (await store.deadLetters({ limit: 10, ...filter })).map(one => one.id)
    expect(await ids({})).to.deep.equal([m2, d, m1])
    expect(await ids({ limit: 1 })).to.deep.equal([m2])
    expect(await ids({ limit: 1, after: m2 })).to.deep.equal([d])
    expect(await ids({ limit: 5, after: d })).to.deep.equal([m1])
    await store.reopen(m2)
    expect(await ids({ after: m2 })).to.deep.equal([d, m1])
    expect(await ids({ type: 'delivery' })).to.deep.equal([d])
    expect(await ids({ lane: 'web.in' })).to.deep.equal([m1])
    expect(await ids({ code: 'mapping.failed' })).to.have.length(2)
    expect(await ids({ code: 'system.refused' })).to.deep.equal([])
    expect(await rejection(ids({ after: 'nonsense' }))).to.include({ code: 'request.invalid' })

    const message = await store.deadLetter(m1)
    expect(message).to.deep.include({ type: 'message', lane: 'web.in', system: 'web', key: '1', node: 'source-1', attempts: 1 })
    expect(message?.input).to.deep.include({ contentType: 'application/json', body: '{"n":"1"}' })
    // What PostgreSQL cannot store must not keep a run from ending.
    expect(message?.error).to.deep.include({ code: 'mapping.failed', pointer: '/total', value: 'a\ufffdb' })
    expect((await store.deadLetters({ limit: 10 })).map(({ record }) => record)).to.deep.equal([{ kind: 'order', number: null }, null])
    const delivery = await store.deadLetter(d)
    expect(delivery?.record).to.deep.equal({ kind: 'order', number: null })
    expect(delivery).to.deep.include({ type: 'delivery', lane: 'erp.out', system: 'erp', node: 'erp' })
    expect(delivery?.input).to.deep.include({ id: saved?.record.id, document: { total: 1 } })
    for (const id of ['m-', 'x', `m-${saved?.record.id}`, `d-other-${saved?.record.id}`]) expect(await store.deadLetter(id)).to.equal(null)
  })

  it('pass nothing over between pages that died in the same millisecond', async () => {
    const all: string[] = []
    for (const key of ['1', '2', '3', '4']) all.unshift(await killMessage(key))
    for (const [index, id] of all.toReversed().entries()) await test.sql('update torg.message set dead_at = $2 where id = $1', [id.slice(2), `2026-03-01 10:00:00.0001${index}Z`])
    const seen: string[] = []
    for (let after: string | undefined, more = true; more;) {
      const [one] = await store.deadLetters({ limit: 1, ...(after !== undefined && { after }) })
      if (one) seen.push(one.id)
      after = one?.id
      more = one !== undefined
    }
    expect(seen).to.deep.equal(all)
  })

  it('are due at once when reopened, from the first attempt', async () => {
    const id = await killMessage('1')
    expect(await store.reopen(id)).to.equal('web.in')
    expect(await store.reopen(id)).to.equal(null)
    const [claim] = await claimMessages(store)
    expect(claim?.messages.map(message => [`m-${message.id}`, message.attempts])).to.deep.equal([[id, 0]])
  })

  it('are closed by a person: off the list and the counts, out of every lane, with who and why, until run again or wanted anew', async () => {
    const m = await killMessage('1')
    const [saved] = await store.save([aWrite('1', { total: 1 })])
    await deliverAll(store, 'erp.out', dead)
    const d = `d-erp-${saved?.record.id}`
    for (const id of [m, d]) {
      const closed = await store.closeDeadLetter(id, { by: 'kari', note: 'Entered by hand, Ørjan knows.' })
      expect(closed).to.include({ by: 'kari', note: 'Entered by hand, Ørjan knows.' })
      expect(Date.parse(closed?.at ?? '')).to.be.closeTo(Date.now(), 60_000)
      expect((await store.deadLetter(id))?.closed).to.deep.equal(closed)
      expect(await store.closeDeadLetter(id, { by: 'ola', note: null })).to.equal(null)
    }
    expect(await store.closeDeadLetter('m-', { by: 'ola', note: null })).to.equal(null)
    expect(await store.deadLetters({ limit: 10 })).to.deep.equal([])
    expect((await store.deadLetters({ limit: 10, closed: true })).map(({ id }) => id)).to.have.members([m, d])
    expect((await store.depths()).filter(lane => lane.dead > 0)).to.deep.equal([])
    expect(await deliverAll(store)).to.deep.equal([])

    expect(await store.reopen(m)).to.equal('web.in')
    await killMessage('1')
    await store.save([aWrite('1', { total: 2 })])
    expect((await deliverAll(store, 'erp.out', dead)).map(({ version }) => version)).to.deep.equal([2])
    expect((await store.deadLetters({ limit: 10 })).map(({ type }) => type)).to.include.members(['message', 'delivery'])
    expect((await store.deadLetter(d))?.closed).to.equal(null)
  })

  it('raise the generation of a delivery when reopened after a refusal', async () => {
    const [saved] = await store.save([aWrite('1', { total: 1 })])
    await deliverAll(store, 'erp.out', dead)
    const id = `d-erp-${saved?.record.id}`
    expect(await store.reopen(id)).to.equal('erp.out')
    expect((await deliverAll(store)).map(d => [d.version, d.generation, d.attempts])).to.deep.equal([[1, 2, 0]])
    expect(await store.reopen(id)).to.equal(null)
    await store.save([aWrite('1', { total: 2 })])
    const gaveUp = retry(0)
    if (gaveUp.outcome !== 'retry') throw new Error('no retry')
    await deliverAll(store, 'erp.out', { outcome: 'dead', error: gaveUp.error })
    expect(await store.reopen(id)).to.equal('erp.out')
    expect((await deliverAll(store)).map(d => d.generation)).to.deep.equal([2])
  })
})

describe('store: deployments and cursors', () => {
  let test: TestStore
  before(async () => { test = await openTestStore() })
  after(() => test.close())

  it('keeps every deployment and knows the active one', async () => {
    const { store } = test
    expect(await store.activeDeployment()).to.equal(null)
    const flows = [{ id: 'n1', type: 'tab', label: 'A', z: 'a\0b' }]
    const first = await store.deploy({ revision: 'r1', by: 'kari', from: 'files', note: null, flows, credentials: { $: 'secret' } })
    const second = await store.deploy({ revision: 'r2', by: 'ola', from: 'editor', note: 'later', flows: [], credentials: {} })
    expect(second.id).to.be.greaterThan(first.id)
    expect(await store.activeDeployment()).to.deep.equal(second)
    const found = await store.deploymentByRevision('r1')
    expect(found).to.deep.equal(first)
    expect(JSON.stringify(found?.flows)).to.equal(JSON.stringify(flows))
    expect(await store.deploymentByRevision('r3')).to.equal(null)
    const summary = ({ flows: _f, credentials: _c, ...rest }: typeof first): object => rest
    expect(await store.deployments({ limit: 5 })).to.deep.equal([summary(second), summary(first)])
    expect(await store.deployments({ limit: 1, before: second.id })).to.deep.equal([summary(first)])
    expect(await store.deployments({ limit: 5, from: 'editor' })).to.deep.equal([summary(second)])
    const many = await Promise.all(Array.from({ length: 8 }, (_, i) => store.deploy({ revision: `c${i}`, by: 'x', from: 'api', note: null, flows: [], credentials: {} })))
    expect((await store.activeDeployment())?.id).to.equal(Math.max(...many.map(d => d.id)))
  })

  it('keeps cursors of any JSON', async () => {
    const { store } = test
    expect(await store.cursor('s')).to.equal(null)
    for (const cursor of [{ page: 2 }, 'text', 7, null, [1]]) {
      await store.saveCursor('s', cursor)
      expect(await store.cursor('s')).to.deep.equal(cursor)
    }
  })
})
