import { expect } from 'chai'
import { until } from '../support/until.ts'
import { expectDone, expectFailed, fn, node, sink, source, useBench } from './harness.ts'

describe('runs: function nodes', () => {
  const bench = useBench()
  const work = node('w', 'test work', 'sink', { ms: 20 })

  for (const [what, func] of [
    ['drops msg.torg', 'delete msg.torg; return msg'],
    ['replaces msg.torg by nonsense', 'msg.torg = "mine"; return msg'],
    ['returns a new object', 'return { payload: msg.payload }'],
    ['returns a new object after a wait', 'await new Promise(resolve => setTimeout(resolve, 20)); return { payload: msg.payload }'],
    ['sends a new object and returns nothing', 'node.send({ payload: msg.payload }); return null'],
    ['sends later and calls node.done()', 'setTimeout(() => { node.send(msg); node.done() }, 30)'],
    ['sends a new object later and calls node.done()', 'setTimeout(() => { node.send({ payload: msg.payload }); node.done() }, 30)'],
    ['sends later without node.done()', 'setTimeout(() => node.send(msg), 30)'],
    ['sends later in two steps without node.done()', 'setTimeout(() => setTimeout(() => node.send({ payload: msg.payload }), 20), 20)'],
  ] as const) {
    it(`follows a function that ${what}`, async () => {
      await bench.deploy([source('f'), fn('f', func, 'w'), work, sink()])
      expectDone(await bench.run({ id: 'r' }))
      expect(bench.log).to.deep.equal(['w', 'sink:r', 'end r'])
      expect(bench.warnings).to.deep.equal([])
    })
  }

  it('keeps runs apart in functions that drop msg.torg', async () => {
    await bench.deploy([source('f'), fn('f', 'setTimeout(() => { node.send({ payload: msg.payload }); node.done() }, msg.payload * 10)', 'w'), work, sink()])
    const outcomes = await Promise.all([5, 4, 3, 2, 1].map(n => bench.run({ id: String(n), payload: n })))
    outcomes.forEach(expectDone)
    for (const n of [1, 2, 3, 4, 5]) expect(bench.log.indexOf(`sink:${n}`)).to.be.lessThan(bench.log.indexOf(`end ${n}`))
  })

  it('follows arrays: several messages on several outputs', async () => {
    await bench.deploy([source('f'), fn('f', 'return [[{ payload: 1 }, { payload: 2 }], msg]', [['w'], ['other']]), work, sink(), sink('other')])
    expectDone(await bench.run({ id: 'r' }))
    expect(bench.log).to.have.members(['other:r', 'w', 'w', 'sink:1', 'sink:2', 'end r'])
    expect(bench.log.at(-1)).to.equal('end r')
  })

  it('settles a function whose timer was cleared', async () => {
    await bench.deploy([source('f'), fn('f', 'const timer = setTimeout(() => node.send(msg), 5000); setTimeout(() => clearTimeout(timer), 10); return null', 'sink'), sink()])
    const began = Date.now()
    expectDone(await bench.run({ id: 'r' }))
    expect(Date.now() - began).to.be.lessThan(2500)
  })

  it('does not wait for a timer of a function that never sends by hand', async () => {
    await bench.deploy([source('f'), fn('f', 'await Promise.race([Promise.resolve(), new Promise((_, reject) => setTimeout(reject, 3000))]); return msg', 'sink'), sink()])
    const began = Date.now()
    expectDone(await bench.run({ id: 'r' }))
    expect(Date.now() - began).to.be.lessThan(2000)
  })

  for (const [what, late] of [
    ['an interval of a function', fn('late', 'const timer = setInterval(() => { clearInterval(timer); node.send(msg) }, 30); return null', 'sink', { name: 'Late' })],
    ['an interval of a function, as a new object', fn('late', 'const timer = setInterval(() => { clearInterval(timer); node.send({ payload: 1 }) }, 30); return null', 'sink', { name: 'Late' })],
    ['an old-style node', node('late', 'test old late', 'sink', { name: 'Late' })],
  ] as const) {
    it(`stops what ${what} sends after the run has settled, and refuses the node until it is deployed again`, async () => {
      await bench.deploy([source('late'), late, sink()])
      expectDone(await bench.run({ id: 'first' }))
      await until(() => bench.warnings.length > 0)
      expect(bench.warnings[0]).to.contain('\\"Late\\"')
      expect(expectFailed(await bench.run({ id: 'second' }), 'run.unfit-node', 'late')).to.contain('"Late"')
      expect(bench.log).to.deep.equal(['end first', 'end second'])
    })
  }

  for (const [what, func] of [
    ['throws', 'throw new Error("no price")'],
    ['throws after a wait', 'await new Promise(resolve => setTimeout(resolve, 10)); throw new Error("no price")'],
    ['throws in its timer', 'setTimeout(() => { throw new Error("no price") }, 10); await new Promise(resolve => setTimeout(resolve, 30)); return null'],
    ['reports with the message', 'node.error("no price", msg); return null'],
    ['reports without the message', 'node.error("no price"); return null'],
    ['reports, and completes later', 'node.error("no price", msg); setTimeout(() => node.done(), 10)'],
  ] as const) {
    it(`fails a run whose function ${what}`, async () => {
      await bench.deploy([source('f'), fn('f', func, 'sink', { name: 'Price' }), sink()])
      expect(expectFailed(await bench.run({ id: 'r' }), 'flow.node-error', 'f')).to.contain('"Price" (function): ').and.to.contain('no price')
      expect(bench.log).to.deep.equal(['end r'])
    })
  }

  it('names a function that never calls the node.done() it has', async () => {
    await bench.deploy([source('f'), fn('f', 'if (msg.payload === "never") node.done()')])
    expectFailed(await bench.run({ limitMs: 60 }), 'run.time-limit', 'f')
  })
})
