import { expect } from 'chai'
import { Writable } from 'node:stream'
import { TorgError } from '../../runtime/errors.ts'
import { createLogger } from '../../runtime/logging.ts'
import type { Settings } from '../../runtime/settings.ts'

function capture(logFormat: Settings['logFormat'], logLevel: Settings['logLevel'] = 'info') {
  let text = ''
  const log = createLogger({ logLevel, logFormat }, new Writable({ write(chunk: Buffer, _encoding, done) { text += chunk.toString(); done() } }))
  return { log, text: () => text }
}

describe('log', () => {
  it('writes one JSON object per line, with level, time and the ids bound to a child', () => {
    const { log, text } = capture('json')
    log.child({ run: 'r-1' }).info({ message: 42 }, 'Received')
    log.debug('Not at this level')
    const lines = text().trim().split('\n')
    expect(lines).to.have.length(1)
    const line: unknown = JSON.parse(lines[0] ?? '')
    expect(line).to.include({ level: 'info', run: 'r-1', message: 42, msg: 'Received' })
    expect(line).to.have.property('time').that.matches(/^\d{4}-\d\d-\d\dT/)
  })

  it('takes e-mail addresses and phone numbers out, and leaves what only looks like one', () => {
    const { log, text } = capture('json')
    log.warn({ lane: 'shop.in', key: 'kari.nordmann+a@example.no', err: new Error('refused: "+4791234567" is known') }, 'dead letter: kari@example.no')
    log.info({ at: '2026-03-01T08:00:00+0100', package: 'node-red@5.0.0', address: 'redis://torg@cache.example.no:6379' }, 'kept')
    expect(text()).not.to.match(/kari|91234567/)
    for (const kept of ['refused', 'dead letter', '+0100', 'node-red@5.0.0', 'torg@cache.example.no', 'kept']) expect(text()).to.include(kept)
  })

  for (const format of ['json', 'pretty'] as const) {
    it(`takes secrets out of fields at any depth, of bound fields, addresses, headers in texts and errors (${format})`, () => {
      const { log, text } = capture(format)
      log.info({ req: { headers: { Authorization: 'Basic aHVudGVyMg==', 'x-api-key': 'hunter2' } }, list: [{ clientSecret: 'hunter2' }], ADMIN_HASH: 'hunter2', kept: 'yes' }, 'one')
      log.child({ token: 'hunter2' }).info('two')
      log.info('three postgres://torg:hunter2@db/hub and Bearer hunter2hunter2')
      log.error({ err: new Error('four redis://:hunter2@cache', { cause: new Error('postgres://a:hunter2@b') }) }, 'failed')
      log.error({ err: new TorgError('mapping.failed', { detail: 'five', value: 'hunter2' }) }, 'failed')
      log.error({ err: Object.assign(new Error('six'), { config: { auth: 'hunter2' }, code: 'ECONNRESET' }) }, 'failed')
      expect(text()).not.to.match(/hunter2|aHVudGVyMg/)
      for (const kept of ['yes', 'one', 'two', 'three', 'four', 'five', 'mapping.failed', 'six', 'ECONNRESET']) expect(text()).to.include(kept)
    })
  }
})
