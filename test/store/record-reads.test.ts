import { expect } from 'chai'
import { newId } from '../../runtime/ids.ts'
import { resourcesOf } from '../../runtime/api/records/resources.ts'
import { kinds } from '../../runtime/model/index.ts'
import { typedKind } from '../../runtime/store/typed/index.ts'
import type { RecordPage, RecordQuery } from '../../runtime/store/types.ts'
import { aWrite, openTestStore, ref, type TestStore } from './support.ts'

describe('store: reading records', () => {
  let opened: TestStore
  before(async () => {
    opened = await openTestStore()
    await opened.store.configure({ subscriptions: [], roles: { of: () => undefined }, kinds: new Map([...kinds].map(([name, kind]) => [name, kind.rules])) })
  })
  after(async () => { await opened.close() })

  const numbers = (page: RecordPage): (string | null)[] => page.records.map(({ number }) => number)
  const save = (kind: string, number: string, document: Record<string, unknown>) => opened.store.save([aWrite(number, document, { kind, schema: `${kind}@1`, number })])

  it('pages through all once, in both directions, also among changes of one moment', async () => {
    await opened.store.save(Array.from({ length: 25 }, (_, index) => aWrite(`p${index}`, { name: 'x' }, { kind: 'location', number: `p${index}` })))
    for (const descending of [false, true]) {
      const seen: (string | null)[] = []
      let query: RecordQuery = { kind: 'location', limit: 10, descending }
      for (;;) {
        const page = await opened.store.list(query)
        seen.push(...numbers(page))
        // What comes meanwhile is neither in the way nor seen twice.
        if (seen.length === 10 && !descending) await save('location', 'late', { name: 'y' })
        if (page.next === null) break
        query = { ...query, after: page.next }
      }
      expect(new Set(seen).size).to.equal(seen.length)
      expect(seen).to.have.length(26)
      expect(seen.at(descending ? 0 : -1)).to.equal('late')
    }
  })

  it('loses nothing between times that differ by microseconds', async () => {
    await opened.store.save(Array.from({ length: 4 }, (_, index) => aWrite(`c${index}`, { a: 1 }, { kind: 'content', number: `c${index}` })))
    await opened.sql('update torg.record set updated_at = \'2026-01-01T00:00:00.000100Z\'::timestamptz + ascii(right(number, 1)) * interval \'1 microsecond\' where kind = \'content\'')
    const first = await opened.store.list({ kind: 'content', limit: 2 })
    expect(numbers(first)).to.deep.equal(['c0', 'c1'])
    expect(numbers(await opened.store.list({ kind: 'content', limit: 2, ...(first.next && { after: first.next }) }))).to.deep.equal(['c2', 'c3'])
  })

  it('finds by number, reference, link, sku and time, deleted ones only where asked for', async () => {
    const [customer] = await save('customer', 'C1', { name: 'Kari' })
    const id = customer?.record.id ?? ''
    await save('order', '1', { buyer: { customer: { id } } })
    await save('order', '2', { buyer: { customer: { ref: ref('web', 'C1', 'customer') } } })
    await save('order', '3', { buyer: { name: 'anonymous' } })
    await save('receipt', 'R1', { customer: { id } })
    await save('variant', 'V1', { sku: 'ULL-1' })
    await opened.store.save([aWrite('2', {}, { operation: 'remove' })])
    const orders = async (query: Partial<RecordQuery>) => numbers(await opened.store.list({ kind: 'order', limit: 10, ...query }))
    const byCustomer = { where: { pointer: '/buyer/customer/id', value: id } }
    expect(await orders({})).to.deep.equal(['1', '3'])
    expect(await orders({ deleted: true, descending: true })).to.deep.equal(['2', '3', '1'])
    expect(await orders(byCustomer)).to.deep.equal(['1'])
    expect(await orders({ ...byCustomer, deleted: true })).to.deep.equal(['1', '2'])
    expect(await orders({ number: '3' })).to.deep.equal(['3'])
    expect(await orders({ ref: ref('web', '1') })).to.deep.equal(['1'])
    expect(await orders({ ref: ref('web', 'C1', 'customer') }), 'of another kind').to.deep.equal([])
    expect(await orders({ updatedSince: '2100-01-01T00:00:00Z' })).to.deep.equal([])
    expect(numbers(await opened.store.list({ kind: 'receipt', limit: 10, where: { pointer: '/customer/id', value: id } }))).to.deep.equal(['R1'])
    expect(numbers(await opened.store.list({ kind: 'variant', limit: 10, where: { pointer: '/sku', value: 'ULL-1' } }))).to.deep.equal(['V1'])
  })

  it('reads one record, also a deleted one, with the newest of what links to it', async () => {
    const [customer] = await save('customer', 'C2', { name: 'Ola' })
    const id = customer?.record.id ?? ''
    for (const number of ['21', '22', '23']) await save('order', number, { buyer: { customer: { id } } })
    await save('receipt', 'R2', { customer: { id } })
    const linked = [{ kind: 'order', pointer: '/buyer/customer/id', limit: 2 }, { kind: 'receipt', pointer: '/customer/id', limit: 2 }, { kind: 'price', pointer: '/customer/id', limit: 2 }]
    const found = await opened.store.read({ kind: 'customer', id, linked })
    expect(found?.record).to.deep.include({ id, kind: 'customer', number: 'C2', document: { name: 'Ola' }, refs: [ref('web', 'C2', 'customer')], deletedAt: null })
    expect(found?.linked.map(page => [numbers(page), page.next === null])).to.deep.equal([[['23', '22'], false], [['R2'], true], [[], true]])
    await opened.store.save([aWrite('C2', {}, { kind: 'customer', refs: [ref('web', 'C2', 'customer')], operation: 'remove' })])
    expect((await opened.store.read({ kind: 'customer', id, linked: [] }))?.record.deletedAt).to.be.a('string')
    for (const [kind, other] of [['order', id], ['customer', newId()], ['price', id], ['customer', 'C2']] as const) expect(await opened.store.read({ kind, id: other, linked }), `${kind} ${other}`).to.equal(null)
  })

  it('has an index for every field the API searches by', async () => {
    for (const { kind, filters } of resourcesOf(kinds)) {
      for (const { pointer } of filters) {
        const steps = pointer.slice(1).split('/')
        const typed = typedKind(kind.name)
        const column = typed?.columnOf[pointer]
        if (typed && column !== undefined) {
          await opened.sql('set enable_seqscan = off; set enable_bitmapscan = off')
          const plan = await opened.sql<{ 'QUERY PLAN': string }>(`explain select * from ${typed.view} where ${column} = '0190f000-0000-7000-8000-000000000001'`)
          expect(plan.map(row => row['QUERY PLAN']).join('\n'), `${kind.name} ${pointer}`).to.match(new RegExp(`Index Cond: \\(${column} = `))
          continue
        }
        const field = steps.length === 1 ? `document ->> '${steps.join()}'` : `document #>> '{${steps.join()}}'`
        await opened.sql('set enable_seqscan = off; set enable_bitmapscan = off; set enable_sort = off')
        const plan = await opened.sql<{ 'QUERY PLAN': string }>(`explain select * from torg.record r where kind = '${kind.name}' and ${field} = 'x' and version > 0 and (updated_at, id) > ('-infinity', '00000000-0000-0000-0000-000000000000') order by updated_at, id limit 10`)
        const text = plan.map(row => row['QUERY PLAN']).join('\n')
        expect(text, `${kind.name} ${pointer}`).to.match(/Index Scan using record_(?!updated|number|pkey)/).and.match(/Index Cond: .*document/)
      }
    }
  })

  it('gives the prices that may concern a buyer, and no others', async () => {
    const [variant] = await save('variant', 'V2', { sku: 'ULL-2' })
    await save('variant', 'V3', { sku: 'ULL-3' })
    const link = { variant: { id: variant?.record.id } }
    const value = { amount: '10', currency: 'NOK' }
    await save('price', 'all', { ...link, value })
    await save('price', 'club', { ...link, value, customerGroup: 'club' })
    await save('price', 'store', { ...link, value, store: 'oslo' })
    await save('price', 'other', { ...link, value, customer: { id: '0190f000-0000-7000-8000-000000000001' } })
    await save('price', 'swedish', { ...link, value: { amount: '10', currency: 'SEK' } })
    const found = await opened.store.pricesOf({ skus: ['ULL-2', 'ULL-3', 'none'], currency: 'NOK', store: 'oslo', customerGroups: ['club'] })
    expect(found.map(({ sku, prices }) => [sku, prices.map(({ number }) => number).sort()]).sort()).to.deep.equal([['ULL-2', ['all', 'club', 'store']], ['ULL-3', []]])
  })
})
