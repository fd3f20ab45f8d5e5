import { expect } from 'chai'
import { compileRoles } from '../../runtime/project/index.ts'
import { contender } from '../../runtime/store/migrations/0011-contender.ts'
import type { SaveOutcome, Store } from '../../runtime/store/types.ts'
import { aWrite, configure, openTestStore, ref, type TestStore } from './support.ts'

describe('store: roles', () => {
  let test: TestStore
  let store: Store
  before(async () => {
    test = await openTestStore()
    store = test.store
    await configure(store, [], { roles: compileRoles([{ kind: 'order', field: 'note', masters: ['pim', 'erp'] }, { kind: 'order', field: 'note', scope: { market: 'se' }, masters: ['web'] }, { kind: 'order', field: 'deletedAt', masters: ['erp'] }]) })
  })
  after(() => test.close())

  const save = async (id: string, document: Record<string, unknown>, over: Parameters<typeof aWrite>[2] = {}): Promise<SaveOutcome> => {
    const [outcome] = await store.save([aWrite(id, document, { ...over, refs: [ref(over.system ?? 'web', id), ref('web', id)] })])
    if (!outcome) throw new Error('no outcome')
    return outcome
  }
  const contenders = (id: string): Promise<object[]> =>
    test.sql('select c.pointer, c.system, c.value, c.why, c.master from torg.contender c join torg.reference f on f.record_id = c.record_id where f.system = \'web\' and f.external_id = $1 order by 1, 2', [id])

  it('keep what was refused, once per system and field, in the transaction of the save', async () => {
    await save('1', { note: 'PIM', total: 1 }, { system: 'pim' })
    const refused = await save('1', { note: 'ERP', total: 2 }, { system: 'erp' })
    expect(refused).to.deep.include({ outcome: 'updated', refused: [{ pointer: '/note', master: 'pim', why: 'rank' }] })
    expect(await save('1', { note: { of: 'web' } })).to.include({ outcome: 'unchanged' })
    expect(await save('1', { note: null }, { system: 'erp' })).to.include({ outcome: 'unchanged' })
    await save('1', {}, { operation: 'remove' })
    const kept = await contenders('1')
    expect(kept.map(row => Object.values(row).slice(0, 2).join(' '))).to.deep.equal(['/deletedAt web', '/note erp', '/note web'])
    expect(kept.slice(1)).to.deep.equal([
      { pointer: '/note', system: 'erp', value: null, why: 'rank', master: 'pim' }, { pointer: '/note', system: 'web', value: { of: 'web' }, why: 'master', master: 'pim' },
    ])
  })

  it('say when it was first said, and cost nothing where nothing is refused', async () => {
    await save('2', { note: 'x' }, { system: 'pim' })
    expect(await contenders('2')).to.deep.equal([])
    const first = { system: 'web', message: null, at: '2026-03-01T00:00:00.000Z' }
    await save('2', { note: 'y' }, { origin: first })
    await save('2', { note: 'y' }, { origin: { ...first, at: '2026-03-02T00:00:00.000Z' } })
    const found = await store.find('order', { ref: ref('web', '2') })
    expect(await store.contenders(found?.id ?? '')).to.deep.equal([{ pointer: '/note', value: 'y', why: 'master', master: 'pim', ...first }])
  })

  it('are those of the scope the stored record is in', async () => {
    expect(await save('3', { market: 'se', note: 'web' })).to.deep.include({ refused: [] })
    const refused = await save('3', { market: 'no', note: 'pim' }, { system: 'pim' })
    expect(refused).to.deep.include({ refused: [{ pointer: '/note', master: 'web', why: 'master' }] })
    expect((await save('3', { note: 'pim' }, { system: 'pim' })).record.document).to.deep.equal({ market: 'no', note: 'pim' })
  })

  it('a confirmation of the higher-ranked one is stored without a new version', async () => {
    await save('4', { note: 'same' }, { system: 'erp' })
    expect(await save('4', { note: 'same' }, { system: 'pim' })).to.include({ outcome: 'unchanged' })
    const found = await store.find('order', { ref: ref('web', '4') })
    expect(found).to.include({ version: 1 })
    expect(found?.provenance['/note']?.system).to.equal('pim')
    expect(await save('4', { note: 'other' }, { system: 'erp' })).to.deep.include({ refused: [{ pointer: '/note', master: 'pim', why: 'rank' }] })
  })

  it('keep one origin for all fields of a write, also of records from before', async () => {
    await save('5', { a: 1, b: 2 })
    const [row] = await test.sql<{ id: string, provenance: { fields: string[] }[] }>('select r.id, r.provenance from torg.record r join torg.reference f on f.record_id = r.id where f.external_id = \'5\'')
    expect(row?.provenance.map(({ fields }) => fields)).to.deep.equal([['/a', '/b']])
    const [web, erp] = ['web', 'erp'].map(system => ({ system, message: null, at: '2026-03-01T00:00:00.000Z' }))
    await test.sql('update torg.record set provenance = $2 where id = $1', [row?.id, JSON.stringify({ '/a': web, '/b': erp, '/c': web })])
    await test.sql('update torg.record set provenance = \'{}\' where id <> $1', [row?.id])
    await test.sql(contender.slice(contender.indexOf('update torg.record')))
    expect((await store.find('order', { ref: ref('web', '5') }))?.provenance).to.deep.equal({ '/a': web, '/c': web, '/b': erp })
    expect((await store.find('order', { ref: ref('web', '4') }))?.provenance).to.deep.equal({})
  })
})
