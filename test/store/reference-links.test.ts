import { expect } from 'chai'
import { Readable } from 'node:stream'
import { linkFile } from '../../runtime/imports/references.ts'
import { newId } from '../../runtime/ids.ts'
import { aSubscription, aWrite, configure, deliverAll, openTestStore, type TestStore } from './support.ts'

describe('store: references told beforehand', () => {
  let test: TestStore
  let recordOf: Map<string, string>
  before(async () => { test = await openTestStore() })
  after(() => test.close())
  beforeEach(async () => {
    await test.sql('truncate torg.record, torg.reference, torg.delivery, torg.work cascade')
    await configure(test.store, [])
    recordOf = new Map()
    for (const number of ['1', '2', '3']) {
      const [saved] = await test.store.save([aWrite(`w${number}`, { total: number }, { number })])
      recordOf.set(number, saved?.record.id ?? '')
    }
  })

  const link = (rows: (object | string)[], over: { format?: 'ndjson' | 'csv', dryRun?: boolean, system?: string } = {}) => linkFile(
    Readable.from([Buffer.from(rows.map(row => typeof row === 'string' ? row : JSON.stringify(row)).join('\n'))]),
    { kind: 'order', system: 'erp', format: 'ndjson', dryRun: false, systems: ['erp', 'crm'], store: test.store, ...over })
  const erpIds = async (): Promise<unknown> => Object.fromEntries((await test.sql('select r.number, f.external_id as id from torg.reference f join torg.record r on r.id = f.record_id where f.system = \'erp\'')).map(({ number, id }) => [number, id]))

  it('link by number, by the reference of another system, and by the hub\'s id', async () => {
    const sum = await link([{ id: 'E1', number: '1' }, { id: 2, ref: { system: 'web', id: 'w2' } }, { id: 'E3', record: recordOf.get('3') }])
    expect(sum).to.include({ rows: 3, linked: 3, known: 0, failed: 0 })
    expect(await erpIds()).to.deep.equal({ 1: 'E1', 2: '2', 3: 'E3' })
    expect(await link(['id,number', 'E1,1'], { format: 'csv' })).to.include({ linked: 0, known: 1 })
    expect(await link(['id;ref.system;ref.id', 'C1;web;w1'], { format: 'csv', system: 'crm' })).to.include({ linked: 1 })
  })

  it('are refused one by one, with the reason', async () => {
    await test.store.save([aWrite('w4', {}, { number: '2' })])
    const { linked, failed, errors } = await link([
      { id: 'E1', number: '1' }, { id: 'E1', number: '3' }, { id: 'E9', number: '1' }, { id: 'E2', number: '2' }, { id: 'E5', number: '99' }, { id: 'E6', record: newId() },
      'x', { number: '3' }, { id: 'E7' }, { id: 'E7', number: '3', record: recordOf.get('3') }, { id: 'E8', ref: { id: 'w3' } }, { id: 'E8', record: '3' }, { id: 'E3', number: '3' },
    ])
    expect({ linked, failed }).to.deep.equal({ linked: 2, failed: 11 })
    expect(errors.map(({ line, error }) => [line, error.code])).to.deep.equal([
      [2, 'request.conflict'], [3, 'request.conflict'], [4, 'request.conflict'], [5, 'request.not-found'], [6, 'request.not-found'],
      [7, 'message.not-json'], [8, 'validation.schema'], [9, 'validation.schema'], [10, 'validation.schema'], [11, 'validation.schema'], [12, 'validation.schema'],
    ])
    expect(await erpIds()).to.deep.equal({ 1: 'E1', 3: 'E3' })
  })

  it('change nothing in a dry run', async () => {
    expect(await link([{ id: 'E1', number: '1' }, { id: 'E1', number: '2' }], { dryRun: true })).to.include({ linked: 1, failed: 1 })
    expect(await erpIds()).to.deep.equal({})
  })

  it('count as known to a subscription that adopts: what changes later is sent, what was there is not', async () => {
    const erp = aSubscription('erp')
    await configure(test.store, [{ ...erp, mode: 'adopt' }])
    await link([{ id: 'E1', number: '1' }])
    expect(await test.sql('select record_id as id, acked, desired, present from torg.delivery')).to.deep.equal([{ id: recordOf.get('1'), acked: 1, desired: 1, present: true }])
    await configure(test.store, [erp])
    expect(await deliverAll(test.store)).to.deep.equal([])
    await test.store.save([aWrite('w1', { total: '10' }, { number: '1' })])
    const [delivery] = await deliverAll(test.store)
    expect(delivery).to.deep.include({ operation: 'upsert', present: true })
    expect(delivery?.record.refs).to.deep.include({ system: 'erp', kind: 'order', id: 'E1' })
  })

  it('are of a system and kind that exist', async () => {
    await link([], { system: 'epr' }).then(() => expect.fail('it was taken'), (error: unknown) => { expect(error).to.include({ code: 'system.unknown' }) })
  })
})
