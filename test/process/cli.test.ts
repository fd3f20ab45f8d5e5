import bcrypt from 'bcryptjs'
import { expect } from 'chai'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { takeInstanceLock } from '../../runtime/cli/instance-lock.ts'
import { readProject } from '../../runtime/project/index.ts'
import { torg } from '../support/torg.ts'

describe('torg', () => {
  let folder: string
  beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'torg test cli ')) })
  afterEach(async () => { await rm(folder, { recursive: true, force: true }) })

  it('says how it is used', async () => {
    const { code, out } = await torg(['help'])
    expect(code).to.equal(0)
    for (const command of ['start <folder>', 'init <folder>', 'dead-letters list', 'hash-password', 'new connector <name>']) expect(out).to.include(command)
    expect(await torg(['dance'])).to.include({ code: 2, out: '' })
    expect((await torg(['start'])).err).to.include('Usage: torg start <folder> [--development]')
    expect((await torg(['start', folder, '--develop'])).code).to.equal(2)
  })

  it('makes an empty project that is valid', async () => {
    const project = join(folder, 'Åses Shop')
    expect(await torg(['init', project])).to.include({ code: 0, err: '' })
    const description: unknown = JSON.parse(await readFile(join(project, 'package.json'), 'utf8'))
    expect(description).to.have.nested.property('dependencies.@torg/hub')
    const { flows, torg: { connectors, twins, demo } } = await readProject(project)
    expect(flows.map(({ type }) => type)).to.deep.equal(['tab', 'hub roles'])
    expect({ connectors, twins, demo }).to.deep.equal({ connectors: [], twins: {}, demo: null })
  })

  it('makes no project where something is already', async () => {
    await writeFile(join(folder, 'mine.txt'), 'x')
    const { code, err } = await torg(['init', folder])
    expect(code).to.equal(1)
    expect(err).to.include('not empty').and.include('mine.txt')
  })

  it('hashes a password', async () => {
    const { code, out, err } = await torg(['hash-password'], { input: 'correct horse\n' })
    expect({ code, err }).to.deep.equal({ code: 0, err: '' })
    expect(await bcrypt.compare('correct horse', out.trim())).to.equal(true)
    expect((await torg(['hash-password'], { input: 'short\n' })).code).to.equal(1)
    expect((await torg(['hash-password'], { input: `${'å'.repeat(40)}\n` })).err).to.include('72 bytes')
    expect((await torg(['hash-password'])).err).to.include('No password')
  })

  describe('start', () => {
    it('refuses a folder that is not there', async () => {
      const { code, err } = await torg(['start', join(folder, 'none')])
      expect(code).to.equal(1)
      expect(err).to.include('torg init')
    })

    it('refuses bad settings, all at once and without a stack', async () => {
      const { code, err } = await torg(['start', folder], { env: { TORG_PORT: 'x', DATABASE_URL: 'y', TORG_HOST: '0.0.0.0' } })
      expect(code).to.equal(1)
      expect(err).to.include('TORG_PORT').and.include('DATABASE_URL').and.include('TORG_ADMIN_PASSWORD_HASH')
      expect(err).not.to.include('    at ')
    })

    it('refuses a second hub on the same data, naming the first', async () => {
      const dataDir = join(folder, '.torg')
      await mkdir(dataDir)
      const release = await takeInstanceLock(dataDir)
      const { code, err } = await torg(['start', folder])
      expect(code).to.equal(1)
      expect(err).to.include(`process ${process.pid}`)
      await release()
    })

    it('refuses a data folder it cannot write', async () => {
      await writeFile(join(folder, 'file'), '')
      const { code, err } = await torg(['start', folder], { env: { TORG_DATA: join(folder, 'file', 'data') } })
      expect(code).to.equal(1)
      expect(err).to.include('cannot be written').and.include('TORG_DATA')
    })

    it('ends with one sentence when the database cannot be reached', async () => {
      await torg(['init', join(folder, 'shop')])
      const { code, out } = await torg(['start', join(folder, 'shop')], { env: { DATABASE_URL: 'postgres://nobody:hunter2@127.0.0.1:9/none', TORG_LOG_FORMAT: 'json' } })
      expect(code).to.equal(1)
      expect(out).to.include('"level":"fatal"').and.not.include('hunter2')
    }).timeout(60_000)
  })

  describe('dead-letters', () => {
    const letter = { id: 'm-7', type: 'message', lane: 'shop.in', system: 'shop', key: '1042', node: 'n1', at: '2026-01-01T00:00:00Z', attempts: 1, error: { code: 'mapping.failed', class: 'permanent', title: 't', detail: 'no total', next: 'n', pointer: '/total' } }

    it('lists, shows and runs again, with the login', async () => {
      const calls: string[] = []
      const hub = createServer((req, res) => {
        calls.push(`${req.method} ${req.url}`)
        if (req.headers.authorization !== `Basic ${btoa('admin:open sesame')}`) { res.writeHead(401).end('{"detail":"A login is needed."}'); return }
        const path = req.url?.split('?')[0]
        if (path === '/api/v1/dead-letters/m-8') { res.writeHead(404).end('{"detail":"There is no dead letter m-8.","next":"List them."}'); return }
        res.writeHead(200, { 'content-type': 'application/json' })
        res.end(JSON.stringify(path === '/api/v1/dead-letters' ? { items: [letter], next: null } : path === '/api/v1/dead-letters/m-7' ? { ...letter, input: { body: 'the input' } } : { id: 'm-7', lane: 'shop.in', reopened: 3 }))
      }).listen(0, '127.0.0.1')
      await once(hub, 'listening')
      const bound = hub.address()
      const env = { PUBLIC_URL: `http://127.0.0.1:${typeof bound === 'object' && bound ? bound.port : 0}`, TORG_ADMIN_PASSWORD: 'open sesame' }
      try {
        expect((await torg(['dead-letters', 'list'], { env })).out).to.include('m-7').and.include('mapping.failed').and.include('/total').and.include('no total')
        expect((await torg(['dead-letters', 'show', 'm-7'], { env })).out).to.include('the input')
        expect((await torg(['dead-letters', 'rerun', 'm-7'], { env })).out).to.include('shop.in')
        expect((await torg(['dead-letters', 'rerun', '--all'], { env })).out).to.include('3')
        expect(await torg(['dead-letters', 'show', 'm-8'], { env })).to.include({ code: 1, err: 'There is no dead letter m-8.\nList them.\n' })
        expect((await torg(['dead-letters', 'list'], { env: { ...env, TORG_ADMIN_PASSWORD: 'wrong' } })).err).to.include('TORG_ADMIN_PASSWORD')
        expect(calls).to.include('POST /api/v1/dead-letters/m-7/rerun').and.include('POST /api/v1/dead-letters/rerun')
      } finally {
        hub.close()
        hub.closeAllConnections()
      }
      const { code, err } = await torg(['dead-letters', 'list'], { env })
      expect(code).to.equal(1)
      expect(err).to.include('No hub answers')
      expect((await torg(['dead-letters', 'rerun'], { env })).code).to.equal(2)
    }).timeout(60_000)
  })
})
