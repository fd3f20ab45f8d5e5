import { expect } from 'chai'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { TorgError } from '../../runtime/errors.ts'
import { createPressure, type Pressure, type PressureOptions } from '../../runtime/pressure.ts'
import { until } from '../support/until.ts'

describe('backpressure', () => {
  let folder: string
  let pressure: Pressure | undefined
  let logged: { level: number, cause: string, msg: string }[]
  before(async () => { folder = await mkdtemp(join(tmpdir(), 'torg-pressure-')) })
  after(() => rm(folder, { recursive: true }))
  afterEach(() => pressure?.close())

  const open = async (options: Partial<PressureOptions> = {}): Promise<Pressure> => {
    logged = []
    const log = pino({ level: 'info' }, { write: (line: string) => { logged.push(JSON.parse(line)) } })
    return pressure = await createPressure({ intakeLimit: 1000, diskReserve: 1, folders: [folder], log, heapShare: () => 0.1, ...options })
  }
  const refusal = (work: () => unknown): TorgError => {
    try {
      work()
    } catch (error) {
      if (error instanceof TorgError) return error
    }
    throw new Error('it was taken')
  }
  const causes = (): string[] => logged.map(({ level, cause }) => `${level > 30 ? 'shut' : 'open'} ${cause}`)

  it('bounds the bytes that wait, over all requests, and takes more once a good part of them is stored', async () => {
    const { enter, reason, facts } = await open()
    const rooms = [enter(), enter(), enter()]
    rooms[0]?.take(400)
    rooms[1]?.take(250)
    rooms[1]?.take(250)
    expect(refusal(() => rooms[2]?.take(200))).to.include({ code: 'hub.full', class: 'transient', status: 503, retryAfterMs: 5_000 })
    expect(facts()).to.deep.include({ waitingBytes: 900 }).and.to.have.nested.property('causes.intake', true)
    expect(reason()).to.include('TORG_INTAKE_LIMIT')
    expect(refusal(enter).code).to.equal('hub.full')
    rooms[2]?.leave()
    expect(refusal(enter).code).to.equal('hub.full')
    rooms[1]?.leave()
    expect(reason()).to.equal(null)
    const last = enter()
    last.take(600)
    for (const room of [rooms[0], last]) { room?.leave(); room?.leave() }
    expect(facts().waitingBytes).to.equal(0)
    expect(causes()).to.deep.equal(['shut intake', 'open intake'])
  })

  it('takes one message that is larger than the bound, when nothing else waits', async () => {
    const room = (await open()).enter()
    room.take(5_000)
    room.leave()
    expect(logged).to.deep.equal([])
  })

  it('holds back while memory is short, and a little longer', async () => {
    const shares = [0.9, 0.8, 0.7]
    const { reason } = await open({ heapShare: () => shares.shift() ?? 0 })
    expect(reason()).to.include('90 %')
    await until(() => reason() === null)
    expect(shares).to.deep.equal([])
    expect(causes()).to.deep.equal(['shut heap', 'open heap'])
  })

  it('holds back while the disk is short, and not for a folder that is gone', async () => {
    const { reason, facts } = await open({ diskReserve: 2 ** 60 })
    expect(reason()).to.include('TORG_DISK_RESERVE')
    expect(facts().freeBytes).to.be.greaterThan(0)
    await pressure?.close()
    expect((await open({ folders: [join(folder, 'gone')], diskReserve: 2 ** 60 })).reason()).to.equal(null)
  })

  it('holds back when PostgreSQL is full, tries again by itself, and tells once', async () => {
    const { watch, reason } = await open()
    const fails = (): Promise<unknown> => watch(() => Promise.reject(new TorgError('hub.full', 'PostgreSQL is out of disk.'))).catch((error: unknown) => error)
    expect(await fails()).to.include({ code: 'hub.full' })
    expect(await watch(() => Promise.reject(new TorgError('hub.unavailable', 'Away.'))).catch((error: unknown) => error)).to.include({ code: 'hub.unavailable' })
    expect(reason()).to.equal('PostgreSQL is out of disk.')
    await until(() => reason() === null)
    await fails()
    expect(reason()).not.to.equal(null)
    await until(() => reason() === null)
    expect(await watch(async () => 7)).to.equal(7)
    expect(causes()).to.deep.equal(['shut database', 'open database'])
  })
})
