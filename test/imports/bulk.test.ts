import { expect } from 'chai'
import { kinds } from '../../runtime/model/index.ts'
import { waysOf, type PortionLine } from '../../runtime/imports/portion.ts'
import { compileRoles } from '../../runtime/project/index.ts'
import type { BulkStanding } from '../../runtime/store/bulk-types.ts'
import type { Import } from '../../runtime/store/import-types.ts'
import type { EntityWrite, SaveOutcome, Subscription } from '../../runtime/store/types.ts'
import { aSubscription, claimDeliveries, configure, deliverAll, openTestStore, rejection, type TestStore } from '../store/support.ts'
import { importsIn } from './support.ts'

type Fields = Record<string, unknown>
const price = (id: string, over: Fields = {}): Fields => ({
  refs: [{ id }], variant: { ref: { id: `SKU-${id}` } }, type: 'regular', list: 'no', value: { amount: '10.00', currency: 'NOK' }, taxIncluded: true, ...over,
})
const many = (count: number, over: Fields = {}): Fields[] => Array.from({ length: count }, (_, index) => price(String(index + 1).padStart(5, '0'), over))
const at = (amount: string): Fields => ({ value: { amount, currency: 'NOK' } })

describe('imports: in bulk', () => {
  let test: TestStore
  let saved: EntityWrite[]
  before(async () => { test = await openTestStore() })
  after(async () => { await test.close() })

  const rules = Object.fromEntries(['price', 'stock'].map(name => [name, kinds.get(name)?.rules ?? expect.fail('no kind')]))
  const subscribe = (subscriptions: Subscription[], roles?: Parameters<typeof configure>[2]): Promise<void> => configure(test.store, subscriptions, { ...roles, kinds: rules })
  const subscription = (id: string, over: Partial<Subscription> = {}): Subscription => aSubscription(id, { kind: 'price', ...over })
  beforeEach(async () => {
    saved = []
    await subscribe([subscription('erp'), subscription('web'), subscription('pos')])
    await test.sql('truncate torg.price, torg.stock, torg.record, torg.reference, torg.delivery, torg.work, torg.contender, torg.raise, torg.import, torg.import_error, torg.import_seen, torg.import_absent cascade')
  })

  const save = async (writes: EntityWrite[]): Promise<SaveOutcome[]> => {
    saved.push(...writes)
    return test.store.save(writes)
  }
  const importsOf = (store = test.store) => importsIn(store, save)
  async function* bytes(rows: readonly (Fields | string)[], end?: Error): AsyncGenerator<Buffer> {
    for (const row of rows) yield Buffer.from(`${typeof row === 'string' ? row : JSON.stringify(row)}\n`)
    if (end) throw end
  }
  const declare = async (over: Fields = {}): Promise<string> => (await importsOf().declare({ kind: 'price', system: 'erp', mode: 'partial', ...over }, 'admin')).id
  const send = async (rows: readonly (Fields | string)[], over: Fields = {}): Promise<Import> => importsOf().receive(await declare(over), bytes(rows))
  const errorsOf = async ({ id }: Import): Promise<unknown[]> => (await test.store.importErrors(id, { limit: 100, after: 0 })).map(({ line, error }) => [line, error.code, error.pointer])
  const amounts = async (): Promise<unknown[]> => (await test.sql('select external_id, amount::text, version from torg.price where deleted_at is null order by 1')).map(row => Object.values(row))
  const raised = (): Promise<Fields[]> => test.sql('select subscription, total, looked from torg.raise order by 1')

  it('adds what is new, and raises it for others as a range', async () => {
    expect(await send(many(3))).to.include({ state: 'done', rows: 3, created: 3, failed: 0 })
    expect(saved).to.deep.equal([])
    // What the system says while its file is on the way is newer than the file.
    expect(await test.sql(`select distinct p.said_at = date_trunc('milliseconds', i.at) as said from torg.price p join torg.import i on i.id = p.message_id`)).to.deep.equal([{ said: true }])
    expect(await raised()).to.deep.equal([{ subscription: 'pos', total: 3, looked: 0 }, { subscription: 'web', total: 3, looked: 0 }])
    expect(await test.sql('select count(*)::int as placeholders from torg.record where version = 0')).to.deep.equal([{ placeholders: 3 }])
    expect((await test.store.depths()).map(({ lane, pending }) => [lane, pending])).to.deep.equal([['pos.out', 3], ['web.out', 3]])
  })

  it('changes, publishes and validates nothing where the file says the same again', async () => {
    await send(many(3))
    await test.sql('delete from torg.raise')
    expect(await send(many(3))).to.include({ unchanged: 3, created: 0 })
    expect(saved).to.deep.equal([])
    expect(await raised()).to.deep.equal([])
    expect(await test.sql('select 1 from torg.delivery')).to.deep.equal([])
  })

  it('keeps good lines, and lists bad ones', async () => {
    const done = await send([price('1'), 'x', price('2', { lsit: 'no' }), { ...price('3'), refs: [] }, price('4', { list: 'n\0o' }), price('5', at('1.999')), price('6', { ext: { acme: { note: 'a\0' } } }), price('7')])
    expect(done).to.include({ created: 2, failed: 6, unreadable: 2 })
    expect(await errorsOf(done)).to.deep.equal([[2, 'message.not-json', undefined], [3, 'validation.schema', '/lsit'], [4, 'model.no-reference', '/refs'], [5, 'validation.schema', '/list'], [6, 'validation.schema', '/value/amount'], [7, 'validation.schema', '/ext/acme/note']])
  })

  it('refuses a price that would hold at the same time as another of its scope, and only the later', async () => {
    const scope = { variant: { ref: { id: 'A' } } }
    await send([price('1', { ...scope, validTo: '2026-02-01T00:00:00Z' })])
    const done = await send([
      price('2', { ...scope, validFrom: '2026-01-01T00:00:00Z', validTo: '2026-03-01T00:00:00Z' }), price('3', { ...scope, validFrom: '2026-02-01T00:00:00Z', validTo: '2026-03-01T00:00:00Z' }),
      price('4', { ...scope, validFrom: '2026-02-15T00:00:00Z' }), price('5', { ...scope, list: 'se' }),
    ])
    expect(done).to.include({ created: 2, failed: 2 })
    expect(await errorsOf(done)).to.deep.equal([[1, 'model.overlap', '/validFrom'], [3, 'model.overlap', '/validFrom']])
    expect((await raised())[0]).to.include({ total: 1 })
    expect((await test.store.importErrors(done.id, { limit: 1, after: 0 }))[0]?.error.next).to.match(/send the line again\.$/)
  })

  it('goes on behind what was stored when the connection ended', async () => {
    const id = await declare()
    const rows = many(5_500)
    expect((await rejection(importsOf().receive(id, bytes(rows.slice(0, 5_100), new Error('aborted'))))).message).to.include('aborted')
    expect(await test.store.import(id)).to.include({ state: 'waiting', line: 5_000, created: 5_000 })
    expect(await importsOf().receive(id, bytes(rows))).to.include({ state: 'done', created: 5_500, unchanged: 0 })
    expect((await raised()).map(({ total }) => total)).to.deep.equal([5_500, 5_500])
  })

  it('stores nothing of a portion whose import was taken over', async () => {
    const id = await declare()
    const { store } = test
    const bulk = store.openBulk({ kind: 'price', system: 'erp' })
    const counts = { rows: 1, created: 1, updated: 0, unchanged: 0, stale: 0, removed: 0, failed: 0, unreadable: 0 }
    const row = { id: '1', said: '0'.repeat(32), line: 1, document: {}, number: null }
    const rows = bulk?.prepare({ importId: id, at: new Date().toISOString(), schema: 'price@1', rows: [row] }) ?? expect.fail()
    const adding = bulk?.add({ id, receiver: crypto.randomUUID() }, 1_000, rows, async () => undefined, () => ({ line: 1, digest: Buffer.alloc(32), counts, errors: [], present: [] }))
    expect(await rejection(adding ?? expect.fail())).to.include({ code: 'request.conflict' })
    expect(await test.sql('select 1 from torg.price union all select 1 from torg.raise')).to.deep.equal([])
  })

  describe('handing over', () => {
    const advance = async (): Promise<number> => (await test.store.advanceRaises(1_000)).running

    it('makes deliveries in portions, which a lane gets as of any save', async () => {
      const { id } = await send(many(40))
      await advance()
      expect((await raised())[0]).to.include({ subscription: 'pos', total: 40, looked: 16 })
      expect((await claimDeliveries(test.store, 'pos.out')).flatMap(({ deliveries }) => deliveries.map(({ messageId, version }) => [messageId, version]))).to.deep.equal(Array.from({ length: 16 }, () => [id, 1]))
      // Most of the portion waits.
      await advance()
      expect((await raised())[0]).to.include({ looked: 16 })
    })

    it('asks filter, mode and what is deployed when it hands over', async () => {
      await send(many(3))
      await subscribe([subscription('web', { matches: ({ variant }) => variant !== undefined, mode: 'held' }), subscription('new')])
      await advance()
      expect((await raised()).map(row => row['subscription'])).to.deep.equal(['web'])
      await subscribe([subscription('web', { matches: () => false })])
      await advance()
      expect(await raised()).to.deep.equal([])
      expect(await test.sql('select 1 from torg.delivery')).to.deep.equal([])
    })

    it('waits for a lane that is paused, and for no other', async () => {
      await send(many(3))
      await test.store.pauseLane('web.out', 'anna', 'stocktaking')
      expect(await advance()).to.equal(1)
      await advance()
      expect((await raised()).map(({ subscription, looked }) => [subscription, looked])).to.deep.equal([['web', 0]])
      expect(await test.sql(`select 1 from torg.delivery where lane = 'web.out'`)).to.deep.equal([])
      await test.store.resumeLane('web.out')
      await advance()
      expect(await raised()).to.deep.equal([])
      expect(await deliverAll(test.store, 'web.out')).to.have.length(3)
    })

    it('ends where what waits is dropped', async () => {
      await send(many(3))
      expect(await test.store.dropWaiting()).to.equal(6)
      await advance()
      expect(await deliverAll(test.store, 'web.out')).to.deep.equal([])
    })

    it('leaves alone what a subscription got by a save meanwhile', async () => {
      await send(many(2))
      await test.store.save([{ kind: 'price', schema: 'price@1', operation: 'upsert', refs: [{ system: 'erp', kind: 'price', id: '00001' }], number: null, document: at('12.00'), origin: { system: 'erp', message: null, at: new Date().toISOString() }, sourceTime: null }])
      expect((await deliverAll(test.store, 'web.out')).map(({ version }) => version)).to.deep.equal([2])
      await advance()
      expect((await deliverAll(test.store, 'web.out')).map(({ version, record }) => [version, record.refs[0]?.id])).to.deep.equal([[1, '00002']])
    })
  })

  describe('of what is known', () => {
    it('saves what says something else by the ordinary way, and knows it again', async () => {
      await send(many(3))
      const changed = [price('00001', at('11.00')), ...many(3).slice(1)]
      expect(await send(changed)).to.include({ updated: 1, unchanged: 2 })
      expect(saved.length).to.equal(1)
      expect(await amounts()).to.deep.equal([['00001', '11.00', 2], ['00002', '10.00', 1], ['00003', '10.00', 1]])
      expect(await send(changed)).to.include({ unchanged: 3 })
      expect(saved.length).to.equal(1)
    })

    it('looks again at what somebody else changed', async () => {
      await send(many(2))
      await save([{ kind: 'price', schema: 'price@1', operation: 'upsert', refs: [{ system: 'erp', kind: 'price', id: '00001' }], number: null, document: at('12.00'), origin: { system: 'erp', message: null, at: new Date().toISOString() }, sourceTime: null }])
      expect(await send(many(2))).to.include({ updated: 1, unchanged: 1 })
      expect(await amounts()).to.deep.equal([['00001', '10.00', 3], ['00002', '10.00', 1]])
    })

    it('ends with the last line where a file says a record twice, removes, and brings back', async () => {
      expect(await send([price('1'), price('1', at('11.00')), price('2'), { refs: [{ id: '2' }], deletedAt: '2026-01-01T00:00:00Z' }])).to.include({ created: 2, updated: 1, removed: 1 })
      expect(await amounts()).to.deep.equal([['1', '11.00', 2]])
      await send([price('1', at('11.00')), price('1')])
      expect(await send([price('2')])).to.include({ updated: 1 })
      expect((await amounts()).map(row => (row as unknown[]).slice(0, 2))).to.deep.equal([['1', '10.00'], ['2', '10.00']])
    })

    it('asks the role table', async () => {
      await subscribe([subscription('web')], { roles: compileRoles([{ kind: 'price', field: 'taxIncluded', masters: ['pim'] }]) })
      await send(many(1))
      expect(saved.length).to.equal(1)
      expect(await test.sql('select tax_included from torg.price')).to.deep.equal([{ tax_included: null }])
    })
  })

  describe('of a first file', () => {
    /** Three portions; nobody knows a line of the first, so that those of the others are not looked for. */
    const rows = many(7_500)
    const instead = (over: Record<number, Fields | string>): (Fields | string)[] => rows.map((row, index) => over[index + 1] ?? row)
    /** How often it was asked what is known of lines. */
    let asked: number
    const sendFirst = async (given: readonly (Fields | string)[], over: Fields = {}): Promise<Import> => {
      asked = 0
      const openBulk: typeof test.store.openBulk = (about) => {
        const bulk = test.store.openBulk(about)
        return bulk && { ...bulk, standing: (...which) => { asked += 1; return bulk.standing(...which) } }
      }
      return importsIn({ ...test.store, openBulk }, save).receive(await declare(over), bytes(given))
    }
    const amountsOf = async (...ids: string[]): Promise<unknown[]> =>
      (await test.sql(`select amount::text from torg.price where external_id = any ('{${ids.join(',')}}') and deleted_at is null order by external_id`)).map(({ amount }) => amount)

    it('takes lines for new, and looks for those of a portion of which one is known', async () => {
      await send([price('06000', at('5.00')), ...rows.slice(6_000, 6_002)])
      expect(await sendFirst(rows)).to.include({ state: 'done', created: 7_497, updated: 1, unchanged: 2, failed: 0 })
      expect(asked).to.equal(2)
      expect(await amountsOf('06000')).to.deep.equal(['10.00'])
      expect((await raised()).map(({ total }) => total)).to.deep.equal([3, 7_497, 3, 7_497])
      expect(await sendFirst(rows)).to.include({ unchanged: 7_500 })
    })

    it('keeps good lines, and has the last one count where a record is said twice', async () => {
      const done = await sendFirst(instead({ 3_000: 'x', 3_001: price('03001', { lsit: 'no' }), 4_000: price('04500', at('11.00')), 6_000: price('03000', at('12.00')), 6_001: price('05900', at('13.00')), 7_000: price('06999', at('14.00')) }))
      expect(done).to.include({ state: 'done', failed: 2, unreadable: 1, created: 7_495, updated: 3 })
      expect(await amountsOf('03000', '04500', '05900', '06999')).to.deep.equal(['12.00', '10.00', '13.00', '14.00'])
      expect((await errorsOf(done)).map(error => (error as unknown[])[0])).to.deep.equal([3_000, 3_001])
    })

    it('has the last one count where a record is said again by lines that are copied while the first of them go another way', async () => {
      await send([rows[2_600] ?? ''])
      expect(await sendFirst(instead({ 5_100: price('04900', at('15.00')), 7_400: price('05200', at('16.00')) }))).to.include({ state: 'done', created: 7_497, updated: 2, unchanged: 1, failed: 0 })
      expect(await amountsOf('04900', '05200')).to.deep.equal(['15.00', '16.00'])
    })

    it('removes as a full one neither what a refused line is about, nor what is known', async () => {
      await send([...rows.slice(3_999, 4_001), price('other')])
      expect(await sendFirst(instead({ 4_001: price('04001', { lsit: 'no' }) }), { mode: 'full' })).to.include({ created: 7_498, unchanged: 1, failed: 1, absent: 1 })
    })
  })

  describe('of full files', () => {
    it('removes what they do not hold, but neither refused lines nor what is newer', async () => {
      await send(many(10))
      const full = await send([...many(8), price('00009', { lsit: 1 })], { mode: 'full' })
      expect(full).to.include({ state: 'removing', unchanged: 8, failed: 1, absent: 1, known: 10 })
      expect(await test.store.nextAbsent(10)).to.deep.include({ ids: ['00010'], upTo: '00010' })
      expect(await test.sql('select 1 from torg.import_seen')).to.deep.equal([])
    })

    it('that change nothing remove nothing', async () => {
      await send(many(5))
      expect(await send(many(5), { mode: 'full' })).to.include({ state: 'done', unchanged: 5, absent: 0, known: 5 })
    })
  })

  it('takes stock as well', async () => {
    const stock = { refs: [{ id: 'S1' }], variant: { ref: { id: 'A' } }, location: 'oslo', asOf: '2026-01-01T05:00:00Z', onHand: { value: '9', unit: 'H87' }, reserved: { value: '2', unit: 'H87' }, ext: { acme: { shelf: 'A\t1' } } }
    expect(await send([stock], { kind: 'stock' })).to.include({ created: 1 })
    expect(await test.sql('select location, on_hand::text, reserved::text, unit, rest from torg.stock')).to.deep.equal([{ location: 'oslo', on_hand: '9', reserved: '2', unit: 'H87', rest: { ext: stock.ext } }])
  })

  describe('the way of a line', () => {
    const told = (id: string): PortionLine => ({ told: { id, said: '' }, present: [id] })
    const cases: [title: string, lines: PortionLine[], standing: BulkStanding[], unsettled: string[], ways: string[]][] = [
      ['follows from what is known', [told('1'), told('2'), told('3')], ['same', 'other', 'new'], [], ['same', 'save', 'add']],
      ['is the ordinary one where nobody can tell what it is about', [{ told: null, present: [] }, told('1')], ['new'], [], ['save', 'add']],
      ['is the ordinary one where a record is told twice', [told('1'), told('1'), told('2')], ['same', 'same', 'new'], [], ['save', 'save', 'add']],
      ['is the ordinary one where another line names it beside others', [told('1'), { told: null, present: ['2', '1'] }], ['new'], [], ['save', 'save']],
      ['is the ordinary one where a line before is being stored', [told('1'), told('2')], ['same', 'new'], ['1', '2'], ['save', 'save']],
    ]
    for (const [title, lines, standing, unsettled, ways] of cases) it(title, () => { expect(waysOf(lines, standing, new Set(unsettled))).to.deep.equal(ways) })
  })
})
