import { expect } from 'chai'
import { execFileSync, spawn } from 'node:child_process'
import { chmod, cp, lstat, mkdir, mkdtemp, readFile, readlink, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { once } from 'node:events'
import pg from 'pg'
import { pino } from 'pino'
import { copyBinaries, findBinaries, usableInPlace } from '../../runtime/postgres/binaries.ts'
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../runtime/postgres/embedded.ts'
import { isAlive, processesIn, readPidFile } from '../../runtime/postgres/processes.ts'
import { removeServerFolder } from '../support/database.ts'
import { until } from '../support/until.ts'

const root = process.getuid?.() === 0
const who = root ? 'as root, below a home of mode 0700' : 'as a plain user (the root cases need root)'

describe(`embedded PostgreSQL ${who}`, function () {
  this.timeout(60_000)
  let home: string
  let dataDir: string
  let running: EmbeddedPostgres[] = []

  const start = async (folder = dataDir): Promise<EmbeddedPostgres> => {
    const server = await startEmbeddedPostgres({ dataDir: folder, log: pino({ level: 'silent' }) })
    running.push(server)
    return server
  }
  const dataOf = ({ folder }: EmbeddedPostgres): string => join(folder, 'data')
  const killHard = async (server: EmbeddedPostgres): Promise<void> => {
    process.kill(server.pid, 'SIGKILL')
    await until(async () => !await isAlive(server.pid))
  }

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'torg test home '))
    await chmod(home, 0o700)
    dataDir = join(home, 'my project', '.torg')
  })
  afterEach(async () => {
    for (const server of running) await server.stop()
    running = []
    await removeServerFolder(dataDir)
    await rm(home, { recursive: true, force: true })
  })

  it('starts in a path with spaces, stops, and finds its data at the second start', async () => {
    const first = await start()
    expect(first.adopted).to.equal(false)
    await query(first.url, 'create table kept as select 1042 as number')
    await first.stop()
    await first.stop()
    expect(await isAlive(first.pid)).to.equal(false)
    expect(await readPidFile(dataOf(first))).to.equal(undefined)
    const second = await start()
    expect(second.url).to.equal(first.url)
    expect(await query(second.url, 'select number from kept')).to.deep.equal([{ number: 1042 }])
  })

  it('is durable, UTF-8, sorts alike on every machine and has connections for many lanes', async () => {
    const { url } = await start()
    const [row] = await query(url, `select current_setting('fsync') as fsync, current_setting('full_page_writes') as pages, current_setting('server_encoding') as encoding,
      current_setting('max_connections')::int as connections, current_setting('data_checksums') as checksums, lower('ÆØÅ') as lower, 'a' > 'Z' as by_code_point`)
    expect(row).to.deep.equal({ fsync: 'on', pages: 'on', encoding: 'UTF8', connections: 200, checksums: 'on', lower: 'æøå', by_code_point: true })
  })

  it('asks for its password and keeps it to this user', async () => {
    const { url, folder } = await start()
    expect((await stat(join(folder, 'password'))).mode & 0o777).to.equal(0o600)
    const wrong = Object.assign(new URL(url), { password: 'guess' }).href
    const refused: unknown = await query(wrong, 'select 1').catch((error: unknown) => error)
    expect(refused).to.have.property('code', '28P01')
  })

  it('is out of reach of the terminal: a process group of its own', async () => {
    const { pid } = await start()
    const group = (id: number): string => execFileSync('ps', ['-o', 'pgid=', '-p', String(id)]).toString().trim()
    expect(group(pid)).to.equal(String(pid))
    expect(group(pid)).not.to.equal(group(process.pid))
  })

  it('is adopted when its process was killed', async () => {
    const owner = spawn(process.execPath, [join(import.meta.dirname, 'postgres-owner.ts'), dataDir], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = await once(owner.stdout, 'data') as [Buffer]
    const orphan = JSON.parse(line.toString()) as { pid: number, url: string }
    await query(orphan.url, 'create table kept as select 1')
    owner.kill('SIGKILL')
    await once(owner, 'exit')
    const server = await start()
    expect(server).to.include({ adopted: true, pid: orphan.pid, url: orphan.url })
    expect(await query(server.url, 'select count(*)::int as n from kept')).to.deep.equal([{ n: 1 }])
    await server.stop()
    expect(await isAlive(orphan.pid)).to.equal(false)
  })

  it('starts again after kill -9 of server and helpers, with everything committed', async () => {
    const first = await start()
    await query(first.url, 'create table kept as select 1')
    const all = [first.pid, ...await processesIn(dataOf(first))]
    for (const pid of all) try { process.kill(pid, 'SIGKILL') } catch { /* Died with its server. */ }
    await until(async () => !await isAlive(first.pid))
    expect(await first.isRunning()).to.equal(false)
    const second = await start()
    expect(second.adopted).to.equal(false)
    expect(await query(second.url, 'select count(*)::int as n from kept')).to.deep.equal([{ n: 1 }])
  })

  it('starts again after kill -9 of the server alone, while one of its processes still works', async () => {
    const first = await start()
    const busy = query(first.url, `do $$ begin for i in 1..2000000000 loop perform 1; end loop; end $$`).catch(() => undefined)
    await until(async () => (await query(first.url, `select 1 from pg_stat_activity where query like 'do %'`)).length > 0)
    await killHard(first)
    const second = await start()
    expect(await query(second.url, 'select 1 as one')).to.deep.equal([{ one: 1 }])
    await busy
  })

  it('waits for an orphan that is still stopping', async () => {
    const first = await start()
    const client = new pg.Client({ connectionString: first.url })
    await client.connect()
    // SIGTERM is the smart shutdown: it waits for this client.
    process.kill(first.pid, 'SIGTERM')
    await until(async () => await query(first.url, 'select 1').then(() => false, () => true))
    const next = start()
    await new Promise(resolve => setTimeout(resolve, 300))
    expect(await isAlive(first.pid)).to.equal(true)
    await client.end()
    const second = await next
    expect(second.pid).not.to.equal(first.pid)
    expect(second.adopted).to.equal(false)
  })

  for (const [what, content] of [['names a living process that is no server', `${process.pid}\n/elsewhere\n0\n5432\n`], ['is empty', '']] as const) {
    it(`starts when the stale postmaster.pid ${what}`, async () => {
      const first = await start()
      await first.stop()
      await writeFile(join(dataOf(first), 'postmaster.pid'), content)
      expect((await start()).adopted).to.equal(false)
    })
  }

  it('takes another port when its own is taken, and keeps it', async () => {
    const first = await start()
    const { port } = new URL(first.url)
    await first.stop()
    const { createServer } = await import('node:net')
    const squatter = createServer().listen(Number(port), '127.0.0.1')
    await once(squatter, 'listening')
    const second = await start()
    expect(new URL(second.url).port).not.to.equal(port)
    await second.stop()
    squatter.close()
    expect((await start()).url).to.equal(second.url)
  })

  it('refuses data of another major version, naming both and what to do', async () => {
    const first = await start()
    await first.stop()
    await writeFile(join(dataOf(first), 'PG_VERSION'), '17\n')
    const refused: unknown = await start().catch((error: unknown) => error)
    expect(refused).to.have.property('code', 'start.refused')
    expect(refused).to.have.property('message').that.includes('PostgreSQL 17').and.includes('PostgreSQL 18')
    expect(refused).to.have.property('next').that.includes('DATABASE_URL')
  })

  it('says what the server said when it cannot start', async () => {
    const first = await start()
    await first.stop()
    await writeFile(join(dataOf(first), 'postgresql.auto.conf'), 'no_such_parameter = 1\n')
    const refused: unknown = await start().catch((error: unknown) => error)
    expect(refused).to.have.property('code', 'start.refused')
    expect(refused).to.have.property('message').that.includes('no_such_parameter')
  })

  it('begins anew after an interrupted first start', async () => {
    const folder = join(dataDir, 'postgres')
    if (!root) await mkdir(join(folder, 'draft-interrupted', 'base'), { recursive: true })
    const first = await start()
    await first.stop()
    await mkdir(join(first.folder, 'draft-interrupted'))
    await rm(dataOf(first), { recursive: true })
    const second = await start()
    expect(await query(second.url, 'select 1 as one')).to.deep.equal([{ one: 1 }])
    expect(await stat(join(second.folder, 'draft-interrupted')).catch(() => 'gone')).to.equal('gone')
  })

  it('keeps its data when the project is moved', async () => {
    const first = await start()
    await query(first.url, 'create table kept as select 1')
    await first.stop()
    const moved = join(home, 'moved')
    await rename(dirname(dataDir), moved)
    dataDir = join(moved, '.torg')
    expect(await query((await start()).url, 'select count(*)::int as n from kept')).to.deep.equal([{ n: 1 }])
  })

  if (root) {
    it('keeps its data in a system folder, of a user that is not root', async () => {
      const { pid, folder } = await start()
      expect(folder).to.match(/^\/var\/lib\/torg\/data-/)
      expect(await readlink(join(await realpath(dataDir), 'postgres'))).to.equal(folder)
      expect((await stat(folder)).uid).not.to.equal(0)
      expect(execFileSync('ps', ['-o', 'uid=', '-p', String(pid)]).toString().trim()).to.equal(String((await stat(folder)).uid))
    })

    it('gives a copied project a database of its own', async () => {
      const first = await start()
      await query(first.url, 'create table kept as select 1')
      const copy = join(home, 'copy')
      await cp(dataDir, copy, { recursive: true, verbatimSymlinks: true })
      const second = await start(copy)
      expect(second.folder).not.to.equal(first.folder)
      expect(await query(second.url, `select to_regclass('kept') as found`)).to.deep.equal([{ found: null }])
      await second.stop()
      await removeServerFolder(copy)
    })

    it('refuses to begin with an empty database where the system folder has gone', async () => {
      const first = await start()
      await first.stop()
      await rename(first.folder, `${first.folder}-aside`)
      const refused: unknown = await start().catch((error: unknown) => error)
      await rename(`${first.folder}-aside`, first.folder)
      expect(refused).to.have.property('message').that.includes('is gone')
    })
  }
})

describe('PostgreSQL programs', () => {
  let folder: string
  beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'torg-test-programs-')) })
  afterEach(async () => { await rm(folder, { recursive: true, force: true }) })

  it('work where npm did not run the package\'s script that links its libraries', async () => {
    const { folder: installed, version } = await findBinaries()
    const bare = join(folder, 'native')
    await cp(installed, bare, { recursive: true, verbatimSymlinks: true, filter: async path => !(await lstat(path)).isSymbolicLink() })
    const initdb = join('bin', process.platform === 'win32' ? 'initdb.exe' : 'initdb')
    const copy = await copyBinaries({ folder: bare, version }, join(folder, 'copies'))
    expect(execFileSync(join(copy, initdb), ['--version']).toString()).to.include('18.')
    expect(await usableInPlace({ folder: bare, version }, join(folder, 'unused'))).to.equal(bare)
    expect(execFileSync(join(bare, initdb), ['--version']).toString()).to.include('18.')
  })

  it('are copied once and readable by everyone, whatever the umask', async () => {
    const installed = await findBinaries()
    const before = process.umask(0o077)
    const [first, second] = await Promise.all([copyBinaries(installed, join(folder, 'system')), copyBinaries(installed, join(folder, 'system'))]).finally(() => process.umask(before))
    expect(first).to.equal(second)
    expect((await stat(join(folder, 'system'))).mode & 0o777).to.equal(0o755)
    expect((await stat(join(first, 'bin', 'postgres'))).mode & 0o777).to.equal(0o755)
    expect((await stat(join(first, 'share'))).mode & 0o777).to.equal(0o755)
    expect(JSON.parse(await readFile(join(first, 'pg-symlinks.json'), 'utf8'))).to.be.an('array')
  })
})

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => { /* The server was killed on purpose. */ })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}
