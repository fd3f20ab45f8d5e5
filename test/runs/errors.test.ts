import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { delay, expectDone, expectFailed, fn, node, sink, source, useBench } from './harness.ts'

describe('runs: lost messages and failing nodes', () => {
  const bench = useBench()

  it('names a target that does not exist', async () => {
    await bench.deploy([source('f'), fn('f', 'return msg', 'nowhere', { name: 'Map' })])
    expect(expectFailed(await bench.run(), 'flow.lost', 'f')).to.equal('"Map" (function) sent to node nowhere, which does not exist.')
  })

  it('names a target that is disabled', async () => {
    await bench.deploy([source('f'), fn('f', 'return msg', 'sink'), { ...sink(), d: true, name: 'Send order' }])
    expect(expectFailed(await bench.run(), 'flow.lost', 'f')).to.contain('"Send order" (test sink), which is disabled')
  })

  it('finishes the other branches of a message that was lost on one', async () => {
    await bench.deploy([source('f'), fn('f', 'return msg', [['nowhere', 'w']]), node('w', 'test work', [], { ms: 30 })])
    expectFailed(await bench.run({ id: 'r' }), 'flow.lost', 'f')
    expect(bench.log).to.deep.equal(['w', 'end r'])
  })

  it('settles where an output is wired to nothing', async () => {
    await bench.deploy([source('f'), fn('f', 'return [null, msg]', [['sink'], []]), sink()])
    expectDone(await bench.run({ id: 'r' }))
  })

  it('names a node that takes no messages', async () => {
    await bench.deploy([source('no'), node('no', 'test no input')])
    expectFailed(await bench.run(), 'flow.lost', 'no')
  })

  it('names a node that refused its own configuration', async () => {
    await bench.deploy([source('s'), node('s', 'switch', [['sink']], { property: '((', propertyType: 'jsonata', rules: [{ t: 'else' }], outputs: 1 }), sink()])
    expectFailed(await bench.run(), 'flow.lost', 's')
  })

  it('fails on what a node throws', async () => {
    await bench.deploy([source('t'), node('t', 'test throw')])
    expect(expectFailed(await bench.run(), 'flow.node-error', 't')).to.contain('thrown with done')
  })

  it('follows old-style nodes, which never call done', async () => {
    await bench.deploy([source('o'), node('o', 'test old', 'w'), node('w', 'test work', 'o2', { ms: 20 }), node('o2', 'test old', 'sink'), sink()])
    expectDone(await bench.run({ id: 'r' }))
    expect(bench.log).to.deep.equal(['o', 'w', 'o2', 'sink:r', 'end r'])
  })

  it('fails on what an old-style node throws or reports', async () => {
    await bench.deploy([source('o'), node('o', 'test old throw')])
    expect(expectFailed(await bench.run(), 'flow.node-error', 'o')).to.contain('thrown in old style')
    await bench.deploy([source('o'), node('o', 'test old error'), node('catch', 'catch', 'sink', { scope: null }), sink()])
    expect(expectFailed(await bench.run({ id: 'r' }), 'flow.node-error', 'o')).to.contain('refused in old style')
    expect(bench.log).to.deep.equal(['end run', 'sink:r', 'end r'])
  })

  for (const [event, type, text] of [['uncaughtException', 'test late throw', 'thrown later'], ['unhandledRejection', 'test reject', 'rejected later']] as const) {
    it(`fails the run, not the process, on an ${event}`, async () => {
      const others = process.rawListeners(event)
      process.removeAllListeners(event)
      const blamed: boolean[] = []
      const listener = (error: unknown) => { blamed.push(bench.runs.blame(error)) }
      process.on(event, listener)
      try {
        await bench.deploy([source('t'), node('t', type)])
        expect(expectFailed(await bench.run({ limitMs: 3000 }), 'flow.node-error', 't')).to.contain(text)
        expect(blamed).to.deep.equal([true])
      } finally {
        process.removeListener(event, listener)
        for (const other of others) process.on(event, other as NodeJS.UncaughtExceptionListener)
      }
    })
  }

  it('takes codes of our catalogue and of the network for what they are', async () => {
    for (const [code, expected, errorClass] of [['system.throttled', 'system.throttled', 'transient'], ['ECONNRESET', 'system.unavailable', 'transient'], ['E_OTHER', 'flow.node-error', 'permanent']]) {
      await bench.deploy([source('c'), node('c', 'test coded error', [], { code })])
      const outcome = await bench.run()
      expectFailed(outcome, expected ?? '', 'c')
      expect(outcome).to.have.nested.property('error.class', errorClass)
    }
  })

  describe('http request', () => {
    const request = (url: string, wires: string[][] | string, config: Record<string, unknown> = {}) =>
      node('request', 'http request', wires, { method: 'GET', ret: 'txt', paytoqs: 'ignore', url, tls: '', persist: false, proxy: '', insecureHTTPParser: false, authType: '', senderr: false, headers: [], ...config })

    const withServer = async (listener: RequestListener, use: (url: string) => Promise<void>) => {
      const server = createServer(listener)
      await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
      try {
        await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
      } finally {
        server.closeAllConnections()
        await new Promise(resolve => { server.close(resolve) })
      }
    }
    const answer = (status: number, headers: Record<string, string> = {}): RequestListener => (_request, response) => {
      response.writeHead(status, headers)
      response.end('answer')
    }

    for (const senderr of [false, true]) {
      it(`is tried again when the connection is refused (${senderr ? 'errors only to Catch' : 'errors sent on too'})`, async () => {
        let url = ''
        await withServer(answer(200), async free => { url = free })
        await bench.deploy([source('request'), request(url, 'w', { senderr }), node('w', 'test work', [], { ms: 20 })])
        const outcome = await bench.run({ id: 'r' })
        expect(expectFailed(outcome, 'system.unavailable', 'request')).to.contain('ECONNREFUSED')
        expect(outcome).to.have.nested.property('error.class', 'transient')
        expect(bench.log).to.deep.equal(senderr ? ['end r'] : ['w', 'end r'])
      })
    }

    it('is tried again when there is no answer in time', async () => {
      await withServer(() => undefined, async url => {
        await bench.deploy([source('request'), request(url, 'sink'), sink()])
        expectFailed(await bench.run({ message: { requestTimeout: 50 } }), 'system.unavailable', 'request')
      })
    })

    it('fails for good without an address', async () => {
      await bench.deploy([source('request'), request('', 'sink'), sink()])
      expectFailed(await bench.run(), 'flow.node-error', 'request')
    })

    it('leaves an answer of 500 to the flow it is wired to', async () => {
      await withServer(answer(500), async url => {
        await bench.deploy([
          source('request'), request(url, 'check'),
          node('check', 'switch', [['settle'], ['sink']], { property: 'statusCode', propertyType: 'msg', rules: [{ t: 'gte', v: '400', vt: 'num' }, { t: 'else' }], checkall: 'true', repair: false, outputs: 2 }),
          node('settle', 'test settle', [], { decision: 'failed' }), sink(),
        ])
        expectFailed(await bench.run({ id: 'r' }), 'settle.retry')
        expect(bench.log).to.deep.equal(['settle', 'end r'])
      })
    })

    for (const [status, code] of [[500, 'system.unavailable'], [429, 'system.throttled'], [401, 'system.credentials'], [422, 'system.refused']] as const) {
      it(`fails on an answer of ${status} that nothing is wired to`, async () => {
        await withServer(answer(status, { 'retry-after': '7' }), async url => {
          await bench.deploy([source('d'), delay('d', 5, 'request'), request(url, [[]])])
          const outcome = await bench.run()
          expectFailed(outcome, code, 'request')
          expect(outcome).to.have.nested.property('error.retryAfterMs', 7000)
        })
      })
    }

    it('settles after the answer', async () => {
      await withServer(answer(200), async url => {
        await bench.deploy([source('request'), request(url, 'w'), node('w', 'test work', 'sink', { ms: 20 }), sink()])
        expectDone(await bench.run({ id: 'r' }))
        expect(bench.log).to.deep.equal(['w', 'sink:answer', 'end r'])
      })
    })
  })
})
