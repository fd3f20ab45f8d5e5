/** The first command of the README, as a newcomer types it: orders reach all systems, also after everything was killed. */
import { spawn, type ChildProcess } from 'node:child_process'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { removeServerFolder } from '../support/database.ts'
import { freePort } from '../support/ports.ts'
import { until } from '../support/until.ts'

const repository = fileURLToPath(new URL('../..', import.meta.url))

describe('npm start', function () {
  this.timeout(150_000)
  let folder: string
  let port: number
  let hub: ChildProcess | undefined
  let output = ''

  /** What `npm start` runs, on a copy of the project: in development the hub writes the project's files. */
  const start = async (): Promise<Record<string, unknown>> => {
    const before = output.length
    const started = spawn(process.execPath, [join(repository, 'runtime/cli.ts'), 'start', join(folder, 'flows'), '--development'], {
      env: { PATH: process.env['PATH'] ?? '', TORG_PORT: String(port), TORG_LOG_FORMAT: 'json' }, stdio: ['ignore', 'pipe', 'pipe'],
    })
    hub = started
    for (const stream of [started.stdout, started.stderr]) stream.on('data', (chunk: Buffer) => { output += chunk.toString() })
    let line: string | undefined
    await until(() => {
      if (started.exitCode !== null) throw new Error(`ended with ${started.exitCode}:\n${output.slice(before)}`)
      line = output.slice(before).split('\n').find((text) => text.includes('"Torg is running"'))
      return line !== undefined
    }, { limitMs: 60_000, what: 'Torg is running' })
    return parse(parse(line ?? '{}')['addresses'])
  }

  const end = (signal: NodeJS.Signals): Promise<number | null> => new Promise((resolve) => {
    if (!hub || hub.exitCode !== null || hub.signalCode !== null) { resolve(hub?.exitCode ?? null); return }
    hub.once('exit', (code) => { resolve(code) })
    hub.kill(signal)
  })

  /** Deliveries acknowledged in this life, by system. */
  const delivered = async (): Promise<Map<string, number>> => {
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    return new Map([...text.matchAll(/^torg_runs_total\{lane="([^"]+)\.out",outcome="done"\} (\d+)/gm)].map(([, system = '', count]) => [system, Number(count)]))
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'torg start '))
    await cp(join(repository, 'flows'), join(folder, 'flows'), { recursive: true, filter: (path) => !path.endsWith('.torg') })
    port = await freePort()
  })
  after(async () => {
    await end('SIGTERM')
    await removeServerFolder(join(folder, 'flows', '.torg'))
    await rm(folder, { recursive: true, force: true })
  })

  for (const [title, signal] of [['brings the demo shop\'s orders to ERP, CRM and store', 'SIGKILL'], ['goes on after everything was killed', 'SIGTERM']] as const) {
    it(`${title}, without a warning in the log`, async () => {
      const addresses = await start()
      expect(Object.keys(addresses)).to.have.members(['Editor', 'Webshop', 'ERP', 'CRM', 'Store', 'PoS', 'PIM', 'Mail gateway'])
      await until(async () => {
        const counts = await delivered()
        return ['erp', 'crm', 'store'].every((system) => (counts.get(system) ?? 0) >= 2)
      }, { limitMs: 60_000, everyMs: 250, what: 'two deliveries to each system' })
      for (const url of Object.values(addresses)) expect((await fetch(String(url), { headers: { accept: 'text/html' } })).status, String(url)).to.equal(200)
      const code = await end(signal)
      if (signal === 'SIGTERM') expect(code).to.equal(0)
      expect(output.split('\n').filter((line) => /"level":"(warn|error|fatal)"/.test(line) || (line !== '' && !line.startsWith('{')))).to.deep.equal([])
    })
  }
})

function parse(json: unknown): Record<string, unknown> {
  const value: unknown = typeof json === 'string' ? JSON.parse(json) : json
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
