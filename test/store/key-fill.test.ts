import { expect } from 'chai'
import { kinds } from '../../runtime/model/index.ts'
import { aWrite, configure, openTestStore, type TestStore } from './support.ts'

describe('store: match keys of old records', () => {
  let test: TestStore
  before(async () => {
    test = await openTestStore()
    const rules = kinds.get('customer')?.rules
    if (!rules) throw new Error('no customers')
    await configure(test.store, [], { kinds: { customer: rules } })
  })
  after(() => test.close())

  const save = (id: string, document: Record<string, unknown>) => test.store.save([aWrite(id, { type: 'person', ...document }, { kind: 'customer', schema: 'customer@1' })])
  const found = async (rule: string, value: string): Promise<string[]> =>
    (await test.store.list({ kind: 'customer', key: { rule, values: [value] }, limit: 10 })).records.map(({ refs }) => refs.map(({ id }) => id).join())
  const fill = () => test.store.fillKeys(new AbortController().signal)

  it('come once, for records from before there were keys', async () => {
    for (const [id, email] of [['1', 'kari@example.no'], ['2', 'ola@example.no'], ['3', 'family@example.no'], ['4', 'family@example.no']] as const) await save(id, { name: `Given${id} Nordmann`, emails: [{ value: email }], phones: [{ value: '+4740000123' }] })
    await test.sql('delete from torg.match_key')
    expect(await found('email', 'kari@example.no')).to.deep.equal([])
    await test.sql(`update torg.migration set applied_at = now() + interval '1 minute' where id = 12`)
    await save('2', { emails: [{ value: 'new@example.no' }] })
    expect(await fill()).to.equal(4)
    expect(await found('email', 'kari@example.no')).to.deep.equal(['1'])
    expect(await found('email', 'new@example.no')).to.deep.equal(['2'])
    expect(await found('email', 'ola@example.no')).to.deep.equal([])
    expect(await found('email', 'family@example.no')).to.have.members(['3', '4'])
    expect(await found('phone', '+4740000123')).to.have.members(['1', '2', '3', '4'])
    await test.sql('delete from torg.match_key')
    expect(await fill()).to.equal(0)
  })
})
