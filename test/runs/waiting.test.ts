import { expect } from 'chai'
import { until } from '../support/until.ts'
import { delay, expectDone, expectFailed, fn, node, sink, source, useBench } from './harness.ts'

describe('runs: nodes that wait', () => {
  const bench = useBench()
  const paced = (config: Record<string, unknown>, wires: string[][] | string = 'sink') =>
    node('paced', 'delay', wires, { pauseType: 'rate', rate: '20', nbRateUnits: '1', rateUnits: 'second', drop: false, allowrate: false, outputs: 1, timeout: '5', timeoutUnits: 'seconds', ...config })
  const trigger = (config: Record<string, unknown>) =>
    node('trigger', 'trigger', 'sink', { op1: '1', op2: '0', op1type: 'str', op2type: 'str', duration: '20', extend: false, overrideDelay: false, units: 'ms', reset: '', bytopic: 'all', topic: 'topic', outputs: 1, ...config })

  it('waits for a delay', async () => {
    await bench.deploy([source('d'), delay('d', 60, 'sink'), sink()])
    expectDone(await bench.run({ id: 'r' }))
    expect(bench.log).to.deep.equal(['sink:r', 'end r'])
  })

  it('waits for a random delay and one set by the message', async () => {
    await bench.deploy([
      source('a'), node('a', 'delay', 'b', { pauseType: 'random', randomFirst: '10', randomLast: '40', randomUnits: 'milliseconds', timeout: '1', timeoutUnits: 'seconds', rate: '1', nbRateUnits: '1' }),
      node('b', 'delay', 'sink', { pauseType: 'delayv', timeout: '5', timeoutUnits: 'seconds', rate: '1', nbRateUnits: '1' }), sink(),
    ])
    expectDone(await bench.run({ id: 'r', message: { delay: 30 } }))
    expect(bench.log).to.deep.equal(['sink:r', 'end r'])
  })

  it('settles each of the runs that a rate limit queues, in its turn', async () => {
    await bench.deploy([source('paced'), paced({}), sink()])
    for (const outcome of await Promise.all(['a', 'b', 'c', 'd'].map(id => bench.run({ id })))) expectDone(outcome)
    expect(bench.log).to.deep.equal(['sink:a', 'end a', 'sink:b', 'end b', 'sink:c', 'end c', 'sink:d', 'end d'])
  })

  it('keeps messages outside of runs apart from runs in a shared rate limit', async () => {
    await bench.deploy([source('paced'), paced({}, 'state'), node('state', 'test state')])
    const plain = () => bench.red.nodes.getNode('paced')?.receive({ payload: 'plain' })
    // The node's timer is made while it works for the first run, and goes on after that has settled.
    const first = bench.run({ id: 'first' })
    await new Promise(setImmediate)
    plain()
    const second = bench.run({ id: 'second' })
    plain()
    expectDone(await first)
    plain()
    expectDone(await second)
    await until(() => bench.log.filter(entry => entry === 'state:none').length === 3)
    expect(bench.log.filter(entry => entry === 'state:true')).to.have.length(2)
    expect(bench.warnings).to.deep.equal([])
  })

  for (const [what, config] of [
    ['a rate limit that drops', { drop: true }],
    ['a burst limit that drops', { pauseType: 'burst' }],
    ['a queue that replaces', { pauseType: 'queue' }],
    ['a timed queue that replaces', { pauseType: 'timed' }],
  ] as const) {
    it(`refuses ${what}`, async () => {
      await bench.deploy([source('paced'), paced(config), sink()])
      expectFailed(await bench.run(), 'run.unfit-node', 'paced')
      expect(bench.log).to.deep.equal(['end run'])
    })
  }

  it('allows a rate limit that sends what it would drop to its second output', async () => {
    await bench.deploy([source('paced'), paced({ drop: true, outputs: 2, rate: '1' }, [['sink'], ['spill']]), sink(), sink('spill')])
    expectDone(await bench.run({ id: 'a' }))
    expectDone(await bench.run({ id: 'b' }))
    expect(bench.log).to.deep.equal(['sink:a', 'end a', 'spill:b', 'end b'])
  })

  for (const [what, config] of [['that sends twice', {}], ['that blocks', { op2type: 'nul' }], ['that repeats', { duration: '-20' }], ['by topic', { bytopic: 'topic' }]] as const) {
    it(`refuses a trigger ${what}`, async () => {
      await bench.deploy([source('trigger'), trigger(config), sink()])
      expectFailed(await bench.run(), 'run.unfit-node', 'trigger')
    })
  }

  it('refuses a filter that remembers values across runs', async () => {
    await bench.deploy([source('rbe'), node('rbe', 'rbe', 'sink', { func: 'rbe', gap: '', start: '', inout: 'out', septopics: true, property: 'payload', topi: 'topic' }), sink()])
    expectFailed(await bench.run(), 'run.unfit-node', 'rbe')
  })

  it('interrupts runs that wait in a delay before a deploy, whose done for dropped messages then changes nothing', async () => {
    await bench.deploy([source('d'), delay('d', 5000, 'sink'), sink()])
    const runs = Promise.all([bench.run({ id: 'a', limitMs: 10_000 }), bench.run({ id: 'b', limitMs: 10_000 })])
    expect(bench.runs.openCount).to.equal(2)
    expect(await bench.runs.drain(40)).to.equal(2)
    for (const outcome of await runs) expect(outcome).to.deep.equal({ outcome: 'interrupted' })
    await bench.deploy([source('sink'), sink()])
    expectDone(await bench.run({ id: 'c' }))
    expect(bench.log).to.deep.equal(['end a', 'end b', 'sink:c', 'end c'])
  })

  it('drains: waits for runs that end in time', async () => {
    await bench.deploy([source('w'), node('w', 'test work', [], { ms: 40 })])
    const run = bench.run()
    const began = Date.now()
    expect(await bench.runs.drain(5000)).to.equal(0)
    expect(Date.now() - began).to.be.lessThan(2000)
    expectDone(await run)
  })

  it('aborts the signal of a run that ends, and shows its late nodes that it has', async () => {
    await bench.deploy([source('f'), node('f', 'test state', [], { ms: 80 })])
    expectFailed(await bench.run({ id: 'r', limitMs: 30 }), 'run.time-limit', 'f')
    await until(() => bench.log.includes('f:false'))
  })

  it('stops what a node sends into a run that has failed at its limit', async () => {
    await bench.deploy([source('w'), node('w', 'test work', 'sink', { ms: 100, name: 'Slow' }), sink()])
    expectFailed(await bench.run({ limitMs: 30 }), 'run.time-limit', 'w')
    await until(() => bench.warnings.length > 0)
    expect(bench.warnings[0]).to.contain('\\"Slow\\" (test work)')
    expect(bench.log).to.deep.equal(['end run', 'w'])
    // It was late, not unfit: it had not said that it was done.
    expectDone(await bench.run({ limitMs: 2000 }))
  })

  it('ends a run that outlived its limit while the process stood still, before it can send anything', async () => {
    await bench.deploy([source('f'), node('f', 'test freeze', 'sink', { ms: 100 }), sink()])
    expectFailed(await bench.run({ limitMs: 30 }), 'run.time-limit', 'f')
    expect(bench.log).to.deep.equal(['end run'])
  })

  it('holds a run open while a function awaits', async () => {
    await bench.deploy([source('f'), fn('f', 'await new Promise(resolve => setTimeout(resolve, 50)); return msg', 'sink'), sink()])
    expectDone(await bench.run({ id: 'r' }))
    expect(bench.log).to.deep.equal(['sink:r', 'end r'])
  })
})
