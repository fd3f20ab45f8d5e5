import { expect } from 'chai'
import { openTestStore, type TestStore } from './support.ts'

describe('store: indexes of searchable fields', () => {
  let test: TestStore
  before(async () => { test = await openTestStore() })
  after(() => test.close())

  const indexes = async () => (await test.sql<{ definition: string }>(`select indexdef as definition from pg_indexes where schemaname = 'torg' and starts_with(indexname, 'record_ext_') order by 1`)).map(({ definition }) => definition)
  const card = { kind: 'customer', pointer: '/ext/acme/card-number' }
  const member = { kind: 'customer', pointer: '/ext/acme/club/member' }

  it('are made once, dropped when the mark goes, and made again where one was cut off', async () => {
    expect(await test.store.indexFields([card, member])).to.deep.equal({ made: 2, dropped: 0 })
    expect((await indexes()).join('\n')).to.contain(`{ext,acme,card-number}`).and.contain(`{ext,acme,club,member}`)
    expect(await test.store.indexFields([card, member])).to.deep.equal({ made: 0, dropped: 0 })
    await test.sql(`update pg_index set indisvalid = false where indexrelid in (select oid from pg_class where starts_with(relname, 'record_ext_'))`)
    expect(await test.store.indexFields([card])).to.deep.equal({ made: 1, dropped: 2 })
    expect(await indexes()).to.have.length(1)
  })
  it('serve a search by the field', async () => {
    await test.store.indexFields([card])
    const plan = await test.sql<{ 'QUERY PLAN': string }>(`explain select id from torg.record where kind = 'customer' and document #>> '{ext,acme,card-number}' = '7' order by updated_at, id`)
    expect(plan.map(row => row['QUERY PLAN']).join('\n')).to.contain('record_ext_')
  })
  it('take no pointer that is none', async () => {
    expect(String(await test.store.indexFields([{ kind: 'customer', pointer: `/ext/x'}` }]).catch((error: unknown) => error))).to.contain('no pointer')
  })
})
