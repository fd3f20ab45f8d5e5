import { expect } from 'chai'
import { createRetentionDuty } from '../../runtime/lanes/retention-duty.ts'
import type { RemovedOld } from '../../runtime/store/types.ts'
import { openTestStore, type TestStore } from '../store/support.ts'
import { until } from '../support/until.ts'
import { pino } from 'pino'

const day = 86_400_000

describe('retention duty', () => {
  let test: TestStore
  beforeEach(async () => { test = await openTestStore() })
  afterEach(() => test.close())

  it('makes partitions, removes what is older than it is kept, tells the metrics, and ends when it is told to', async () => {
    const partitions = (): Promise<unknown[]> => test.sql(`select 1 from pg_inherits where inhparent = 'torg.run'::regclass`)
    const before = (await partitions()).length
    await test.sql(`do $$ declare name text; begin for name in select inhrelid::regclass from pg_inherits where inhparent = 'torg.run'::regclass and inhrelid::regclass::text ~ '[0-9]$' loop execute 'drop table ' || name; end loop; end $$`)
    for (const days of [20, 3]) {
      await test.sql(`insert into torg.run (id, lane, key, node, deployment, started_at, ended_at, outcome) values (gen_random_uuid(), 'web.in', 'k', 'n', 1, now(), now() - $1 * interval '1 day', 'done')`, [days])
    }
    const told: RemovedOld[] = []
    const duty = createRetentionDuty({ store: test.store, keepMessagesMs: 90 * day, keepRunsMs: 14 * day, removed: of => { told.push(of) }, log: pino({ level: 'silent' }) })
    const stop = new AbortController()
    const ended = duty.run(stop.signal)
    await until(() => told.length === 4)
    expect(told.map(({ table, removed }) => [table, removed])).to.deep.equal([['message', 0], ['run', 1], ['repair', 0], ['import', 0]])
    expect(Date.now() - Date.parse(told[1]?.oldest ?? '')).to.be.closeTo(3 * day, day / 2)
    expect(await partitions()).to.have.length(before)
    stop.abort()
    await ended
  })
})
