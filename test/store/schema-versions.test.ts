import { expect } from 'chai'
import { price } from '../../runtime/model/kinds/price.ts'
import { variant } from '../../runtime/model/kinds/variant.ts'
import type { KindRules, Store } from '../../runtime/store/types.ts'
import { aSubscription, aWrite, configure, deliverAll, openTestStore, type TestStore } from './support.ts'

/** Since the second version an order's `sum` is its `total`, and lists of prices have another name. */
const order: KindRules = { fact: false, links: [], upgrade: (document, schema) => schema === 'order@2' ? { document, schema } : { document: 'sum' in document ? { total: document['sum'] } : document, schema: 'order@2' } }
const prices: KindRules = { ...price.rules, upgrade: (document, schema) => schema === 'price@2' ? { document, schema } : { document: { ...document, list: `new ${String(document['list'])}` }, schema: 'price@2' } }

describe('store: records of earlier schemas', () => {
  let test: TestStore
  let store: Store
  let count = 0
  const use = (subscriptions: Parameters<typeof configure>[1], kinds: Record<string, KindRules> = { order, price: prices, variant: variant.rules }) => configure(store, subscriptions, { kinds })
  before(async () => {
    test = await openTestStore()
    store = test.store
  })
  after(() => test.close())

  /** An order that was stored before there was a second version. */
  const old = async (sum: string) => {
    const id = `o-${count += 1}`
    await use([], { order: { fact: false, links: [] } })
    const [saved] = await store.save([aWrite(id, { sum }, { number: id })])
    await use([aSubscription('erp', { matches: document => document['total'] !== undefined })])
    return { id: saved?.record.id ?? '', number: id }
  }
  const now = { schema: 'order@2', document: { total: '7' } }

  it('are read as of today, whichever way they are found', async () => {
    const { id, number } = await old('7')
    const [listed] = (await store.list({ kind: 'order', number, limit: 1 })).records
    expect(listed).to.deep.include(now)
    expect((await store.read({ kind: 'order', id, linked: [] }))?.record).to.deep.include(now)
    for (const by of [{ id }, { number }, { ref: { system: 'web', kind: 'order', id: number } }]) expect(await store.find('order', by)).to.deep.include(now)
  })

  it('are asked as of today whether somebody wants them', async () => {
    const { id } = await old('7')
    await store.startRepair({ selection: { type: 'records', nodes: ['erp'], ids: [id] }, by: 'kari', why: 'new' })
    await store.advanceRepairs(10)
    expect((await deliverAll(store)).map(({ recordId }) => recordId)).to.deep.equal([id])
  })

  it('stand under the schema that their document has, also where they are removed', async () => {
    const { id, number } = await old('7')
    await store.save([aWrite(number, {}, { operation: 'remove', schema: 'order@2' })])
    expect(await test.sql('select schema, document from torg.record where id = $1', [id])).to.deep.equal([now])
  })

  it('are joined as of today', async () => {
    const [one, other] = [await old('7'), await old('8')]
    await store.merge({ kind: 'order', into: one.id, from: other.id, by: 'kari', why: 'the same' })
    expect((await test.sql('select schema, document from torg.record where id = $1', [one.id]))).to.deep.equal([now])
  })

  it('are priced', async () => {
    await use([], { price: price.rules, variant: variant.rules })
    await store.save([aWrite('V', { sku: 'SKU-1', unit: 'H87' }, { kind: 'variant', schema: 'variant@1' })])
    await store.save([aWrite('P', { list: 'retail', type: 'regular', variant: { ref: { system: 'web', kind: 'variant', id: 'V' } }, value: { amount: '10.00', currency: 'NOK' }, taxIncluded: true }, { kind: 'price', schema: 'price@1' })])
    await use([])
    const [found] = await store.pricesOf({ skus: ['SKU-1'], currency: 'NOK' })
    expect(found?.prices[0]).to.deep.include({ schema: 'price@2' })
    expect(found?.prices[0]?.document).to.include({ list: 'new retail' })
  })
})
