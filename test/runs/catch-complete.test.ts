import { expect } from 'chai'
import { expectDone, expectFailed, fn, node, sink, source, useBench } from './harness.ts'

describe('runs: Catch and Complete', () => {
  const bench = useBench()
  const boom = fn('boom', 'throw new Error("boom")', 'sink')

  it('fails with the error that nothing catches', async () => {
    await bench.deploy([source('boom'), boom, sink()])
    expect(expectFailed(await bench.run({ id: 'r' }), 'flow.node-error', 'boom')).to.contain('boom')
    expect(bench.log).to.deep.equal(['end r'])
  })

  for (const [name, scope] of [['the whole tab', null], ['chosen nodes', ['boom']], ['uncaught errors', null]] as const) {
    it(`fails although a Catch over ${name} handled it, after the Catch's flow has ended`, async () => {
      await bench.deploy([
        source('boom'), boom, sink(),
        node('catch', 'catch', 'repair', { scope, uncaught: name === 'uncaught errors' }), node('repair', 'test work', 'mail', { ms: 40 }), sink('mail'),
      ])
      expectFailed(await bench.run({ id: 'r' }), 'flow.node-error', 'boom')
      expect(bench.log).to.deep.equal(['repair', 'mail:r', 'end r'])
    })
  }

  it('runs the Catch of a group', async () => {
    await bench.deploy([
      { id: 'g', type: 'group', z: 'tab', nodes: ['boom', 'catch'], x: 1, y: 1, w: 1, h: 1 },
      source('boom'), { ...boom, g: 'g' }, sink(), { ...node('catch', 'catch', 'mail', { scope: 'group' }), g: 'g' }, sink('mail'),
    ])
    expectFailed(await bench.run({ id: 'r' }), 'flow.node-error', 'boom')
    expect(bench.log).to.deep.equal(['mail:r', 'end r'])
  })

  it('keeps other branches going after an error', async () => {
    await bench.deploy([source('boom', 'w'), boom, sink(), node('w', 'test work', [], { ms: 50 })])
    expectFailed(await bench.run({ id: 'r' }), 'flow.node-error', 'boom')
    expect(bench.log).to.deep.equal(['w', 'end r'])
  })

  it('settles a node that reports an error and never calls done, caught or not', async () => {
    for (const caught of [true, false]) {
      await bench.deploy([source('bad'), node('bad', 'test error then silence'), ...caught ? [node('catch', 'catch', 'mail', { scope: null }), sink('mail')] : []])
      const began = Date.now()
      expect(expectFailed(await bench.run({ limitMs: 5000 }), 'flow.node-error', 'bad')).to.contain('gave up')
      expect(Date.now() - began).to.be.lessThan(2500)
    }
  })

  it('fails on an error that was logged without its message', async () => {
    await bench.deploy([source('bad'), node('bad', 'test error without message')])
    expect(expectFailed(await bench.run(), 'flow.node-error', 'bad')).to.contain('no message given')
  })

  it('waits for what a Complete node starts', async () => {
    await bench.deploy([source('w'), node('w', 'test work', [], { ms: 10 }), node('complete', 'complete', 'after', { scope: ['w'] }), node('after', 'test work', 'sink', { ms: 40 }), sink()])
    expectDone(await bench.run({ id: 'r' }))
    expect(bench.log).to.deep.equal(['w', 'after', 'sink:r', 'end r'])
  })

  it('leaves what a Status node starts out of the run', async () => {
    await bench.deploy([
      source('f'), fn('f', 'node.status({ text: "busy" }); return msg', 'sink'), sink(),
      node('status', 'status', 'watch', { scope: ['f'] }), fn('watch', 'node.error("status flow is broken", msg); return null'),
    ])
    expectDone(await bench.run({ id: 'r' }))
  })

  it('names the inner node of a subflow by its id in the definition', async () => {
    await bench.deploy([
      { id: 'sub', type: 'subflow', name: 'Sub', in: [{ x: 1, y: 1, wires: [{ id: 'inside' }] }], out: [] },
      { ...fn('inside', 'throw new Error("inner")'), z: 'sub' },
      source('use'), node('use', 'subflow:sub'), node('catch', 'catch', 'mail', { scope: null }), sink('mail'),
    ])
    expectFailed(await bench.run({ id: 'r' }), 'flow.node-error', 'inside')
    expect(bench.log).to.deep.equal(['mail:r', 'end r'])
  })
})
