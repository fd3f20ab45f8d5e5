import { expect } from 'chai'
import { pino } from 'pino'
import { createThreads, type Threads, type ThreadsOptions } from '../../runtime/imports/index.ts'
import { kinds } from '../../runtime/model/index.ts'
import type { EntityWrite, SaveOutcome } from '../../runtime/store/types.ts'
import { aSubscription, configure, openTestStore, rejection, type TestStore } from '../store/support.ts'
import { until } from '../support/until.ts'
import { importsIn } from './support.ts'

const program = new URL('../../runtime/import-thread.ts', import.meta.url)

describe('imports: in threads', () => {
  let test: TestStore
  let threads: Threads | undefined
  let saved: EntityWrite[]
  before(async () => { test = await openTestStore() })
  after(async () => { await test.close() })
  beforeEach(async () => {
    saved = []
    await configure(test.store, [aSubscription('erp', { kind: 'price' }), aSubscription('web', { kind: 'price' })], { kinds: { price: { ...kinds.get('price')?.rules, fact: false, links: [] } } })
    await test.sql('truncate torg.price, torg.record, torg.reference, torg.delivery, torg.work, torg.raise, torg.import, torg.import_error, torg.import_seen, torg.import_absent cascade')
  })
  afterEach(async () => { await threads?.close() })

  const save = async (writes: EntityWrite[]): Promise<SaveOutcome[]> => {
    saved.push(...writes)
    return test.store.save(writes)
  }
  const open = (over: Partial<ThreadsOptions> = {}): Threads => threads = createThreads({
    program, databaseUrl: test.url, extensions: {}, lookups: {}, mostAbsent: 0.2, log: pino({ level: 'silent' }), save, ready: () => true,
    deployed: () => ({ subscriptions: [{ id: 'web', kind: 'price', system: 'web', lane: 'web.out' }], roles: [] }), ...over,
  })
  const declare = async (kind = 'price'): Promise<string> => (await importsIn(test.store, save).declare({ kind, system: 'erp', mode: 'partial' }, 'admin')).id
  const price = (id: string, over: object = {}): object => ({ refs: [{ id }], variant: { ref: { id } }, type: 'regular', list: 'no', value: { amount: '10.00', currency: 'NOK' }, taxIncluded: true, ...over })
  async function* bytes(rows: readonly object[]): AsyncGenerator<Buffer> {
    for (const row of rows) yield Buffer.from(`${JSON.stringify(row)}\n`)
  }

  it('take files one after the other: in bulk, raised for what is deployed, and else through the save of the hub', async () => {
    const { receive } = open()
    expect(await receive(await declare(), bytes([price('1'), price('2', { lsit: 'no' }), price('3')]))).to.include({ state: 'done', created: 2, failed: 1 })
    expect(saved).to.deep.equal([])
    expect(await test.sql('select subscription, total from torg.raise')).to.deep.equal([{ subscription: 'web', total: 2 }])
    expect(await receive(await declare(), bytes([price('1', { taxIncluded: false }), price('3')]))).to.include({ state: 'done', updated: 1, unchanged: 1 })
    expect(saved.map(({ refs }) => refs[0]?.id)).to.deep.equal(['1'])
  })

  it('say what is wrong as the hub does, and go on with the next file', async () => {
    const { receive } = open()
    expect(await rejection(receive(crypto.randomUUID(), bytes([price('1')])))).to.include({ code: 'request.not-found', class: 'permanent' })
    const failing = Object.assign(bytes([]), { next: async () => { throw new Error('aborted') } })
    const id = await declare()
    expect((await rejection(receive(id, failing))).message).to.equal('aborted')
    expect(await test.store.import(id)).to.include({ state: 'waiting', reason: 'aborted' })
    expect(await receive(id, bytes([price('1')]))).to.include({ state: 'done', created: 1 })
  })

  it('wait while the hub deploys', async () => {
    let ready = false
    let asked = 0
    const { receive } = open({ ready: () => { asked += 1; return ready } })
    const receiving = receive(await declare(), bytes([price('1')]))
    await until(() => asked > 1)
    expect(await test.sql('select 1 from torg.price')).to.deep.equal([])
    ready = true
    expect(await receiving).to.include({ created: 1 })
  })

  it('that end cut off their file with the reason, and no other', async () => {
    const broken = new URL(`data:text/javascript,${encodeURIComponent(`import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => { throw new Error('out of order') })`)}`)
    const error = await rejection(open({ program: broken }).receive(await declare(), bytes([price('1')])))
    expect(error).to.include({ code: 'hub.unavailable' })
    expect(error.message).to.match(/out of order/)
    expect(error).to.have.property('next').that.matches(/again/)
  })
})
