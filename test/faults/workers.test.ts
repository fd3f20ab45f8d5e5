/** Workers beside the hub: they share the work, and one that dies, hangs or is behind costs seconds and no order. */
import { expect } from 'chai'
import pg from 'pg'
import type { ProcessSummary } from '../../runtime/store/types.ts'
import { until } from '../support/until.ts'
import { ask, type HubProcess } from './hub-process.ts'
import { backendsFor, caseLimitMs, concurrency, isLong, newSeed, openRetailer, orderCount, partCount, showLog, type Retailer } from './retailer.ts'

const seed = newSeed()
/** Limit of runs; their leases last 35 s longer. */
const limitS = 10

for (const backend of backendsFor(seed)) {
  describe(`three processes among ${orderCount} orders, hints on ${backend} (seed ${seed})`, function () {
    this.timeout(caseLimitMs)
    let retailer: Retailer
    let one: HubProcess
    let two: HubProcess
    before(async () => {
      retailer = await openRetailer({ backend, seed })
      await retailer.hub.start()
      // Every run to the ERP is open for a while: there is work for three, and whatever happens finds runs open.
      const wait = { id: 'faults-wait', type: 'delay', z: 'orders-to-erp', x: 0, y: 0, name: '', pauseType: 'delay', timeout: '200', timeoutUnits: 'milliseconds', outputs: 1, wires: [['erp-out']] }
      await retailer.deploy((nodes) => [...nodes.map((node) => ({ ...node, ...('timeLimit' in node && { timeLimit: limitS }), ...(node['id'] === 'erp-map' && { wires: [[wait.id]] }) })), wait]);
      [one, two] = await Promise.all([retailer.worker('one'), retailer.worker('two')])
      await Promise.all([one.start(), two.start()])
    })
    after(() => retailer.close())
    afterEach(function () {
      showLog(this.currentTest, retailer)
      if (this.currentTest?.state === 'failed') for (const worker of [one, two]) console.error(worker.output.split('\n').slice(-15).join('\n'))
    })

    const processes = async (): Promise<ProcessSummary[]> => (await retailer.call('GET', '/api/v1/processes'))['items'] as ProcessSummary[]
    const stateOf = async (owner: string) => (await processes()).find((process) => process.owner === owner)
    /** Runs a process has ended, as its metrics say. */
    const runsOf = async ({ url }: HubProcess): Promise<number> => {
      const text = await (await ask(`${url}/metrics`)).text()
      return [...text.matchAll(/^torg_runs_total\{.*outcome="done".*\} (\d+)/gm)].reduce((sum, [, count]) => sum + Number(count), 0)
    }
    const sql = async (text: string): Promise<Record<string, unknown>[]> => {
      const client = new pg.Client({ connectionString: retailer.databaseUrl })
      await client.connect()
      try {
        return (await client.query<Record<string, unknown>>(text)).rows
      } finally {
        await client.end()
      }
    }

    it('share the work, and each duty has one of them', async () => {
      const before = await Promise.all([retailer.hub, one, two].map(runsOf))
      await retailer.trade(orderCount)
      await retailer.expectComplete()
      const after = await Promise.all([retailer.hub, one, two].map(runsOf))
      const done = after.map((count, index) => count - (before[index] ?? 0))
      expect(done.filter((count) => count > 0), `runs of hub and workers: ${done.join(', ')}`).to.have.length.of.at.least(2)
      const duties = (await processes()).flatMap((process) => process.duties)
      expect(duties).to.include('sweep')
      expect(new Set(duties).size).to.equal(duties.length)
    })

    it('go on when one of them is killed: its keys are worked on within 10 s, without its restart', async () => {
      const trading = retailer.trade(orderCount)
      const held = `select 1 from torg.work where owner = 'worker-one' limit 1`
      await until(async () => (await sql(held)).length > 0, { limitMs: 60_000, everyMs: 1, what: 'the worker holds keys' })
      await one.kill()
      await until(async () => (await sql(held)).length === 0, { limitMs: 10_000, what: 'its leases are ended' })
      await trading
      await retailer.expectComplete({ repeats: concurrency })
      expect((await stateOf('worker-one'))?.goneAt).to.be.a('string')
      await one.start()
      expect(await stateOf('worker-one')).to.include({ goneAt: null, working: true })
    })

    it('take over the duties of one that is frozen, whose late results count for nothing wrong', async () => {
      const holder = (await processes()).find((process) => process.duties.includes('sweep'))
      if (!holder) throw new Error('nobody sweeps')
      const frozen = holder.pid
      const trading = retailer.trade(partCount)
      // A frozen hub takes no webhooks: what the shop sends waits for it.
      process.kill(frozen, 'SIGSTOP')
      try {
        await until(async () => (await sql(`select 1 from torg.duty where name = 'sweep' and owner <> '${holder.owner}' and until > now()`)).length > 0, { limitMs: 30_000, what: 'another has the duty' })
      } finally {
        process.kill(frozen, 'SIGCONT')
      }
      await trading
      await retailer.expectComplete({ repeats: concurrency * 3 })
    })

    it('follow a deploy, and say which deployment they work for', async () => {
      const { id } = (await retailer.call('GET', '/api/v1/status'))['deployment'] as { id: number }
      await retailer.deploy((nodes) => nodes.map((node) => node['type'] === 'tab' && node['label'] === nodes.find(({ type }) => type === 'tab')?.['label'] ? { ...node, info: 'changed' } : node))
      await until(async () => (await processes()).every(({ deployment, working }) => deployment !== null && deployment > id && working), { what: 'all work for the new deployment' })
      await retailer.trade(partCount)
      await retailer.expectComplete()
    })

    it('take the keys of one that stands still past its leases, whose late ends count for nothing', async () => {
      const held = async (lane: string): Promise<number> => (await sql(`select 1 from torg.work where owner = 'worker-one' and lane like '${lane}'`)).length
      const lost = (): number => one.output.split('the lease was lost during the run').length - 1
      const before = lost()
      for (let count = 0; count < Math.max(partCount, 60); count++) retailer.shop.place()
      await until(async () => {
        if (await held('erp.out') < 2) {
          // What the others have places for never reaches it, so there is to be more.
          for (let count = 0; count < 5; count++) retailer.shop.place()
          return false
        }
        process.kill(one.pid, 'SIGSTOP')
        // What it asked of PostgreSQL before may still be done, such as storing the ends of those runs.
        const [{ now } = {}] = await sql('select now()::text as now')
        await until(async () => (await sql(`select 1 from pg_stat_activity where datname = current_database() and state = 'active' and query_start < '${String(now)}'`)).length === 0, { what: 'PostgreSQL is through with what came before' })
        if (await held('erp.out') >= 2) return true
        process.kill(one.pid, 'SIGCONT')
        return false
      }, { limitMs: 60_000, what: 'the worker stands still in the middle of runs' })
      const frozen = await held('%')
      try {
        // A long run waits for the leases to end. In a short one they end early, while the runs may still send: what is sent late is not old then.
        if (!isLong) await sql(`update torg.work set due_at = now() where owner = 'worker-one'`)
        await until(async () => await held('%') === 0, { limitMs: 120_000, what: 'others took its keys' })
        // Now what it holds is old, but its runs are past their limits.
        if (isLong) for (const { id } of retailer.shop.orders.values()) retailer.shop.change(id, 'capture')
        await retailer.expectComplete({ repeats: frozen })
      } finally {
        process.kill(one.pid, 'SIGCONT')
      }
      await until(() => lost() >= before + 2, { what: 'the late ends counted for nothing' })
      await retailer.trade(partCount)
      await retailer.expectComplete({ repeats: isLong ? 0 : frozen })
    })
  })
}
