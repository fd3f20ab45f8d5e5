import { expect } from 'chai'
import { pino } from 'pino'
import { createBulkLinks } from '../../runtime/store/bulk-links.ts'
import { openDatabase, type Database } from '../../runtime/store/db.ts'
import { migrate } from '../../runtime/store/migrate.ts'
import { createTestDatabase } from '../support/database.ts'

describe('imports: links of many lines', () => {
  const log = pino({ level: 'silent' })
  let db: Database
  before(async () => {
    db = openDatabase({ databaseUrl: (await createTestDatabase()).url, log, poolSize: 4 })
    await migrate(db)
  })
  after(() => db.close())

  const linesOf = (...ids: string[]): Record<string, unknown>[] => ids.map((id) => ({ variant: { ref: { system: 'erp', kind: 'variant', id } } }))
  const idsOf = (documents: readonly Record<string, unknown>[]): unknown[] => documents.map(({ variant }) => (variant as { id?: string }).id)

  it('are found whoever asks at the same time, also where fewer are remembered than are asked for', async () => {
    const link = createBulkLinks(db, 2)
    const asked = [linesOf('a', 'b'), linesOf('c', 'd'), linesOf('e', 'a'), linesOf('b', 'c')]
    const first = await Promise.all(asked.map((lines) => link(lines, ['/variant'])))
    const [a, b, c, d, e, ...again] = first.flatMap(idsOf)
    expect(new Set([a, b, c, d, e].filter((id) => typeof id === 'string'))).to.have.property('size', 5)
    expect(again).to.deep.equal([a, b, c])
    expect(idsOf(await link(linesOf('d'), ['/variant']))).to.deep.equal([d])
  })

  it('are known at once the second time', async () => {
    const link = createBulkLinks(db)
    const found = await link(linesOf('x', 'y'), ['/variant'])
    expect(link(linesOf('x', 'y'), ['/variant'])).to.deep.equal(found)
  })
})
