import { expect } from 'chai'
import { pino } from 'pino'
import { createDuties, type Duties } from '../../runtime/lanes/duties.ts'
import { openStore } from '../../runtime/store/index.ts'
import type { Store } from '../../runtime/store/types.ts'
import { createTestDatabase } from '../support/database.ts'
import { until } from '../support/until.ts'

const log = pino({ level: 'silent' })

describe('duties', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>
  let store: Store
  let processes: Duties[]
  /** Who does the duty at this moment, and the most at one time. */
  let doing: string[]
  let most: number

  beforeEach(async () => {
    database = await createTestDatabase()
    store = await openStore({ databaseUrl: database.url, log })
    processes = []
    doing = []
    most = 0
  })
  afterEach(async () => {
    await Promise.all(processes.map((duties) => duties.close()))
    await store.close()
    await database.drop()
  })

  const aborted = (signal: AbortSignal) => new Promise<void>((resolve) => { signal.addEventListener('abort', () => { resolve() }) })
  const start = (owner: string, names = ['poll'], asked: Pick<Store, 'holdDuties' | 'endDuties'> = store): Duties => {
    const duties = createDuties({ store: asked, owner, log, leaseMs: 1_000 })
    processes.push(duties)
    duties.open(names.map((name) => ({
      name,
      run: async (signal) => {
        doing.push(owner)
        most = Math.max(most, doing.length)
        await aborted(signal)
        doing.splice(doing.indexOf(owner), 1)
      },
    })))
    return duties
  }

  it('are done by one process, and by the next as soon as that one leaves', async () => {
    const first = start('a')
    await until(() => doing.length === 1)
    start('b')
    start('c')
    await first.close()
    await until(() => doing.length === 1)
    expect(doing[0]).to.be.oneOf(['b', 'c'])
    expect(most).to.equal(1)
  })

  it('move on from a process that is cut off, which has stopped before', async () => {
    let connected = true
    const away = async (): Promise<never> => { throw new Error('cut off') }
    start('a', ['poll'], { holdDuties: (want) => connected ? store.holdDuties(want) : away(), endDuties: (...of) => connected ? store.endDuties(...of) : away() })
    await until(() => doing.includes('a'))
    connected = false
    start('b')
    await until(() => doing.includes('b'))
    expect(most).to.equal(1)
  })

  it('are run again when they fail', async () => {
    let runs = 0
    const duties = createDuties({ store, owner: 'a', log })
    processes.push(duties)
    duties.open([{
      name: 'failing',
      run: async (signal) => {
        runs += 1
        if (runs === 1) throw new Error('planted')
        await aborted(signal)
      },
    }])
    await until(() => runs === 2)
  })

  it('are kept until what runs has ended', async () => {
    const end = Promise.withResolvers<void>()
    const duties = createDuties({ store, owner: 'a', log })
    let runs = false
    duties.open([{ name: 'slow', run: async () => { runs = true; await end.promise } }])
    await until(() => runs)
    const closed = duties.close()
    expect(await store.holdDuties({ owner: 'b', names: ['slow'], leaseMs: 1 })).to.deep.equal([])
    end.resolve()
    await closed
    expect(await store.holdDuties({ owner: 'b', names: ['slow'], leaseMs: 1 })).to.deep.equal(['slow'])
  })
})
