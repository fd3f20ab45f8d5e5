import { expect } from 'chai'
import { kinds } from '../../runtime/model/index.ts'
import { needsListing } from '../../runtime/model/assortment.ts'
import type { EntityWrite, Store, Subscription } from '../../runtime/store/types.ts'
import { aSubscription, aWrite, configure, deliverAll, openTestStore, type TestStore } from './support.ts'

const hour = 3_600_000
const in_ = (ms: number): string => new Date(Date.now() + ms).toISOString()

/** A subscription of the webshop to what is listed there. */
function listed(kind: string, over: Partial<Subscription> = {}): Subscription {
  const needs = needsListing(kinds.get(kind) ?? expect.fail(kind), { channel: 'web-no', market: 'no' })
  if (!needs) throw new Error(`${kind} tells of no article`)
  return aSubscription(`shop-${kind}`, { kind, system: 'shop', lane: 'shop.out', needs, ...over })
}

describe('store: what depends on other records', () => {
  let test: TestStore
  let store: Store
  let count = 0
  const all = () => [listed('price', { matches: document => document['list'] === 'retail' }), listed('stock'), listed('variant'), listed('product'), aSubscription('pos', { kind: 'price' })]
  const use = (subscriptions: Subscription[]) => configure(store, subscriptions, { kinds: Object.fromEntries(['price', 'stock', 'variant', 'product', 'listing'].map(kind => [kind, kinds.get(kind)?.rules ?? expect.fail(kind)])) })
  before(async () => {
    test = await openTestStore()
    store = test.store
    await use(all())
  })
  after(() => test.close())
  beforeEach(async () => {
    await use(all())
    await told()
    await deliverAll(store, 'pos.out')
  })

  const write = (kind: string, id: string, document: Record<string, unknown>, over: Partial<EntityWrite> & { system?: string } = {}): EntityWrite => aWrite(id, document, { kind, schema: `${kind}@1`, system: 'erp', ...over })
  const save = async (kind: string, id: string, document: Record<string, unknown>, over: Partial<EntityWrite> & { system?: string } = {}) => (await store.save([write(kind, id, document, over)]))[0] ?? expect.fail('nothing was saved')
  const link = (kind: string, id: string, system = 'pim') => ({ ref: { system, kind, id } })
  const look = async (at = in_(0)) => {
    const lanes = new Set<string>()
    for (let more = true; more;) {
      const looked = await store.look(at)
      for (const lane of looked.lanes) lanes.add(lane)
      more = looked.more
    }
    return [...lanes]
  }
  /** What the shop is told by now, each as `kind operation version`. */
  const told = async (at?: string): Promise<string[]> => {
    await look(at)
    return (await deliverAll(store, 'shop.out')).map(({ kind, operation, version, reason }) => `${kind} ${operation} ${version}${reason ? ` ${reason}` : ''}`).sort()
  }
  /** An article with everything, but not listed. */
  const article = async () => {
    const sku = `A-${count += 1}`
    await save('product', `P-${sku}`, { name: { nb: 'Genser' } }, { system: 'pim' })
    await save('variant', sku, { sku, unit: 'H87', product: link('product', `P-${sku}`) }, { system: 'pim' })
    await save('price', `price-${sku}`, { list: 'retail', variant: link('variant', sku), value: { amount: '10.00', currency: 'NOK' } })
    await save('price', `cost-${sku}`, { list: 'cost', variant: link('variant', sku), value: { amount: '4.00', currency: 'NOK' } })
    await save('stock', sku, { location: 'oslo', variant: link('variant', sku), onHand: { value: '3', unit: 'H87' } })
    return sku
  }
  const list = (sku: string, over: Record<string, unknown> = {}, id = `L-${sku}`) => save('listing', id, { variant: link('variant', sku), channel: 'web-no', offer: 'buyable', ...over }, { system: 'pim' })
  const everything = (operation: string, version = 1, reason = '') => ['price', 'product', 'stock', 'variant'].map(kind => `${kind} ${operation} ${version}${reason}`)

  it('goes out when its listing comes, and is taken back when it goes', async () => {
    const sku = await article()
    expect(await told()).to.deep.equal([])
    await list(sku)
    expect(await look()).to.deep.equal(['shop.out'])
    expect(await told()).to.deep.equal(everything('upsert'))
    expect(await told(), 'looked at twice').to.deep.equal([])
    await save('price', `price-${sku}`, { value: { amount: '12.00', currency: 'NOK' } })
    expect(await told()).to.deep.equal(['price upsert 2'])
    await list(sku, { offer: 'blocked' })
    expect(await told()).to.deep.equal(['price remove 2 filter', 'product remove 1 filter', 'stock remove 1 filter', 'variant remove 1 filter'])
    await list(sku, { offer: 'visible' })
    expect((await told()).every(text => text.includes('upsert'))).to.equal(true)
    await save('listing', `L-${sku}`, {}, { system: 'pim', operation: 'remove' })
    expect((await told()).map(text => text.split(' ')[1])).to.deep.equal(Array(4).fill('remove'))
    await save('price', `price-${sku}`, { value: { amount: '13.00', currency: 'NOK' } })
    expect(await told(), 'no longer listed').to.deep.equal([])
    expect((await deliverAll(store, 'pos.out')).length, 'who needs nothing is told of each').to.be.greaterThan(0)
  })

  it('begins and ends with the period of the listing, and with its own', async () => {
    const sku = await article()
    await list(sku, { validFrom: in_(hour), validTo: in_(3 * hour) })
    expect(await told()).to.deep.equal([])
    await store.turn(in_(hour))
    expect(await told()).to.deep.equal(everything('upsert'))
    await store.turn(in_(3 * hour))
    expect(await told()).to.deep.equal(everything('remove', 1, ' filter'))

    const other = await article()
    await use([listed('price', { matches: (document, at) => kinds.get('price')?.inEffect(document, at) === true && document['list'] === 'retail' })])
    await list(other)
    await save('price', `price-${other}`, { validFrom: in_(hour) })
    expect(await told()).to.deep.equal([])
    await store.turn(in_(hour))
    expect(await told(in_(0)), 'by the clock of who turned it').to.deep.equal(['price upsert 2'])
  })

  it('goes with the listing that is moved to another article', async () => {
    const [one, other] = [await article(), await article()]
    await list(one, {}, 'moving')
    expect(await told()).to.deep.equal(everything('upsert'))
    await save('listing', 'moving', { variant: link('variant', other) }, { system: 'pim' })
    expect(await told()).to.deep.equal([...everything('remove', 1, ' filter'), ...everything('upsert')].sort())
  })

  it('gives a product while one of its variants is offered', async () => {
    const sku = await article()
    await save('variant', `${sku}-2`, { sku: `${sku}-2`, unit: 'H87', product: link('product', `P-${sku}`) }, { system: 'pim' })
    await list(`${sku}-2`)
    expect(await told()).to.deep.equal(['product upsert 1', 'variant upsert 1'])
    await save('product', 'P-other', { name: { nb: 'Lue' } }, { system: 'pim' })
    await save('variant', `${sku}-2`, { product: link('product', 'P-other') }, { system: 'pim' })
    expect(await told()).to.deep.equal(['product remove 1 filter', 'product upsert 1', 'variant upsert 2'])
  })

  it('knows the article by whichever of its references', async () => {
    const sku = `A-${count += 1}`
    // Neither the price nor the listing knows yet that the two names are of one article.
    await save('price', `price-${sku}`, { list: 'retail', variant: link('variant', sku, 'erp'), value: { amount: '10.00', currency: 'NOK' } })
    await list(sku)
    expect(await told()).to.deep.equal([])
    await save('variant', sku, { sku, unit: 'H87' }, { system: 'pim' })
    expect(await told()).to.deep.equal(['variant upsert 1'])
    await save('variant', sku, { sku }, { system: 'erp' })
    expect(await told()).to.deep.equal(['price upsert 1'])
  })

  it('is parted and joined with articles that a person merges', async () => {
    const [one, other] = [await article(), `A-${count += 1}`]
    const { record: { id: into } } = await save('variant', one, { tags: ['one'] }, { system: 'pim' })
    const { record: { id: from } } = await save('variant', other, { sku: other, unit: 'H87' }, { system: 'pim' })
    await list(other)
    expect(await told()).to.deep.equal(['variant upsert 1'])
    await store.merge({ kind: 'variant', into, from, by: 'anna', why: 'the same' })
    expect((await told()).filter(text => text.startsWith('price'))).to.deep.equal(['price upsert 1'])
    await store.unmerge({ kind: 'variant', from, by: 'anna', why: 'not the same' })
    expect((await told()).filter(text => text.startsWith('price'))).to.deep.equal(['price remove 1 filter'])
  })

  it('holds for a back-fill, and for what is held or adopted', async () => {
    const [sku, unlisted] = [await article(), await article()]
    await list(sku)
    const as = (id: string, over: Partial<Subscription>): Subscription => listed('price', { id, system: id, lane: `${id}.out`, matches: document => document['list'] === 'retail', ...over })
    await use([as('late', {}), as('held', { mode: 'held' }), as('has', { mode: 'adopt' })])
    const ids = (await test.sql<{ id: string }>('select id from torg.price where external_id = any ($1)', [[sku, unlisted].map(one => `price-${one}`)])).map(({ id }) => id)
    await test.sql('delete from torg.look')
    await store.startRepair({ selection: { type: 'records', nodes: ['late'], ids }, by: 'anna', why: 'new' })
    await store.advanceRepairs(100)
    expect((await deliverAll(store, 'late.out')).map(({ record }) => record.refs[0]?.id)).to.deep.equal([`price-${sku}`])
    const wanted = (subscription: string, id: string) => test.sql('select d.held, d.acked, d.present from torg.any_delivery d join torg.price p on p.id = d.record_id where d.subscription = $1 and p.external_id = $2', [subscription, id])
    await save('price', `price-${sku}`, { value: { amount: '14.00', currency: 'NOK' } })
    await look()
    expect(await wanted('held', `price-${sku}`)).to.deep.equal([{ held: true, acked: 0, present: false }])
    expect(await wanted('has', `price-${sku}`)).to.deep.equal([{ held: false, acked: 2, present: true }])
  })

  it('is decided right by whoever saves, lists and looks at the same moment', async () => {
    const skus = await Promise.all(Array.from({ length: 12 }, () => article()))
    const another = await test.another()
    await another.configure({ subscriptions: all(), roles: { of: () => undefined }, kinds: new Map([...kinds].map(([name, { rules }]) => [name, rules])) })
    const lookers = [store, another].map(async one => { for (let round = 0; round < 30; round += 1) await one.look(in_(0)) })
    const offered = (sku: string, round: number): boolean => (Number(sku.slice(2)) + round) % 2 === 0
    for (let round = 0; round < 4; round += 1) {
      await Promise.all(skus.flatMap((sku, index) => [
        list(sku, { offer: offered(sku, round) ? 'buyable' : 'blocked' }),
        save('price', `price-${sku}`, { value: { amount: `${round}${index}.00`, currency: 'NOK' } }),
        save('price', `price-${sku}-${round}`, { list: 'retail', store: `s${round}`, variant: link('variant', sku), value: { amount: '10.00', currency: 'NOK' } }),
      ]))
    }
    await Promise.all(lookers)
    await look()
    const rows = await test.sql<{ id: string, operation: string | null }>(`select p.external_id as id, (select d.operation from torg.deliveries_of(p.id) d where d.subscription = 'shop-price') as operation from torg.price p where p.external_id = any ($1)`, [skus.flatMap(sku => [`price-${sku}`, ...[0, 1, 2, 3].map(round => `price-${sku}-${round}`)])])
    expect(rows).to.have.length(60)
    for (const { id, operation } of rows) expect(operation === 'upsert', id).to.equal(offered(id.split('-').slice(1, 3).join('-'), 3))
  })
})
