import { createServer } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { pino } from 'pino'
import { TorgError } from '../../runtime/errors.ts'
import { startNodeRed, type NodeRedOptions } from '../../runtime/node-red/embed.ts'
import { createMemoryStorage } from '../support/memory-storage.ts'
import { fn, node, tab } from './harness.ts'

describe('Node-RED in this process', () => {
  let userDir = ''
  const lines: { level: number, msg: string }[] = []
  const options = (more: Partial<NodeRedOptions> = {}): NodeRedOptions => ({
    server: createServer(), userDir, storage: createMemoryStorage(), nodesDirs: [], editor: false, credentialSecret: 'test',
    log: pino({ level: 'debug' }, { write: (line: string) => { lines.push(JSON.parse(line)) } }), ...more,
  })
  const refused = async (work: Promise<unknown>): Promise<TorgError> => {
    const error = await work.then(() => undefined, (thrown: unknown) => thrown)
    return error instanceof TorgError ? error : expect.fail(`expected a TorgError, got ${String(error)}`)
  }

  beforeEach(async () => {
    lines.length = 0
    userDir = await mkdtemp(join(tmpdir(), 'torg-embed-'))
  })
  afterEach(() => rm(userDir, { recursive: true, force: true }))

  it('starts, refuses a second one beside it, stops, and starts again, without a warning', async () => {
    for (const editor of [false, true, false]) {
      const embedded = await startNodeRed(options({ editor }))
      await embedded.started
      expect(embedded.adminApp !== undefined).to.equal(editor)
      expect(await startNodeRed(options()).then(() => 'started', (error: Error) => error.message)).to.contain('only one')
      await embedded.stop()
    }
    expect(lines.filter(({ level }) => level > 30)).to.deep.equal([])
    expect(lines.some(({ level, msg }) => level === 20 && msg.startsWith('Welcome to Node-RED'))).to.equal(true)
  })

  it('refuses a deploy with unknown node types, and leaves the running flows alone', async () => {
    const embedded = await startNodeRed(options())
    try {
      await embedded.started
      await embedded.deploy([tab, fn('f', 'return msg')])
      const running = embedded.red.nodes.getNode('f')
      const error = await refused(embedded.deploy([tab, node('x', 'no such'), node('y', 'nor this')]))
      expect(error.code).to.equal('flow.invalid')
      expect(error.message).to.contain('no such, nor this')
      expect(embedded.red.nodes.getNode('f')).to.equal(running)
    } finally {
      await embedded.stop()
    }
  })

  it('says which node types are missing at start', async () => {
    const embedded = await startNodeRed(options({ storage: createMemoryStorage([tab, node('x', 'no such')]) }))
    try {
      expect((await refused(embedded.started)).message).to.contain('no such')
    } finally {
      await embedded.stop()
    }
  })

  it('says when the storage cannot give its flows', async () => {
    const embedded = await startNodeRed(options({ storage: { ...createMemoryStorage(), getFlows: async () => { throw new Error('database is down') } } }))
    try {
      expect((await refused(embedded.started)).message).to.contain('did not start the flows')
    } finally {
      await embedded.stop()
    }
  })
})
