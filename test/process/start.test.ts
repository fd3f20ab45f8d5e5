import { expect } from 'chai'
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, realpath, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { listenForStop } from '../../runtime/cli/signals.ts'
import { readProject, writeProject } from '../../runtime/project/index.ts'
import { isAlive, readPidFile } from '../../runtime/postgres/processes.ts'
import { removeServerFolder } from '../support/database.ts'
import { freePort } from '../support/ports.ts'
import { until } from '../support/until.ts'

const cli = join(import.meta.dirname, '../../runtime/cli.ts')

describe('torg start, with the embedded database', function () {
  this.timeout(120_000)
  let folder: string
  let dataDir: string
  let port: number
  let hub: ChildProcess | undefined
  let output: string

  const start = async (): Promise<ChildProcess> => {
    output = ''
    const started = hub = spawn(process.execPath, [cli, 'start', join(folder, 'shop')], { env: { PATH: process.env['PATH'], TORG_PORT: String(port), TORG_LOG_FORMAT: 'json' }, stdio: ['ignore', 'pipe', 'pipe'] })
    started.stdout.on('data', (chunk: Buffer) => { output += chunk.toString() })
    started.stderr.on('data', (chunk: Buffer) => { output += chunk.toString() })
    await until(() => output.includes('Torg is running') || started.exitCode !== null, { limitMs: 90_000, what: 'the hub runs' })
    expect(started.exitCode, output).to.equal(null)
    return started
  }
  const end = async (process: ChildProcess, signal: NodeJS.Signals): Promise<number | null> => {
    const ended = once(process, 'close')
    process.kill(signal)
    return (await ended)[0] as number | null
  }
  const serverPid = async (): Promise<number> => (await readPidFile(await realpath(join(dataDir, 'postgres', 'data'))))?.pid ?? 0
  const levels = (): unknown[] => output.trim().split('\n').map(line => (JSON.parse(line) as { level: string }).level)

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'torg test start '))
    dataDir = join(folder, 'shop', '.torg')
    port = await freePort()
    execFileSync(process.execPath, [cli, 'init', join(folder, 'shop')])
  })
  afterEach(async () => { if (hub && hub.exitCode === null && hub.signalCode === null) await end(hub, 'SIGTERM') })
  after(async () => {
    await removeServerFolder(dataDir)
    await rm(folder, { recursive: true, force: true })
  })

  it('deploys changed files when it is told to', async () => {
    await start()
    const project = await readProject(join(folder, 'shop'))
    await writeProject(join(folder, 'shop'), [...project.flows, { id: 'added', type: 'tab', label: 'Added' }])
    const deploy = (): string => execFileSync(process.execPath, [cli, 'deploy', join(folder, 'shop')], { env: { PATH: process.env['PATH'], TORG_PORT: String(port) }, encoding: 'utf8' })
    expect(deploy()).to.include('Changes: Added').and.include('The new flows run')
    expect(deploy()).to.include('Nothing to deploy')
    const { items: [newest] } = await (await fetch(`http://127.0.0.1:${port}/api/v1/deployments`)).json() as { items: object[] }
    expect(newest).to.include({ from: 'files', by: 'admin', note: `files of ${join(folder, 'shop')}` })
    expect((await fetch(`http://127.0.0.1:${port}/ready`)).status, 'the new flows are open for work').to.equal(200)
    expect(levels().filter(level => level !== 'info')).to.deep.equal([])
  })

  it('runs an empty project without a warning, and stops everything it started', async () => {
    const first = await start()
    expect((await fetch(`http://127.0.0.1:${port}/ready`)).status).to.equal(200)
    expect((await fetch(`http://127.0.0.1:${port}/editor/`)).status).to.equal(200)
    const server = await serverPid()
    expect(await isAlive(server)).to.equal(true)
    expect(await end(first, 'SIGTERM')).to.equal(0)
    expect(await isAlive(server)).to.equal(false)
    expect(await stat(join(dataDir, 'hub.lock')).catch(() => 'gone')).to.equal('gone')
    expect(new Set(levels())).to.deep.equal(new Set(['info']))
  })

  it('makes its secret key once, for this user only', async () => {
    const key = join(dataDir, 'secret-key')
    const before = await readFile(key, 'utf8')
    expect((await stat(key)).mode & 0o777).to.equal(0o600)
    await end(await start(), 'SIGINT')
    expect(await readFile(key, 'utf8')).to.equal(before)
    expect(output).not.to.include(before.trim())
  })

  it('starts after kill -9 of the hub, and takes over the server it left', async () => {
    const first = await start()
    const server = await serverPid()
    await end(first, 'SIGKILL')
    expect(await isAlive(server)).to.equal(true)
    const second = await start()
    expect(await serverPid()).to.equal(server)
    expect(await end(second, 'SIGTERM')).to.equal(0)
    expect(await isAlive(server)).to.equal(false)
  })

  it('starts after kill -9 of hub and server', async () => {
    const first = await start()
    process.kill(await serverPid(), 'SIGKILL')
    await end(first, 'SIGKILL')
    expect(await end(await start(), 'SIGTERM')).to.equal(0)
  })

  it('starts its server again when that ends by itself, and goes on', async () => {
    const hub = await start()
    const [before, ready] = [await serverPid(), async () => (await fetch(`http://127.0.0.1:${port}/ready`)).ok]
    process.kill(before, 'SIGKILL')
    await until(async () => !await ready(), { what: 'the hub notices' })
    await until(() => output.includes('The embedded PostgreSQL runs again'), { limitMs: 30_000, what: 'the server is back' })
    await until(ready, { what: 'the hub is ready' })
    expect(await serverPid()).not.to.equal(before)
    expect(output).to.include('The embedded PostgreSQL ended by itself').and.include('server.log')
    expect(await end(hub, 'SIGTERM')).to.equal(0)
  })

  it('refuses a port that is taken and leaves nothing running', async () => {
    const { createServer } = await import('node:net')
    const squatter = createServer().listen(port, '127.0.0.1')
    await once(squatter, 'listening')
    const refused: unknown = await start().catch((error: unknown) => error)
    squatter.close()
    expect(refused).to.have.property('message').that.includes(String(port))
    expect(hub?.exitCode).to.equal(1)
    expect(await serverPid()).to.equal(0)
  })
})

describe('stop signals', () => {
  it('ask once; the same Ctrl-C that npm passes on does not force, a later one does', () => {
    let forced = 0
    let now = 1_000_000
    const stops = listenForStop(() => { forced++ }, () => now)
    try {
      expect(stops.requested).to.equal(undefined)
      process.emit('SIGTERM', 'SIGTERM')
      expect(stops.requested).to.equal('SIGTERM')
      now += 200
      process.emit('SIGTERM', 'SIGTERM')
      expect(forced).to.equal(0)
      now += 2_000
      process.emit('SIGTERM', 'SIGTERM')
      expect(forced).to.equal(1)
    } finally {
      stops.close()
    }
  })
})
