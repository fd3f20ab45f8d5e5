import { expect } from 'chai'
import { expectDone, expectFailed, fn, node, sink, source, useBench } from './harness.ts'

describe('runs: decisions of the flow', () => {
  const bench = useBench()
  const boom = fn('boom', 'throw new Error("boom")')
  const caught = (...targets: string[]) => node('catch', 'catch', [targets], { scope: null, uncaught: false })

  it('is done when the Catch\'s flow says so, after the rest of the work', async () => {
    await bench.deploy([source('boom', 'w'), boom, caught('settle'), node('settle', 'test settle', [], { decision: 'done' }), node('w', 'test work', [], { ms: 40 })])
    expectDone(await bench.run({ id: 'r' }))
    expect(bench.log).to.deep.equal(['settle', 'w', 'end r'])
  })

  it('fails as the flow decided instead of as the node did', async () => {
    await bench.deploy([source('boom'), boom, caught('settle'), node('settle', 'test settle', [], { decision: 'failed' })])
    expectFailed(await bench.run(), 'settle.retry')
  })

  it('keeps the first of two decisions', async () => {
    await bench.deploy([source('a'), node('a', 'test settle', [], { decision: 'failed' }), node('complete', 'complete', 'b', { scope: ['a'] }), node('b', 'test settle', [], { decision: 'done' })])
    expectFailed(await bench.run(), 'settle.retry')
    expect(bench.log).to.deep.equal(['a', 'b', 'end run'])
  })

  it('stands when an error comes later, and when a node never completes', async () => {
    await bench.deploy([
      source('settle', 'late', 'never'), node('settle', 'test settle', [], { decision: 'done' }),
      fn('late', 'await new Promise(resolve => setTimeout(resolve, 20)); throw new Error("late")'), node('never', 'test never done'), sink(),
    ])
    expectDone(await bench.run({ limitMs: 100 }))
  })
})
