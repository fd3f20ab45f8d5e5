import { expect } from 'chai'
import { price } from '../../runtime/model/kinds/price.ts'
import { createTurnDuty } from '../../runtime/lanes/turn-duty.ts'
import { nextTurn } from '../../runtime/store/turn-moments.ts'
import { pino } from 'pino'
import { until } from '../support/until.ts'
import { aSubscription, aWrite, configure, deliverAll, openTestStore, type TestStore } from './support.ts'
import type { EntityWrite } from '../../runtime/store/types.ts'

const in_ = (ms: number): string => new Date(Date.now() + ms).toISOString()
const hour = 3_600_000

describe('store: periods', () => {
  let test: TestStore
  let count = 0
  before(async () => { test = await openTestStore() })
  after(() => test.close())
  beforeEach(async () => {
    await test.sql('update torg.price set turns_at = null')
    await configure(test.store, [
      aSubscription('shop', { kind: 'price', matches: (document, at) => price.inEffect(document, at) }),
      aSubscription('planner', { kind: 'price' }),
      aSubscription('erp', { kind: 'price', matches: (document, at) => price.inEffect(document, at) }),
    ], { kinds: { price: price.rules } })
  })

  /** Saves a price of the ERP and delivers what is due now. */
  const save = async (id: string, period: { validFrom?: string, validTo?: string }, over: Partial<EntityWrite> = {}) => {
    const [saved] = await test.store.save([aWrite(id, { list: 'retail', ...period }, { system: 'erp', kind: 'price', schema: 'price@1', ...over })])
    return saved ?? expect.fail('nothing was saved')
  }
  const delivered = async (system: 'shop' | 'planner' | 'erp') => (await deliverAll(test.store, `${system}.out`)).map(({ operation, version, generation, reason }) => ({ operation, version, generation, reason }))
  const turnsAt = async (id: string) => (await test.sql<{ turns_at: Date | null }>('select turns_at from torg.price where id = $1', [id]))[0]?.turns_at?.toISOString() ?? null
  const next = () => `p-${count += 1}`
  const upsert = { operation: 'upsert', version: 1, generation: 1, reason: null }

  it('gives what begins later at its begin, takes it away at its end, each once, and asks for nothing in between', async () => {
    const [begin, end] = [in_(hour), in_(2 * hour)]
    const { record } = await save(next(), { validFrom: begin, validTo: end })
    expect(await delivered('shop')).to.deep.equal([])
    expect(await delivered('planner')).to.deep.equal([upsert])
    expect(await turnsAt(record.id)).to.equal(begin)

    expect(await test.store.turn(in_(hour - 1000))).to.deep.equal({ records: 0, lanes: [], more: false })
    expect(await test.store.turn(begin)).to.deep.equal({ records: 1, lanes: ['shop.out'], more: false })
    expect(await test.store.turn(begin)).to.deep.equal({ records: 0, lanes: [], more: false })
    expect(await delivered('shop')).to.deep.equal([upsert])
    expect(await turnsAt(record.id)).to.equal(end)

    expect(await test.store.turn(end)).to.deep.equal({ records: 1, lanes: ['shop.out'], more: false })
    expect(await delivered('shop')).to.deep.equal([{ operation: 'remove', version: 1, generation: 2, reason: 'filter' }])
    expect(await delivered('planner')).to.deep.equal([])
    expect(await delivered('erp'), 'its own price').to.deep.equal([])
    expect(await turnsAt(record.id)).to.equal(null)
  })

  it('does what was due while nothing ran: only what still makes a difference', async () => {
    await save(next(), { validFrom: in_(hour) })
    await save(next(), { validFrom: in_(hour), validTo: in_(2 * hour) })
    const current = await save(next(), { validTo: in_(hour) })
    expect(current.lanes).to.include('shop.out')
    expect(await delivered('shop')).to.deep.equal([upsert])
    expect(await test.store.turn(in_(3 * hour))).to.deep.include({ records: 3 })
    expect((await delivered('shop')).map(({ operation }) => operation).sort()).to.deep.equal(['remove', 'upsert'])
  })

  it('follows a period that is changed, and one that is taken away', async () => {
    const id = next()
    const { record } = await save(id, { validFrom: in_(hour) })
    await save(id, { validFrom: in_(-hour) })
    expect(await delivered('shop')).to.deep.equal([{ ...upsert, version: 2 }])
    expect(await turnsAt(record.id)).to.equal(null)
    await save(id, { validFrom: in_(hour) })
    expect((await delivered('shop')).map(({ operation }) => operation), 'moved into the future').to.deep.equal(['remove'])
    expect(await turnsAt(record.id)).to.not.equal(null)
    await save(id, {}, { operation: 'remove' })
    expect(await turnsAt(record.id)).to.equal(null)
  })

  it('has a removal that waits replaced when it begins again', async () => {
    const id = next()
    await save(id, {})
    expect(await delivered('shop')).to.deep.equal([upsert])
    await save(id, { validFrom: in_(hour) })
    await test.store.turn(in_(hour))
    expect(await delivered('shop')).to.deep.equal([{ operation: 'upsert', version: 2, generation: 2, reason: null }])
  })

  it('turns each record once, however many processes do it', async () => {
    const other = await test.another()
    await configure(other, [aSubscription('shop', { kind: 'price', matches: (document, at) => price.inEffect(document, at) })], { kinds: { price: price.rules } })
    await test.store.save(Array.from({ length: 600 }, () => aWrite(next(), { list: 'retail', validFrom: in_(hour) }, { system: 'erp', kind: 'price', schema: 'price@1' })))
    const at = in_(hour)
    let turned = 0
    for (let more = true; more;) {
      const both = await Promise.all([test.store.turn(at), other.turn(at)])
      turned += both.reduce((sum, { records }) => sum + records, 0)
      more = both.some(one => one.more)
    }
    expect(turned).to.equal(600)
    const [{ waiting } = { waiting: 0 }] = await test.sql<{ waiting: number }>(`select count(*)::int as waiting from torg.delivery where subscription = 'shop' and desired > acked and generation = 1`)
    expect(waiting).to.equal(600)
  })

  it('is a duty that acts by its clock, and goes on after a failure', async () => {
    await save(next(), { validFrom: in_(hour) })
    let now = Date.now()
    let failures = 0
    const woken: string[] = []
    const store = { turn: async (at: string) => { if (failures++ === 0) throw new Error('gone'); return test.store.turn(at) } }
    const stopping = new AbortController()
    const running = createTurnDuty({ store, wake: lane => { woken.push(lane) }, now: () => new Date(now), log: pino({ level: 'silent' }) }).run(stopping.signal)
    await until(() => failures > 1)
    expect(woken).to.deep.equal([])
    now += hour
    await until(() => woken.length > 0)
    stopping.abort()
    await running
    expect(woken).to.deep.equal(['shop.out'])
  })
})

describe('the next moment of a record', () => {
  const at = '2026-03-01T12:00:00.000Z'
  const cases: [string, Record<string, unknown>, string | null][] = [
    ['its begin', { validFrom: '2026-03-02T00:00:00Z', validTo: '2026-03-05T00:00:00Z' }, '2026-03-02T00:00:00.000Z'],
    ['its end, once it has begun', { validFrom: at, validTo: '2026-03-05T00:00:00Z' }, '2026-03-05T00:00:00.000Z'],
    ['none once it has ended', { validFrom: '2026-02-01T00:00:00Z', validTo: at }, null],
    ['none without a period', {}, null],
  ]
  for (const [title, document, expected] of cases) {
    it(`is ${title}`, () => { expect(nextTurn(price.rules, { document, deletedAt: null }, at)).to.equal(expected) })
  }
  it('is none of what is deleted', () => { expect(nextTurn(price.rules, { document: { validFrom: '2026-03-02T00:00:00Z' }, deletedAt: at }, at)).to.equal(null) })
})
