import { expect } from 'chai'
import pg from 'pg'
import { builtIn } from '../../nodes/index.ts'
import { checkExpression, dueTimes, nextTime, type Schedule } from '../../nodes/hub/schedule-times.ts'
import { createConfigChecker } from '../../runtime/kit/checker.ts'
import { prepareBench, type Bench } from '../hub/bench.ts'
import { until } from '../support/until.ts'

const daily: Schedule = { expression: '30 2 * * *', zone: 'Europe/Oslo', missed: 'all', most: 10 }
const due = (schedule: Partial<Schedule>, after: string, now: string): string[] =>
  dueTimes({ ...daily, ...schedule }, { after: new Date(after), now: new Date(now) }).due.map(({ at }) => at.toISOString())

describe('times of a schedule', () => {
  it('stand in its time zone, summer and winter', () => {
    expect(due({}, '2026-07-01T12:00:00Z', '2026-07-02T12:00:00Z')).to.deep.equal(['2026-07-02T00:30:00.000Z'])
    expect(due({}, '2026-12-01T12:00:00Z', '2026-12-02T12:00:00Z')).to.deep.equal(['2026-12-02T01:30:00.000Z'])
  })

  it('that do not exist in spring run at the next instant that does, once', () => {
    expect(due({}, '2026-03-28T12:00:00Z', '2026-03-30T12:00:00Z')).to.deep.equal(['2026-03-29T01:30:00.000Z', '2026-03-30T00:30:00.000Z'])
    expect(nextTime(daily, new Date('2026-03-29T01:30:00Z')).toISOString()).to.equal('2026-03-30T00:30:00.000Z')
  })

  it('that exist twice in autumn run once, also when looked at in between', () => {
    expect(due({}, '2026-10-24T12:00:00Z', '2026-10-26T00:00:00Z')).to.deep.equal(['2026-10-25T00:30:00.000Z'])
    expect(due({}, '2026-10-25T00:30:00Z', '2026-10-25T02:00:00Z')).to.deep.equal([])
  })

  it('go on evenly through both nights where they are every half hour', () => {
    expect(due({ expression: '*/30 * * * *' }, '2026-10-25T00:00:00Z', '2026-10-25T02:00:00Z')).to.have.length(4)
    expect(due({ expression: '*/30 * * * *' }, '2026-03-29T00:00:00Z', '2026-03-29T02:00:00Z')).to.have.length(4)
  })

  it('that were missed are skipped, run once, or run up to a number; one that is just due always runs', () => {
    const [after, now] = ['2026-06-01T12:00:00Z', '2026-06-06T00:30:20Z']
    const last = '2026-06-06T00:30:00.000Z'
    expect(due({ missed: 'skip' }, after, now)).to.deep.equal([last])
    expect(due({ missed: 'once' }, after, now)).to.deep.equal(['2026-06-05T00:30:00.000Z', last])
    expect(due({ missed: 'all', most: 2 }, after, now)).to.deep.equal(['2026-06-04T00:30:00.000Z', '2026-06-05T00:30:00.000Z', last])
    expect(dueTimes({ ...daily, missed: 'skip' }, { after: new Date(after), now: new Date(now) }).last.toISOString()).to.equal(last)
  })

  it('of years without a hub do not hold up the process', () => {
    expect(due({ expression: '* * * * *', missed: 'all', most: 1000 }, '2020-01-01T00:00:00Z', '2026-06-01T00:00:30Z')).to.have.length(1001)
  })

  it('are refused where the expression or the zone is none, before a deploy too', () => {
    for (const wrong of ['', '* * * *', '61 * * * *', '* * * * * *', 'H * * * *', 'often']) expect(() => { checkExpression(wrong) }, wrong).to.throw('cron expression')
    for (const right of ['0 6 * * 1-5', '*/5 * * * *', '0 0 L * *', '0 12 * * THU']) checkExpression(right)
    const check = createConfigChecker(builtIn)
    expect(check('hub schedule', { cron: '61 * * * *', timeZone: 'Mars/Phobos' }).map(({ field }) => field)).to.deep.equal(['cron', 'timeZone'])
    expect(check('hub schedule', { cron: '0 6 * * *', timeZone: 'Europe/Stockholm' })).to.deep.equal([])
  })
})

describe('hub schedule', function () {
  this.timeout(120_000)
  let bench: Bench
  let client: pg.Client
  before(async () => {
    bench = await prepareBench({ tabs: [], systems: [] })
    client = new pg.Client({ connectionString: bench.databaseUrl })
    await client.connect()
  })
  after(async () => {
    await client.end()
    await bench.close()
  })
  const sql = async (text: string): Promise<Record<string, unknown>[]> => (await client.query<Record<string, unknown>>(text)).rows

  it('runs a missed time once, over restarts, and stores each time once', async () => {
    await bench.write({ tabs: [{ slug: 'clock', nodes: [
      { id: 'clock', type: 'hub schedule', name: '', cron: '0 0 1 1 *', timeZone: 'Europe/Oslo', missed: 'once', most: 10, timeLimit: 60, wires: [[]] },
    ] }], systems: [] })
    await bench.start()
    await until(async () => (await sql(`select 1 from torg.cursor where source = 'clock'`)).length === 1)
    await bench.stop()
    await sql(`update torg.cursor set value = jsonb_set(value, '{after}', '"2021-06-01T00:00:00.000Z"') where source = 'clock'`)
    await bench.start()
    const stored = `select event_id, state from torg.message where source = 'clock'`
    await until(async () => (await sql(stored)).some(({ state }) => state === 'done'))
    await bench.stop()
    // As after a kill between the message and the cursor.
    await sql(`update torg.cursor set value = jsonb_set(value, '{after}', '"2021-06-01T00:00:00.000Z"') where source = 'clock'`)
    await bench.start()
    await until(async () => (await sql(`select 1 from torg.cursor where source = 'clock' and value->>'after' > '2022'`)).length === 1)
    expect(await sql(stored)).to.have.length(1)
  })
})
