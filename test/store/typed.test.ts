import { expect } from 'chai'
import { kinds } from '../../runtime/model/index.ts'
import { typedMove } from '../../runtime/store/migrations/0020-typed-move.ts'
import type { Selection } from '../../runtime/store/repair-types.ts'
import { columnsOf, splitDocument } from '../../runtime/store/typed/definition.ts'
import { typedKind, typedKinds } from '../../runtime/store/typed/index.ts'
import type { EntityWrite, FieldRule, SaveOutcome, Store, StoredRecord } from '../../runtime/store/types.ts'
import { aSubscription, aWrite, claimDeliveries, configure, deliverAll, done, openTestStore, rejection, settleDelivery, type TestStore } from './support.ts'

const variant = '0190f000-0000-7000-8000-000000000001'

/** Documents, and which of their fields the columns do not say to the letter. */
const documents: Record<string, [kind: string, document: Record<string, unknown>, rest: string[]][]> = {
  'of the model': [['price', stored('price'), ['priorPrice']], ['stock', stored('stock'), []]],
  empty: [['price', {}, []], ['stock', {}, []]],
  'with own fields': [['price', { list: 'a', ext: { acme: { note: 'x', 'a/b': [null, 1] } } }, ['ext']]],
  'with fields nobody knows': [['stock', { location: 'oslo', shelf: { row: 1 }, '~/x': true }, ['shelf', '~/x']]],
  'with decimals that PostgreSQL would write otherwise': [
    ['price', { value: { amount: '-0.00', currency: 'NOK' } }, ['value']], ['price', { value: { amount: '007', currency: 'NOK' } }, ['value']], ['price', { value: { amount: 7, currency: 'NOK' } }, ['value']],
    ['price', { value: { amount: '10', currency: 'NOK', note: 'x' } }, ['value']], ['price', { value: { amount: '0.000001', currency: 'NOK' } }, []], ['price', { value: { amount: '10' } }, ['value']],
  ],
  'with moments in other forms': [
    ['price', { validFrom: '2025-01-01T00:00:00.000Z', validTo: '2025-01-01T00:00:00.120Z' }, ['validFrom']], ['price', { validFrom: '2025-01-01T00:00:00.5Z', validTo: '2025-01-01T00:00:00.000001Z' }, ['validFrom']],
    ['price', { validFrom: '2025-02-30T00:00:00Z', validTo: 'soon' }, ['validFrom', 'validTo']], ['price', { validFrom: '0000-01-01T00:00:00Z', validTo: '9999-12-31T23:59:59Z' }, ['validFrom']],
  ],
  'with links in other forms': [
    ['price', { variant: { id: variant }, customer: { id: variant.toUpperCase() } }, ['customer']], ['price', { variant: { id: 'x' }, customer: { id: variant, ref: { id: '7' } } }, ['variant', 'customer']],
    ['price', { variant: variant }, ['variant']],
  ],
  'with quantities of several units': [['stock', { onHand: { value: '1', unit: 'H87' }, reserved: { value: '1', unit: 'KGM' }, incoming: { value: '2', unit: 'H87' } }, ['reserved']], ['stock', { reserved: { value: '1', unit: 'H87' } }, ['reserved']]],
  'with days': [['stock', { incomingOn: '2025-02-28' }, []], ['stock', { incomingOn: '2025-02-29' }, ['incomingOn']]],
  'with texts': [['price', { list: '', store: '\\N\t"\u{1f600}', type: 5, taxIncluded: 'true' }, ['type', 'taxIncluded']]],
}

/** An example as the store has it: its links are ids. */
function stored(kind: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(kinds.get(kind)?.example ?? {}).map(([field, value]) => [field, JSON.stringify(value).includes('"ref"') ? { id: variant } : value]))
}

describe('store: typed kinds', () => {
  let test: TestStore
  before(async () => { test = await openTestStore() })
  after(() => test.close())

  it('have the columns of their tables', async () => {
    for (const typed of typedKinds) {
      const rows = await test.sql<{ name: string, type: string }>('select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped', [typed.table])
      const known = new Map(rows.map(({ name, type }) => [name, type]))
      const written = columnsOf(typed).map(({ name, type }) => [name, type === 'int' ? 'integer' : type === 'timestamptz' ? 'timestamp with time zone' : type])
      expect(written.filter(([name = '', type]) => known.get(name) !== type)).to.deep.equal([])
      expect([...known.keys()].filter(name => !written.some(([other]) => other === name)).sort(), 'what saves leave alone').to.deep.equal(['acked', 'erased'])
    }
  })

  for (const [what, cases] of Object.entries(documents)) {
    it(`give documents back as they were: ${what}`, async () => {
      for (const [kind, document, rest] of cases) {
        const typed = typedKind(kind) ?? expect.fail(kind)
        expect(Object.keys(splitDocument(typed, document).rest ?? {}), JSON.stringify(document)).to.deep.equal(rest)
        const [saved] = await test.store.save([aWrite(crypto.randomUUID(), document, { kind, schema: `${kind}@1` })])
        const found = await test.store.find(kind, { id: saved?.record.id ?? '' })
        expect(found).to.deep.equal(saved?.record)
        expect(found?.document).to.deep.equal(document)
      }
    })
  }

  it('refuse what PostgreSQL cannot store, and say where', async () => {
    const error = await test.store.save([aWrite('nul', { list: 'a\0b' }, { kind: 'price' })]).then(() => expect.fail('it was stored'), (reason: unknown) => reason)
    expect(error).to.have.property('pointer', '/list')
  })

  it('are one record where two systems save it at the same moment', async () => {
    const other = await test.another()
    const saved = await Promise.all(Array.from({ length: 20 }, (_, index) => (index % 2 ? other : test.store).save([aWrite('both', { list: `l${index}` }, { kind: 'price' })])))
    expect(new Set(saved.flatMap(outcomes => outcomes.map(({ record }) => record.id))).size).to.equal(1)
    expect((await test.store.find('price', { ref: { system: 'web', kind: 'price', id: 'both' } }))?.version).to.equal(20)
  })

  it('keep a digest only where all of it was applied, until anybody else changes the record', async () => {
    const said = async (): Promise<string | null> => (await test.sql<{ said: string | null }>(`select encode(said, 'hex') as said from torg.price where external_id = 'd'`))[0]?.said ?? null
    const save = (list: string, digest?: string) => test.store.save([aWrite('d', { list }, { kind: 'price', ...(digest !== undefined && { digest }) })])
    await save('a', 'aa01')
    expect(await said()).to.equal('aa01')
    await save('a')
    expect(await said(), 'nothing changed').to.equal('aa01')
    await save('b')
    expect(await said()).to.equal(null)
    const [again] = await save('b', 'bb02')
    expect([again?.outcome, await said()]).to.deep.equal(['unchanged', 'bb02'])
  })

  describe('prices of one scope', () => {
    const list = () => crypto.randomUUID()
    const value = { amount: '10.00', currency: 'NOK' }
    const save = (id: string, document: Record<string, unknown>, store = test.store) => store.save([aWrite(id, { variant: { id: variant }, value, type: 'regular', ...document }, { kind: 'price' })])

    it('never hold at the same time: the later one is refused, with both named, and stands in nobody\'s way', async () => {
      const first = list(), [a, b, c] = [list(), list(), list()]
      const [stored] = await save(a, { list: first, validFrom: '2025-01-01T00:00:00Z' })
      const [refused, other] = await Promise.all([rejection(save(b, { list: first, validFrom: '2025-06-01T00:00:00Z', validTo: '2025-07-01T00:00:00Z' })), save(c, { list: list() })])
      expect(refused).to.include({ code: 'model.overlap', pointer: '/validFrom', value: '2025-06-01T00:00:00Z' })
      expect(refused.message).to.include(a).and.to.include(b).and.to.include(stored?.record.id).and.to.include('2025-06-01')
      expect(other[0]?.outcome).to.equal('created')
      expect(await test.store.find('price', { ref: { system: 'web', kind: 'price', id: b } })).to.equal(null)
    })

    it('follow each other, and a period that is prolonged is looked at again', async () => {
      const of = list(), [a, b] = [list(), list()]
      await save(a, { list: of, validTo: '2025-06-01T00:00:00Z' })
      await save(b, { list: of, validFrom: '2025-06-01T00:00:00Z' })
      expect(await rejection(save(a, { validTo: '2025-06-01T00:00:01Z' }))).to.include({ code: 'model.overlap' })
      expect((await save(a, { value: { amount: '11.00', currency: 'NOK' } }))[0]?.outcome).to.equal('updated')
      await test.store.save([aWrite(b, {}, { kind: 'price', operation: 'remove' })])
      expect((await save(a, { validTo: null }))[0]?.outcome).to.equal('updated')
      expect(await rejection(save(b, { validFrom: '2025-06-01T00:00:00Z' })), 'it comes back').to.include({ code: 'model.overlap' })
    })

    it('are those of everything that may tell two prices apart', async () => {
      const base = { list: list(), currency: 'NOK' }
      const apart = [
        {}, { type: 'cost' }, { list: list() }, { channel: 'web' }, { store: 'oslo' }, { store: 'bergen' }, { customerGroup: 'club' }, { customer: { id: variant } }, { unit: 'KGM' },
        { minimumQuantity: { value: '10', unit: 'H87' } }, { minimumQuantity: { value: '20', unit: 'H87' } }, { value: { amount: '10', currency: 'SEK' } }, { variant: { id: variant.replace('1', '2') } },
      ]
      for (const document of apart) await save(list(), { ...base, ...document })
      for (const document of apart) expect(await rejection(save(list(), { ...base, ...document })), JSON.stringify(document)).to.include({ code: 'model.overlap' })
    })

    it('are told apart when two processes write them at the same moment', async () => {
      const other = await test.another()
      for (let round = 0; round < 5; round += 1) {
        const of = list()
        const results = await Promise.allSettled([test.store, other, test.store, other].map(store => save(list(), { list: of }, store)))
        expect(results.filter(({ status }) => status === 'fulfilled')).to.have.length(1)
      }
    })
  })

  it('are known without a row where their system adopts, and taken away from it later', async () => {
    const adopting = (mode: 'adopt' | 'live') => configure(test.store, [aSubscription('shop', { kind: 'price', mode })])
    await adopting('adopt')
    const [saved] = await test.store.save([aWrite('adopted', { list: 'x' }, { kind: 'price' })])
    const known = () => test.sql('select desired, acked, present, operation, acked_at from torg.deliveries_of($1)', [saved?.record.id])
    expect(await known()).to.deep.equal([{ desired: 1, acked: 1, present: true, operation: 'upsert', acked_at: null }])
    expect(await test.sql('select from torg.delivery where record_id = $1', [saved?.record.id])).to.deep.equal([])
    await adopting('live')
    await test.store.save([aWrite('adopted', {}, { kind: 'price', operation: 'remove' })])
    expect((await deliverAll(test.store, 'shop.out')).map(({ operation, version, present }) => ({ operation, version, present }))).to.deep.equal([{ operation: 'remove', version: 2, present: true }])
    expect(await known()).to.deep.include.members([{ ...(await known())[0], desired: 2, acked: 2, present: false, operation: 'remove' }])
  })

  it('keep the id that a system answers with, and are handed out with their customer', async () => {
    await configure(test.store, [aSubscription('shop', { kind: 'price' })], { kinds: { price: { fact: false, links: [], personal: { customers: ['/customer'], partOf: [], without: document => document, bare: document => document, identifiers: () => [] } } } })
    const [customer] = await test.store.save([aWrite('k', { name: 'Kari' }, { kind: 'customer' })])
    const id = customer?.record.id ?? ''
    for (const name of ['first', 'second']) await test.store.save([aWrite(name, { list: name, customer: { id } }, { kind: 'price' })])
    for (const { lease, deliveries } of await claimDeliveries(test.store, 'shop.out')) {
      for (const delivery of deliveries) await settleDelivery(test.store, lease, delivery, done, [{ kind: 'price', id: 'S-1' }, { kind: 'price', id: delivery.record.refs[0]?.id ?? '' }], true)
    }
    const found = await test.store.find('price', { ref: { system: 'shop', kind: 'price', id: 'S-1' } })
    expect(found?.refs.map(({ system, id: own }) => `${system} ${own}`)).to.have.members(['shop S-1', `shop ${String(found?.document['list'])}`, `web ${String(found?.document['list'])}`])
    expect(test.logged.join()).to.include('S-1')
    const known = await test.store.exportCustomer(id)
    expect(known?.records['price']?.map(({ document }) => document['list'])).to.have.members(['first', 'second'])
    expect(known?.deliveries.map(({ system, operation, acknowledgedAt }) => [system, operation, typeof acknowledgedAt])).to.deep.equal([['shop', 'upsert', 'string'], ['shop', 'upsert', 'string']])
  })

  it('are moved from where they stood before', async () => {
    const old = await openTestStore()
    try {
      await configure(old.store, [aSubscription('shop', { kind: 'twin' }), aSubscription('till', { kind: 'twin' })])
      const cases = Object.values(documents).flat()
      const saved = await Promise.all(cases.map(async ([kind, document], index) => (await old.store.save([aWrite(`m${index}`, document, { kind: 'twin', schema: `${kind}@1`, refs: [{ system: 'web', kind, id: `m${index}` }, { system: 'erp', kind, id: `x${index}` }] })]))[0]?.record))
      await deliverAll(old.store, 'shop.out')
      for (const [index, [kind]] of cases.entries()) for (const table of ['record', 'delivery']) await old.sql(`update torg.${table} set kind = $1 where ${table === 'record' ? 'id' : 'record_id'} = $2`, [kind, saved[index]?.id])
      await old.sql(typedMove)
      for (const [index, [kind]] of cases.entries()) {
        const record = saved[index] ?? expect.fail('it was not saved')
        const found = await old.store.find(kind, { ref: { system: 'web', kind, id: `m${index}` } })
        expect({ ...found, refs: found?.refs.map(({ id }) => id).sort() }).to.deep.equal({ ...record, kind, refs: record.refs.map(({ id }) => id).sort() })
        const deliveries = await old.sql('select subscription, desired, acked, present from torg.deliveries_of($1) order by subscription', [record.id])
        expect(deliveries).to.deep.equal([{ subscription: 'shop', desired: 1, acked: 1, present: true }, { subscription: 'till', desired: 1, acked: 0, present: false }])
      }
      expect(await old.sql(`select from torg.record where kind in ('price', 'stock')`)).to.deep.equal([])
      expect(await old.sql(`select from torg.delivery where subscription = 'shop'`)).to.deep.equal([])
    } finally {
      await old.close()
    }
  })

  it('behave as any other kind does, whatever is written, delivered and asked', async () => {
    const rule: FieldRule = { merge: 'newest', rankOf: () => 0, master: 'web' }
    const only: FieldRule = { merge: 'rank', rankOf: system => system === 'web' ? 0 : -1, master: 'web' }
    const roles = { of: () => ({ ruleOf: (pointer: string) => pointer === '/type' ? rule : pointer === '/list' ? only : undefined, splits: () => false }) }
    const ofKind = (kind: string) => ['erp', 'web'].map(system => aSubscription(`${system}-${kind}`, { kind, system, lane: `${kind}-${system}.out`, matches: (document, at) => document['store'] !== 'none' && momentsOf(document).every(moment => moment <= at) }))
    const rules = { fact: false, links: ['/variant'], momentsOf }
    await configure(test.store, [...ofKind('price'), ...ofKind('twin')], { roles, kinds: { price: rules, twin: rules } })
    let state = 7
    const random = (below: number): number => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) % 65_536 % below
    const pick = <Value>(...values: [Value, ...Value[]]): Value => values[random(values.length)] ?? values[0]
    const stores: Store[] = [test.store, await test.another()]
    await configure(stores[1] ?? test.store, [...ofKind('price'), ...ofKind('twin')], { roles, kinds: { price: rules, twin: rules } })

    for (let step = 0; step < 80; step += 1) {
      const system = pick('web', 'erp'), id = `same-${random(6)}`, message = pick(crypto.randomUUID(), null)
      const at = new Date(Date.UTC(2025, 0, 1, 0, 0, step)).toISOString()
      // In a scope of its own.
      const document = { channel: `${system}-${id}`, ...Object.fromEntries(Object.entries({
        list: pick('a', 'b', null), type: pick('regular', 'cost'), store: pick('oslo', 'none', null), value: pick({ amount: '10.0', currency: 'NOK' }, { amount: '-0', currency: 'NOK' }, null),
        variant: pick({ ref: { system: 'erp', kind: 'variant', id: `v${random(3)}` } }, null), validFrom: pick('2025-01-01T00:00:00Z', '2025-01-01T00:00:00.000Z', '2090-01-01T00:00:00Z'), ext: { acme: { a: random(2) } },
      }).filter(() => random(3) > 0)) }
      const sourceTime = random(3) ? null : new Date(Date.UTC(2025, 0, 1, 0, random(10))).toISOString()
      const write = (kind: string): EntityWrite => ({
        kind, schema: `${kind}@${step % 2}`, operation: step % 9 === 8 ? 'remove' : 'upsert', number: step % 4 ? null : `n${id}`, document,
        refs: [{ system, kind, id }, ...step % 5 ? [] : [{ system: 'pim', kind: step % 2 ? `article-${kind}` : kind, id }]],
        origin: { system, message, at, ...(step % 3 === 0 && { node: 'n1' }) }, sourceTime,
      })
      const store = pick<Store>(test.store, stores[1] ?? test.store)
      const [one, two] = await Promise.all([outcomeOf(store, write('price')), outcomeOf(store, write('twin'))])
      expect(one, `step ${step}`).to.deep.equal(two)
      if (random(6) === 0) await store.turn('2091-01-01T00:00:00Z')
      if (random(4) === 0) {
        const told = async (kind: string) => (await Promise.all((['erp', 'web'] as const).map(to => deliverAll(store, `${kind}-${to}.out`)))).flat()
          .map(({ version, generation, operation, reason, present, record }) => ({ version, generation, operation, reason, present, record: comparable(record, kind) })).sort((a, b) => JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)
        expect(await told('price'), `delivered at step ${step}`).to.deep.equal(await told('twin'))
        expect(await test.sql(`select subscription from torg.delivery where kind = 'price' and desired <= acked`), 'rows only while they wait').to.deep.equal([])
        const selection = (kind: string): Selection => ({ type: 'deliveries', nodes: ofKind(kind).map(({ id }) => id) })
        const counted = async (kind: string) => (await store.previewRepair(selection(kind))).groups.map(group => ({ ...group, what: '', node: group.node.replace(kind, '') })).sort((a, b) => JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)
        expect(await counted('price'), `counted at step ${step}`).to.deep.equal(await counted('twin'))
        // Once more, under another generation.
        if (random(3) === 0) {
          for (const kind of ['price', 'twin']) await store.startRepair({ selection: selection(kind), by: 'kari', why: 'test' })
          while ((await store.advanceRepairs(1_000)).running > 0);
        }
      }
      const read = async (kind: string) => comparable(await test.store.find(kind, { ref: { system, kind, id } }), kind)
      expect(await read('price'), `step ${step}`).to.deep.equal(await read('twin'))
    }
    const listed = async (kind: string) => (await test.store.list({ kind, deleted: true, limit: 100 })).records.map(record => comparable(record, kind))
    expect(await listed('price').then(all => all.filter(record => record?.refs.some(({ id }) => id.startsWith('same-'))))).to.have.deep.members(await listed('twin'))
    expect(await test.sql(`select from torg.record where kind = 'price'`)).to.deep.equal([])
  })
})

const momentsOf = (document: Readonly<Record<string, unknown>>): string[] => typeof document['validFrom'] === 'string' ? [document['validFrom']] : []

async function outcomeOf(store: Store, write: EntityWrite): Promise<unknown> {
  try {
    const [saved] = await store.save([write])
    return saved && { ...saved, lanes: saved.lanes.map(lane => lane.replace(write.kind, '')).sort(), record: comparable(saved.record, write.kind) } satisfies Omit<SaveOutcome, 'record' | 'lanes'> & { record: unknown, lanes: unknown }
  } catch (error) {
    // Two records share a reference: the same for both kinds.
    return error instanceof Error && 'code' in error ? error.code : error
  }
}

type Comparable = Omit<StoredRecord, 'provenance'> & Partial<Pick<StoredRecord, 'provenance'>>

/** Without what differs between two records that say the same. */
function comparable<Of extends Comparable>(record: Of | null, kind: string): (Omit<Of, 'id' | 'createdAt' | 'updatedAt'>) | null {
  if (!record) return null
  const { id: _, createdAt: _created, updatedAt: _updated, ...rest } = record
  const refs = record.refs.map(ref => ({ ...ref, kind: ref.kind.replace(kind, 'kind') })).sort((a, b) => JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)
  return { ...rest, kind: 'kind', schema: record.schema.replace(kind, 'kind'), deletedAt: record.deletedAt === null ? null : 'deleted', refs }
}
