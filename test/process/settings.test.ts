import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { TorgError } from '../../runtime/errors.ts'
import { isLoopback, readSettings, settingsTable } from '../../runtime/settings.ts'

const someHash = `$2b$12$${'a'.repeat(53)}`

function problemsOf(env: NodeJS.ProcessEnv): string[] {
  try {
    readSettings(env)
  } catch (error) {
    if (error instanceof TorgError) return (error.errors ?? []).map(({ detail }) => detail)
    throw error
  }
  return []
}

describe('settings', () => {
  it('have defaults that run on loopback without login', () => {
    const settings = readSettings({}, { projectFolder: '/srv/shop' })
    expect(settings).to.include({
      port: 1880, host: '127.0.0.1', publicUrl: 'http://127.0.0.1:1880', dataDir: '/srv/shop/.torg', adminUser: 'admin',
      bodyLimit: 1_048_576, drainLimitMs: 20_000, concurrency: 32, logLevel: 'info', development: false,
    })
    expect(settings.databaseUrl).to.equal(undefined)
    expect(Object.isFrozen(settings)).to.equal(true)
  })

  it('are read from the environment, with units', () => {
    const settings = readSettings({
      TORG_PORT: '8080', TORG_HOST: '0.0.0.0', TORG_ADMIN_PASSWORD_HASH: someHash, PUBLIC_URL: 'https://hub.example/torg/', DATABASE_URL: 'postgres://a:b@db/hub',
      REDIS_URL: 'rediss://cache:6380', TORG_DATA: '/data', TORG_BODY_LIMIT: '500KB', TORG_LOG_LEVEL: 'DEBUG', TORG_DEVELOPMENT: '1',
    })
    expect(settings).to.include({
      port: 8080, host: '0.0.0.0', adminPasswordHash: someHash, publicUrl: 'https://hub.example/torg', databaseUrl: 'postgres://a:b@db/hub',
      redisUrl: 'rediss://cache:6380', dataDir: '/data', bodyLimit: 512_000, logLevel: 'debug', development: true,
    })
  })

  it('count an empty variable as not set', () => {
    expect(readSettings({ TORG_PORT: ' ', DATABASE_URL: '' })).to.include({ port: 1880, databaseUrl: undefined })
  })

  it('print an address that can be opened', () => {
    const reach = (host: string): string => readSettings({ TORG_HOST: host, TORG_ADMIN_PASSWORD_HASH: someHash }).publicUrl
    expect(reach('0.0.0.0')).to.equal('http://localhost:1880')
    expect(reach('::1')).to.equal('http://[::1]:1880')
  })

  it('name every problem at once: variable, value, what is allowed', () => {
    const problems = problemsOf({ TORG_PORT: '70000', TORG_DRAIN_LIMIT: '0', TORG_LOG_FORMAT: 'xml', TORG_BODY_LIMIT: '2gb', TORG_CONCURRENCY: '1.5', TORG_DEVELOPMENT: 'maybe' })
    expect(problems).to.have.length(6)
    expect(problems[0]).to.equal('TORG_PORT is "70000", but must be: whole number from 1 to 65535.')
  })

  it('never show a secret in a problem', () => {
    const text = problemsOf({ TORG_SECRET_KEY: 'hunter2', TORG_ADMIN_PASSWORD_HASH: 'hunter2', DATABASE_URL: 'mysql://root:hunter2@db/x', REDIS_URL: 'http://:hunter2@cache' }).join('\n')
    expect(text).to.include('DATABASE_URL').and.include('hidden, 7 characters')
    expect(text).not.to.include('hunter2')
  })

  it('refuse an address others can reach without a login', () => {
    for (const host of ['0.0.0.0', '::', '192.168.1.5', 'hub.example']) {
      expect(problemsOf({ TORG_HOST: host }).join(), host).to.include('torg hash-password')
    }
    for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost']) expect(problemsOf({ TORG_HOST: host }), host).to.deep.equal([])
    expect(isLoopback('127.0.0.1.evil.example')).to.equal(false)
  })

  it('tell misspelt names', () => {
    expect(readSettings({ TORG_PROT: '1', TORG_SPECS: 'x', OTHER: 'y' }).unknown).to.deep.equal(['TORG_PROT'])
  })

  it('stand in README.md as they are', () => {
    const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')
    const [, table] = /<!-- settings -->\n([^]*?)\n?<!-- \/settings -->/.exec(readme) ?? []
    expect(table, 'README.md has no <!-- settings --> and <!-- /settings -->').not.to.equal(undefined)
    expect(table?.trim(), 'paste the output of: npm run -s torg -- settings').to.equal(settingsTable())
  })
})
