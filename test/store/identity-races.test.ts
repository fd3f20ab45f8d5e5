import { expect } from 'chai'
import { kinds } from '../../runtime/model/index.ts'
import type { EntityWrite, KindRules, SaveOutcome, Store } from '../../runtime/store/types.ts'
import { aWrite, configure, openTestStore, ref, type TestStore } from './support.ts'

const times = 100

/** Two processes at one database. */
describe('store: the same at the same moment', () => {
  let test: TestStore
  let stores: [Store, Store]
  before(async () => {
    test = await openTestStore()
    stores = [test.store, await test.another()]
    const rules = Object.fromEntries(['customer', 'receipt'].map((name): [string, KindRules] => [name, kinds.get(name)?.rules ?? { fact: false, links: [] }]))
    for (const store of stores) await configure(store, [], { kinds: rules })
  })
  after(() => test.close())

  const together = async (one: EntityWrite, other: EntityWrite): Promise<[SaveOutcome, SaveOutcome]> => {
    const [[a], [b]] = await Promise.all([stores[0].save([one]), stores[1].save([other])])
    if (!a || !b) throw new Error('no outcome')
    return [a, b]
  }
  const round = async (each: (n: number) => Promise<void>): Promise<void> => {
    for (let n = 0; n < times; n += 1) await each(n)
  }

  it('two systems create the same customer, who is one record in the end', () => round(async n => {
    const customer = (system: string, over: Record<string, unknown>): EntityWrite => aWrite(`c${n}`, { type: 'person', name: 'Kari Nordmann', ...over }, { kind: 'customer', system })
    const [email, memberNumber] = [`kari${n}@example.no`, `M${n}`]
    const common = n % 2 === 0 ? { emails: [{ value: email }] } : { loyalty: { memberNumber } }
    const [a, b] = await together(customer('web', { ...common, language: 'nb' }), customer('crm', { ...common, country: 'NO' }))
    expect(a.record.id).to.equal(b.record.id)
    const found = await test.store.find('customer', { ref: ref('web', `c${n}`, 'customer') })
    expect(found).to.deep.include({ version: 2, refs: [ref('crm', `c${n}`, 'customer'), ref('web', `c${n}`, 'customer')] })
    expect(found?.document).to.include({ language: 'nb', country: 'NO' })
    expect(await test.sql('select 1 from torg.review')).to.deep.equal([])
  })).timeout(60_000)

  it('the same receipt comes twice', () => round(async n => {
    const receipt = (system: string): EntityWrite => aWrite(`r${n}`, { location: 'oslo', terminal: '1', sequenceNumber: String(n), businessDate: '2025-11-03' }, { kind: 'receipt', system })
    const [a, b] = await together(receipt('pos'), receipt(n % 2 === 0 ? 'pos' : 'archive'))
    expect([a.outcome, b.outcome]).to.have.members(['created', 'unchanged'])
    expect(a.record.id).to.equal(b.record.id)
    expect(await test.sql('select 1 from torg.record where kind = $1', ['receipt'])).to.have.length(n + 1)
  })).timeout(60_000)

  it('two write to the same version, and nothing is lost', () => round(async n => {
    const [a, b] = await together(aWrite('o', { [`web${n}`]: n }), aWrite('e', { [`erp${n}`]: n }, { system: 'erp', refs: [ref('erp', 'e'), ref('web', 'o')] }))
    expect([a.record.version, b.record.version]).to.have.members([2 * n + 1, 2 * n + 2])
    const found = await test.store.find('order', { ref: ref('web', 'o') })
    expect(Object.keys(found?.document ?? {})).to.have.length(2 * n + 2)
  })).timeout(60_000)
})
